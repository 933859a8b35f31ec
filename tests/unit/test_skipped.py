"""Why a feed that a person asked for was not polled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.feed import FeedOverview, FeedState
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause, Heed
from aggregator.services.skipped import Skipped, skipped
from tests.factories import NOON, make_feed

LATER = NOON + timedelta(hours=2)
FEED = make_feed("a")
KNOWN = FeedOverview(
    feed=FEED, state=FeedState(), document_title="", home_url=None, entries=0, newest_entry_at=None, rhythm=None
)
PAUSE = GroupPause(group=RateGroup("a.example:443"), until=LATER, reason="HTTP 429")


def found(state: FeedState, heed: Heed, *pauses: GroupPause) -> Skipped:
    overview = replace(KNOWN, state=state)
    return skipped(overview, {pause.group: pause for pause in pauses}, now=NOON, heed=heed)


def reason(state: FeedState, heed: Heed, *pauses: GroupPause) -> str:
    return found(state, heed, *pauses).reason


@pytest.mark.parametrize("heed", [Heed.FRESHNESS, Heed.BANS])
def test_a_ban_is_named_with_its_end_and_how_to_poll_all_the_same(heed: Heed) -> None:
    for each in (found(FeedState(blocked_until=LATER), heed), found(FeedState(), heed, PAUSE)):
        assert each.until == LATER
        assert each.reason.endswith("; `--force` asks all the same")


def test_who_forced_a_poll_is_not_told_to_force_it() -> None:
    """A 429 during a forced poll leaves the other feeds of the server unasked, forced or not."""
    for said in (reason(FeedState(blocked_until=LATER), Heed.NOTHING), reason(FeedState(), Heed.NOTHING, PAUSE)):
        assert "left alone" in said
        assert "--force" not in said


@pytest.mark.parametrize(("heed", "said"), [(Heed.FRESHNESS, True), (Heed.BANS, False), (Heed.NOTHING, False)])
def test_freshness_keeps_only_feeds_that_are_named(heed: Heed, *, said: bool) -> None:
    assert ("still fresh" in reason(FeedState(fresh_until=LATER), heed)) == said


@pytest.mark.parametrize(("heed", "said"), [(Heed.FRESHNESS, True), (Heed.BANS, True), (Heed.NOTHING, False)])
def test_gone_keeps_all_but_a_forced_poll(heed: Heed, *, said: bool) -> None:
    assert ("410" in reason(FeedState(gone=True), heed)) == said


@pytest.mark.parametrize("blocked", [1, 3])
def test_p28_of_several_wishes_the_one_that_lasts_longest_counts(blocked: int) -> None:
    state = FeedState(blocked_until=NOON + timedelta(hours=blocked), fresh_until=NOON + timedelta(minutes=90))
    longest = found(state, Heed.FRESHNESS, PAUSE)
    assert ("is left alone: HTTP 429" in longest.reason) == (blocked == 1)
    assert longest.until == (LATER if blocked == 1 else state.blocked_until)


def test_what_is_over_and_pauses_of_others_are_no_reason() -> None:
    elsewhere = replace(PAUSE, group=RateGroup("b.example:443"))
    assert reason(FeedState(blocked_until=NOON, fresh_until=NOON), Heed.FRESHNESS, elsewhere) == ""


def test_p28_our_own_least_interval_is_not_said_to_be_a_wish_of_the_server() -> None:
    """A poll at 12:00:00.3 is kept as of 12:00:00, and its minute ends, rounded up, at 12:01:01."""
    minute = timedelta(minutes=1)
    for seconds, ours in ((60, True), (61, True), (62, False), (3600, False)):
        polled = FeedState(last_polled_at=NOON - minute / 2, fresh_until=NOON - minute / 2 + timedelta(seconds=seconds))
        said = reason(polled, Heed.FRESHNESS)
        assert ("polled less than a minute ago" in said, "says its server" in said) == (ours, not ours)


def test_what_follows_stands_in_the_result_and_a_feed_that_is_gone_has_no_next_poll() -> None:
    later = found(FeedState(blocked_until=LATER), Heed.BANS, PAUSE).result("otherwise")
    assert (later.next_poll_at, later.skipped_until) == (LATER, LATER)
    gone = found(FeedState(gone=True, next_poll_at=LATER), Heed.BANS).result("otherwise")
    assert (gone.next_poll_at, gone.skipped_until) == (None, None)
