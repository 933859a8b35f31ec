"""One pass over feeds: fetch, parse, recognise, keep.

    claim      transaction 1   lease feeds, so that several processes can share one database
    fetch      Fetcher         one conditional GET                       -> Fetched | NotModified | Gone | Failed
    parse      Parser          only what is new, in a process of its own -> ParsedFeed | Failed
    save       transaction 2   entries and the feed's next state: both or neither
    group      transaction 3   which of the new entries repeat others

What decides lives elsewhere and is pure: `polling.plan` (which entries are new), `polling.schedule` (when to come
again), `stories.copies` (what repeats what). A crash between 2 and 3 loses nothing: `group_new` takes up whatever
has no place yet.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from aggregator.errors import LeaseLost
from aggregator.model.feed import Document, DueFeed, FeedState, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, Fetched, FetchOutcome, FetchRequest, Gone, NotModified
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import EntryPlan, PollResult
from aggregator.polling.plan import plan
from aggregator.polling.schedule import after_fetch, body_hash
from aggregator.ports import Clock, Fetcher, Parser, Store, Transaction
from aggregator.services.group import group_new

logger = logging.getLogger(__name__)

OnResult = Callable[[PollResult], None]
Claim = Callable[[Transaction, datetime, int], list[DueFeed]]
"""Lease up to so many feeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """What feeds.yaml says about polling as a whole."""

    concurrency: int = 16
    """Feeds at once."""
    per_host: int = 4
    """Feeds of one host that are leased at once; they wait for one another in `fetch.hosts`."""
    lease: timedelta = timedelta(minutes=10)
    """Longer than any poll takes, its waiting for other feeds of the host included."""
    copy_window: timedelta = timedelta(hours=48)
    publisher_names: tuple[str, ...] = ()
    """Of all feeds: any of them may end a headline that another feed passes on."""
    own_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """What one poll wrote."""

    plan: EntryPlan
    new_ids: tuple[EntryId, ...]


