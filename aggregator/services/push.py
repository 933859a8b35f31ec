"""Subscribe to what hubs send (WebSub, https://www.w3.org/TR/websub/), and answer their questions.

    a poll stored a document -> offered   which hubs it names                        -> WANTED, LEAVING
    on every tick            -> steps     whose time has come: save, then ask hubs   -> REQUESTED ... removed
    GET of a callback        -> verify    a hub asks whether we meant it             -> ACTIVE, DENIED, removed

What decides is pure and lives in `polling.hubs` and `polling.websub`; what hubs send goes through `services.deliveries`.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from aggregator.model.feed import DueFeed, ParsedFeed
from aggregator.model.fetch import Fetched
from aggregator.model.push import PushStage, Subscription
from aggregator.polling import hubs, websub
from aggregator.ports import Clock, Hubs, Store, Transaction

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 50
"""Requests a tick. Hubs are shared by many feeds, and pacing lets one request through at a time."""
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

    async def offered(self, due: DueFeed, outcome: Fetched, document: ParsedFeed) -> None:
        """Take note of the hubs that a document names, or names no more (`services.poll_feed.Pushes`)."""
        if not self._enabled:
            return
        said, now = hubs.advertised(outcome, document), self._clock.now()
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
            for subscription in asking:
                tasks.create_task(self._ask(subscription))
        return len(asking)

    def _take(self, tx: Transaction, now: datetime) -> list[Subscription]:
        """Save what becomes of all that is due, so that no other process does the same; give those to ask for."""
        asking = []
        for subscription in tx.pushes.next_steps(now=now, limit=MOST_AT_ONCE):
            then = self._due(tx, subscription, now)
            _keep(tx, subscription, then)
            if then and then.stage in _ASKING:
                asking.append(then)
        return asking

    def _due(self, tx: Transaction, subscription: Subscription, now: datetime) -> Subscription | None:
        overview = tx.feeds.get(subscription.feed_id)
        if overview is None:
            return websub.due(subscription, wanted=False, now=now)
        current = replace(subscription, allow_private_address=overview.feed.allow_private_address)
        return websub.due(current, wanted=self._enabled, now=now)

    async def _ask(self, subscription: Subscription) -> None:
        form = websub.form(subscription, callback=self._callbacks + subscription.token)
        private = subscription.allow_private_address
        failed = await self._hubs.ask(subscription.hub, form, allow_private_address=private)
        if failed and (elsewhere := hubs.moved(subscription.hub, failed)):
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
            now = self._clock.now()
            await self._store.write(lambda tx: _refuse(tx, subscription, said, now))

    async def verify(self, token: str, asked: websub.Verification) -> bool:
        """Tell whether to confirm what a hub asks, and keep what follows from it."""
        now = self._clock.now()
        confirmed = await self._store.write(lambda tx: _verify(tx, token, asked, now))
        if confirmed:
            logger.info("websub feed=%s hub=%s confirmed mode=%s", confirmed.feed_id, confirmed.hub, asked.mode)
        return confirmed is not None


def _keep_offer(tx: Transaction, due: DueFeed, said: hubs.Advertised | None, now: datetime) -> None:
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


def _refuse(tx: Transaction, asked: Subscription, message: str, now: datetime) -> None:
    """Take note of a refusal, unless something else has happened to the subscription meanwhile."""
    current = tx.pushes.by_token(asked.token)
    if current == asked:
        tx.pushes.save(websub.refused(current, message, now=now))


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
