"""When to come again: from the outcome of a poll to the feed's complete next state.

    next poll = end of this one
              + the longest of: the feed's interval, what server and document ask for, back-off after failures
                (each in `polling.waits` and `polling.freshness`)
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
from http import HTTPStatus
from types import MappingProxyType
from typing import assert_never

from aggregator.model.feed import Feed, FeedState, FreshnessHints, Move, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.model.ids import FeedId
from aggregator.model.poll import GroupPause
from aggregator.polling import moves, waits
from aggregator.polling.freshness import LONGEST, Delay, lifetime, outside_skipped, renewed_lifetime, skipping
from aggregator.polling.groups import is_public, rate_group
from aggregator.polling.hubs import advertised
from aggregator.polling.moves import Owners
from aggregator.polling.validators import received, renewed

LONGEST_PHASE = timedelta(minutes=10)
NOBODYS: Owners = MappingProxyType({})
SUCCESSES = frozenset({Outcome.FETCHED, Outcome.SAME_DOCUMENT, Outcome.NOT_MODIFIED})


def after_fetch(  # noqa: PLR0913 -- all that is known of one poll, most of it optional
    feed: Feed,
    state: FeedState,
    outcome: FetchOutcome,
    *,
    now: datetime,
    document: ParsedFeed | None = None,
    same_document: bool = False,
    hashed: str | None = None,
    taken: Owners = NOBODYS,
) -> FeedState:
    """Give the feed's next state, complete.

    Args:
        feed: as configured.
        state: what earlier polls have left; `DueFeed.url` of it was asked.
        outcome: of this poll; a document that could not be read comes as the parser's `Failed`, with the headers of
            the answer that brought it.
        now: the end of this poll.
        document: what a `Fetched` was read as; None when it was not read because it is the same as before.
        same_document: the `Fetched` body is, byte for byte, the one stored last.
        hashed: `body_hash` of that body; None: it is made here.
        taken: whose addresses are whose: that of another feed is not adopted where permanent redirects lead to it.

    Returns:
        A state whose `last_outcome` is FAILED for a 410 that came from an address the feed had moved to: the
        configured one is asked before the feed counts as gone.
    """
    match outcome:
        case Fetched():
            hashed = hashed or body_hash(outcome.body)
            move = moves.after_success(state.move, outcome.permanent_url, feed=feed, taken=taken, now=now)
            return _after_document(
                feed, state, outcome, now, document=document, same_document=same_document, hashed=hashed, move=move
            )
        case NotModified():
            move = moves.after_success(state.move, outcome.permanent_url, feed=feed, taken=taken, now=now)
            return _after_not_modified(feed, state, outcome, now, move=move)
        case Gone():
            return _after_gone(feed, state, outcome, now)
        case Failed():
            return _after_failure(feed, state, outcome, now)
        case _:
            assert_never(outcome)


def pause(asked: str, outcome: FetchOutcome, *, now: datetime) -> GroupPause | None:
    """Say whether an answer concerns all feeds of the server that gave it; None: only what was `asked`, if any.

    Only a 429 does, for it speaks of the one who asks; other failures speak of what was asked for. Behind a host that
    is not public, programs make feeds of many sites, each with a limit of its own (FreshRSS#7870). The pause ends
    with the block that the 429 puts on the feed, and is as little believed beyond a day: it can be forged
    (CVE-2025-68148).
    """
    if not (isinstance(outcome, Failed) and outcome.status == HTTPStatus.TOO_MANY_REQUESTS and is_public(outcome.url)):
        return None
    blocked = waits.block_after_429(outcome, now)
    return GroupPause(
        group=rate_group(outcome.url),
        until=whole_second(now + blocked.length),
        reason=f"HTTP 429 to {asked}: {blocked.reason}",
    )


def body_hash(body: bytes) -> str:
    """Give the hash by which a document is recognised as the same as before (see `FeedState.body_hash`)."""
    return sha256(body).hexdigest()


def next_poll(feed_id: FeedId, wait: timedelta, hints: FreshnessHints, *, now: datetime) -> datetime:
    """Give the time after a wait: with the feed's phase, in a whole second, outside of skipped hours and days."""
    return outside_skipped(whole_second(now + wait + phase(feed_id, wait)), hints)


def _planned(feed_id: FeedId, wait: Delay, hints: FreshnessHints, now: datetime) -> tuple[datetime, str]:
    """Give that time with its reason: of two that agree on the wait, one may be hours later for what it skips."""
    at = next_poll(feed_id, wait.length, hints, now=now)
    if not (hints.skip_hours or hints.skip_days):
        return at, wait.reason
    skipped = skipping(next_poll(feed_id, wait.length, FreshnessHints(), now=now), hints)
    return at, f"{wait.reason}, moved out of the document's {skipped}" if skipped else wait.reason


def phase(feed_id: FeedId, wait: timedelta) -> timedelta:
    """Give a feed's own part of a tenth of the wait, at most `LONGEST_PHASE`: the same in every process and release."""
    share = int.from_bytes(sha256(feed_id.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=int(share * min(wait / 10, LONGEST_PHASE).total_seconds()))


def whole_second(at: datetime) -> datetime:
    """Round up: never early."""
    return at.replace(microsecond=0) + timedelta(seconds=1) if at.microsecond else at


def _after_document(  # noqa: PLR0913 -- see `after_fetch`
    feed: Feed,
    state: FeedState,
    fetched: Fetched,
    now: datetime,
    *,
    document: ParsedFeed | None,
    same_document: bool,
    hashed: str,
    move: Move,
) -> FeedState:
    life = lifetime(fetched.headers, now=now)
    learned = replace(
        state,
        validators=received(fetched),
        body_hash=hashed,
        hints=document.hints if document else state.hints,
        advertised=advertised(fetched, document) if document else state.advertised,
        lifetime=life.length if life else None,
        malformed_since=_malformed_since(state, document, now),
        repeats=waits.repeats_after(state, url=fetched.url, same_document=same_document),
        slowdown=waits.faster(state.slowdown),
        move=move,
    )
    outcome = Outcome.SAME_DOCUMENT if same_document else Outcome.FETCHED
    notes = _document_notes(document) if document else _standing_notes(state)
    asked = waits.asked_by_answer(life, fetched.headers, learned.hints, now=now)
    return _after_success(feed, learned, outcome, asked, notes, now)


def _after_not_modified(feed: Feed, state: FeedState, answer: NotModified, now: datetime, *, move: Move) -> FeedState:
    life = renewed_lifetime(state.lifetime, answer.headers, now=now)
    validators = renewed(state.validators, answer.headers)
    lasting = life.length if life else None
    slowdown = waits.faster(state.slowdown)
    known = (state.validators, state.lifetime, state.repeats, state.slowdown, state.move)
    learned = state
    # Most 304s teach nothing, and a `replace` of a state takes 7 us, a third of all that is decided here.
    if known != (validators, lasting, 0, slowdown, move):
        learned = replace(state, validators=validators, lifetime=lasting, repeats=0, slowdown=slowdown, move=move)
    asked = waits.asked_by_answer(life, answer.headers, state.hints, now=now)
    return _after_success(feed, learned, Outcome.NOT_MODIFIED, asked, _standing_notes(state), now)


def _after_success(
    feed: Feed, learned: FeedState, outcome: Outcome, asked: Delay | None, notes: str, now: datetime
) -> FeedState:
    wait = waits.longest(waits.interval(feed, learned), asked, waits.pushed(learned, now))
    at, reason = _planned(feed.id, wait, learned.hints, now)
    return replace(
        learned,
        last_polled_at=now,
        last_success_at=now,
        last_outcome=outcome,
        last_message="; ".join(part for part in (moves.note(learned.move), notes) if part),
        failures=0,
        failing_since=None,
        next_poll_at=at,
        next_poll_reason=reason,
        fresh_until=_fresh_until(asked, now),
        blocked_until=None,
        gone=False,
    )


def _after_gone(feed: Feed, state: FeedState, gone: Gone, now: datetime) -> FeedState:
    if state.move.address:
        message = f"HTTP 410 Gone from {state.move.address}"
        failed = Failed(kind=FailureKind.STATUS, message=message, status=HTTPStatus.GONE, headers=gone.headers)
        return _after_failure(feed, state, failed, now)
    return replace(
        state,
        last_polled_at=now,
        last_outcome=Outcome.GONE,
        last_message="the publisher says that the feed is gone for good (HTTP 410); remove it from feeds.yaml",
        failing_since=state.failing_since if state.gone and state.failing_since else now,
        # Nobody polls a feed that is gone; the time is for the day somebody takes the mark off.
        next_poll_at=next_poll(feed.id, waits.LONGEST_BACK_OFF, state.hints, now=now),
        next_poll_reason="gone: polled only when forced",
        fresh_until=_fresh_until(None, now),
        blocked_until=None,
        gone=True,
    )


def _after_failure(feed: Feed, state: FeedState, failed: Failed, now: datetime) -> FeedState:
    limited = failed.status == HTTPStatus.TOO_MANY_REQUESTS
    polled = replace(
        state,
        last_polled_at=now,
        last_outcome=Outcome.FAILED,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        slowdown=waits.slower(feed, state.slowdown) if limited else state.slowdown,
        move=moves.after_failure(state.move, failed, failures=state.failures + 1),
    )
    blocked = _block(failed, state, now)
    fresh = _still_fresh(failed.headers, state, now)
    usual = waits.after_failures(feed, polled, failed, now)
    wait = waits.longest(
        blocked or usual,
        usual,
        waits.asked_by_document(state.hints),
        waits.pushed(state, now),
        fresh,
    )
    at, reason = _planned(feed.id, wait, polled.hints, now)
    return replace(
        polled,
        last_message=_failure_message(failed, state, polled),
        next_poll_at=at,
        next_poll_reason=reason,
        fresh_until=_fresh_until(fresh, now),
        blocked_until=whole_second(now + blocked.length) if blocked else None,
    )


def _block(failed: Failed, state: FeedState, now: datetime) -> Delay | None:
    blocked, standing = waits.block(failed, now), waits.standing_block(state, now)
    return waits.longest(blocked, standing) if blocked else standing


def _fresh_until(asked: Delay | None, now: datetime) -> datetime:
    """Keep also a person from asking twice a minute."""
    return whole_second(now + max(asked.length if asked else waits.LEAST_INTERVAL, waits.LEAST_INTERVAL))


def _still_fresh(headers: Mapping[str, str], state: FeedState, now: datetime) -> Delay | None:
    """Give how long the failure itself stays true, or what is held does: a failure takes back nothing that was said."""
    failure = waits.lifetime_of_failure(headers, now)
    if state.fresh_until is None or state.fresh_until <= now:
        return failure
    held = Delay(length=state.fresh_until - now, reason="what server and document said earlier").capped(LONGEST)
    return waits.longest(held, failure)


def _malformed_since(state: FeedState, document: ParsedFeed | None, now: datetime) -> datetime | None:
    if document is None:
        return state.malformed_since
    return (state.malformed_since or now) if document.malformed else None


def _document_notes(document: ParsedFeed) -> str:
    notes = (
        f"not well-formed: {document.malformed}" if document.malformed else "",
        f"{document.dropped:,} entries beyond the limit left out" if document.dropped else "",
    )
    return "; ".join(note for note in notes if note)


def _standing_notes(state: FeedState) -> str:
    """What was to be known of the document still is, while it stays the same; what failed since is over."""
    if state.last_outcome not in SUCCESSES:
        return ""
    return state.last_message.removeprefix(moves.note(state.move)).removeprefix("; ")


def _failure_message(failed: Failed, before: FeedState, after: FeedState) -> str:
    if before.move.address and not after.move.address:
        return f"{failed.message}; the feed had moved there, now its address in feeds.yaml is asked again"
    return failed.message
