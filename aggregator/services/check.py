"""Poll dry: ask once, read what comes back, keep nothing, and say what was found.

    bans       a feed or rate group whose server wants to be left alone is not asked, unless forced
    fetch      Fetcher       one GET without conditions, of the address in feeds.yaml  -> Fetched | Gone | Failed
    parse      Parser        in a process of its own                                  -> ParsedFeed | Failed
    compare    transaction   which entries the database knows: read, never written

Rate groups are checked side by side, the feeds of one group one after another. A 429 ends the check of its group: it is
obeyed here, though nothing of it is kept.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import (
    Document,
    Feed,
    FeedOverview,
    FeedState,
    FreshnessHints,
    Outcome,
    ParsedFeed,
    Validators,
)
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchRequest, Gone, NotModified
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import EntryPlan, GroupPause
from aggregator.polling.freshness import Delay, lifetime
from aggregator.polling.groups import is_public, rate_group
from aggregator.polling.plan import plan
from aggregator.polling.validators import received
from aggregator.ports import Clock, Fetcher, Parser, Store, Transaction
from aggregator.services.poll_feed import Recognition


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a document was read as."""

    document: ParsedFeed
    """Without its entries: a check of many feeds would hold them all."""
    entries: int
    undated: int
    """Entries without any time."""
    newest_at: datetime | None
    """Latest time of an entry that lies not in the future; None where there is none."""
    new: int
    """Entries that a poll would store."""
    changed: int
    """Entries that a poll would replace."""

    @property
    def hints(self) -> FreshnessHints:
        """What the document says of how often it changes."""
        return self.document.hints


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What one feed answered. Facts only; `cli.explain` puts them into words."""

    feed: Feed
    name: str
    outcome: Outcome
    """`FETCHED`, `GONE`, `FAILED` or `SKIPPED`."""
    checked_at: datetime
    elapsed: timedelta = timedelta()
    """From asking for the host's turn to having read the document."""
    message: str = ""
    """Why it failed or was skipped."""
    failure: FailureKind | None = None
    status: int | None = None
    """HTTP status of the last answer; None where there was none."""
    url: str = ""
    """Where the answer came from, after redirects; empty where there was none."""
    permanent_url: str | None = None
    """Where an unbroken chain of permanent redirects led."""
    size: int = 0
    """Bytes of the document, unpacked."""
    content_type: str = ""
    validators: Validators = Validators()
    lifetime: Delay | None = None
    """How long the server says that its answer stays fresh."""
    found: Found | None = None


OnReport = Callable[[CheckReport], None]


