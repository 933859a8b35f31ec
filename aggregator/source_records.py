"""What a transaction of the store offers for what is fetched beside feeds: articles, and subscription lists. See `records`."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from aggregator.model.full_text import FullText, WantedText
from aggregator.model.ids import EntryId
from aggregator.model.subscription_list import KeptList


class ListRecords(Protocol):
    """Subscription lists, by their address."""

    def get(self, url: str) -> KeptList:
        """Give what is known of a list; with the defaults where that is nothing."""
        ...

    def save(self, kept: KeptList) -> None:
        """Keep what is known now."""
        ...

    def retain(self, urls: Collection[str]) -> None:
        """Forget all lists but these."""
        ...


class FullTextRecords(Protocol):
    """Whole texts of articles, one an entry, and what went wrong with those that are not there."""

    def claim(self, *, now: datetime, since: datetime, limit: int, lease: timedelta) -> Sequence[WantedText]:
        """Take entries whose page is to be fetched, newest first; nobody else gets them until `lease` has passed.

        Those of feeds that ask for it (`Feed.full_text`), which are shown, came in after `since` and are dated after it,
        have an address, and have not been tried or may be tried again.
        """
        ...

    def save(self, entry_id: EntryId, text: FullText) -> None:
        """Keep a text; it is not fetched again."""
        ...

    def fail(self, entry_id: EntryId, message: str, *, next_at: datetime | None) -> None:
        """Remember why there is none; None: it is not tried again."""
        ...

    def get(self, entry_id: EntryId) -> FullText | None:
        """Find a text."""
        ...
