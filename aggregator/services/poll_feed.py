"""Poll one feed: fetch, parse, recognise, keep.

    ask     fetch    Fetcher   one conditional GET                       -> Fetched | NotModified | Gone | Failed
            parse    Parser    only what is new, in a process of its own -> ParsedFeed | Failed
    keep    save     Ledger    entries, the feed's next state and a record of the poll: all or none
            offer    Pushes    which hubs the document names
    settle  group    Store     which of the new entries repeat others, for many polls at once

What decides lives elsewhere and is pure: `polling.plan` (which entries are new), `polling.schedule` (when to come
again), `stories.copies` (what repeats what). A crash between `keep` and `settle` loses nothing: the next cycle takes up
whatever has no place yet.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from aggregator.errors import DatabaseUnusable, LeaseLost, UserError
from aggregator.model.feed import Document, DueFeed, Feed, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints
from aggregator.model.poll import PollResult
from aggregator.model.push import Advertised
from aggregator.polling.moves import twin_address
from aggregator.polling.schedule import after_fetch, body_hash, pause
from aggregator.ports import Clock, Fetcher, Parser, Store, Transaction
from aggregator.services.answer import NOTHING, Answer, Polled, Saved, lost, save, save_pushed, told
from aggregator.services.grouping import Grouping
from aggregator.services.ledger import PATIENCE, Ledger
from aggregator.services.recognition import Recognition

logger = logging.getLogger(__name__)


class Pushes(Protocol):
    """Who is told of every document that was kept, because it may name WebSub hubs, or name them no more.

    And of every one that was found as it was before, where it names hubs and none of them sends: WebSub may have been
    switched on since, or a subscription have ended.
    """

    async def offered(self, due: DueFeed, said: Advertised | None) -> None:
        """Take note of what the document says of hubs; None: nothing."""
        ...


class FeedPoller:
    """Polls leased feeds; safe to call for several feeds at once.

    Of its arguments, `patience` says how long what a poll brings waits for others to be written with: see `ledger`.
    """

    def __init__(  # noqa: PLR0913 -- each is a part, or a figure that tests need another of
        self,
        store: Store,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        recognition: Recognition,
        *,
        pushes: Pushes | None = None,
        grouping: Grouping | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._store = store
        self._ledger = Ledger(store, patience=patience)
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._recognition = recognition
        self._pushes = pushes
        self._grouping = grouping or Grouping(store, window=recognition.copy_window)

    async def ask(self, due: DueFeed, *, paused: frozenset[RateGroup] = frozenset()) -> Answer:
        """Fetch and read one feed; whatever goes wrong with it is its answer.

        Args:
            due: leased.
            paused: other rate groups that no redirect may lead into.
        """
        started = self._clock.now()
        try:
            return await self._ask(due, started, paused)
        except Exception as error:
            logger.exception("poll of %s broke off", due.feed.id)
            return self._answer(due, started, _fault(error))

    async def keep(self, answer: Answer) -> Polled:
        """Write down what asking brought; whatever goes wrong is the poll's result, with a back-off."""
        due = answer.due
        try:
            saved = await self._save(answer)
            if saved.incomplete:
                answer = await self._read_whole(answer)
                saved = await self._save(answer)
        except LeaseLost:
            return _log(Polled(result=lost(due), lease_lost=True))
        except Exception as error:  # noqa: BLE001 -- logged, and told as the poll's result
            _log_fault(error, f"poll of {due.feed.id} could not be kept")
            return _log(await self._keep_failure(self._answer(due, answer.started_at, _fault(error))))
        if saved.overtaken:
            logger.info("poll feed=%s: a hub sent a newer document meanwhile", due.feed.id)
        elif answer.document or answer.names_idle_hubs:
            await self._offer(due, answer.state.advertised)
        return _log(Polled(result=told(answer, saved), new_ids=saved.new_ids))

    async def settle(self, polled: Sequence[Polled]) -> list[PollResult]:
        """Compare what these polls brought with all other entries, and count how much of it repeats."""
        await self.group()

        def count(tx: Transaction) -> list[PollResult]:
            return [replace(each.result, copies=tx.copies.count_copies(each.new_ids)) for each in polled]

        try:
            return await self._store.read(count)
        except DatabaseUnusable as error:
            logger.warning("how many of the new entries are copies could not be counted: %s", error)
        except Exception:
            # They are kept, and have to be told all the same.
            logger.exception("how many of the new entries are copies could not be counted")
        return [each.result for each in polled]

    async def group(self) -> None:
        """Place whatever came or changed; what can't be placed now is placed by the next cycle."""
        try:
            await self._grouping.group_new()
        except DatabaseUnusable as error:
            logger.warning("new entries could not be compared with others: %s; the next cycle tries again", error)
        except UserError as error:
            logger.error("new entries could not be compared with others: %s", error)  # noqa: TRY400 -- it says all there is
        except Exception:
            logger.exception("new entries could not be compared with others; the next cycle tries again")

    async def receive(self, feed_id: FeedId, document: Document, *, arrived_at: datetime | None = None) -> PollResult:
        """Keep the entries of a document that a hub sent, exactly as a poll would, and compare them with others.

        Only entries are touched: when to poll, and with which validators, is between us and the feed's own server.

        Args:
            feed_id: a configured feed; of any other the document is dropped, and the result says so.
            document: bytes, address and content type; what feeds.yaml knows is filled in here.
            arrived_at: None: now. A document that a poll has overtaken since is dropped.
        """
        started = self._clock.now()
        overview = await self._store.read(lambda tx: tx.feeds.get(feed_id))
        if overview is None:
            return PollResult(feed_id=feed_id, feed_title=feed_id, outcome=Outcome.SKIPPED, message="no such feed")
        result = PollResult(
            feed_id=feed_id, feed_title=overview.name, outcome=Outcome.FETCHED, received=len(document.body)
        )
        parsed = await self._parser.parse(self._completed(document, overview.feed))
        if isinstance(parsed, Failed):
            return replace(result, outcome=Outcome.FAILED, message=parsed.message, failure=parsed.kind)
        now = self._clock.now()
        arrived = arrived_at or started
        saved = await self._store.write(lambda tx: save_pushed(tx, overview.feed, parsed, arrived_at=arrived, now=now))
        counted = replace(result, entries=len(parsed.entries), new=len(saved.new_ids), changed=len(saved.plan.changed))
        polled = _log(Polled(result=replace(counted, elapsed=now - started), new_ids=saved.new_ids))
        return polled.result if polled.settled else (await self.settle([polled]))[0]

    async def _ask(self, due: DueFeed, started: datetime, paused: frozenset[RateGroup]) -> Answer:
        outcome = await self._fetcher.fetch(
            FetchRequest(
                url=due.url,
                validators=due.state.validators,
                allow_private_address=due.feed.allow_private_address,
                access=self._recognition.access_to(due),
                paused=paused,
                twin_url=twin_address(due.state.move, feed=due.feed, taken=self._recognition.addresses),
                moved=due.state.move.address is not None,
            )
        )
        if not isinstance(outcome, Fetched):
            return self._answer(due, started, outcome)
        hashed = body_hash(outcome.body)
        if hashed == due.state.body_hash:
            return self._answer(due, started, outcome, same_document=True, hashed=hashed)
        known = NOTHING_KNOWN
        if due.state.body_hash:
            known = await self._store.read(lambda tx: tx.entries.remembered(due.feed.id))
        return await self._parsed(due, started, outcome, hashed, known)

    async def _read_whole(self, answer: Answer) -> Answer:
        """Read a document again, now with the entries that seemed to be known."""
        got = answer.got
        if not isinstance(got, Fetched):
            raise TypeError(f"there is no document in {got!r}")
        return await self._parsed(answer.due, answer.started_at, got, body_hash(got.body), NOTHING_KNOWN)

    async def _parsed(self, due: DueFeed, started: datetime, got: Fetched, hashed: str, known: KnownImprints) -> Answer:
        content_type = got.headers.get("content-type", "")
        document = Document(body=got.body, url=got.url, content_type=content_type, known=known)
        parsed = await self._parser.parse(self._completed(document, due.feed))
        if isinstance(parsed, Failed):
            return self._answer(due, started, got, replace(parsed, headers=got.headers, url=got.url))
        return self._answer(due, started, got, document=parsed, hashed=hashed)

    def _completed(self, document: Document, feed: Feed) -> Document:
        return replace(
            document,
            publisher_names=self._recognition.publisher_names,
            language=feed.language,
            own_origins=self._recognition.own_origins,
            max_entries=feed.max_entries,
            strip_prefix=feed.strip_prefix,
            strip_suffix=feed.strip_suffix,
        )

    def _answer(
        self,
        due: DueFeed,
        started: datetime,
        got: FetchOutcome,
        read_as: Failed | None = None,
        *,
        document: ParsedFeed | None = None,
        same_document: bool = False,
        hashed: str | None = None,
    ) -> Answer:
        now = self._clock.now()
        outcome = read_as or got
        state = after_fetch(
            due.feed,
            due.state,
            outcome,
            now=now,
            document=document,
            same_document=same_document,
            hashed=hashed,
            taken=self._recognition.addresses,
        )
        return Answer(
            due=due,
            got=got,
            outcome=outcome,
            document=document,
            state=state,
            pause=pause(due.feed.id, outcome, now=now),
            started_at=started,
            ended_at=now,
        )

    async def _save(self, answer: Answer) -> Saved:
        weight = 1 + (len(answer.document.entries) if answer.document else 0)
        return await self._ledger.write(partial(save, answer), weight=weight)

    async def _keep_failure(self, answer: Answer) -> Polled:
        """Count a fault of ours as a failure, so that the publisher is not asked again at once for it."""
        try:
            return Polled(result=told(answer, await self._save(answer)))
        except LeaseLost:
            return Polled(result=told(answer, NOTHING), lease_lost=True)
        except Exception as error:  # noqa: BLE001 -- logged, and told as the poll's result
            _log_fault(error, f"the failure of {answer.due.feed.id} could not be kept")
            return Polled(result=told(answer, NOTHING), kept=False)

    async def _offer(self, due: DueFeed, said: Advertised | None) -> None:
        if self._pushes is None:
            return
        try:
            await self._pushes.offered(due, said)
        except Exception as error:  # noqa: BLE001 -- logged, and the next poll tries again
            _log_fault(error, f"what {due.feed.id} says of hubs could not be followed; its next poll tries again")


def _log_fault(error: Exception, what: str) -> None:
    """Say what went wrong: a database that can't be used in one line for people, a mistake of ours with where it was made."""
    if isinstance(error, DatabaseUnusable):
        logger.warning("%s: %s", what, error)
    else:
        logger.error("%s", what, exc_info=error)


def _fault(error: Exception) -> Failed:
    return Failed(kind=FailureKind.INTERNAL, message=f"broke off: {str(error) or type(error).__name__}")


def _log(polled: Polled) -> Polled:
    result = polled.result
    level = logging.WARNING if result.outcome is Outcome.FAILED else logging.INFO
    if logger.isEnabledFor(level):
        seconds = round(result.elapsed.total_seconds(), 2)
        said = (result.feed_id, str(result.outcome), result.new, result.changed, seconds, result.message)
        names = ("feed", "outcome", "new", "changed", "seconds", "said")
        extra = {"fields": dict(zip(names, said, strict=True))}  # see `logs`
        logger.log(level, "poll feed=%s outcome=%r new=%d changed=%d seconds=%.2f %s", *said, extra=extra)
    return polled