class Checker:
    """Checks feeds. `store` is None where there is no database yet: then nothing is known, and no server has asked for rest."""

    def __init__(
        self, store: Store | None, fetcher: Fetcher, parser: Parser, clock: Clock, recognition: Recognition
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._recognition = recognition

    async def check(
        self, feeds: Sequence[Feed], *, force: bool = False, concurrency: int = 16, on_report: OnReport | None = None
    ) -> list[CheckReport]:
        """Check these feeds and give what each answered, in their order.

        Args:
            feeds: as configured.
            force: ask also where a server wants to be left alone, or said that the feed is gone.
            concurrency: rate groups at a time.
            on_report: is told each report as it comes.

        Raises:
            DatabaseUnusable: what is known of the feeds can't be read.
        """
        groups: dict[RateGroup, list[Feed]] = {}
        for feed in feeds:
            groups.setdefault(rate_group(feed.url), []).append(feed)
        pauses = await self._pauses()
        reports: dict[FeedId, CheckReport] = {}
        room = asyncio.Semaphore(concurrency)

        async def check_group(group: RateGroup) -> None:
            async with room:
                wish = _wish_of(pauses.get(group))
                for feed in groups[group]:
                    report = await self._check(feed, wish="" if force else wish, force=force)
                    wish = _wish_after(report) or wish
                    reports[feed.id] = report
                    if on_report:
                        on_report(report)

        try:
            async with asyncio.TaskGroup() as tasks:
                for group in groups:
                    tasks.create_task(check_group(group))
        except* DatabaseUnusable as several:
            # A person is told once, however many checks met it.
            raise several.exceptions[0] from None
        return [reports[feed.id] for feed in feeds]

    async def _check(self, feed: Feed, *, wish: str, force: bool) -> CheckReport:
        known, now = await self._known(feed), self._clock.now()
        name = feed.title or (known.document_title if known else "") or feed.url
        report = CheckReport(feed=feed, name=name, outcome=Outcome.SKIPPED, checked_at=now)
        if message := wish or (_ban(known.state, now) if known and not force else ""):
            return replace(report, message=message)
        asked = await self._ask(report)
        return replace(asked, elapsed=self._clock.now() - now)

    async def _ask(self, report: CheckReport) -> CheckReport:
        feed = report.feed
        outcome = await self._fetcher.fetch(
            FetchRequest(url=feed.url, allow_private_address=feed.allow_private_address)
        )
        match outcome:
            case Fetched():
                return await self._read(report, outcome)
            case Gone():
                message = "the publisher says that the feed is gone for good (HTTP 410)"
                return replace(report, outcome=Outcome.GONE, status=HTTPStatus.GONE, message=message)
            case Failed():
                return _failed(report, outcome)
            case NotModified():
                unasked = Failed(
                    kind=FailureKind.BAD_RESPONSE,
                    message="HTTP 304 Not Modified, which was not asked for",
                    status=HTTPStatus.NOT_MODIFIED,
                )
                return _failed(report, unasked)

    async def _read(self, report: CheckReport, fetched: Fetched) -> CheckReport:
        answered = replace(
            report,
            status=HTTPStatus.OK,
            url=fetched.url,
            permanent_url=fetched.permanent_url,
            size=len(fetched.body),
            content_type=fetched.headers.get("content-type", ""),
            validators=received(fetched),
            lifetime=lifetime(fetched.headers, now=self._clock.now()),
        )
        document = await self._parser.parse(self._document(report.feed, fetched))
        if isinstance(document, Failed):
            return _failed(answered, document)
        return replace(answered, outcome=Outcome.FETCHED, found=await self._compare(report.feed, document))

    def _document(self, feed: Feed, fetched: Fetched) -> Document:
        return Document(
            body=fetched.body,
            url=fetched.url,
            content_type=fetched.headers.get("content-type", ""),
            publisher_names=self._recognition.publisher_names,
            language=feed.language,
            own_origins=self._recognition.own_origins,
        )

    async def _compare(self, feed: Feed, document: ParsedFeed) -> Found:
        now = self._clock.now()

        def work(tx: Transaction) -> EntryPlan:
            return plan(tx.entries.known(feed.id, document.entries), document.entries)

        decided = await self._store.read(work) if self._store else plan([], document.entries)
        times = [entry.published_at or entry.updated_at for entry in document.entries]
        return Found(
            document=replace(document, entries=()),
            entries=len(times),
            undated=times.count(None),
            newest_at=max((at for at in times if at and at <= now), default=None),
            new=len(decided.new),
            changed=len(decided.changed),
        )

    async def _pauses(self) -> dict[RateGroup, GroupPause]:
        if self._store is None:
            return {}
        now = self._clock.now()
        pauses = await self._store.read(lambda tx: tx.feeds.pauses(now=now))
        return {pause.group: pause for pause in pauses}

    async def _known(self, feed: Feed) -> FeedOverview | None:
        overview = await self._store.read(lambda tx: tx.feeds.get(feed.id)) if self._store else None
        # What polls have learned belongs to the address (RFC 9110 section 8.8): of another one it says nothing.
        return overview if overview and overview.feed.url == feed.url else None


def _failed(report: CheckReport, failed: Failed) -> CheckReport:
    return replace(
        report,
        outcome=Outcome.FAILED,
        message=failed.message,
        failure=failed.kind,
        status=failed.status or report.status,
        url=failed.url or report.url,
    )


def _ban(state: FeedState, now: datetime) -> str:
    """Say why the feed is not to be asked; empty where it may be."""
    if state.gone:
        return "it answered 410 before: gone for good, and not asked again"
    if state.blocked_until and state.blocked_until > now:
        return f"its server asked to be left alone until {_spelt(state.blocked_until)}"
    return ""


def _wish_of(pause: GroupPause | None) -> str:
    """Say why no feed of a group is to be asked; empty where they may be."""
    return f"{pause.group} is left alone until {_spelt(pause.until)}: {pause.reason}" if pause else ""


def _wish_after(report: CheckReport) -> str:
    """Leave the other feeds of a group alone after a 429; private hosts stand for many servers (`polling.groups`)."""
    if report.status != HTTPStatus.TOO_MANY_REQUESTS or not is_public(report.feed.url):
        return ""
    return f"the same servers answered HTTP 429 to {report.feed.id} a moment ago"


def _spelt(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
