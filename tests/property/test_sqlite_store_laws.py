"""Laws of the store that hold whatever happens in whatever order."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aggregator.errors import LeaseLost
from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import FeedState, FreshnessHints, GroupLease, Move, Outcome
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan, GroupPause, Heed, PollRecord
from aggregator.model.query import Cursor, EntryQuery
from aggregator.polling.groups import rate_group
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.feeds import SqliteFeeds
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.store import SqliteTransaction
from aggregator.stories.copies import group, reach
from tests.blank import open_blank
from tests.factories import NOON, make_feed, make_parsed_entry

LEASE = timedelta(minutes=5)
NAMES = ("a", "b", "c", "d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lease as its holder believes it to be."""

    lease: GroupLease
    until: int


def record(at: datetime) -> PollRecord:
    return PollRecord(at=at, outcome=Outcome.FETCHED)


class Leases(RuleBasedStateMachine):
    """Workers claim, finish, pause, give back, die and come late; feeds.yaml changes under them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.database = connect.connect(Path(self.folder.name) / "a.db", writing=True)
        migrations.upgrade(self.database, Path("a.db"))
        self.feeds = SqliteTransaction(Session(self.database)).feeds
        self.minutes = 0
        self.held: dict[str, Held] = {}
        self.stale: list[GroupLease] = []
        self.tokens: dict[str, int] = {}
        self.resting: dict[str, int] = {}
        self.paused: dict[str, int] = {}
        self.configured: dict[str, str] = {}
        self.addresses: dict[str, str] = {}

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @property
    def now(self) -> datetime:
        return NOON + timedelta(minutes=self.minutes)

    @initialize()
    def configure_all(self) -> None:
        self.configure(dict.fromkeys(NAMES, "https://one.example"))

    @rule(
        hosts=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["https://one.example", "https://two.example"]))
    )
    def configure(self, hosts: dict[str, str]) -> None:
        self.configured = {name: f"{host}/{name}" for name, host in sorted(hosts.items())}
        # A feed that is named no more is still known by the address that it had last.
        self.addresses |= self.configured
        self.feeds.synchronise([make_feed(name, url=url) for name, url in self.configured.items()], now=self.now)

    @rule()
    def change_and_change_back(self) -> None:
        """Somebody tries another address for every feed, and takes it back before a poll has ended."""
        before = {name: url.removesuffix(f"/{name}") for name, url in self.configured.items()}
        self.configure(dict.fromkeys(before, "https://three.example"))
        self.configure(before)

    @rule(minutes=st.integers(1, 7))
    def pass_time(self, minutes: int) -> None:
        self.minutes += minutes

    @rule(groups=st.integers(0, 3), per_group=st.integers(1, 3))
    def claim_due(self, groups: int, per_group: int) -> None:
        claimed = self.feeds.claim_due(now=self.now, groups=groups, per_group=per_group, lease=LEASE)
        assert len(claimed) <= groups
        assert all(1 <= len(lease.feeds) <= per_group for lease in claimed)
        due = (due for lease in claimed for due in lease.feeds)
        assert all((each.state.next_poll_at or self.now) <= self.now for each in due)
        self.take(claimed, forced=False)

    @rule(names=st.sets(st.sampled_from(NAMES)), heed=st.sampled_from(Heed))
    def claim(self, names: set[str], heed: Heed) -> None:
        ids = [FeedId(name) for name in names]
        claimed = self.feeds.claim(ids, now=self.now, groups=9, lease=LEASE, heed=heed)
        self.take(claimed, forced=heed is Heed.NOTHING)

    def take(self, claimed: Sequence[GroupLease], *, forced: bool) -> None:
        assert len({lease.group for lease in claimed}) == len(claimed)
        for lease in claimed:
            assert all(self.configured[due.feed.id] == due.feed.url for due in lease.feeds)
            assert {rate_group(due.url) for due in lease.feeds} == {lease.group}, "asked in another group's lease"
            holder = self.held.pop(lease.group, None)
            if holder is not None:
                assert holder.until <= self.minutes, "leased twice at a time"
                self.stale.append(holder.lease)
            assert self.resting.get(lease.group, 0) <= self.minutes, "no rest after the last lease"
            assert forced or self.paused.get(lease.group, 0) <= self.minutes, "asked although paused"
            assert lease.token > self.tokens.get(lease.group, 0), "a token was given twice"
            self.tokens[lease.group] = lease.token
            self.held[lease.group] = Held(lease=lease, until=self.minutes + 5)

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(),
        next_in=st.integers(0, 10),
        pause_for=st.none() | st.integers(1, 9),
        moves=st.none() | st.sampled_from(["https://one.example/moved", "https://two.example/moved", ""]),
    )
    def finish(self, data: st.DataObject, next_in: int, pause_for: int | None, moves: str | None) -> None:
        """End a poll; `moves`: to which address, or back (empty), or not at all (None)."""
        lease = self.held[data.draw(st.sampled_from(sorted(self.held)))].lease
        due = data.draw(st.sampled_from(lease.feeds))
        state = FeedState(
            next_poll_at=self.now + timedelta(minutes=next_in),
            failures=self.minutes,
            move=due.state.move if moves is None else Move(address=moves or None),
        )
        pause = pause_for and GroupPause(
            group=lease.group, until=self.now + timedelta(minutes=pause_for), reason="HTTP 429"
        )
        if self.addresses[due.feed.id] != due.feed.url:
            before = self.whole()
            with pytest.raises(LeaseLost):
                self.feeds.finish(due, state, record(self.now), pause=pause or None)
            assert self.whole() == before
            return
        self.feeds.finish(due, state, record(self.now), pause=pause or None)
        if pause_for:
            self.paused[lease.group] = max(self.paused.get(lease.group, 0), self.minutes + pause_for)
        found = self.feeds.get(due.feed.id)
        assert (found is not None) == (due.feed.id in self.configured)
        assert found is None or found.state == state

    @precondition(lambda self: self.held)
    @rule(data=st.data(), gap=st.integers(0, 3))
    def release(self, data: st.DataObject, gap: int) -> None:
        lease = self.held.pop(data.draw(st.sampled_from(sorted(self.held)))).lease
        self.feeds.release([lease], now=self.now, gap=timedelta(minutes=gap))
        self.resting[lease.group] = self.minutes + gap
        self.stale.append(lease)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def extend(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.held)))
        self.feeds.extend([self.held[name].lease], now=self.now, lease=LEASE)
        self.held[name] = replace(self.held[name], until=self.minutes + 5)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def come_late(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.stale))
        before = self.whole()
        for due in lease.feeds:
            with pytest.raises(LeaseLost):
                self.feeds.finish(due, FeedState(failures=99), record(self.now))
        self.feeds.release([lease], now=self.now, gap=100 * LEASE)
        self.feeds.extend([lease], now=self.now, lease=100 * LEASE)
        assert self.whole() == before

    def whole(self) -> list[tuple[object, ...]]:
        """Everything there is about feeds, groups and polls."""
        tables = ("feeds", "rate_groups", "polls")
        return [tuple(row) for table in tables for row in self.database.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]

    @rule()
    def long_after(self) -> None:
        """Whatever was held, paused or put off: nothing that is configured is forgotten."""
        self.database.execute("SAVEPOINT later")
        later = self.now + timedelta(days=1)
        claimed = self.feeds.claim_due(now=later, groups=9, per_group=9, lease=LEASE)
        assert sorted(due.feed.id for lease in claimed for due in lease.feeds) == sorted(self.configured)
        self.database.execute("ROLLBACK TO later")
        self.database.execute("RELEASE later")

    @invariant()
    def shows_what_is_configured(self) -> None:
        assert [row.feed.id for row in self.feeds.overview()] == sorted(self.configured)


@pytest.mark.slow
def test_l1_l3_no_group_is_leased_twice_at_a_time_and_no_late_worker_saves() -> None:
    run_state_machine_as_test(Leases, settings=settings(max_examples=30, stateful_step_count=30, deadline=None))


AT = st.none() | st.integers(-40 * 24, 40 * 24).map(lambda hours: NOON + timedelta(hours=hours))
"""Times that are and times that can't be, as left behind by any clock."""
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LONGEST_WAITS = {"next_poll_at": 16 * DAY, "fresh_until": 7 * DAY, "blocked_until": DAY}


