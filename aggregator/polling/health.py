"""What a person should do something about: which feeds are gone, have moved, fell silent, are malformed or fail. Pure.

A feed counts as failing after so many failed polls in a row, or so long (`_is_failing`):

    2           where only a person can mend it (`trouble.NEEDS_A_PERSON`): no feed there, not let in, no such host
    3           where no poll of it has succeeded yet: its address in feeds.yaml may never have been right
    10 or 3 d   otherwise: what is down for less comes back without us
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.feed import FeedGlance, FeedOverview, FeedState
from aggregator.polling.freshness import spoken
from aggregator.polling.moves import Owners, believed_twin, owner_of, owners
from aggregator.polling.trouble import NEEDS_A_PERSON, advice, trouble_of

FAILING_FOR = timedelta(days=3)
"""A weekend: what is down for less comes back without us."""
FAILED_POLLS = 10
FAILED_POLLS_FOR_A_PERSON = 2
"""One may be a slip: a page of maintenance, a site that is being moved."""
FAILED_POLLS_FROM_THE_FIRST = 3
SILENT_RHYTHMS = 5
SILENT_FOR = timedelta(days=2)
"""Least silence worth a word: a feed of ten entries an hour sleeps at night and over a holiday."""


class ProblemKind(StrEnum):
    """What is wrong with a feed."""

    GONE = "gone"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    """It has moved to where another feed of feeds.yaml is polled."""
    SILENT = "silent"
    MALFORMED = "malformed"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedProblem:
    """One thing about one feed that goes on until a person, or the publisher, does something."""

    overview: FeedOverview
    kind: ProblemKind
    since: datetime
    """Since when it is so; stays the same while it goes on. Of a silent feed: when its last entry was listed."""
    message: str
    """A sentence for people: what is wrong, and what to do."""


def problems(
    overviews: Sequence[FeedOverview], *, now: datetime, among: Iterable[FeedGlance] | None = None
) -> list[FeedProblem]:
    """List what is wrong with these feeds, newest `since` first, else in their order.

    A feed can have several problems; of one that is gone only that is said, and of one that fails not that it is silent.
    Of which feed another is the duplicate is said where that is one of these or `among` those.
    """
    # Spelling the addresses of 2,000 feeds takes 10 ms, and hardly ever there are duplicates.
    has_twins = any(believed_twin(overview.state.move) for overview in overviews)
    known = owners(among or [overview.feed for overview in overviews]) if has_twins else {}
    found = [problem for overview in overviews for problem in _of_feed(overview, known, now)]
    return sorted(found, key=lambda problem: problem.since, reverse=True)


def _of_feed(overview: FeedOverview, known: Owners, now: datetime) -> Iterator[FeedProblem]:
    if overview.state.gone:
        yield _gone(overview, now)
        return
    if duplicate := _duplicate(overview, known):  # that it fails, or falls silent, follows from that
        yield duplicate
        return
    failing = _failing(overview, now)
    found = (failing, _moved(overview), _malformed(overview), None if failing else _silent(overview))
    yield from (problem for problem in found if problem)


def _gone(overview: FeedOverview, now: datetime) -> FeedProblem:
    state = overview.state
    return FeedProblem(
        overview=overview,
        kind=ProblemKind.GONE,
        since=state.failing_since or state.last_polled_at or now,
        message=(
            f"{overview.feed.url} is gone for good, says its server (HTTP 410). It is polled no more; "
            "remove it from feeds.yaml, or write its new address there. Its entries stay."
        ),
    )


def _moved(overview: FeedOverview) -> FeedProblem | None:
    feed, move = overview.feed, overview.state.move
    address = move.address
    if address is None or move.since is None:
        return None
    return FeedProblem(
        overview=overview,
        kind=ProblemKind.MOVED,
        since=move.since,
        message=(
            f"{feed.url} has moved for good to {address}, which is polled instead. "
            f"In feeds.yaml, write 'url: {address}', and 'id: {feed.id}' beside it so that the feed keeps its history."
        ),
    )


def _duplicate(overview: FeedOverview, known: Owners) -> FeedProblem | None:
    feed, move = overview.feed, overview.state.move
    address = believed_twin(move)
    if address is None or move.since is None:
        return None
    twin = owner_of(address, known) or "another one in feeds.yaml"
    return FeedProblem(
        overview=overview,
        kind=ProblemKind.DUPLICATE,
        since=move.since,
        message=(
            f"{feed.id} is the same feed as {twin}: {feed.url} has moved for good to {address}, which is polled for that "
            "one already. Remove one of the two from feeds.yaml; the entries of both stay."
        ),
    )


def _malformed(overview: FeedOverview) -> FeedProblem | None:
    state = overview.state
    if state.malformed_since is None:
        return None
    return FeedProblem(
        overview=overview,
        kind=ProblemKind.MALFORMED,
        since=state.malformed_since,
        message=(
            f"The document at {overview.feed.url} is not well-formed, so entries or letters may be missing. "
            f"Tell its publisher.{_last_word(overview)}"
        ),
    )


def _failing(overview: FeedOverview, now: datetime) -> FeedProblem | None:
    state = overview.state
    since = state.failing_since
    if since is None or not _is_failing(state, now - since):
        return None
    polls = "The last poll" if state.failures == 1 else f"The last {state.failures} polls"
    lasted = f", for {spoken(_whole_hours(now - since))} by now" if now - since >= timedelta(hours=1) else ""
    return FeedProblem(
        overview=overview,
        kind=ProblemKind.FAILING,
        since=since,
        message=(
            f"{polls} of {overview.feed.url} failed{lasted}. {advice(overview.feed, state)}.{_last_word(overview)}"
        ),
    )


def _is_failing(state: FeedState, lasted: timedelta) -> bool:
    enough = FAILED_POLLS
    if trouble_of(state) in NEEDS_A_PERSON:
        enough = FAILED_POLLS_FOR_A_PERSON
    elif state.last_success_at is None:
        enough = FAILED_POLLS_FROM_THE_FIRST
    return state.failures >= enough or lasted > FAILING_FOR


def _silent(overview: FeedOverview) -> FeedProblem | None:
    """Count until the last poll that succeeded: a feed is not silent because nobody listened."""
    newest, rhythm, heard = overview.newest_entry_at, overview.rhythm, overview.state.last_success_at
    if newest is None or rhythm is None or heard is None:
        return None
    silence = heard - newest
    if silence < max(SILENT_RHYTHMS * rhythm, SILENT_FOR):
        return None
    return FeedProblem(
        overview=overview,
        kind=ProblemKind.SILENT,
        since=newest,
        message=(
            f"{overview.feed.url} answers, but has brought nothing new for {spoken(_whole_hours(silence))}; it used to "
            f"bring an entry every {spoken(_whole_minutes(rhythm))}. Look whether the publisher has another feed by now."
        ),
    )


def _last_word(overview: FeedOverview) -> str:
    said = overview.state.last_message
    return f" The last poll said: {said}." if said else ""


def _whole_hours(length: timedelta) -> timedelta:
    hours = round(length / timedelta(hours=1))
    return timedelta(days=round(hours / 24)) if hours >= 3 * 24 else timedelta(hours=hours)


def _whole_minutes(length: timedelta) -> timedelta:
    minutes = max(round(length / timedelta(minutes=1)), 1)
    return timedelta(minutes=minutes) if minutes < 3 * 60 else _whole_hours(length)
