"""Subscribe to what hubs send (WebSub, https://www.w3.org/TR/websub/), and answer their questions.

    a poll kept a document   -> offered   which hubs it names                        -> WANTED, LEAVING
    on every tick            -> steps     whose time has come: save, then ask hubs   -> REQUESTED ... removed
    GET of a callback        -> verify    a hub asks whether we meant it             -> ACTIVE, DENIED, removed

What decides is pure and lives in `polling.hubs` and `polling.websub`; what hubs send goes through `services.deliveries`.
"""

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus

from aggregator.model.feed import DueFeed
from aggregator.model.fetch import Failed
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.polling import hubs, websub
from aggregator.polling.freshness import LONGEST_RETRY
from aggregator.polling.groups import is_public, rate_group
from aggregator.ports import Clock, Hubs, Store, Transaction

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 50
"""Requests a tick. Hubs are shared by many feeds, and one request at a time goes to the hubs of a rate group."""
_ASKING = frozenset({PushStage.REQUESTED, PushStage.LEAVING})


class Subscriber:
    """Keeps subscriptions in step with what feeds name.

    Args:
        store: where they are kept.
        hubs: the way to hubs.
        clock: time.
        callbacks: address below which hubs reach us, with a slash at its end; a token makes it whole.
        enabled: False ends all subscriptions and begins none.
    """

    def __init__(self, store: Store, hubs: Hubs, clock: Clock, *, callbacks: str, enabled: bool) -> None:
        self._store = store
        self._hubs = hubs
        self._clock = clock
        self._callbacks = callbacks
        self._enabled = enabled
        self._left_all = enabled
        self._resting: dict[RateGroup, datetime] = {}
        """What no `GroupPause` says: polls do not heed a 503 of a hub, nor what is no public host says of others."""

    async def offered(self, due: DueFeed, said: Advertised | None) -> None:
        """Take note of the hubs that a document names, or names no more (`services.poll_feed.Pushes`)."""
        if not self._enabled:
            return
        now = self._clock.now()
        known = await self._store.read(lambda tx: tx.pushes.of_feed(due.feed.id))
        if hubs.compare(known, said) != hubs.Offer():
            await self._store.write(lambda tx: _keep_offer(tx, due, said, now))

    async def steps(self) -> int:
        """Do what is due; gives how many hubs were asked. Those that could not be asked are asked again later."""
        now = self._clock.now()
        if not self._left_all:
            await self._store.write(lambda tx: _leave_all(tx, now))
            self._left_all = True
        if not await self._store.read(lambda tx: tx.pushes.next_steps(now=now, limit=1)):
            return 0
        asking = await self._store.write(lambda tx: self._take(tx, now))
        async with asyncio.TaskGroup() as tasks:
            turns = [tasks.create_task(self._ask_in_turn(group, each)) for group, each in asking.items()]
        return sum(turn.result() for turn in turns)

    def _take(self, tx: Transaction, now: datetime) -> dict[RateGroup, list[Subscription]]:
        """Save what becomes of all that is due, so that no other process does the same; give those to ask for."""
        asking: defaultdict[RateGroup, list[Subscription]] = defaultdict(list)
        paused = {pause.group: pause.until for pause in tx.feeds.pauses(now=now)}
        for subscription in tx.pushes.next_steps(now=now, limit=MOST_AT_ONCE):
            then = self._due(tx, subscription, now)
            if then and then.stage in _ASKING:
                group = rate_group(then.hub)
                if until := paused.get(group) or self._rests(group, now):
                    then = websub.put_off(then, until=until)
                else:
                    asking[group].append(then)
            _keep(tx, subscription, then)
        return asking

    def _rests(self, group: RateGroup, now: datetime) -> datetime | None:
        """Say until when nothing is asked of a group; None: it may be. What lies beyond a day was heard by a wrong clock."""
        until = self._resting.get(group, now)
        return until if now < until <= now + LONGEST_RETRY else None

    def _due(self, tx: Transaction, subscription: Subscription, now: datetime) -> Subscription | None:
        overview = tx.feeds.get(subscription.feed_id)
        if overview is None:
            return websub.due(subscription, wanted=False, now=now)
        current = replace(subscription, allow_private_address=overview.feed.allow_private_address)
        return websub.due(current, wanted=self._enabled, now=now)

    async def _ask_in_turn(self, group: RateGroup, asking: Sequence[Subscription]) -> int:
        """Ask one after the other, until the hub wants to be left alone; give how many were asked."""
        for number, subscription in enumerate(asking):
            await self._ask(subscription)
            if until := self._rests(group, self._clock.now()):
                await self._store.write(partial(_put_off, asking[number + 1 :], until))
                return number + 1
        return len(asking)

    async def _ask(self, subscription: Subscription) -> None:
        form = websub.form(subscription, callback=self._callbacks + subscription.token)
        private = subscription.allow_private_address
        failed = await self._hubs.ask(subscription.hub, form, allow_private_address=private)
        elsewhere = failed and hubs.moved(subscription.hub, failed)
        if elsewhere and not self._rests(rate_group(elsewhere), self._clock.now()):
            # Once, and only for this request: what the feed names stays the hub.
            failed = await self._hubs.ask(elsewhere, form, allow_private_address=private)
        said = _without_secrets(subscription, failed.message) if failed else ""
        logger.log(
            logging.WARNING if failed else logging.INFO,
            "websub feed=%s hub=%s mode=%s %s",
            subscription.feed_id,
            subscription.hub,
            form["hub.mode"],
            said or "taken",
        )
        if failed:
            await self._refuse(subscription, failed, said)

    async def _refuse(self, subscription: Subscription, failed: Failed, said: str) -> None:
        """Take note of a refusal, and of how long the hub, and whom it sent us to, want to be left alone."""
        now = self._clock.now()
        until = hubs.rest(failed, now=now)
        if until:
            answered = rate_group(failed.url or subscription.hub)
            self._resting |= dict.fromkeys((answered, rate_group(subscription.hub)), until)
            logger.warning("websub hubs of %s are left alone until %s", answered, until)
        pause = _pause(subscription, failed, until)
        await self._store.write(lambda tx: _keep_refusal(tx, subscription, said, now=now, until=until, pause=pause))

    async def verify(self, token: str, asked: websub.Verification) -> bool:
        """Tell whether to confirm what a hub asks, and keep what follows from it."""
        now = self._clock.now()
        confirmed = await self._store.write(lambda tx: _verify(tx, token, asked, now))
        if confirmed:
            logger.info("websub feed=%s hub=%s confirmed mode=%s", confirmed.feed_id, confirmed.hub, asked.mode)
        return confirmed is not None


