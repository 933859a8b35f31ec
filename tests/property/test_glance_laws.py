"""What all feeds are told by at a glance is what a whole overview of each says."""

import unicodedata
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model.feed import FeedState, Outcome
from aggregator.model.glance import FeedMark
from aggregator.model.ids import FeedId
from aggregator.model.poll import Heed, PollRecord
from aggregator.polling.health import SILENT_FOR, problems
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.store import SqliteTransaction
from aggregator.text.languages import direction
from aggregator.web.pages.condition import condition
from tests.factories import NOON, make_feed
from tests.published import glance_of

HOUR = timedelta(hours=1)
times = st.none() | st.integers(-200, 200).map(lambda hours: NOON + hours * HOUR)
states = st.builds(
    FeedState,
    gone=st.booleans(),
    blocked_until=times,
    failures=st.integers(0, 12),
    failing_since=times,
    malformed_since=times,
    last_polled_at=times,
    last_success_at=times,
    next_poll_at=times,
    pushed_until=st.none(),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(states, min_size=1, max_size=6))
def test_glances_and_suspects_leave_nothing_out(given_states: list[FeedState]) -> None:
    feeds = [make_feed(f"f{number}", tags=("local",) * (number % 2)) for number in range(len(given_states))]
    with TemporaryDirectory() as folder:
        database = connect.connect(Path(folder) / "a.db", writing=True)
        migrations.upgrade(database, Path("a.db"))
        tx = SqliteTransaction(Session(database))
        with connect.writing(database):
            tx.feeds.synchronise(feeds, now=NOON)
            for feed, state in zip(feeds, given_states, strict=True):
                ((due,),) = (
                    lease.feeds
                    for lease in tx.feeds.claim([FeedId(feed.id)], now=NOON, groups=1, lease=HOUR, heed=Heed.NOTHING)
                )
                tx.feeds.finish(due, state, PollRecord(at=NOON, outcome=Outcome.FETCHED))
            overviews = tx.feeds.overview()
            found = tx.feeds.glances(now=NOON)
            marks, conditions = tx.feeds.marks(now=NOON), tx.feeds.conditions(now=NOON)
            suspects = tx.feeds.suspects(silent=SILENT_FOR)
            late = tx.feeds.figures(now=NOON)
        database.close()
    assert found == [glance_of(each, kind=condition(each, now=NOON).kind) for each in overviews]
    assert marks == [FeedMark(each.id, each.category, each.kind) for each in found]
    assert conditions == Counter(each.kind for each in found)
    assert problems(suspects, now=NOON, among=found) == problems(overviews, now=NOON)
    waited = [
        NOON - max(each.state.next_poll_at, each.state.blocked_until or each.state.next_poll_at)
        for each in overviews
        if each.state.next_poll_at and not each.state.gone
    ]
    assert late.overdue == sum(each > timedelta() for each in waited)
    assert late.longest_lag == max([timedelta(), *waited])


@pytest.mark.parametrize("plane", range(17))
def test_every_letter_that_runs_from_right_to_left_is_seen(plane: int) -> None:
    letters = map(chr, range(plane << 16, (plane + 1) << 16))
    strong = [each for each in letters if unicodedata.bidirectional(each) in {"R", "AL"}]
    assert {each for each in strong if direction(None, each) != "rtl"} == set()
