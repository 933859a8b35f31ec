"""Make the digest of a day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.digests.select import sections
from aggregator.errors import QueryError
from aggregator.model.digest import Digest
from aggregator.model.query import EntryQuery
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.read_entries import published

MOST_ENTRIES = 1000
"""Of one day; the newest are taken, and the digest says that it is not all."""


class Digests:
    """The digests of one site."""

    def __init__(self, store: Store, clock: Clock, timezone: ZoneInfo, *, most: int = MOST_ENTRIES) -> None:
        self._store = store
        self._clock = clock
        self._timezone = timezone
        self._most = most

    def today(self) -> date:
        """Give the day it is where the site is."""
        return self._clock.now().astimezone(self._timezone).date()

    async def of(self, day: date) -> Digest:
        """Collect what was published on `day` (site's time zone), by category; a running day gives what there is.

        Raises:
            QueryError: the day is so near the first or last of all days that its bounds can't be told in UTC.
        """
        try:
            start, end = self._midnight(day), self._midnight(day + timedelta(days=1))
        except OverflowError as error:
            raise QueryError(
                f"{day.isoformat()} is out of range; expected a day between 0001-01-03 and 9999-12-29"
            ) from error
        return await self._store.read(lambda tx: _digest(tx, day, start, end, most=self._most))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._timezone).astimezone(UTC)


def _digest(tx: Transaction, day: date, start: datetime, end: datetime, *, most: int) -> Digest:
    page = tx.entries.page(EntryQuery(since=start, until=end, limit=most))
    entries = published(tx, page.items, related=0)
    chosen = sections(entries, tx.entries.categories())
    return Digest(date=day, start=start, end=end, sections=chosen, rest=page.next)