def _keep_offer(tx: Transaction, due: DueFeed, said: Advertised | None, now: datetime) -> None:
    known = tx.feeds.get(due.feed.id)
    if known is None or known.feed.url != due.feed.url:
        return  # feeds.yaml named another address meanwhile: what the old one advertised is not this feed's
    offer = hubs.compare(tx.pushes.of_feed(due.feed.id), said)
    _leave(tx, offer.ended, now)
    if said:
        for hub in offer.wanted:
            tx.pushes.save(_new(due, hub, said.topic, now))


def _new(due: DueFeed, hub: str, topic: str, now: datetime) -> Subscription:
    return Subscription(
        feed_id=due.feed.id,
        hub=hub,
        topic=topic,
        token=secrets.token_urlsafe(32),
        # Over plain HTTP whoever could forge what the hub sends could read the secret, too (section 5.1).
        secret=secrets.token_hex(32) if hub.startswith("https:") else None,
        next_step_at=now,
        allow_private_address=due.feed.allow_private_address,
    )


def _leave_all(tx: Transaction, now: datetime) -> None:
    for overview in tx.feeds.overview():
        known = tx.pushes.of_feed(overview.feed.id)
        _leave(tx, (each for each in known if each.stage is not PushStage.LEAVING), now)


def _leave(tx: Transaction, subscriptions: Iterable[Subscription], now: datetime) -> None:
    for subscription in subscriptions:
        _keep(tx, subscription, websub.left(subscription, now=now))


def _without_secrets(subscription: Subscription, message: str) -> str:
    """Take out of a hub's words what it repeats of ours: they go to the log, and to pages."""
    for secret in filter(None, (subscription.token, subscription.secret)):
        message = message.replace(secret, "…")
    return message


def _pause(asked: Subscription, failed: Failed, until: datetime | None) -> GroupPause | None:
    """Say whether a refusal is one that polls heed, too: as `polling.schedule.pause` does."""
    if until is None or failed.status != HTTPStatus.TOO_MANY_REQUESTS or not is_public(failed.url):
        return None
    return GroupPause(
        group=rate_group(failed.url), until=until, reason=f"HTTP 429 to {asked.feed_id}, which has its hub there"
    )


def _keep_refusal(
    tx: Transaction,
    asked: Subscription,
    message: str,
    *,
    now: datetime,
    until: datetime | None,
    pause: GroupPause | None,
) -> None:
    """Keep a refusal, unless something else has happened to the subscription meanwhile."""
    if pause:
        tx.feeds.pause(pause)
    if tx.pushes.by_token(asked.token) == asked:
        tx.pushes.save(websub.refused(asked, message, now=now, rests_until=until))


def _put_off(asking: Iterable[Subscription], until: datetime, tx: Transaction) -> None:
    """Put off what was not asked for, unless something else has happened to it meanwhile."""
    for subscription in asking:
        if tx.pushes.by_token(subscription.token) == subscription:
            tx.pushes.save(websub.put_off(subscription, until=until))


def _verify(tx: Transaction, token: str, asked: websub.Verification, now: datetime) -> Subscription | None:
    subscription = tx.pushes.by_token(token)
    confirmed = websub.answer(subscription, asked, now=now) if subscription else None
    if subscription is None or confirmed is None:
        return None
    _keep(tx, subscription, confirmed.then)
    return subscription


def _keep(tx: Transaction, before: Subscription, then: Subscription | None) -> None:
    if then is None:
        tx.pushes.remove(before)
    else:
        tx.pushes.save(then)
