"""L6: however grouping is interrupted, split up or done twice over, the stories are those of one undisturbed run."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import DatabaseUnusable, UserError
from aggregator.model.grouping import StorySettings
from aggregator.model.ids import EntryId
from aggregator.model.story import EventKind
from aggregator.ports import Store, Transaction
from aggregator.services.grouping import COURTESY, Grouping
from aggregator.services.story_desk import FIRST
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.newswire import FEEDS, Grouped, Report, configure, correct, fortnight, grouped, publish

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[2]
WINDOW = timedelta(hours=48)
T = TypeVar("T")


@asynccontextmanager
async def filled(path: Path, reports: Sequence[Report] | None = None) -> AsyncIterator[SqliteStore]:
    """Open a new database in which these entries wait, or those of a fortnight."""
    store = await open_blank(path)
    try:
        await configure(store)
        await publish(store, fortnight() if reports is None else reports)
        yield store
    finally:
        await store.aclose()


async def undisturbed(folder: Path, reports: Sequence[Report] | None = None) -> Grouped:
    """Group all of it in one go."""
    async with filled(folder / "undisturbed.db", reports) as store:
        await Grouping(store, window=WINDOW).group_new()
        return await grouped(store)


class Interrupted(Exception):
    """What a crash looks like from inside."""


class Interrupting:
    """Implements `ports.Store`: the writes of these numbers do all of their work, and then fail."""

    def __init__(self, store: SqliteStore, *failing: int) -> None:
        self._store = store
        self._failing = failing
        self._writes = 0

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        self._writes += 1
        fails = self._writes in self._failing

        def interrupted(tx: Transaction) -> T:
            result = work(tx)
            if fails:
                raise Interrupted
            return result

        return await self._store.write(interrupted)

    async def aclose(self) -> None:
        await self._store.aclose()


def child(database: Path, *, batch: int, killed_at: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.grouping_worker", str(database), str(batch), str(killed_at)]
    return subprocess.Popen(command, cwd=ROOT)


async def test_a_fortnight_makes_stories_of_several_publishers(tmp_path: Path) -> None:
    """What the other tests compare is worth comparing."""
    found = await undisturbed(tmp_path)
    sizes = sorted(len(members) for members in found.members.values())
    assert len(sizes) < len(found.copies) / 2
    assert sizes[-1] >= 4
    assert len(set(found.copies.values())) < len(found.copies)
    kinds = {kind for events in found.events.values() for kind, _, _ in events}
    assert kinds >= {EventKind.FOUNDED, EventKind.PUBLISHER}
    assert found.open < found.members.keys(), "nothing has closed"


@pytest.mark.parametrize("batch", [1, 7])
async def test_batches_change_nothing(tmp_path: Path, batch: int) -> None:
    async with filled(tmp_path / "a.db") as store:
        await Grouping(store, window=WINDOW, batch=batch).group_new()
        assert await grouped(store) == await undisturbed(tmp_path)


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_transaction_ends_when_its_time_is_up_and_that_changes_nothing(tmp_path: Path, pieces: int) -> None:
    async with filled(tmp_path / "a.db") as store:
        left: list[int] = []

        def waiting(tx: Transaction) -> None:
            left.append(len(tx.copies.ungrouped(limit=1000)))

        await hurried(Reporting(store, waiting), pieces).group_new()
        _, first, *others = (before - after for before, after in pairwise([len(fortnight()), *left]))
        assert first == FIRST + pieces - 1, "from then on it is known how long they take"
        assert set(others[:-1]) == {pieces}
        assert left[-1] == 0
        assert await grouped(store) == await undisturbed(tmp_path)


def hurried(store: Store, pieces: int) -> Grouping:
    """Make a grouping with time for so many pieces a transaction; by its stopwatch a second passes whenever it looks."""
    return Grouping(store, window=WINDOW, within=timedelta(seconds=pieces + 1), stopwatch=count(0.0).__next__)


async def test_while_somebody_waits_for_a_page_transactions_are_short_and_far_between_but_all_is_grouped(
    tmp_path: Path,
) -> None:
    within = timedelta(milliseconds=10)
    async with filled(tmp_path / "a.db") as store:
        left: list[int] = []
        ended: list[float] = []

        def waiting(tx: Transaction) -> None:
            left.append(len(tx.copies.ungrouped(limit=1000)))
            ended.append(time.monotonic())

        always = Grouping(
            Reporting(store, waiting), window=WINDOW, within=within, stopwatch=lambda: 0.0, is_quiet=lambda: False
        )
        await always.group_new()
        placed = [before - after for before, after in pairwise(left)]
        assert placed[0] == FIRST, "one piece a transaction, though by its stopwatch no time passes"
        assert all(placed[:-1])
        assert left[-1] == 0
        assert min(after - before for before, after in pairwise(ended)) >= COURTESY * within.total_seconds()
        assert await grouped(store) == await undisturbed(tmp_path)


class Reporting:
    """Implements `ports.Store`: lets somebody look on at the end of each write."""

    def __init__(self, store: SqliteStore, look: Callable[[Transaction], None]) -> None:
        self._store = store
        self._look = look

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        def watched(tx: Transaction) -> T:
            result = work(tx)
            self._look(tx)
            return result

        return await self._store.write(watched)

    async def aclose(self) -> None:
        await self._store.aclose()


class Busy:
    """Implements `ports.Store`: after one of its writes others have their turn."""

    def __init__(self, store: SqliteStore, others: Callable[[], Awaitable[None]], *, after: int) -> None:
        self._store = store
        self._others = others
        self._left = after

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        result = await self._store.write(work)
        self._left -= 1
        if self._left == 0:
            await self._others()
        return result

    async def aclose(self) -> None:
        await self._store.aclose()


async def interrupted_by_news(path: Path, grouping_of: Callable[[Store], Grouping]) -> Grouped:
    """Let some be placed, then others come that are earlier, and change what waits."""
    reports = fortnight()
    early, late = reports[:-12:2], reports[1:-12:2]
    async with filled(path, early) as store:

        async def news() -> None:
            waiting = await store.read(lambda tx: tx.copies.ungrouped(limit=1000))
            assert len(waiting) == len(early) - FIRST == 2
            await correct(store, EntryId(11), early[10], early[1].parsed.headline)
            await correct(store, EntryId(2), early[1], "Something else entirely was reported by mistake")
            await publish(store, late)

        await grouping_of(Busy(store, news, after=2)).group_new()
        return await grouped(store)


async def test_what_comes_when_a_transaction_had_no_time_for_more_is_grouped_as_after_one_that_had_no_more(
    tmp_path: Path,
) -> None:
    small = await interrupted_by_news(tmp_path / "a.db", lambda store: Grouping(store, window=WINDOW, batch=FIRST))
    assert await interrupted_by_news(tmp_path / "b.db", lambda store: hurried(store, 1)) == small


async def test_one_poll_a_report_changes_nothing(tmp_path: Path) -> None:
    async with filled(tmp_path / "a.db", []) as store:
        grouping = Grouping(store, window=WINDOW)
        for report in fortnight():
            await publish(store, [report])
            await grouping.group_new()
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_a_new_process_a_batch_changes_nothing(tmp_path: Path) -> None:
    async with filled(tmp_path / "a.db", []) as store:
        reports = fortnight()
        for start in range(0, len(reports), 5):
            await publish(store, reports[start : start + 5])
            await Grouping(store, window=WINDOW).group_new()
        assert await grouped(store) == await undisturbed(tmp_path)


@pytest.mark.parametrize("failing", [(1,), (2,), (3,), (2, 3, 5)])
async def test_l6_a_batch_that_is_not_kept_is_decided_again(tmp_path: Path, failing: tuple[int, ...]) -> None:
    """The first write is that of the search index; the same grouping goes on, as a running server does."""
    async with filled(tmp_path / "a.db") as store:
        grouping = Grouping(Interrupting(store, *failing), window=WINDOW, batch=7)
        failures = 0
        for _ in range(len(failing) + 1):
            try:
                await grouping.group_new()
            except Interrupted:
                failures += 1
        assert failures == len(failing)
        assert await grouped(store) == await undisturbed(tmp_path)


@pytest.mark.slow
async def test_l6_a_grouper_that_is_killed_anywhere_in_a_batch_leaves_what_the_next_one_needs(tmp_path: Path) -> None:
    async with filled(tmp_path / "a.db") as store:
        for killed_at in (3, 9, 14, 19, 24, 31, 47, 66):
            ended = await asyncio.to_thread(child(tmp_path / "a.db", batch=7, killed_at=killed_at).wait)
            assert ended == -signal.SIGKILL, "it ended before it was to be killed"
        assert await store.read(lambda tx: tx.copies.ungrouped(limit=1)) != []
        assert await asyncio.to_thread(child(tmp_path / "a.db", batch=7).wait) == 0
        assert await grouped(store) == await undisturbed(tmp_path)


@pytest.mark.slow
async def test_l6_two_processes_group_one_database_as_one_would(tmp_path: Path) -> None:
    async with filled(tmp_path / "a.db") as store:
        groupers = [child(tmp_path / "a.db", batch=batch) for batch in (2, 3)]
        for grouper in groupers:
            assert await asyncio.to_thread(grouper.wait) == 0
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_l6_two_groupings_take_turns_on_one_database(tmp_path: Path) -> None:
    """Each finds, batch after batch, that the other one has stored something."""
    async with filled(tmp_path / "a.db") as store:
        other = await open_blank(tmp_path / "a.db")
        try:
            await asyncio.gather(
                Grouping(store, window=WINDOW, batch=2).group_new(), Grouping(other, window=WINDOW, batch=3).group_new()
            )
        finally:
            await other.aclose()
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_calls_at_once_are_made_one_after_the_other(tmp_path: Path) -> None:
    async with filled(tmp_path / "a.db") as store:
        grouping = Grouping(store, window=WINDOW, batch=7)
        await asyncio.gather(*(grouping.group_new() for _ in range(3)))
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_what_was_polled_without_grouping_is_grouped_by_the_next_poll(tmp_path: Path) -> None:
    reports = fortnight()
    async with filled(tmp_path / "a.db", reports[:10]) as store:
        grouping = Grouping(store, window=WINDOW)
        await grouping.group_new()
        await publish(store, reports[10:25])
        await publish(store, reports[25:])
        await grouping.group_new()
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_entries_that_come_in_late_join_the_story_of_their_time(tmp_path: Path) -> None:
    reports = fortnight()
    quakes = [report for report in reports if "earthquake" in report.parsed.headline.lower()]
    last = max(reports, key=lambda report: str(report.parsed.published_at))
    late = quakes[-1] if quakes[-1] is not last else quakes[-2]
    async with filled(tmp_path / "a.db", [report for report in reports if report is not late]) as store:
        grouping = Grouping(store, window=WINDOW)
        await grouping.group_new()
        (entry_id,) = await publish(store, [late])
        await grouping.group_new()
        found = await grouped(store)
        assert len(found.members[found.story_of(entry_id)]) > 1


async def changed_meanwhile(path: Path, *, warm: bool, batch: int) -> Grouped:
    """Group, let a headline change, a copy set part and another one come to be, and group again."""
    reports = fortnight()
    async with filled(path, reports[:-12]) as store:
        first = Grouping(store, window=WINDOW, batch=batch)
        await first.group_new()
        entry = await store.read(lambda tx: tx.copies.texts([EntryId(number) for number in range(1, 20)]))
        texts = {text.id: text for text in entry}
        await correct(store, EntryId(4), reports[3], "Parliament passes budget after night of debate")
        await correct(store, EntryId(9), reports[8], texts[EntryId(12)].headline)
        await correct(store, EntryId(14), reports[13], "Something else entirely was reported by mistake")
        await publish(store, reports[-12:])
        await (first if warm else Grouping(store, window=WINDOW, batch=batch)).group_new()
        return await grouped(store)


async def test_changed_headlines_and_copies_are_grouped_alike_whoever_does_it_and_in_whatever_batches(
    tmp_path: Path,
) -> None:
    expected = await changed_meanwhile(tmp_path / "a.db", warm=True, batch=500)
    for number, (warm, batch) in enumerate([(False, 500), (True, 1), (False, 1), (True, 7)]):
        assert await changed_meanwhile(tmp_path / f"{number}.db", warm=warm, batch=batch) == expected, (warm, batch)


async def test_a_feed_that_is_removed_keeps_its_part_in_stories(tmp_path: Path) -> None:
    """Its entries are not shown, but other feeds' are grouped as if they were, and they are there when it comes back."""
    reports = fortnight()
    async with filled(tmp_path / "a.db", reports[:30]) as store:
        grouping = Grouping(store, window=WINDOW)
        await grouping.group_new()
        await configure(store, [feed for feed in FEEDS if feed.id != "courier"])
        await publish(store, [report for report in reports[30:] if report.feed != "courier"])
        await grouping.group_new()
        without = await grouped(store)
        await configure(store)
        again = await grouped(store)
    expected = await undisturbed(
        tmp_path, reports[:30] + [report for report in reports[30:] if report.feed != "courier"]
    )
    assert again == expected
    assert without.copies.items() < again.copies.items()
    assert without.members.keys() <= again.members.keys()


