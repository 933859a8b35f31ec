"""When to come again: from the outcome of a poll to the feed's complete next state.

    next poll = end of this one
              + the longest of: the feed's interval, what server and document ask for, back-off after failures
              + a phase of the feed's own, so that feeds added together do not stay in step
              , moved out of the hours and days that the document asks to skip

Times run from the end of a poll and phases are only ever added: an interval of 60 minutes is never 59.

What a failure leaves alone: validators, body hash and hints stay those of the last document that was *stored*. A
document that could not be read is therefore asked for again as if never seen, and is read as soon as it, or the
parser, has been repaired.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import assert_never

from aggregator.model.feed import Feed, FeedState, FreshnessHints, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.model.ids import FeedId
from aggregator.polling.freshness import Delay, freshness, outside_skipped, retry_after, spoken
from aggregator.polling.validators import received, renewed

LEAST_INTERVAL = timedelta(minutes=1)
LONGEST_BACK_OFF = timedelta(hours=24)
REFUSED_FOR = timedelta(hours=4)
"""Least wait after 401, 403, a 429 that names no time, and a refused address: sooner changes nothing and annoys."""
LONGEST_PHASE = timedelta(minutes=10)
MOST_DOUBLINGS = 20

UNAUTHORISED = 401
FORBIDDEN = 403
TOO_MANY_REQUESTS = 429
UNAVAILABLE = 503
BANNED = frozenset({FORBIDDEN, TOO_MANY_REQUESTS})
SUCCESSES = frozenset({Outcome.FETCHED, Outcome.SAME_DOCUMENT, Outcome.NOT_MODIFIED})


def after_fetch(
    feed: Feed,
    state: FeedState,
    outcome: FetchOutcome,
    *,
    now: datetime,
    document: ParsedFeed | None = None,
    same_document: bool = False,
) -> FeedState:
    """Give the feed's next state, complete.

    Args:
        feed: as configured.
        state: what earlier polls have left.
        outcome: of this poll; a document that could not be read comes as the parser's `Failed`.
        now: the end of this poll.
        document: what a `Fetched` was read as; None when it was not read because it is the same as before.
        same_document: the `Fetched` body is, byte for byte, the one stored last.
    """
    polled = replace(state, last_polled_at=now)
    match outcome:
        case Fetched():
            return _after_document(feed, polled, outcome, now, document=document, same_document=same_document)
        case NotModified():
            return _after_success(
                feed,
                replace(polled, validators=renewed(state.validators, outcome.headers)),
                outcome.headers,
                now,
                outcome=Outcome.NOT_MODIFIED,
                message=_standing_message(state),
            )
        case Gone():
            return _after_gone(feed, polled, now)
        case Failed():
            return _after_failure(feed, polled, outcome, now)
        case _:
            assert_never(outcome)


def body_hash(body: bytes) -> str:
    """Give the hash by which a document is recognised as the same as before (see `FeedState.body_hash`)."""
    return sha256(body).hexdigest()


def _after_document(
    feed: Feed, polled: FeedState, fetched: Fetched, now: datetime, *, document: ParsedFeed | None, same_document: bool
) -> FeedState:
    kept = replace(
        polled,
        validators=received(fetched),
        body_hash=body_hash(fetched.body),
        hints=document.hints if document else polled.hints,
    )
    message = _standing_message(polled) if document is None else _message(fetched, document)
    kind = Outcome.SAME_DOCUMENT if same_document else Outcome.FETCHED
    return _after_success(feed, kept, fetched.headers, now, outcome=kind, message=message)


def _after_success(
    feed: Feed, polled: FeedState, headers: Mapping[str, str], now: datetime, *, outcome: Outcome, message: str
) -> FeedState:
    wait = _longest(_interval(feed), freshness(headers, polled.hints, now=now))
    return replace(
        polled,
        last_success_at=now,
        last_outcome=outcome,
        last_message=message,
        failures=0,
        next_poll_at=next_poll(feed.id, wait.length, polled.hints, now=now),
        next_poll_reason=wait.reason,
        blocked_until=None,
        gone=False,
    )


def _after_gone(feed: Feed, polled: FeedState, now: datetime) -> FeedState:
    return replace(
        polled,
        last_outcome=Outcome.GONE,
        last_message="the publisher says that the feed is gone for good (HTTP 410); remove it from feeds.yaml",
        # Nobody polls a feed that is gone; the time is for the day somebody takes the mark off.
        next_poll_at=next_poll(feed.id, LONGEST_BACK_OFF, polled.hints, now=now),
        next_poll_reason="gone: polled only when forced",
        blocked_until=None,
        gone=True,
    )


def _after_failure(feed: Feed, polled: FeedState, failed: Failed, now: datetime) -> FeedState:
    failures = polled.failures + 1
    blocked = _longest_of(_block(failed, now), _standing_block(polled, now))
    wait = _longest(_back_off(feed, failures), _least_wait(failed), blocked, _asked_by_failure(failed, now))
    return replace(
        polled,
        last_outcome=Outcome.FAILED,
        last_message=failed.message,
        failures=failures,
        next_poll_at=next_poll(feed.id, wait.length, polled.hints, now=now),
        next_poll_reason=wait.reason,
        blocked_until=whole_second(now + blocked.length) if blocked else None,
    )


def next_poll(feed_id: FeedId, wait: timedelta, hints: FreshnessHints, *, now: datetime) -> datetime:
    """Give the time after a wait: with the feed's phase, in a whole second, outside of skipped hours and days."""
    return outside_skipped(whole_second(now + wait + phase(feed_id, wait)), hints)