@contextmanager
def trials(path: Path) -> Iterator[Callable[[], AbstractContextManager[SqliteFeeds]]]:
    """A database for many examples, each of which is undone: making one takes longer than trying it."""
    database = connect.connect(path, writing=True)
    migrations.upgrade(database, path)

    @contextmanager
    def trial() -> Iterator[SqliteFeeds]:
        database.execute("BEGIN IMMEDIATE")
        try:
            yield SqliteTransaction(Session(database)).feeds
        finally:
            database.rollback()

    yield trial
    database.close()


def test_t1_whatever_a_wrong_clock_has_left_behind_every_feed_is_polled_within_its_longest_wait(tmp_path: Path) -> None:
    """And what can be is left as it was, and mended a second time nothing changes."""

    @settings(max_examples=200, deadline=None)
    @given(
        state=st.builds(FeedState, last_polled_at=AT, next_poll_at=AT, fresh_until=AT, blocked_until=AT),
        pause=AT,
        back=st.integers(2, 10**6).map(lambda minutes: timedelta(minutes=minutes)),
        restarted=st.booleans(),
    )
    def law(state: FeedState, pause: datetime | None, back: timedelta, *, restarted: bool) -> None:
        with trial() as feeds:
            leave_behind(feeds, state, pause, wrong=NOON + back)
            if restarted:
                feeds.synchronise([make_feed("a")], now=NOON)
            claimed = feeds.claim_due(now=NOON, groups=1, per_group=1, lease=LEASE)
            mended = known(feeds)
            feeds.synchronise([make_feed("a")], now=NOON)
            assert known(feeds) == mended
        assert (mended.last_polled_at or NOON) <= NOON
        assert all((getattr(mended, name) or NOON) <= NOON + wait + MINUTE for name, wait in LONGEST_WAITS.items())
        possible = {**LONGEST_WAITS, "next_poll_at": 15 * DAY, "last_polled_at": MINUTE}
        if all((getattr(state, name) or NOON) <= NOON + wait for name, wait in possible.items()):
            assert mended == state
        assert not claimed or max(mended.next_poll_at or NOON, mended.blocked_until or NOON) <= NOON

    with trials(tmp_path / "a.db") as trial:
        law()


