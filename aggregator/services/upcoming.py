"""Which polls come next: from what the database holds to a timetable. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.feed import FeedOverview
from aggregator.model.poll import GroupPause
from aggregator.services.read import group_of

DAY = timedelta(days=1)


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
    gone: int
    """Feeds that are not polled any more."""
    pauses: tuple[GroupPause, ...]
    expected: int
    """How many polls there will be in all, if every server goes on answering as it did."""

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
        next_poll(overview, paused.get(group_of(overview)), now=now) for overview in overviews if not _gone(overview)
    ]
    coming = sorted((poll for poll in polls if poll.at <= until), key=lambda poll: poll.at)
    return Upcoming(
        now=now,
        until=until,
        polls=tuple(coming),
        later=len(polls) - len(coming),
        gone=len(overviews) - len(polls),
        pauses=tuple(pauses),
        expected=sum(_times(poll, until) for poll in coming),
    )


def next_poll(overview: FeedOverview, pause: GroupPause | None, *, now: datetime) -> NextPoll:
    """Find when a feed is polled next and why then; the wish of its server, or of its rate group, comes first."""
    state = overview.state
    due = state.next_poll_at or now
    reason = state.next_poll_reason if state.next_poll_at else "never polled yet"
    at = due
    if state.blocked_until and state.blocked_until > max(at, now):
        at, reason = state.blocked_until, "its server asked to be left alone until then"
    if pause and pause.until > max(at, now):
        at, reason = pause.until, f"{pause.group} is paused: {pause.reason}"
    waited = at - state.last_polled_at if state.last_polled_at else None
    return NextPoll(
        overview=overview,
        at=max(at, now),
        reason=reason,
        overdue=max(now - at, timedelta()),
        again_after=waited,
    )


def _gone(overview: FeedOverview) -> bool:
    return overview.state.gone


def _times(poll: NextPoll, until: datetime) -> int:
    """Count this poll and those that follow it up to `until`, each after as long a wait as the feed's interval or its last."""
    wait = max(poll.again_after or timedelta(), poll.overview.feed.interval)
    return 1 + (until - poll.at) // wait