def phase(feed_id: FeedId, wait: timedelta) -> timedelta:
    """Give a feed's own part of a tenth of the wait, at most `LONGEST_PHASE`: the same in every process and release."""
    share = int.from_bytes(sha256(feed_id.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=int(share * min(wait / 10, LONGEST_PHASE).total_seconds()))


def whole_second(at: datetime) -> datetime:
    """Round up: never early."""
    return at.replace(microsecond=0) + timedelta(seconds=1) if at.microsecond else at


def _interval(feed: Feed) -> Delay:
    length = max(feed.interval, LEAST_INTERVAL)
    return Delay(length=length, reason=f"interval of {spoken(length)}")


def _back_off(feed: Feed, failures: int) -> Delay:
    """Wait one interval after the first failure, twice as long after each further one, for a day at most.

    Never for good: a publisher that comes back after a year is found within a day.
    """
    interval = _interval(feed)
    grown = interval.length * 2 ** min(failures - 1, MOST_DOUBLINGS)
    length = max(interval.length, min(grown, LONGEST_BACK_OFF))
    times = "a failure" if failures == 1 else f"{failures} failures in a row"
    return Delay(length=length, reason=f"{spoken(length)} after {times}")


def _least_wait(failed: Failed) -> Delay | None:
    if failed.status == UNAUTHORISED:
        return _refused("HTTP 401")
    if failed.kind is FailureKind.REFUSED_ADDRESS:
        return _refused("a refused address")
    return None


def _block(failed: Failed, now: datetime) -> Delay | None:
    """Say how long the server does not want to be spoken to, even when a person asks for a poll."""
    asked = retry_after(failed.headers, now=now) if failed.status in {TOO_MANY_REQUESTS, UNAVAILABLE} else None
    return asked or (_refused(f"HTTP {failed.status}") if failed.status in BANNED else None)


def _refused(what: str) -> Delay:
    return Delay(length=REFUSED_FOR, reason=f"{spoken(REFUSED_FOR)} after {what}")


def _standing_block(state: FeedState, now: datetime) -> Delay | None:
    if state.blocked_until is None or state.blocked_until <= now:
        return None
    return Delay(length=state.blocked_until - now, reason="the server's earlier wish to be left alone")


def _asked_by_failure(failed: Failed, now: datetime) -> Delay | None:
    """Answers without a document say how long they stay true, too: a 429 with max-age was seen."""
    asked = freshness(failed.headers, FreshnessHints(), now=now)
    return asked.capped(LONGEST_BACK_OFF) if asked else None


def _longest(first: Delay, *others: Delay | None) -> Delay:
    return max((first, *(other for other in others if other)), key=lambda delay: delay.length)


def _longest_of(first: Delay | None, second: Delay | None) -> Delay | None:
    return _longest(first, second) if first else second


def _message(fetched: Fetched, document: ParsedFeed) -> str:
    notes = (
        f"moved for good to {fetched.permanent_url}" if fetched.permanent_url else "",
        f"not well-formed: {document.malformed}" if document.malformed else "",
        f"{document.dropped:,} entries beyond the limit left out" if document.dropped else "",
    )
    return "; ".join(note for note in notes if note)


def _standing_message(state: FeedState) -> str:
    """What was to be known of the document still is, while it stays the same; what failed since is over."""
    return state.last_message if state.last_outcome in SUCCESSES else ""
