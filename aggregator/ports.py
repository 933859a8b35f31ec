"""The seams: what services need from the outside, one small protocol each. `records` has those of the store."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from aggregator.digest_records import DigestRecords, MailRecords
from aggregator.model.digest import Bounce
from aggregator.model.export import Exported
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FetchOutcome, FetchRequest
from aggregator.model.media import ImageOutcome, KeptImage
from aggregator.model.version import Version
from aggregator.progress_records import ProgressRecords
from aggregator.push_records import PushRecords
from aggregator.records import CopyRecords, EntryRecords, FeedRecords
from aggregator.search_records import SearchRecords
from aggregator.source_records import FullTextRecords, ListRecords
from aggregator.story_records import StoryRecords

T = TypeVar("T")


class Clock(Protocol):
    """Time. Nothing else in the program asks the operating system what time it is."""

    def now(self) -> datetime:
        """Give the time: aware, UTC."""
        ...


class Transaction(Protocol):
    """Everything the store offers, inside one transaction."""

    @property
    def feeds(self) -> FeedRecords:
        """Feeds and their state."""
        ...

    @property
    def entries(self) -> EntryRecords:
        """Entries and their revisions."""
        ...

    @property
    def copies(self) -> CopyRecords:
        """Which entries repeat which."""
        ...

    @property
    def stories(self) -> StoryRecords:
        """Which entries report one event."""
        ...

    @property
    def digests(self) -> DigestRecords:
        """Sealed digests, and what the next are made of."""
        ...

    @property
    def mails(self) -> MailRecords:
        """Messages to send."""
        ...

    @property
    def searching(self) -> SearchRecords:
        """The full-text index."""
        ...

    @property
    def full_texts(self) -> FullTextRecords:
        """Articles that were fetched beside what feeds say."""
        ...

    @property
    def lists(self) -> ListRecords:
        """Subscription lists that feeds.yaml includes."""
        ...

    @property
    def progress(self) -> ProgressRecords:
        """How far the work behind the pages has come."""
        ...

    @property
    def pushes(self) -> PushRecords:
        """WebSub subscriptions."""
        ...


class Store(Protocol):
    """The database. A transaction is a function handed to it: nothing can await inside one."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on one consistent state of the database; writes are refused."""
        ...

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` alone among writers; all of it is kept, or, if it raises, nothing."""
        ...

    async def aclose(self) -> None:
        """Finish what runs, then close the file."""
        ...


class Versions(Protocol):
    """Which state the database is in: what an answer was made of is the same as long as this is."""

    def current(self) -> Version | None:
        """Tell the present state at once, without a thread; None where that can't be done."""
        ...


class Fetcher(Protocol):
    """The way to publishers' servers."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Make one conditional GET, within bounds of time and size. Never raises for what a server does."""
        ...


class Images(Protocol):
    """The way to images of third parties, through the same guard and bounds as polls."""

    async def fetch(self, url: str, *, allow_private_address: bool = False) -> ImageOutcome:
        """Bring one image, within bounds of time and size. Never raises for what a server does."""
        ...


class ImageCache(Protocol):
    """Images that were brought before. It may forget any of them at any time."""

    async def load(self, name: str, *, now: datetime) -> KeptImage | None:
        """Give what is kept under a name; None where nothing is. What is given was used `now`."""
        ...

    async def save(self, name: str, body: bytes, *, now: datetime) -> None:
        """Keep the bytes of an image, or none at all: there is no image. Never raises for what a disk does."""
        ...


class Hubs(Protocol):
    """The way to WebSub hubs, through the same guard, bounds and pacing as polls."""

    async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
        """POST a form; None when the hub took it (2xx). Never raises for what a server does."""
        ...


class Mailer(Protocol):
    """The way to a mail server."""

    async def send(self, message: bytes, *, sender: str, recipient: str) -> Bounce | None:
        """Hand over one message; None when the server took it. Never raises for what a server does."""
        ...


class Parser(Protocol):
    """The way from bytes to entries."""

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        """Read a document, within bounds of time and memory. Never raises for what a document holds."""
        ...


class SiteFiles(Protocol):
    """The folder that a copy of the site is written into. Nothing in it changes before `commit`."""

    @property
    def names(self) -> Collection[str]:
        """The files that earlier runs have written."""
        ...

    def stage(self, name: str, body: bytes) -> None:
        """Make a file part of the copy; its name has slashes, and parts of `[a-z0-9._-]`.

        Raises:
            UserError: it can't be written, or something that is not of an export stands in its place.
        """
        ...

    def keep(self, name: str) -> None:
        """Leave a file as the last run wrote it, if it did."""
        ...

    def commit(self) -> Exported:
        """Put what was staged in its place, in the order of staging backwards, then remove what is no longer part.

        Raises:
            UserError: a file can't be put there.
        """
        ...