async def test_rules_that_changed_have_open_stories_read_anew_and_keep_them(tmp_path: Path) -> None:
    reports = fortnight()
    async with filled(tmp_path / "a.db", reports[:40]) as store:
        await Grouping(store, window=WINDOW).group_new()
        before = await grouped(store)
        other = replace(StorySettings(), body_terms=20)
        await publish(store, reports[40:41])
        await Grouping(store, window=WINDOW, settings=other).group_new()
        after, memory = await grouped(store), await store.read(lambda tx: tx.stories.memory())
        for story in before.members.keys() & after.members.keys():
            assert before.members[story] <= after.members[story]
        assert {reading.entry.id for reading in memory.readings} >= {
            entry for story in after.open for entry in after.members[story]
        }
        await publish(store, reports[41:])
        await Grouping(store, window=WINDOW, settings=other).group_new()
        assert len((await grouped(store)).copies) == len(reports)


@pytest.mark.parametrize("left", [True, False])
async def test_who_comes_after_one_that_left_reads_only_what_it_needs_and_decides_the_same(
    tmp_path: Path, *, left: bool
) -> None:
    reports, told = fortnight(), list[str]()
    async with filled(tmp_path / "a.db", reports[:-5]) as store:
        first = Grouping(store, window=WINDOW, held=1)
        await first.group_new()
        if left:
            await first.leave()
        await publish(store, reports[-5:])
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: told.append(sql))
    await Grouping(store, window=WINDOW, held=1).group_new()
    assert await grouped(store) == await undisturbed(tmp_path)
    await store.aclose()
    assert any("ORDER BY r.position" in sql for sql in told) != left, "all readings"
    assert any("e.listed_at >= :since AND e.grouped = 1" in sql for sql in told) != left, "all texts"
    assert any("FROM story_readings AS r" in sql for sql in told)


