"""The half of a check that stands in for `FeedPoller`: it asks for the whole document, and keeps refusals alone."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from aggregator.errors import DatabaseUnusable, LeaseLost
from aggregator.model.feed import DueFeed, Feed, FeedState, ParsedFeed, Validators
from aggregator.model.fetch import Failed, Fetched
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import EntryPlan
from aggregator.polling import waits
from aggregator.polling.plan import plan
from aggregator.polling.schedule import after_fetch, body_hash
from aggregator.ports import Clock, Fetcher, Parser, Store, Transaction
from aggregator.services.answer import NOTHING, Answer, Polled, lost, save, told
from aggregator.services.check_report import CheckReport, Found, found, report_of
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from aggregator.text.urls import host

T = TypeVar("T")
OnReport = Callable[[CheckReport], None]


class NoDatabase:
    """`ports.Store` before there is a database: no feed is known, so that nobody has anything to read or to write."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Refuse."""
        raise DatabaseUnusable(f"there is no database yet, and {work} wants to read it")

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Refuse."""
        raise DatabaseUnusable(f"there is no database yet, and {work} wants to write to it")

    async def aclose(self) -> None:
        """Do nothing."""


class DryPoller(FeedPoller):
    """Reports what feeds answer.

    Args:
        feeds: those to check, as feeds.yaml has them now; the database may know an older version.
        names: what people call them, where the database knows it.
        certificates: when those of servers end, by host, as far as they were asked.
        tell: is given every report.
    """

    def __init__(  # noqa: PLR0913 -- what a `FeedPoller` takes, and what a check adds
        self,
        store: Store | None,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        recognition: Recognition,
        *,
        feeds: Mapping[FeedId, Feed],
        names: Mapping[FeedId, str],
        certificates: Mapping[str, datetime],
        tell: OnReport,
    ) -> None:
        super().__init__(store or NoDatabase(), fetcher, parser, clock, recognition)
        self._known = store
        self._feeds = feeds
        self._names = names
        self._certificates = certificates
        self._tell = tell
        self.unusable: DatabaseUnusable | None = None
        """Why the database could not be read or written, if it could not: whoever runs the check has to raise it."""

    async def ask(self, due: DueFeed, *, paused: frozenset[RateGroup] = frozenset()) -> Answer:
        """Ask where a poll would, but without conditions: of a 304 there would be nothing to explain."""
        listed = replace(due, feed=self._feeds.get(due.feed.id, due.feed))
        forgetful = replace(listed.state, validators=Validators(), body_hash=None)
        answer = replace(await super().ask(replace(listed, state=forgetful), paused=paused), due=listed)
        return replace(answer, state=self._as_of_a_poll(answer))

    async def keep(self, answer: Answer) -> Polled:
        """Write a refusal down, and report the answer."""
        polled = Polled(result=told(answer, NOTHING))
        refused = _is_refusal(answer)
        if refused:
            try:
                await self._store.write(partial(save, answer))
            except LeaseLost:
                polled, refused = Polled(result=lost(answer.due), lease_lost=True), False
            except DatabaseUnusable as error:
                self.unusable, polled, refused = error, replace(polled, kept=False), False
        await self.report(answer, kept=refused)
        return polled

    async def keep_pause(self, answer: Answer) -> bool:
        """Write down that a rate group is paused, for a feed that the database does not know; tell whether that was done."""
        pause = answer.pause
        if self._known is None or pause is None:
            return False
        try:
            await self._known.write(lambda tx: tx.feeds.pause(pause))
        except DatabaseUnusable as error:
            self.unusable = error
            return False
        return True

    async def report(self, answer: Answer, *, kept: bool = False) -> None:
        """Tell what was found; `kept`: that the server refused us was written down."""
        feed, document = answer.due.feed, answer.document
        read_as = await self._compared(answer, document) if document else None
        name = feed.title or self._names.get(feed.id) or (document.title if document else "") or feed.url
        report = report_of(answer, name=name, read_as=read_as)
        until = self._certificates.get(host(report.url or feed.url)) if report.url or not report.failure else None
        self._tell(replace(report, kept=kept, certificate_until=until))

    def _as_of_a_poll(self, answer: Answer) -> FeedState:
        """Give what would follow from the same answer to a poll: asking without conditions has changed nothing about it.

        Only a document that was sent again says nothing here of how its server answers conditional requests, for there
        was none: what polls have learned of that stays.
        """
        due, outcome = answer.due, answer.outcome
        hashed = body_hash(outcome.body) if isinstance(outcome, Fetched) else None
        unasked = replace(due.state, validators=Validators())
        return after_fetch(
            due.feed,
            unasked if hashed else due.state,
            outcome,
            now=answer.ended_at,
            document=answer.document,
            same_document=hashed is not None and hashed == due.state.body_hash,
            hashed=hashed,
            taken=self._recognition.addresses,
        )

    async def _compared(self, answer: Answer, document: ParsedFeed) -> Found | None:
        def work(tx: Transaction) -> EntryPlan:
            return plan(tx.entries.known(answer.due.feed.id, document.entries), document.entries)

        try:
            decided = await self._known.read(work) if self._known else plan([], document.entries)
        except DatabaseUnusable as error:
            self.unusable = error
            return None
        return found(document, decided, now=answer.ended_at)


def _is_refusal(answer: Answer) -> bool:
    """Tell whether the server wants to be left alone."""
    failed = answer.outcome
    return isinstance(failed, Failed) and bool(answer.pause or waits.block(failed, answer.ended_at))
