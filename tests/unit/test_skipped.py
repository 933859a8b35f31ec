"""Why a feed that a person asked for was not polled."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.feed import FeedOverview, FeedState
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause, Heed
from aggregator.services.skipped import skipped
from tests.factories import NOON, make_feed

LATER = NOON + timedelta(hours=2)
FEED = make_feed("a")
KNOWN = FeedOverview(
    feed=FEED, state=FeedState(), document_title="", home_url=None, entries=0, newest_entry_at=None, rhythm=None
)
PAUSE = GroupPause(group=RateGroup("a.example:443"), until=LATER, reason="HTTP 429")


def reason(state: FeedState, heed: Heed, *pauses: GroupPause) -> str:
    overview = replace(KNOWN, state=state)
    return skipped(overview, {pause.group: pause for pause in pauses}, now=NOON, heed=heed).reason


@pytest.mark.parametrize("heed", [Heed.FRESHNESS, Heed.BANS])
def test_a_ban_is_named_with_its_end_and_how_to_poll_all_the_same(heed: Heed) -> None:
    for said in (reason(FeedState(blocked_until=LATER), heed), reason(FeedState(), heed, PAUSE)):
        assert "next allowed at 2026-03-10 14:00 UTC; `--force` polls it all the same" in said


def test_who_forced_a_poll_is_not_told_to_force_it() -> None:
    """A 429 during a forced poll leaves the other feeds of the server unasked, forced or not."""
    for said in (reason(FeedState(blocked_until=LATER), Heed.NOTHING), reason(FeedState(), Heed.NOTHING, PAUSE)):
        assert said.endswith("next allowed at 2026-03-10 14:00 UTC")


@pytest.mark.parametrize(("heed", "said"), [(Heed.FRESHNESS, True), (Heed.BANS, False), (Heed.NOTHING, False)])
def test_freshness_keeps_only_feeds_that_are_named(heed: Heed, *, said: bool) -> None:
    assert ("still fresh" in reason(FeedState(fresh_until=LATER), heed)) == said


@pytest.mark.parametrize(("heed", "said"), [(Heed.FRESHNESS, True), (Heed.BANS, True), (Heed.NOTHING, False)])
def test_gone_keeps_all_but_a_forced_poll(heed: Heed, *, said: bool) -> None:
    assert ("410" in reason(FeedState(gone=True), heed)) == said


def test_what_is_over_and_pauses_of_others_are_no_reason() -> None:
    elsewhere = replace(PAUSE, group=RateGroup("b.example:443"))
    assert reason(FeedState(blocked_until=NOON, fresh_until=NOON), Heed.FRESHNESS, elsewhere) == ""
