"""How long to wait, each rule by itself: `polling.schedule` takes the longest of them. Pure.

interval     of the feed; longer without conditional requests, slower after 429s
pushed       while a hub sends what is new
back-off     after failures: doubles up to a day, for ever
refusals     four hours at least: 401, 403, 429, an address that the guard refuses
block        what the server demands by Retry-After, a 401, a 403 or a 429
asked        what answer and document ask for: lifetime, ttl, updatePeriod
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil, log2

from aggregator.model.feed import Feed, FeedState, FreshnessHints, Validators
from aggregator.model.fetch import Failed, FailureKind
from aggregator.polling.freshness import LONGEST_RETRY, Delay, freshness, lifetime, retry_after, spoken

LEAST_INTERVAL = timedelta(minutes=1)
LONGEST_BACK_OFF = timedelta(hours=24)
"""Neither failures nor slowing down make a wait longer: a publisher that comes back is found within a day."""
REFUSED_FOR = timedelta(hours=4)
"""Least wait after 401, 403, a 429 that names no time, and a refused address: sooner changes nothing and annoys."""
PUSHED_INTERVAL = timedelta(hours=12)
"""While a hub sends what is new, polls only make sure that it does."""
REPEATS_BELIEVED = 3
"""Documents sent again although only a newer one was asked for, until conditional requests count as ignored."""
STEPS_A_429 = 4
STEPS_TO_DOUBLE = 4
"""A 429 doubles the interval at once; four successes take it back, a quarter of a doubling each."""
MOST_DOUBLINGS = 20


def longest(first: Delay, *others: Delay | None) -> Delay:
    """Give the longest of some waits; of equal ones the first."""
    return max((first, *(other for other in others if other)), key=lambda delay: delay.length)


def interval(feed: Feed, state: FeedState) -> Delay:
    """Give the feed's interval as `state` (after this poll) makes it."""
    whole = _whole_documents(feed, state)
    return _slowed(whole or _configured(feed), state.slowdown)


def pushed(state: FeedState, now: datetime) -> Delay | None:
    """Wait longer while a hub sends what is new, but no longer than it has said it will."""
    if state.pushed_until is None or state.pushed_until <= now:
        return None
    return Delay(
        length=min(PUSHED_INTERVAL, state.pushed_until - now),
        reason=f"interval of {spoken(PUSHED_INTERVAL)} at least while a hub sends what is new",
    )


def after_failures(feed: Feed, state: FeedState, failed: Failed, now: datetime) -> Delay:
    """Give the wait that follows from `state` (after this poll) and from the kind of failure, blocks left aside."""
    return longest(
        back_off(feed, state.failures),
        _slowed(_configured(feed), state.slowdown) if state.slowdown else None,
        _rest_of_whole_documents(feed, state, now),
        _least(failed),
    )


def asked_by_answer(
    life: Delay | None, headers: Mapping[str, str], hints: FreshnessHints, *, now: datetime
) -> Delay | None:
    """Give the longest wait that a 200 or 304 asks for, with the document it stands for; None where they ask for none.

    Retry-After belongs to refusals and redirects (RFC 9110 section 10.2.3), but who sends it beside a document means it.
    """
    fresh, later = freshness(life, headers, hints), retry_after(headers, now=now)
    return longest(fresh, later) if fresh else later


def lifetime_of_failure(headers: Mapping[str, str], now: datetime) -> Delay | None:
    """Read how long an answer without a document stays true (a 429 with max-age was seen: lemon24/reader#376)."""
    return _at_most_a_day(freshness(lifetime(headers, now=now), headers, FreshnessHints()))


def asked_by_document(hints: FreshnessHints) -> Delay | None:
    """Give what the document that is held goes on asking for after a failure, through its ttl."""
    return _at_most_a_day(freshness(None, {}, hints))


def _at_most_a_day(asked: Delay | None) -> Delay | None:
    return asked.capped(LONGEST_BACK_OFF) if asked else None


def block(failed: Failed, now: datetime) -> Delay | None:
    """Say how long the server does not want to be spoken to, even when a person asks for a poll.

    Retry-After is defined for 503 and redirects (RFC 9110 section 10.2.3) and 429 (RFC 6585), but with any other status
    it can mean nothing else.
    """
    asked = retry_after(failed.headers, now=now)
    match failed.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return block_after_429(failed, now)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN as status:
            return longest(_not_let_in(status), asked)
        case _:
            return asked


