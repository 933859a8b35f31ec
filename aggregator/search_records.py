"""What a transaction of the store offers about searching; `records` says what holds for all of these protocols."""

from typing import Protocol

from aggregator.model.search import Found, SearchQuery


class SearchRecords(Protocol):
    """The full-text index."""

    def catch_up(self, *, limit: int) -> int:
        """Put at most `limit` entries that are not in the index yet into it, oldest first; give how many there were."""
        ...

    def search(self, query: SearchQuery) -> Found:
        """Find entries of configured feeds, page by page; `model.search` says what is asked for, and in which order.

        Copies are given once, as the entry that stands for them in lists, which may be another than the one that has the
        words; but where a search names feeds or publishers, what those say themselves is given, each entry of it.
        """
        ...
