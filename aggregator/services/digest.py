"""Make digests: seal those whose time has come, foretell the running one, and find those that there are.

    seal_due    every plan, every period that has ended since its newest digest
                  wait until what was published before its end is grouped      or an hour, whichever is less
                  choose (digests/select.py)                                   reading: it takes seconds where a day brings 20,000 entries
                  keep, put mail into the outbox                               one transaction

A sealed digest never changes, although its stories go on. What came in too late for it is told in the next one: see
`DigestRecords.candidates`.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aggregator.digests.periods import Period, following, missing, running
from aggregator.errors import QueryError
from aggregator.model.digest import DAILY, Digest, DigestLine, DigestPlan
from aggregator.model.ids import EntryId
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.flights import Flights

logger = logging.getLogger(__name__)

PATIENCE: Final = timedelta(hours=1)
"""How long after its end a period waits for entries that are not grouped. They take seconds; what takes an hour is broken, and a digest
without them is better than none."""
MAILED: Final = timedelta(days=3)
"""A digest that is made later than this after its end is not mailed any more, as a mail that could not be sent for so long is given up:
who comes back from holidays to a machine that was off wants no thirty mails."""

OUTLASTED: Final = 10
"""Times `previews_last` that a preview is given while another is made: with a minute, who looks first after ten waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Entries of the period are not grouped yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A digest, and what it was chosen from: what comes in before it is sealed comes too late for it."""

    digest: Digest
    newest: EntryId


class Digests:
    """The digests of one site.

    Args:
        store: the database.
        clock: the time.
        timezone: the site's.
        plans: what feeds.yaml orders; names differ.
        title: the site's, for plans that have none.
        previews_last: how long a preview is given again before it is made anew. Of a day of 630 stories it takes 0.15 s of CPU, and
            whoever looks at a day that runs can do without its last story. For `OUTLASTED` times as long it is given while
            another is made, so that nobody waits where several look at a day.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        timezone: ZoneInfo,
        *,
        plans: Sequence[DigestPlan] = (DigestPlan(),),
        title: str = "",
        previews_last: timedelta = timedelta(),
    ) -> None:
        self._store = store
        self._clock = clock
        self._timezone = timezone
        self._plans = {plan.name: plan for plan in plans}
        self._title = title
        self._previews_last = previews_last
        self._previews: dict[str, tuple[Period, Digest]] = {}
        self._making: Flights[Digest] = Flights(at_once=1, most=len(self._plans))

    @property
    def plans(self) -> tuple[DigestPlan, ...]:
        """What feeds.yaml orders, in its order."""
        return tuple(self._plans.values())

    def plan(self, name: str = DAILY) -> DigestPlan:
        """Find an order.

        Raises:
            QueryError: there is none of this name; the message says which there are.
        """
        if name not in self._plans:
            there_are = ", ".join(self._plans) or "none"
            raise QueryError(f"there is no digest called {name!r}; there are: {there_are}")
        return self._plans[name]

    # --- made ---

    async def seal_due(self, now: datetime | None = None) -> tuple[Digest, ...]:
        """Make every digest that is due and not there yet, at most 31 days back; of a new plan, that of its last period.

        A period whose entries are not grouped yet waits, and those after it with it. Two processes may do this at once.

        Args:
            now: the time; None: the clock's.

        Returns:
            Those that were made now, earliest first for each plan.
        """
        sealed: list[Digest] = []
        for plan in self._plans.values():
            sealed += await self._seal_plan(plan, now or self._clock.now())
        return tuple(sealed)

    async def _seal_plan(self, plan: DigestPlan, now: datetime) -> list[Digest]:
        sealed: list[Digest] = []
        newest = await self._store.read(lambda tx: _newest(tx, plan.name))
        for period in missing(plan, self._timezone, newest, now):
            digest = await self._seal(plan, period, now, is_first=newest is None)
            if isinstance(digest, _Waiting):
                break
            if digest is not None:
                logger.info("digest %s of %s: %d stories", plan.name, digest.date, len(digest.items))
                sealed.append(digest)
        return sealed

    async def _seal(
        self, plan: DigestPlan, period: Period, now: datetime, *, is_first: bool
    ) -> Digest | _Waiting | None:
        """Seal a period; None where another process has, or where the first digest of all would be empty."""

        def choose(tx: Transaction) -> _Chosen | _Waiting | None:
            if now < period.end + PATIENCE and not _is_grouped(tx, period.end):
                return _Waiting()
            # Looked at first: as long as there is no news yet, every poll comes here, and what chooses takes long to import.
            if is_first and tx.digests.counted(plan, start=period.start, end=period.end) == (0, 0):
                return None
            digest = self._made(tx, plan, period)
            if is_first and not digest.sections:
                return None
            return _Chosen(digest=digest, newest=tx.digests.newest_entry())

        chosen = await self._store.read(choose)
        if not isinstance(chosen, _Chosen):
            return chosen
        digest, newest = chosen.digest, chosen.newest
        is_mailed = bool(digest.sections) and now <= period.end + MAILED
        recipients = plan.recipients if is_mailed else ()
        is_new = await self._store.write(
            lambda tx: tx.digests.seal(digest, recipients=recipients, now=now, newest=newest)
        )
        return digest if is_new else None

    def _made(self, tx: Transaction, plan: DigestPlan, period: Period) -> Digest:
        # It reads texts, which takes 0.1 s of CPU to import: for who makes a digest, not for every poll.
        from aggregator.digests.select import is_wanted, select  # noqa: PLC0415 -- see above

        start, end = period.start, period.end
        candidates = [one for one in tx.digests.candidates(plan, start=start, end=end) if is_wanted(one, plan)]
        entries, publishers = tx.digests.counted(plan, start=start, end=end)
        return Digest(
            name=plan.name,
            date=period.date,
            title=plan.title or self._title,
            start=start,
            end=end,
            sections=select(candidates, plan, start=start, end=end, categories=tx.entries.categories()),
            stories=len(candidates),
            entries=entries,
            publishers=publishers,
        )

    async def preview(self, name: str = DAILY) -> Digest:
        """Give the digest of the running period as it would be if that ended now, or a while ago: see `previews_last`.

        Raises:
            QueryError: there is no plan of this name.
        """
        plan, now = self.plan(name), self._clock.now()
        whole = running(plan, self._timezone, now)
        of, last = self._previews.get(name, (None, None))
        age = now - last.end if last and of == whole else None
        if last and age is not None and timedelta() <= age < self._previews_last:
            return last
        making = self._making.begin(name, name, lambda: self._renewed(plan, whole, now))
        if making and last and age is not None and timedelta() <= age < OUTLASTED * self._previews_last:
            making.remove_done_callback(_looked_at)  # said once, however many ask meanwhile
            making.add_done_callback(_looked_at)
            return last
        return await (asyncio.shield(making) if making else self._renewed(plan, whole, now))

    async def settle(self) -> None:
        """Wait until no preview is being made."""
        await self._making.settle()

    async def _renewed(self, plan: DigestPlan, whole: Period, now: datetime) -> Digest:
        made = await self._preview(plan, whole, now)
        self._previews[plan.name] = (whole, made)
        return made

    async def _preview(self, plan: DigestPlan, whole: Period, now: datetime) -> Digest:

        def work(tx: Transaction) -> Digest:
            newest = _newest(tx, plan.name)
            period = following(plan, newest, whole) if newest else whole
            return self._made(
                tx, plan, Period(date=period.date, start=period.start, end=max(now, period.start + _LEAST))
            )

        return await self._store.read(work)

    # --- found ---

    async def get(self, name: str, day: date) -> Digest | None:
        """Find a sealed digest, also of a plan that feeds.yaml no longer has."""
        return await self._store.read(lambda tx: tx.digests.get(name, day))

    async def beside(self, name: str, day: date) -> tuple[date | None, date | None]:
        """Give the dates of the sealed digests before and after one."""
        return await self._store.read(lambda tx: tx.digests.beside(name, day))

    async def page(self, name: str = DAILY, *, before: date | None = None, limit: int) -> tuple[Digest, ...]:
        """List sealed digests whole, newest first, from before a date."""
        return await self._store.read(lambda tx: tx.digests.page(name, before=before, limit=limit))

    async def lines(self, name: str = DAILY, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        """List sealed digests by their first headlines, newest first, from before a date."""
        return await self._store.read(lambda tx: tx.digests.lines(name, before=before, limit=limit))


def _looked_at(making: asyncio.Task[Digest]) -> None:
    """Say that a preview could not be made that nobody waits for; who asks next tries again."""
    if not making.cancelled() and (error := making.exception()):
        logger.warning("the preview of a digest could not be made: %s", error)


_LEAST: Final = timedelta(seconds=1)
"""A period that has just begun is as long as the database can tell."""


def _newest(tx: Transaction, name: str) -> DigestLine | None:
    return next(iter(tx.digests.lines(name, limit=1)), None)


def _is_grouped(tx: Transaction, end: datetime) -> bool:
    """Tell whether every entry that was listed before `end` has its story; those that wait are given earliest first."""
    waiting = tx.copies.ungrouped(limit=1)
    entry = tx.entries.get(waiting[0]) if waiting else None
    return entry is None or entry.listed_at >= end