def block_after_429(failed: Failed, now: datetime) -> Delay:
    """Say the same of a 429; one that names no time is obeyed for `REFUSED_FOR`."""
    return retry_after(failed.headers, now=now) or _refused("HTTP 429")


def standing_block(state: FeedState, now: datetime) -> Delay | None:
    """Give what is left of an earlier block; one beyond a day was written by a clock that was wrong."""
    if state.blocked_until is None or state.blocked_until <= now:
        return None
    return Delay(
        length=min(state.blocked_until - now, LONGEST_RETRY), reason="the server's earlier wish to be left alone"
    )


def slower(feed: Feed, slowdown: int) -> int:
    """Give the steps after a 429: no more of them than lead to `LONGEST_BACK_OFF`."""
    doublings = log2(max(LONGEST_BACK_OFF / _configured(feed).length, 1))
    return min(slowdown + STEPS_A_429, ceil(doublings * STEPS_TO_DOUBLE))


def faster(slowdown: int) -> int:
    """Give the steps after a success."""
    return max(slowdown - 1, 0)


def repeats_after(state: FeedState, *, url: str, same_document: bool) -> int:
    """Count a document that came from `url` for or against its server's answers to conditional requests.

    Only a repetition that was not asked for counts. A new document takes one back, so that a server that was mended is
    found out: the poll after it comes at the ordinary interval. A 304 takes all back (not here).
    """
    if not same_document:
        return max(state.repeats - 1, 0)
    asked = _any(state.validators) and state.validators.url in {None, url}
    return min(state.repeats + asked, REPEATS_BELIEVED)


def _configured(feed: Feed) -> Delay:
    length = max(feed.interval, LEAST_INTERVAL)
    return Delay(length=length, reason=f"interval of {spoken(length)}")


def _whole_documents(feed: Feed, state: FeedState) -> Delay | None:
    """Give the interval of a feed of which every poll costs the whole document; None where it does not, or is no longer."""
    why = _no_conditions(state)
    if not why or feed.unconditional_interval <= max(feed.interval, LEAST_INTERVAL):
        return None
    length = feed.unconditional_interval
    return Delay(length=length, reason=f"interval of {spoken(length)}, because {why}")


def _no_conditions(state: FeedState) -> str:
    if not _any(state.validators):
        return "the server gives neither ETag nor Last-Modified, so every poll costs the whole document"
    if state.repeats >= REPEATS_BELIEVED:
        return "the server sends the same document again although only a newer one was asked for"
    return ""


def _rest_of_whole_documents(feed: Feed, state: FeedState, now: datetime) -> Delay | None:
    """Keep whole documents apart across a failure, too; a feed that has not brought one yet costs nothing."""
    whole = _whole_documents(feed, state)
    if whole is None or state.last_success_at is None or state.last_success_at > now:
        return None
    return Delay(length=whole.length - (now - state.last_success_at), reason=whole.reason)


def _slowed(usual: Delay, slowdown: int) -> Delay:
    if not slowdown:
        return usual
    minutes = usual.length / timedelta(minutes=1) * 2 ** min(slowdown / STEPS_TO_DOUBLE, MOST_DOUBLINGS)
    length = max(usual.length, min(timedelta(minutes=ceil(minutes)), LONGEST_BACK_OFF))
    if length == usual.length:
        return usual
    return Delay(length=length, reason=f"{usual.reason}, slowed down to {spoken(length)} by HTTP 429")


def back_off(feed: Feed, failures: int) -> Delay:
    """Wait one interval after the first failure, twice as long after each further one, for a day at most.

    Never for good: a publisher that comes back after a year is found within a day.
    """
    usual = _configured(feed).length
    grown = usual * 2 ** min(failures - 1, MOST_DOUBLINGS)
    length = max(usual, min(grown, LONGEST_BACK_OFF))
    times = "a failure" if failures == 1 else f"{failures} failures in a row"
    return Delay(length=length, reason=f"{spoken(length)} after {times}")


def _least(failed: Failed) -> Delay | None:
    if failed.kind is FailureKind.REFUSED_ADDRESS:
        return _refused("a refused address")
    return None


def _refused(what: str) -> Delay:
    return Delay(length=REFUSED_FOR, reason=f"{spoken(REFUSED_FOR)} after {what}")


def _not_let_in(status: int) -> Delay:
    """Wait though the answer names no time: the four hours are ours, not the server's wish."""
    return Delay(length=REFUSED_FOR, reason=f"its server refused us (HTTP {status}); we wait {spoken(REFUSED_FOR)}")


def _any(validators: Validators) -> bool:
    return validators.etag is not None or validators.last_modified is not None
