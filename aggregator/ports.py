"""The seams: what services need from the outside, one small protocol a topic.

Rules common to the store's protocols:

- They are only reachable inside `Store.read` or `Store.write`, on the thread of that transaction; nothing is
  kept of them after it.
- Times go in and come out aware, in UTC, in whole seconds.
- What is asked for by an id that does not exist comes back as None or is missing from the answer; it is no error.
- A method called in `read` that writes raises `sqlite3.OperationalError`: a programming mistake.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.entry import Entry, EntrySummary, KnownEntry, ParsedEntry, Revision
from aggregator.model.feed import Document, DueFeed, Feed, FeedOverview, FeedState, ParsedFeed
from aggregator.model.fetch import Failed, FetchOutcome, FetchRequest
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan, Totals
from aggregator.model.query import EntryQuery, Page, SearchQuery

T = TypeVar("T")


class Clock(Protocol):
    """Time. Nothing else in the program asks the operating system what time it is."""

    def now(self) -> datetime:
        """Give the time: aware, UTC."""
        ...


class FeedRecords(Protocol):
    """Feeds, their state, and who may poll them."""

    def synchronise(self, feeds: Sequence[Feed], *, now: datetime) -> None:
        """Make the configured feeds the ones that are polled and shown.

        Feeds that are no longer named keep their entries and state, but are neither polled nor listed; one that is
        named again continues where it was. A feed whose `url` changed loses its validators and body hash (they
        belong to the exact address, RFC 9110 section 8.8) and becomes due.
        """
        ...

    def claim_due(self, *, now: datetime, limit: int, per_host: int, lease: timedelta) -> list[DueFeed]:
        """Lease at most `limit` feeds that are due, longest overdue first, at most `per_host` of one host and port.

        Never-polled feeds come first, in the order of feeds.yaml. Feeds of a host that are leased already count
        towards `per_host`, whoever holds them. Neither leased feeds, nor gone ones, nor those that a server blocked
        until later are given.
        """
        ...

    def claim(
        self, ids: Collection[FeedId] | None, *, now: datetime, lease: timedelta, force: bool = False
    ) -> list[DueFeed]:
        """Lease these feeds (None: all) whether due or not, in the order of feeds.yaml.

        Leased feeds are never given; gone and blocked ones only with `force`.
        """
        ...

    def extend(self, claimed: Sequence[DueFeed], *, now: datetime, lease: timedelta) -> None:
        """Let the leases of these feeds end `lease` from now, where they are still ours."""
        ...

    def finish(self, due: DueFeed, state: FeedState, *, now: datetime, document: ParsedFeed | None = None) -> None:
        """Save what the poll left behind and end the lease; `document` renews title and home page.

        Raises:
            LeaseLost: the token of `due` is not the newest any more; nothing was written.
        """
        ...

    def release(self, claimed: Sequence[DueFeed]) -> None:
        """Give leases back unpolled. Those that are lost already are left alone."""
        ...

    def get(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        ...

    def overview(self) -> list[FeedOverview]:
        """List the configured feeds in the order of feeds.yaml."""
        ...


class EntryRecords(Protocol):
    """Entries and their revisions."""

    def known(self, feed_id: FeedId, parsed: Sequence[ParsedEntry]) -> list[KnownEntry]:
        """Find what is stored of this feed under any guid or address of `parsed`, oldest id first.

        Also under the headline, be it empty, of those that have neither: it is all they are known by. Of the others it
        is not looked up: a column's headline ("Weather") would bring every entry it ever had.
        """
        ...

    def save(self, feed_id: FeedId, plan: EntryPlan, *, now: datetime) -> list[EntryId]:
        """Store new entries, and changed ones after keeping what they said before as a `Revision`.

        The search index follows. A changed entry becomes ungrouped again when anything of its `CopyCandidate`
        changed; so do, of those that it shared its old address or headline key with, enough for `connected` to reach
        all of them: without it they may be decided differently.

        Returns:
            Ids of the new entries, in the order of `plan.new`.
        """
        ...

    def get(self, entry_id: EntryId) -> Entry | None:
        """Find one entry, also of a feed that is no longer configured."""
        ...

    def page(self, query: EntryQuery) -> Page[Entry]:
        """List entries of configured feeds, newest first."""
        ...

    def revisions(self, entry_id: EntryId) -> list[Revision]:
        """List what an entry said before, newest first."""
        ...

    def categories(self) -> list[str]:
        """List the categories of configured feeds, in the order of feeds.yaml."""
        ...

    def totals(self) -> Totals:
        """Count configured feeds, and entries and copies of all feeds."""
        ...


class CopyRecords(Protocol):
    """Which entries are copies of which."""

    def ungrouped(self, *, limit: int) -> list[EntryId]:
        """List entries that no `assign` has placed since they came or changed, oldest id first."""
        ...

    def connected(self, entry_ids: Collection[EntryId], *, reach: timedelta) -> list[CopyCandidate]:
        """Collect these entries and everything that could decide about them.

        That is the closure over: same `url_key`; same `headline_key`, if it is one that can tie
        (`text.headline.is_telling`), with `listed_at` at most `reach` apart; same copy set.
        """
        ...

    def assign(self, assignments: Sequence[CopyAssignment]) -> None:
        """Place entries, in one go."""
        ...

    def members(self, copy_sets: Collection[CopySetId]) -> Mapping[CopySetId, tuple[EntrySummary, ...]]:
        """Give all entries of these sets, leads included, earliest `listed_at` first."""
        ...

    def count_copies(self, entry_ids: Collection[EntryId]) -> int:
        """Count those of these entries that share their set with an entry that arrived before them."""
        ...


class SearchRecords(Protocol):
    """The full-text index."""

    def search(self, query: SearchQuery) -> tuple[EntrySummary, ...]:
        """Find entries, copies once, best first.

        Raises:
            QueryError: there is no word to search for.
        """
        ...

    def related(self, entry: EntrySummary, *, limit: int) -> tuple[EntrySummary, ...]:
        """Find entries outside of this one's copy set on the same subject, copies once, newest first."""
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
    def searching(self) -> SearchRecords:
        """The full-text index."""
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


class Fetcher(Protocol):
    """The way to publishers' servers."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Make one conditional GET, within bounds of time and size. Never raises for what a server does."""
        ...


class Parser(Protocol):
    """The way from bytes to entries."""

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        """Read a document, within bounds of time and memory. Never raises for what a document holds."""
        ...