class Poller:
    """Polls feeds, several at once. One per process: `stop` ends whatever it is doing."""

    def __init__(self, store: Store, fetcher: Fetcher, parser: Parser, clock: Clock, settings: PollSettings) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._settings = settings
        self._stopping = False

    def stop(self) -> None:
        """Begin no further poll; those that run are finished."""
        self._stopping = True

    async def poll_due(self, on_result: OnResult | None = None) -> list[PollResult]:
        """Poll every feed that is due."""
        await group_new(self._store, window=self._settings.copy_window)

        def claim(tx: Transaction, now: datetime, most: int) -> list[DueFeed]:
            settings = self._settings
            return tx.feeds.claim_due(now=now, limit=most, per_host=settings.per_host, lease=settings.lease)

        return await self._poll_claimed(claim, on_result)

    async def poll(
        self, ids: Sequence[FeedId], *, force: bool = False, on_result: OnResult | None = None
    ) -> list[PollResult]:
        """Poll these feeds whether due or not, and say of those that could not be polled why.

        `force` also polls feeds that are gone or whose server asked us to wait.
        """
        await group_new(self._store, window=self._settings.copy_window)
        waiting = list(ids)

        def claim(tx: Transaction, now: datetime, most: int) -> list[DueFeed]:
            claimed: list[DueFeed] = []
            while waiting and len(claimed) < most:
                batch = [waiting.pop(0) for _ in range(min(most - len(claimed), len(waiting)))]
                claimed += tx.feeds.claim(batch, now=now, lease=self._settings.lease, force=force)
            return claimed

        results = await self._poll_claimed(claim, on_result)
        polled = {result.feed_id for result in results}
        for feed_id in ids:
            if feed_id not in polled and (skipped := await self._skipped(feed_id)):
                results.append(skipped)
                _tell(on_result, skipped)
        return results

    async def _poll_claimed(self, claim: Claim, on_result: OnResult | None) -> list[PollResult]:
        """Keep `concurrency` polls running until `claim` has no more to give."""
        running: dict[asyncio.Task[PollResult], DueFeed] = {}
        results: list[PollResult] = []
        try:
            while True:
                for due in await self._claim(claim, self._settings.concurrency - len(running)):
                    running[asyncio.create_task(self._poll_feed(due))] = due
                if not running:
                    return results
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del running[task]
                    results.append(task.result())
                    _tell(on_result, results[-1])
        finally:
            await self._abandon(running)

    async def _claim(self, claim: Claim, most: int) -> list[DueFeed]:
        if self._stopping or most <= 0:
            return []
        return await self._store.write(lambda tx: claim(tx, self._clock.now(), most))

    async def _abandon(self, running: dict[asyncio.Task[PollResult], DueFeed]) -> None:
        """Give back the feeds of polls that can't be finished: they are polled as if never leased."""
        if not running:
            return
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._store.write(lambda tx: tx.feeds.release(list(running.values())))

    async def _skipped(self, feed_id: FeedId) -> PollResult | None:
        overview = await self._store.read(lambda tx: tx.feeds.get(feed_id))
        if overview is None:
            return None
        state, now = overview.state, self._clock.now()
        if state.gone:
            message = "gone (the server answered 410); `--force` polls it all the same"
        elif state.blocked_until and state.blocked_until > now:
            until = state.blocked_until.strftime("%Y-%m-%d %H:%M UTC")
            message = f"its server asked us to wait until {until}; `--force` polls it all the same"
        elif self._stopping:
            message = "stopped before its turn"
        else:
            message = "another process is polling it"
        return PollResult(feed_id=feed_id, feed_title=overview.name, outcome=Outcome.SKIPPED, message=message)

    async def _poll_feed(self, due: DueFeed) -> PollResult:
        """Poll one feed; whatever goes wrong with it is its own result and stops no other feed."""
        started = self._clock.now()
        try:
            result = await self._fetch_and_save(due)
        except LeaseLost:
            result = self._result(due, Outcome.SKIPPED, "took too long, and another process polled it meanwhile")
        except Exception as error:
            logger.exception("poll of %s broke off", due.feed.id)
            await self._store.write(lambda tx: tx.feeds.release([due]))
            result = self._result(due, Outcome.FAILED, f"could not be stored: {error}")
        elapsed = self._clock.now() - started
        return _log(result, elapsed)

    async def _fetch_and_save(self, due: DueFeed) -> PollResult:
        feed, state = due.feed, due.state
        outcome = await self._fetcher.fetch(
            FetchRequest(url=feed.url, validators=state.validators, allow_private_address=feed.allow_private_address)
        )
        if not isinstance(outcome, Fetched):
            return await self._save_state(due, outcome)
        if body_hash(outcome.body) == state.body_hash:
            return await self._save_state(due, outcome, same_document=True)
        document = await self._parser.parse(self._document(due, outcome))
        if isinstance(document, Failed):
            return await self._save_state(due, document)
        return await self._save_document(due, outcome, document)

    def _document(self, due: DueFeed, fetched: Fetched) -> Document:
        return Document(
            body=fetched.body,
            url=fetched.url,
            content_type=fetched.headers.get("content-type", ""),
            publisher_names=self._settings.publisher_names,
            language=due.feed.language,
            own_origins=self._settings.own_origins,
        )

    async def _save_state(self, due: DueFeed, outcome: FetchOutcome, *, same_document: bool = False) -> PollResult:
        now = self._clock.now()
        state = after_fetch(due.feed, due.state, outcome, now=now, same_document=same_document)
        await self._store.write(lambda tx: tx.feeds.finish(due, state, now=now))
        return self._result(due, _outcome(outcome, same_document=same_document), state.last_message)

    async def _save_document(self, due: DueFeed, fetched: Fetched, document: ParsedFeed) -> PollResult:
        now = self._clock.now()
        state = after_fetch(due.feed, due.state, fetched, now=now, document=document)
        saved = await self._store.write(lambda tx: _save(tx, due, state, document, now))
        copies = 0
        if saved.new_ids or saved.plan.changed:
            await group_new(self._store, window=self._settings.copy_window)
            copies = await self._store.read(lambda tx: tx.copies.count_copies(saved.new_ids))
        return PollResult(
            feed_id=due.feed.id,
            feed_title=due.feed.title or document.title or due.feed.url,
            outcome=Outcome.FETCHED,
            message=state.last_message,
            entries=len(document.entries),
            new=len(saved.new_ids),
            changed=len(saved.plan.changed),
            copies=copies,
        )

    @staticmethod
    def _result(due: DueFeed, outcome: Outcome, message: str = "") -> PollResult:
        name = due.feed.title or due.feed.url
        return PollResult(feed_id=due.feed.id, feed_title=name, outcome=outcome, message=message)


def _save(tx: Transaction, due: DueFeed, state: FeedState, document: ParsedFeed, now: datetime) -> _Saved:
    known = tx.entries.known(due.feed.id, document.entries)
    decided = plan(known, document.entries)
    new_ids = tx.entries.save(due.feed.id, decided, now=now)
    tx.feeds.finish(due, state, now=now, document=document)
    return _Saved(plan=decided, new_ids=tuple(new_ids))


def _outcome(outcome: FetchOutcome, *, same_document: bool) -> Outcome:
    match outcome:
        case Fetched():
            return Outcome.SAME_DOCUMENT if same_document else Outcome.FETCHED
        case NotModified():
            return Outcome.NOT_MODIFIED
        case Gone():
            return Outcome.GONE
        case Failed():
            return Outcome.FAILED
        case _:
            assert_never(outcome)


def _tell(on_result: OnResult | None, result: PollResult) -> None:
    if on_result:
        on_result(result)


def _log(result: PollResult, elapsed: timedelta) -> PollResult:
    logger.log(
        logging.WARNING if result.outcome is Outcome.FAILED else logging.INFO,
        "poll feed=%s outcome=%r new=%d changed=%d copies=%d seconds=%.2f %s",
        result.feed_id,
        str(result.outcome),
        result.new,
        result.changed,
        result.copies,
        elapsed.total_seconds(),
        result.message,
    )
    return replace(result, elapsed=elapsed)
