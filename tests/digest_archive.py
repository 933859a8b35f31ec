"""Digests in memory, answering what pages and feeds ask of them."""

from collections.abc import Sequence
from datetime import date, timedelta

from aggregator.model.digest import Digest, DigestLine, DigestPlan
from tests.digest_made import make_digest


class Archive:
    """Implements `web.digest_shelf.DigestShelf`."""

    def __init__(
        self, *digests: Digest, plans: Sequence[DigestPlan] = (DigestPlan(),), running: Digest | None = None
    ) -> None:
        self.plans = tuple(plans)
        self._sealed = {(digest.name, digest.date): digest for digest in digests}
        self._running = running or make_digest()

    async def get(self, name: str, day: date) -> Digest | None:
        return self._sealed.get((name, day))

    async def beside(self, name: str, day: date) -> tuple[date | None, date | None]:
        days = self._days(name)
        return (
            max((each for each in days if each < day), default=None),
            min((each for each in days if each > day), default=None),
        )

    async def page(self, name: str, *, before: date | None = None, limit: int) -> tuple[Digest, ...]:
        days = [day for day in self._days(name) if before is None or day < before]
        return tuple(self._sealed[name, day] for day in sorted(days, reverse=True)[:limit])

    async def lines(self, name: str, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        return tuple(line(digest) for digest in await self.page(name, before=before, limit=limit))

    async def preview(self, name: str) -> Digest:
        assert name in [plan.name for plan in self.plans]
        return self._running

    def _days(self, name: str) -> list[date]:
        return [day for each, day in self._sealed if each == name]


def line(digest: Digest) -> DigestLine:
    return DigestLine(
        name=digest.name,
        date=digest.date,
        title=digest.title,
        end=digest.end,
        headlines=tuple(item.headline for item in digest.items[:3]),
        stories=len(digest.items),
    )


def days_of_digests(count: int, *, name: str = "daily", last: date = date(2018, 9, 2)) -> list[Digest]:
    """Make a digest a day, the newest first."""
    return [make_digest(day=last - timedelta(days=back), name=name) for back in range(count)]
