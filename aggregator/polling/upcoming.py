"""When a feed is polled next, and why then: for one feed, and as a timetable of all. Pure.

    next poll = the latest of: its own time           `FeedState.next_poll_at`, with the rule that set it
                               its server's wish      `FeedState.blocked_until`
                               that of its rate group `GroupPause`

Pages, `feeds schedule`, /metrics and the answer to who names a feed that may not be polled yet all say what is found here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.model.feed import FeedOverview, FeedState
from aggregator.model.poll import GroupPause, Heed
from aggregator.polling.freshness import outside_skipped, spoken
from aggregator.polling.groups import group_of
from aggregator.polling.trouble import refusing_status
from aggregator.polling.waits import LEAST_INTERVAL, back_off

DAY = timedelta(days=1)


class NextTime(NamedTuple):
    """A time, and which header, rule or wish set it."""

    at: datetime | None
    """None: as soon as possible."""
    reason: str
    """In plain words; empty where none is known."""


class Wish(NamedTuple):
    """Until when a server wants to be left alone, or what it gave stays true."""

    until: datetime
    reason: str


def next_time(overview: FeedOverview, pause: GroupPause | None) -> NextTime:
    """Find the latest of what keeps a feed from being polled; `pause` is that of the group in which it is polled.

    The time of asking plays no part in it, so that pages which show it can be kept. A feed that is gone has no next poll,
    whatever this says.
    """
    state = overview.state
    latest = NextTime(state.next_poll_at, state.next_poll_reason)
    for wish in _bans(state, pause):
        if latest.at is None or wish.until > latest.at:
            latest = NextTime(wish.until, wish.reason)
    return latest


def held(overview: FeedOverview, pause: GroupPause | None, *, now: datetime, heed: Heed) -> Wish | None:
    """Find what keeps a person from having a feed polled now, and the longest; None where no wish does.

    `Heed.NOTHING` overrules bans, and yet a server that forbids it during a forced poll is left alone from then on: they
    are found for it, too.
    """
    state = overview.state
    wishes = list(_bans(state, pause))
    if heed is Heed.FRESHNESS and state.fresh_until:
        wishes.append(_freshness(state, state.fresh_until))
    if heed is Heed.FRESHNESS and (after := outside_skipped(now, state.hints)) > now:
        wishes.append(Wish(after, "its document asks not to be polled in this hour or on this day"))
    longest = max(wishes, key=lambda wish: wish.until, default=None)
    return longest if longest and longest.until > now else None


def _freshness(state: FeedState, until: datetime) -> Wish:
    """Say whose wish it is: below the least interval, which rounding up makes a second longer, it is ours alone."""
    polled = state.last_polled_at
    if polled and until - polled <= LEAST_INTERVAL + timedelta(seconds=1):
        return Wish(until, "polled less than a minute ago")
    return Wish(until, "what we have is still fresh, says its server or document")


def _bans(state: FeedState, pause: GroupPause | None) -> Iterator[Wish]:
    if state.blocked_until:
        refused = refusal(state)
        words = f"its server {refused}" if refused else "its server asked to be left alone until then"
        yield Wish(state.blocked_until, words)
    if pause:
        yield Wish(pause.until, f"{pause.group} is left alone: {pause.reason}")


def refusal(state: FeedState) -> str:
    """Say of a feed that is blocked because its server did not let us in: "refused us (HTTP 403); we wait 4 h".

    Empty where nothing blocks it, or its server asked to be left alone: the hours after a 401 or 403 are ours.
    """
    status = refusing_status(state)
    if status is None or state.blocked_until is None or state.last_polled_at is None:
        return ""
    minutes = round((state.blocked_until - state.last_polled_at) / timedelta(minutes=1))
    return f"refused us (HTTP {status}); we wait {spoken(timedelta(minutes=minutes))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """When one feed is polled next."""

    overview: FeedOverview
    at: datetime
    """Never before now: what is overdue is polled as soon as somebody polls."""
    reason: str
    """Which header, rule or pause set the time, in plain words."""
    overdue: timedelta = timedelta()
    """How long ago it was due; zero where its time is still to come."""
    again_after: timedelta | None = None
    """How long it waited from the last poll to this one: if its server goes on answering so, it will wait as long again.
    None before the first poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """The polls between now and `until`."""

    now: datetime
    until: datetime
    polls: tuple[NextPoll, ...]
    """The next one of each feed that has one in that time, earliest first; of equal times in the order of feeds.yaml."""
    later: int
    """Feeds whose next poll comes after `until`."""
    first_later: NextPoll | None
    """The first of those; None where there is none."""
    gone: int
    """Feeds that are not polled any more."""
    pauses: tuple[GroupPause, ...]
    expected: int
    """How many polls there will be in all, if every server goes on answering as it did: failing ones ever more rarely."""

    @property
    def overdue(self) -> int:
        """Feeds whose time has come."""
        return sum(1 for poll in self.polls if poll.at <= self.now)


def upcoming(
    overviews: Sequence[FeedOverview], pauses: Sequence[GroupPause], *, now: datetime, within: timedelta = DAY
) -> Upcoming:
    """Put the next poll of every feed in order; `pauses` are those that last beyond now."""
    until = now + within
    paused = {pause.group: pause for pause in pauses}
    polls = [
        next_poll(overview, paused.get(group_of(overview)), now=now)
        for overview in overviews
        if not overview.state.gone
    ]
    coming = sorted((poll for poll in polls if poll.at <= until), key=lambda poll: poll.at)
    return Upcoming(
        now=now,
        until=until,
        polls=tuple(coming),
        later=len(polls) - len(coming),
        first_later=min((poll for poll in polls if poll.at > until), key=lambda poll: poll.at, default=None),
        gone=len(overviews) - len(polls),
        pauses=tuple(pauses),
        expected=sum(_times(poll, until) for poll in coming),
    )


def next_poll(overview: FeedOverview, pause: GroupPause | None, *, now: datetime) -> NextPoll:
    """Find when a feed that is not gone is polled next, and why then."""
    planned = next_time(overview, pause)
    at, last = planned.at or now, overview.state.last_polled_at
    return NextPoll(
        overview=overview,
        at=max(at, now),
        reason=planned.reason if planned.at else "never polled yet",
        overdue=max(now - at, timedelta()),
        again_after=at - last if last else None,
    )


def _times(poll: NextPoll, until: datetime) -> int:
    """Count this poll and those that follow it up to `until`, each after as long a wait as the feed's interval or its last.

    That of a failing feed grows as back-off does.
    """
    feed, failures = poll.overview.feed, poll.overview.state.failures
    wait = max(poll.again_after or timedelta(), feed.interval)
    if not failures:
        return 1 + (until - poll.at) // wait
    at, times = poll.at, 0
    while at <= until:
        failures, times = failures + 1, times + 1
        wait = max(wait, back_off(feed, failures).length)
        at += wait
    return times
