"""The timetable of `feeds schedule`."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model.feed import FeedOverview, FeedState, Move
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause, Heed
from aggregator.polling.upcoming import Upcoming, held, next_time, refusal, upcoming
from tests.factories import NOON, make_feed

HOUR = timedelta(hours=1)


def overview(name: str, state: FeedState, *, url: str | None = None) -> FeedOverview:
    return FeedOverview(
        feed=make_feed(name, url=url), state=state, document_title="", home_url=None, entries=0, newest_entry_at=None
    )


def due(at: datetime | None, **fields: object) -> FeedState:
    return FeedState(next_poll_at=at, next_poll_reason="interval of 1 h", last_polled_at=NOON - HOUR, **fields)  # type: ignore[arg-type]


def plan(*overviews: FeedOverview, pauses: tuple[GroupPause, ...] = (), within: timedelta = 24 * HOUR) -> Upcoming:
    return upcoming(overviews, pauses, now=NOON, within=within)


def test_polls_come_in_the_order_of_their_time_with_the_reason_for_it() -> None:
    found = plan(overview("late", due(NOON + 2 * HOUR)), overview("soon", due(NOON + HOUR)))
    assert [(poll.overview.feed.id, poll.at, poll.reason) for poll in found.polls] == [
        ("soon", NOON + HOUR, "interval of 1 h"),
        ("late", NOON + 2 * HOUR, "interval of 1 h"),
    ]


def test_what_is_overdue_is_polled_now_and_what_was_never_polled_says_so() -> None:
    found = plan(overview("overdue", due(NOON - HOUR)), overview("new", FeedState()))
    assert [(poll.at, poll.overdue, poll.reason) for poll in found.polls] == [
        (NOON, HOUR, "interval of 1 h"),
        (NOON, timedelta(), "never polled yet"),
    ]
    assert found.overdue == 2


def test_p12_nothing_is_polled_before_its_ban_ends() -> None:
    (poll,) = plan(overview("a", due(NOON + HOUR, blocked_until=NOON + 3 * HOUR))).polls
    assert (poll.at, poll.reason) == (NOON + 3 * HOUR, "its server asked to be left alone until then")


def test_p14_a_paused_group_is_not_polled_before_its_pause_ends_also_where_the_feed_moved_there() -> None:
    pause = GroupPause(group=RateGroup("tumblr.com:443"), until=NOON + 4 * HOUR, reason="HTTP 429 to b")
    feeds = (
        overview("a", due(NOON + HOUR), url="https://a.tumblr.com/rss"),
        overview("moved", due(NOON + HOUR, move=Move(address="https://moved.tumblr.com/rss"))),
        overview("later", due(NOON + 5 * HOUR), url="https://later.tumblr.com/rss"),
        overview("other", due(NOON + HOUR)),
    )
    found = plan(*feeds, pauses=(pause,))
    assert {poll.overview.feed.id: poll.at for poll in found.polls} == {
        "a": NOON + 4 * HOUR,
        "moved": NOON + 4 * HOUR,
        "later": NOON + 5 * HOUR,
        "other": NOON + HOUR,
    }
    assert found.polls[1].reason == "tumblr.com:443 is left alone: HTTP 429 to b"


def test_what_comes_later_and_what_is_gone_is_counted() -> None:
    found = plan(overview("tomorrow", due(NOON + 25 * HOUR)), overview("gone", FeedState(gone=True)))
    assert (found.polls, found.later, found.gone) == ((), 1, 1)
    assert len(plan(overview("tomorrow", due(NOON + 25 * HOUR)), within=25 * HOUR).polls) == 1


def test_expected_polls_follow_one_another_as_the_last_two_did() -> None:
    waited_two = FeedState(next_poll_at=NOON + HOUR, last_polled_at=NOON - HOUR)
    assert plan(overview("a", waited_two), within=6 * HOUR).expected == 3, "after 1, 3 and 5 hours"
    assert plan(overview("new", FeedState()), within=6 * HOUR).expected == 7, "every hour, as feeds.yaml says"


def test_p19_polls_of_a_failing_feed_come_ever_more_rarely() -> None:
    failing = due(NOON + HOUR, failures=2)  # two hours after its second failure
    feed = overview("a", failing)
    assert plan(feed, within=24 * HOUR).expected == 3, "after 1, 5 and 13 hours; the next one comes after 29"
    assert plan(feed, within=14 * 24 * HOUR).expected == 16, "a day apart from then on"
    assert plan(overview("a", due(NOON + HOUR)), within=24 * HOUR).expected == 12


def test_the_first_poll_of_what_comes_later_is_known() -> None:
    found = plan(overview("b", due(NOON + 3 * HOUR)), overview("a", due(NOON + 2 * HOUR)), within=HOUR)
    assert found.polls == ()
    assert found.first_later
    assert (found.first_later.overview.feed.id, found.first_later.at) == ("a", NOON + 2 * HOUR)
    assert plan(overview("a", due(NOON + HOUR)), within=HOUR).first_later is None


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ("HTTP 401 Unauthorized from x", "refused us (HTTP 401); we wait 4 h"),
        ("HTTP 403 Forbidden from x", "refused us (HTTP 403); we wait 4 h"),
        ("HTTP 429 Too Many Requests from x", ""),
        ("HTTP 503 Service Unavailable from x", ""),
    ],
)
def test_p18_a_refusal_is_not_said_to_be_a_wish(said: str, refused: str) -> None:
    until = NOON + 3 * HOUR + timedelta(seconds=1)
    state = due(NOON, blocked_until=until, failures=1, last_message=said)
    assert refusal(state) == refused
    wish = held(overview("a", state), None, now=NOON, heed=Heed.BANS)
    assert wish
    assert wish.reason == (f"its server {refused}" if refused else "its server asked to be left alone until then")
    assert refusal(replace(state, blocked_until=None)) == ""


@pytest.mark.parametrize("longest", ["own", "blocked", "paused"])
def test_p12_the_next_poll_is_the_latest_of_its_own_time_its_block_and_its_pause(longest: str) -> None:
    at = {name: NOON + (4 * HOUR if name == longest else HOUR) for name in ("own", "blocked", "paused")}
    feed = overview("a", due(at["own"], blocked_until=at["blocked"]))
    pause = GroupPause(group=RateGroup("a.example:443"), until=at["paused"], reason="HTTP 429 to b")
    found = next_time(feed, pause)
    assert found.at == NOON + 4 * HOUR
    words = {"own": "interval of", "blocked": "its server asked", "paused": "a.example:443 is left alone"}
    assert found.reason.startswith(words[longest])
    assert [(poll.at, poll.reason) for poll in plan(feed, pauses=(pause,)).polls] == [found]


def test_one_that_was_never_polled_is_polled_as_soon_as_possible_unless_its_group_is_paused() -> None:
    pause = GroupPause(group=RateGroup("a.example:443"), until=NOON + HOUR, reason="HTTP 429 to b")
    assert next_time(overview("a", FeedState()), None) == (None, "")
    assert next_time(overview("a", FeedState()), pause).at == NOON + HOUR
