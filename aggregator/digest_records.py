"""What a transaction of the store offers about digests and their mail; `records` says what holds for all of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from aggregator.model.digest import Digest, DigestCandidate, DigestLine, DigestPlan, Outgoing
from aggregator.model.ids import EntryId


class DigestRecords(Protocol):
    """Digests, sealed once made."""

    def candidates(self, plan: DigestPlan, *, start: datetime, end: datetime) -> tuple[DigestCandidate, ...]:
        """Give the stories with a shown entry listed in [start, end), or with an event in it, in order of id.

        Also those with an entry that was listed up to three days before `start` and came in after the digest before this one was
        sealed: too late for that, and not to be lost.

        What came in later counts for nothing: of each story, entries listed before `end` alone, and coverage of these.
        `told` is by the latest digest of this name before this one.
        """
        ...

    def counted(self, plan: DigestPlan, *, start: datetime, end: datetime) -> tuple[int, int]:
        """Count the shown entries of the plan's categories and tags listed in [start, end), and the publishers that they are of."""
        ...

    def newest_entry(self) -> EntryId:
        """Give the greatest id of all entries; 0: there are none."""
        ...

    def seal(self, digest: Digest, *, recipients: Sequence[str], now: datetime, newest: EntryId | None = None) -> bool:
        """Keep a digest for good, with one message waiting for each recipient; False, and nothing kept, if there is one already.

        `newest` is the newest entry when it was chosen, None: that of now. What is newer came too late for it, and is told the next time.
        """
        ...

    def get(self, name: str, day: date) -> Digest | None:
        """Find a sealed digest."""
        ...

    def latest(self, name: str) -> date | None:
        """Give the date of the newest sealed digest of a name."""
        ...

    def beside(self, name: str, day: date) -> tuple[date | None, date | None]:
        """Give the dates of the sealed digests before and after one, whether or not that one is sealed."""
        ...

    def page(self, name: str, *, before: date | None = None, limit: int) -> tuple[Digest, ...]:
        """List sealed digests, newest first, from before a date."""
        ...

    def lines(self, name: str, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        """The same, as a list shows them."""
        ...


class MailRecords(Protocol):
    """Messages that wait to be sent, or were."""

    def due(self, *, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """List messages whose `next_at` has come, oldest first; also those that a crash left in `SENDING` for ten minutes."""
        ...

    def save(self, message: Outgoing) -> None:
        """Keep this state of a message."""
        ...

    def of(self, name: str, day: date) -> tuple[Outgoing, ...]:
        """List the messages of a digest."""
        ...

    def ask_again(self, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
        """Let a digest go to these recipients: those who have not got it yet, for whatever reason."""
        ...