def leave_behind(feeds: SqliteFeeds, state: FeedState, pause: datetime | None, *, wrong: datetime) -> None:
    """Poll a feed by a clock that is wrong."""
    feeds.synchronise([make_feed("a")], now=NOON)
    (lease,) = feeds.claim([FeedId("a")], now=wrong, groups=1, lease=LEASE, heed=Heed.NOTHING)
    paused = GroupPause(group=lease.group, until=pause, reason="HTTP 429") if pause else None
    feeds.finish(lease.feeds[0], state, record(NOON), pause=paused)
    feeds.release([lease], now=wrong, gap=timedelta(seconds=2))


def known(feeds: SqliteFeeds) -> FeedState:
    (row,) = feeds.overview()
    return row.state


def test_p20_no_feed_is_given_in_what_it_skips_and_each_is_afterwards(tmp_path: Path) -> None:
    @settings(max_examples=100, deadline=None)
    @example(hours=frozenset(range(24)) - {9}, days=frozenset(range(6)), overdue=[1], now=NOON + 55 * MINUTE)
    @given(
        hours=st.frozensets(st.integers(0, 23), max_size=24),
        days=st.frozensets(st.integers(0, 6), max_size=7),
        overdue=st.lists(st.integers(0, 100), min_size=1, max_size=6),
        now=st.integers(0, 14 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    )
    def law(hours: frozenset[int], days: frozenset[int], overdue: list[int], now: datetime) -> None:
        hints = FreshnessHints(skip_hours=hours, skip_days=days)
        with trial() as feeds:
            poll_once(feeds, [FeedState(hints=hints, next_poll_at=now - timedelta(hours=late)) for late in overdue])
            claimed = feeds.claim_due(now=now, groups=1, per_group=2, lease=LEASE)
            planned = [row.state.next_poll_at or now for row in feeds.overview()]
        skipping = skipped(now, hours, days)
        assert bool(claimed) == (not skipping)
        if skipping:
            assert all(now < at <= now + 8 * DAY + 10 * MINUTE and not skipped(at, hours, days) for at in planned)

    with trials(tmp_path / "a.db") as trial:
        law()


def skipped(at: datetime, hours: frozenset[int], days: frozenset[int]) -> bool:
    """Say it again: every hour, or every day, is not believed."""
    return (at.hour in hours and len(hours) < 24) or (at.weekday() in days and len(days) < 7)


def poll_once(feeds: SqliteFeeds, states: Sequence[FeedState]) -> None:
    names = [FeedId(f"f{number}") for number in range(len(states))]
    feeds.synchronise([make_feed(name, url=f"https://one.example/{name}") for name in names], now=NOON)
    (lease,) = feeds.claim(names, now=NOON, groups=1, lease=LEASE, heed=Heed.NOTHING)
    for due, state in zip(lease.feeds, states, strict=True):
        feeds.finish(due, state, record(NOON))
    feeds.release([lease], now=NOON, gap=timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An entry to store: its minute (None: undated), its feed, and which earlier one it repeats."""

    minute: int | None
    feed: int
    repeats: int | None


STORED = st.builds(
    Stored,
    minute=st.none() | st.integers(-2, 2),
    feed=st.integers(0, 1),
    repeats=st.none() | st.integers(0, 5),
)


def store_all(tx: SqliteTransaction, entries: Sequence[Stored]) -> None:
    """Store entries and place copies by a simple rule: whichever is listed first leads."""
    tx.feeds.synchronise([make_feed("a", category="A"), make_feed("b", category="B")], now=NOON)
    sets: dict[int, list[EntryId]] = {}
    for number, stored in enumerate(entries):
        at = None if stored.minute is None else NOON + timedelta(minutes=stored.minute)
        plan = EntryPlan(new=(make_parsed_entry(str(number), text="", published_at=at),))
        (entry_id,) = tx.entries.save(FeedId("ab"[stored.feed]), plan, now=NOON)
        key = -1 - number if stored.repeats is None else stored.repeats
        sets.setdefault(key, []).append(entry_id)
    for members in sets.values():
        lead = max(members)
        tx.copies.assign(
            [
                CopyAssignment(
                    entry_id=member, copy_set=CopySetId(min(members)), copy_of=None if member == lead else lead
                )
                for member in members
            ]
        )


def walk(tx: SqliteTransaction, query: EntryQuery) -> list[EntryId]:
    """Follow a list to its end."""
    seen: list[Cursor] = []
    while True:
        page = tx.entries.page(query)
        assert len(page.items) <= query.limit
        seen += [Cursor(listed_at=entry.listed_at, id=entry.id) for entry in page.items]
        if page.next is None:
            break
        assert len(page.items) == query.limit
        query = replace(query, after=Cursor.from_text(str(page.next)))
    assert seen == sorted(seen, key=lambda mark: (mark.listed_at, mark.id), reverse=True)
    return [EntryId(mark.id) for mark in seen]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(entries=st.lists(STORED, max_size=25), limit=st.integers(1, 7), kept=st.sets(st.sampled_from("ab")))
def test_every_entry_is_on_one_page_whatever_the_size_of_pages(
    entries: list[Stored], limit: int, kept: set[str]
) -> None:
    """And of each set of copies with an entry in a configured feed, one entry is, in one category."""

    def check(tx: SqliteTransaction) -> None:
        store_all(tx, entries)
        configured = [make_feed(name, category=name.upper()) for name in sorted(kept)]
        tx.feeds.synchronise(configured, now=NOON)
        whole = {EntryId(number): stored for number, stored in enumerate(entries, 1) if "ab"[stored.feed] in kept}
        everything = walk(tx, EntryQuery(limit=limit, with_copies=True))
        assert sorted(everything) == sorted(whole)

        fronts = walk(tx, EntryQuery(limit=limit))
        sets = {number: -number if stored.repeats is None else stored.repeats for number, stored in whole.items()}
        assert len({sets[front] for front in fronts}) == len(fronts) == len(set(sets.values()))

        by_category = [front for name in "AB" for front in walk(tx, EntryQuery(limit=limit, category=name))]
        by_feed = [front for name in "ab" for front in walk(tx, EntryQuery(limit=limit, feed_id=FeedId(name)))]
        assert sorted(by_category) == sorted(by_feed) == sorted(fronts)
        assert tx.entries.totals().entries == len(entries)

    async def run() -> None:
        with TemporaryDirectory() as folder:
            store = await open_blank(Path(folder) / "a.db")
            await store.write(check)
            await store.aclose()

    asyncio.run(run())


TELLING = ("cooling tower of old reactor collapses", "museum returns stolen paintings")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from(["u", "v", None]), st.sampled_from([*TELLING, "weather forecast", ""]), st.integers(-30, 0)
        ),
        max_size=14,
    ),
    sets=st.lists(st.sets(st.integers(1, 14), min_size=2, max_size=3), max_size=2),
    start=st.sets(st.integers(1, 14), min_size=1, max_size=2),
)
def test_connected_is_the_closure_that_is_promised(
    entries: list[tuple[str | None, str, int]], sets: list[set[int]], start: set[int]
) -> None:
    reach = timedelta(hours=3)
    number_of_set = dict(enumerate(range(1, len(entries) + 1), 1))

    def check(tx: SqliteTransaction) -> None:
        tx.feeds.synchronise([make_feed("a")], now=NOON)
        new = tuple(
            make_parsed_entry(str(n), url_key=url, headline_key=headline, published_at=NOON + timedelta(hours=at))
            for n, (url, headline, at) in enumerate(entries)
        )
        tx.entries.save(FeedId("a"), EntryPlan(new=new), now=NOON)
        for members in sets:
            present = sorted(members & set(number_of_set))
            number_of_set.update(dict.fromkeys(present, present[0] if present else 0))
            tx.copies.assign(
                [CopyAssignment(entry_id=EntryId(n), copy_set=CopySetId(present[0]), copy_of=None) for n in present]
            )
        found = tx.copies.connected([EntryId(n) for n in start], reach=reach)
        assert {candidate.id for candidate in found} == closure(entries, number_of_set, start)

    async def run() -> None:
        with TemporaryDirectory() as folder:
            store = await open_blank(Path(folder) / "a.db")
            await store.write(check)
            await store.aclose()

    asyncio.run(run())


def closure(entries: Sequence[tuple[str | None, str, int]], sets: dict[int, int], start: set[int]) -> set[int]:
    """Say it the slow and plain way: look at every pair until nothing is added."""

    def tied(one: int, other: int) -> bool:
        (url, headline, at), (url2, headline2, at2) = entries[one - 1], entries[other - 1]
        same_headline = headline == headline2 and headline in TELLING and abs(at - at2) <= 3
        return (url is not None and url == url2) or same_headline or sets[one] == sets[other]

    found = start & set(sets)
    while True:
        reached = {other for one in found for other in sets if tied(one, other)} | found
        if reached == found:
            return found
        found = reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a feed says of an entry, as far as it bears on copies."""

    guid: bool
    url: str | None
    headline: str
    hour: int | None

    def parsed(self, name: str) -> ParsedEntry:
        return replace(
            make_parsed_entry(name, url_key=self.url, headline_key=self.headline, text=""),
            guid=name if self.guid else None,
            published_at=None if self.hour is None else NOON + timedelta(hours=self.hour),
        )


def steps(urls: Sequence[str], headlines: Sequence[str]) -> st.SearchStrategy[list[tuple[int, str, Said, bool]]]:
    said = st.builds(
        Said,
        guid=st.booleans(),
        url=st.sampled_from(urls),
        headline=st.sampled_from(headlines),
        hour=st.none() | st.sampled_from([-400, -230, -40, -30, -20]),
    )
    step = st.tuples(st.integers(0, 4), st.sampled_from("aaab"), said, st.booleans())
    return st.lists(step, min_size=5, max_size=12)


STEPS = steps("1234uv", [*TELLING[:1] * 4, TELLING[1]]) | steps("uuuv", [*TELLING, "weather forecast", "quiz"])
"""Headlines that recur at several addresses, addresses that recur under several headlines."""
WINDOW = timedelta(hours=48)


@pytest.mark.slow
def test_copies_decided_step_by_step_are_those_decided_at_once(tmp_path: Path) -> None:
    """An entry comes or, where its number came before, changes; then all that waits is placed, or waits for the next."""
    database = connect.connect(tmp_path / "a.db", writing=True)
    migrations.upgrade(database, tmp_path / "a.db")

    @settings(max_examples=300, deadline=None)
    @given(steps=STEPS)
    def law(steps: list[tuple[int, str, Said, bool]]) -> None:
        database.execute("BEGIN IMMEDIATE")
        try:
            take(SqliteTransaction(Session(database)), steps)
        finally:
            database.rollback()

    law()
    database.close()


def take(tx: SqliteTransaction, steps: Sequence[tuple[int, str, Said, bool]]) -> None:
    tx.feeds.synchronise([make_feed(name) for name in "ab"], now=NOON)
    stored: dict[int, tuple[EntryId, FeedId]] = {}
    for number, feed, said, placing in steps:
        parsed = said.parsed(str(number))
        if number in stored:
            entry_id, owner = stored[number]
            tx.entries.save(owner, EntryPlan(changed=((entry_id, parsed),)), now=NOON)
        else:
            (entry_id,) = tx.entries.save(FeedId(feed), EntryPlan(new=(parsed,)), now=NOON)
            stored[number] = (entry_id, FeedId(feed))
        if placing:
            place_waiting(tx)
    place_waiting(tx)
    everything = tx.copies.connected([entry_id for entry_id, _ in stored.values()], reach=reach(WINDOW))
    decided = {place.entry_id: (place.copy_set, place.copy_of) for place in group(everything, window=WINDOW)}
    rows = tx.entries._session.rows("SELECT id, copy_set, copy_of FROM entries")
    assert {row["id"]: (row["copy_set"], row["copy_of"]) for row in rows} == decided


def place_waiting(tx: SqliteTransaction) -> None:
    tx.copies.assign(group(tx.copies.connected(tx.copies.ungrouped(limit=100), reach=reach(WINDOW)), window=WINDOW))
