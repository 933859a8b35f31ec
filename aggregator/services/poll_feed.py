"""Poll one feed: fetch, parse, recognise, keep.

    fetch      Fetcher         one conditional GET                       -> Fetched | NotModified | Gone | Failed
    parse      Parser          only what is new, in a process of its own -> ParsedFeed | Failed
    save       transaction 2   entries and the feed's next state: both or neither
    group      transaction 3   which of the new entries repeat others

What decides lives elsewhere and is pure: `polling.plan` (which entries are new), `polling.schedule` (when to come
again), `stories.copies` (what repeats what). A crash between 2 and 3 loses nothing: the next cycle takes up whatever
has no place yet.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from aggregator.errors import DatabaseUnusable, LeaseLost
from aggregator.model.feed import Document, DueFeed, FeedState, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone, NotModified
from aggregator.model.ids import EntryId
from aggregator.model.poll import EntryPlan, PollResult
from aggregator.polling.plan import plan
from aggregator.polling.schedule import after_fetch, body_hash
from aggregator.ports import Clock, Fetcher, Parser, Store, Transaction
from aggregator.services.group import group_new

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What feeds.yaml says that bears on reading a document and on recognising its entries."""

    copy_window: timedelta = timedelta(hours=48)
    publisher_names: tuple[str, ...] = ()
    """Of all feeds: any of them may end a headline that another feed passes on."""
    own_origins: tuple[str, ...] = ()
    """See `Document.own_origins`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """What one poll wrote."""

    plan: EntryPlan
    new_ids: tuple[EntryId, ...]


class FeedPoller:
    """Polls leased feeds, one a call; safe to call for several feeds at once."""

    def __init__(self, store: Store, fetcher: Fetcher, parser: Parser, clock: Clock, recognition: Recognition) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._recognition = recognition

    async def poll(self, due: DueFeed) -> PollResult:
        """Poll one feed; whatever goes wrong with it is its own result, and ends its lease with a back-off."""
        started = self._clock.now()
        try:
            result = await self._fetch_and_save(due)
        except LeaseLost:
            result = _result(due, Outcome.SKIPPED, "took too long, and another process polled it meanwhile")
        except Exception as error:
            logger.exception("poll of %s broke off", due.feed.id)
            result = await self._broke_off(due, error)
        return _log(replace(result, elapsed=self._clock.now() - started))

    async def group(self) -> None:
        """Place whatever came or changed; what can't be placed now is placed by the next cycle."""
        try:
            await group_new(self._store, window=self._recognition.copy_window)
        except DatabaseUnusable as error:
            logger.warning("new entries could not be compared with others: %s; the next cycle tries again", error)
        except Exception:
            logger.exception("new entries could not be compared with others; the next cycle tries again")

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
            publisher_names=self._recognition.publisher_names,
            language=due.feed.language,
            own_origins=self._recognition.own_origins,
        )

    async def _save_state(self, due: DueFeed, outcome: FetchOutcome, *, same_document: bool = False) -> PollResult:
        now = self._clock.now()
        state = after_fetch(due.feed, due.state, outcome, now=now, same_document=same_document)
        await self._store.write(lambda tx: tx.feeds.finish(due, state, now=now))
        return _result(due, _outcome(outcome, same_document=same_document), state.last_message)

    async def _save_document(self, due: DueFeed, fetched: Fetched, document: ParsedFeed) -> PollResult:
        now = self._clock.now()
        state = after_fetch(due.feed, due.state, fetched, now=now, document=document)
        saved = await self._store.write(lambda tx: _save(tx, due, state, document, now))
        result = replace(
            _result(due, Outcome.FETCHED, state.last_message),
            feed_title=due.feed.title or document.title or due.feed.url,
            entries=len(document.entries),
            new=len(saved.new_ids),
            changed=len(saved.plan.changed),
        )
        if not result.new and not result.changed:
            return result
        await self.group()
        return replace(result, copies=await self._store.read(lambda tx: tx.copies.count_copies(saved.new_ids)))

    async def _broke_off(self, due: DueFeed, error: Exception) -> PollResult:
        """Count it as a failure, so that the publisher is not asked again at once for a fault of ours.

        Where not even that can be written (a full disk), the lease stays, which keeps the feed back until it ends.
        """
        message = f"broke off: {str(error) or type(error).__name__}"
        try:
            return await self._save_state(due, Failed(kind=FailureKind.INTERNAL, message=message))
        except Exception:
            logger.exception("the failure of %s could not be kept", due.feed.id)
            return _result(due, Outcome.FAILED, message)


def _save(tx: Transaction, due: DueFeed, state: FeedState, document: ParsedFeed, now: datetime) -> _Saved:
    known = tx.entries.known(due.feed.id, document.entries)
    decided = plan(known, document.entries)
    new_ids = tx.entries.save(due.feed.id, decided, now=now)
    tx.feeds.finish(due, state, now=now, document=document)
    return _Saved(plan=decided, new_ids=tuple(new_ids))


def _result(due: DueFeed, outcome: Outcome, message: str = "") -> PollResult:
    return PollResult(feed_id=due.feed.id, feed_title=due.feed.title or due.feed.url, outcome=outcome, message=message)


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


def _log(result: PollResult) -> PollResult:
    logger.log(
        logging.WARNING if result.outcome is Outcome.FAILED else logging.INFO,
        "poll feed=%s outcome=%r new=%d changed=%d copies=%d seconds=%.2f %s",
        result.feed_id,
        str(result.outcome),
        result.new,
        result.changed,
        result.copies,
        result.elapsed.total_seconds(),
        result.message,
    )
    return result
