"""What to do about a feed's WebSub hubs (https://www.w3.org/TR/websub/). Pure.

    a document names hubs ──► WANTED ──ask──► REQUESTED ──hub verifies──► ACTIVE ──2/3 of the lease──► REQUESTED ...
                                ▲                │
                                └── back-off ◄───┘ the hub refused, or said nothing for an hour
    the hub says no      ──► DENIED  ──a week──► REQUESTED
    named no more        ──► LEAVING ──ask──► removed, once the hub has verified it or after three requests

A lease that the hub granted holds through a renewal that is pending or fails: until its end the hub sends. A hub that
wants to be left alone (429, Retry-After) speaks for its whole rate group: what was to be asked there is put off.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import assert_never

from aggregator.model.push import PushStage, Subscription
from aggregator.polling.schedule import whole_second
from aggregator.text.words import one_line

ASKED_LEASE = timedelta(days=10)
"""What the specification calls a good default (section 5.1)."""
SHORTEST_LEASE = timedelta(hours=1)
LONGEST_LEASE = timedelta(days=30)
PATIENCE = timedelta(hours=1)
"""How long a hub may take to verify a request before it counts as failed."""
FIRST_BACK_OFF = timedelta(hours=1)
LONGEST_BACK_OFF = timedelta(hours=24)
DENIED_FOR = timedelta(days=7)
MOST_FAREWELLS = 3
LONGEST_CHALLENGE = 1024
"""Bytes. Hubs send 20 to 80; what is longer is not echoed."""
LONGEST_REASON = 200

_MOST_DOUBLINGS = 5
_SIGNATURES = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Section 7.1.1 of the specification."""