async def test_what_is_kept_for_the_next_one_is_of_no_use_once_somebody_else_has_grouped(tmp_path: Path) -> None:
    reports = fortnight()
    async with filled(tmp_path / "a.db", reports[:-10]) as store:
        first, second = Grouping(store, window=WINDOW), Grouping(store, window=WINDOW)
        await first.group_new()
        await publish(store, reports[-10:-5])
        await second.group_new()
        await second.leave()
        await first.leave()
        await publish(store, reports[-5:])
        await Grouping(store, window=WINDOW).group_new()
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_where_nothing_can_be_kept_for_the_next_one_it_reads_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Full:
        """Implements `ports.Store`: the disk becomes full."""

        def __init__(self, store: SqliteStore) -> None:
            self.read, self.aclose, self._store, self.is_full = store.read, store.aclose, store, False

        async def write(self, work: Callable[[Transaction], T]) -> T:
            if self.is_full:
                raise DatabaseUnusable("a.db: the disk is full")
            return await self._store.write(work)

    reports = fortnight()
    async with filled(tmp_path / "a.db", reports[:-5]) as store:
        full = Full(store)
        grouping = Grouping(full, window=WINDOW)
        await grouping.leave()
        await grouping.group_new()
        full.is_full = True
        await grouping.leave()
        assert "the next start will read more of the open stories again: a.db: the disk is full" in caplog.text
        await publish(store, reports[-5:])
        await Grouping(store, window=WINDOW).group_new()
        assert await grouped(store) == await undisturbed(tmp_path)


async def test_where_nothing_waits_nothing_is_read_and_no_model_is_loaded(tmp_path: Path) -> None:
    def refuse() -> None:
        raise UserError("there is no model")

    async with filled(tmp_path / "a.db", []) as store:
        grouping = Grouping(store, window=WINDOW, vectors=refuse)  # type: ignore[arg-type]  # it gives none
        await grouping.group_new()
        await publish(store, fortnight()[:1])
        with pytest.raises(UserError, match="no model"):
            await grouping.group_new()


async def test_who_watches_is_told_of_what_was_placed_when_it_is_kept(tmp_path: Path) -> None:
    told: list[int] = []
    async with filled(tmp_path / "told.db") as store:
        waiting = await store.read(lambda tx: tx.progress.look(()))
        failing = Interrupting(store, 2)
        grouping = Grouping(failing, window=WINDOW, batch=7, on_placed=lambda entries, _: told.append(entries))
        with pytest.raises(Interrupted):
            await grouping.group_new()
        assert told == []
        await grouping.group_new()
        left = await store.read(lambda tx: tx.progress.look(()))
    assert waiting.open_stories == left.ungrouped == 0
    assert left.open_stories > 0
    assert sum(told) == waiting.ungrouped > 7
    assert max(told) == 7