class Mode(StrEnum):
    """`hub.mode` of a request by a hub."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A hub asks whether we meant it (section 5.3), or says that it will not (section 5.2)."""

    mode: Mode
    topic: str
    challenge: bytes = b""
    lease: timedelta | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Answer with the challenge; `then` is what the subscription becomes, None: nothing, it is over."""

    then: Subscription | None


def left(subscription: Subscription, *, now: datetime) -> Subscription | None:
    """Begin to end a subscription; None where the hub knows of none, so that it is simply forgotten."""
    if subscription.lease_until is None and subscription.stage is not PushStage.REQUESTED:
        return None
    return replace(
        subscription, stage=PushStage.LEAVING, lease_until=None, next_step_at=whole_second(now), failures=0, message=""
    )


def due(subscription: Subscription, *, wanted: bool, now: datetime) -> Subscription | None:
    """Say what becomes of a subscription whose time has come; None: forget it.

    REQUESTED and LEAVING in the answer mean that the hub is to be asked now; it is saved before that is done, because a
    hub may verify before it has answered.

    Args:
        subscription: one whose `next_step_at` has come, or that is not wanted any more.
        wanted: its feed is in feeds.yaml, and hubs are to be used.
        now: when.
    """
    if not wanted and subscription.stage is not PushStage.LEAVING:
        going = left(subscription, now=now)
        return going and due(going, wanted=False, now=now)
    match subscription.stage:
        case PushStage.WANTED | PushStage.ACTIVE | PushStage.DENIED:
            return replace(subscription, stage=PushStage.REQUESTED, next_step_at=whole_second(now + PATIENCE))
        case PushStage.REQUESTED:
            return refused(subscription, "took the request, but did not verify it within an hour", now=now)
        case PushStage.LEAVING:
            return _farewell(subscription, now)
        case _:
            assert_never(subscription.stage)


def _farewell(leaving: Subscription, now: datetime) -> Subscription | None:
    """Ask again what the hub did not verify; in the end the lease ends by itself."""
    if leaving.failures >= MOST_FAREWELLS:
        return None
    return replace(leaving, failures=leaving.failures + 1, next_step_at=whole_second(now + _back_off(leaving.failures)))


def refused(
    subscription: Subscription, message: str, *, now: datetime, rests_until: datetime | None = None
) -> Subscription:
    """Give the subscription after a request that the hub did not take, or did not verify.

    `rests_until` is what the hub asked for (see `hubs.rest`); None: nothing.
    """
    earliest = rests_until or now
    if subscription.stage is PushStage.LEAVING:
        # `_farewell` has counted the request and set the next.
        planned = max(subscription.next_step_at or earliest, earliest)
        return replace(subscription, next_step_at=whole_second(planned), message=message)
    return replace(
        subscription,
        stage=PushStage.WANTED,
        failures=subscription.failures + 1,
        next_step_at=whole_second(max(now + _back_off(subscription.failures), earliest)),
        message=message,
    )


def put_off(asking: Subscription, *, until: datetime) -> Subscription:
    """Take back that a subscription is asked for now (see `due`), because its hub rests. That counts for nothing."""
    if asking.stage is PushStage.LEAVING:
        return replace(asking, failures=asking.failures - 1, next_step_at=whole_second(until))
    return replace(asking, stage=PushStage.WANTED, next_step_at=whole_second(until))


def _back_off(failures: int) -> timedelta:
    return min(FIRST_BACK_OFF * (1 << min(failures, _MOST_DOUBLINGS)), LONGEST_BACK_OFF)


def form(subscription: Subscription, *, callback: str) -> Mapping[str, str]:
    """Give what to ask the hub (section 5.1): to unsubscribe one that is LEAVING, else to subscribe."""
    leaving = subscription.stage is PushStage.LEAVING
    asked = {
        "hub.callback": callback,
        "hub.mode": Mode.UNSUBSCRIBE if leaving else Mode.SUBSCRIBE,
        "hub.topic": subscription.topic,
    }
    if not leaving:
        asked["hub.lease_seconds"] = str(ASKED_LEASE // timedelta(seconds=1))
        if subscription.secret:
            asked["hub.secret"] = subscription.secret
    return asked


def answer(subscription: Subscription, asked: Verification, *, now: datetime) -> Confirmed | None:
    """Confirm what we did ask for, and take note of a denial; None for everything else (section 5.3: answer 404).

    What was confirmed is confirmed again: a hub repeats its question where our answer was lost, and asks anew before a
    lease ends where it renews by itself; a 404 would make it drop us.
    """
    if asked.topic != subscription.topic:
        return None
    match asked.mode:
        case Mode.DENIED:
            return Confirmed(then=_denied(subscription, asked.reason, now))
        case Mode.SUBSCRIBE if subscription.stage is PushStage.REQUESTED and _is_challenge(asked.challenge):
            return Confirmed(then=_granted(subscription, asked.lease, now))
        case Mode.SUBSCRIBE if _is_granted(subscription, now) and _is_challenge(asked.challenge):
            return Confirmed(then=_lengthened(subscription, asked.lease, now))
        case Mode.UNSUBSCRIBE if subscription.stage is PushStage.LEAVING and _is_challenge(asked.challenge):
            return Confirmed(then=None)
        case _:
            return None


def _is_challenge(challenge: bytes) -> bool:
    return 0 < len(challenge) <= LONGEST_CHALLENGE


def _granted(subscription: Subscription, lease: timedelta | None, now: datetime) -> Subscription:
    length = min(max(lease or ASKED_LEASE, SHORTEST_LEASE), LONGEST_LEASE)
    return replace(
        subscription,
        stage=PushStage.ACTIVE,
        lease_until=whole_second(now + length),
        next_step_at=whole_second(now + renewal(subscription.token, length)),
        failures=0,
        message="",
    )


def _is_granted(subscription: Subscription, now: datetime) -> bool:
    """Tell whether a hub verified it, although the renewal has failed or was put off."""
    waits = subscription.stage is PushStage.WANTED and is_live(subscription, now=now)
    return waits or subscription.stage is PushStage.ACTIVE


def _lengthened(subscription: Subscription, lease: timedelta | None, now: datetime) -> Subscription:
    """Give it the longer one of two leases."""
    again = _granted(subscription, lease, now)
    held = subscription.lease_until
    return subscription if held and again.lease_until and again.lease_until <= held else again


def renewal(token: str, lease: timedelta) -> timedelta:
    """Say when to renew: between 2/3 and 3/4 of the lease, each at a point of its own, so that no hub is asked for all at once."""
    share = int.from_bytes(sha256(token.encode()).digest()[:4], "big") / 2**32
    return lease * (2 / 3 + share / 12)


def _denied(subscription: Subscription, reason: str, now: datetime) -> Subscription | None:
    """A hub may deny at any time (section 5.2); one that we are leaving has nothing to deny any more."""
    if subscription.stage is PushStage.LEAVING:
        return None
    said = one_line(reason)[:LONGEST_REASON]
    return replace(
        subscription,
        stage=PushStage.DENIED,
        lease_until=None,
        next_step_at=whole_second(now + DENIED_FOR),
        message=f"the hub denied it: {said}" if said else "the hub denied it",
    )


def is_live(subscription: Subscription, *, now: datetime) -> bool:
    """Tell whether the hub may send: it verified a lease that has not ended."""
    return subscription.lease_until is not None and now < subscription.lease_until


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Check `X-Hub-Signature: method=hex` (section 7.1.2), in a time that does not tell where it is wrong."""
    method, _, given = signature.strip().partition("=")
    if method.lower() not in _SIGNATURES:
        return False
    right = hmac.new(secret.encode("ascii"), body, method.lower()).hexdigest()
    return hmac.compare_digest(right.encode("ascii"), given.strip().lower().encode("utf-8", "surrogatepass"))
