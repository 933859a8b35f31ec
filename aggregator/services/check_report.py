"""What a check found of one feed: facts only; `cli.explain` puts them into words."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from aggregator.model.feed import Feed, FeedState, FreshnessHints, Outcome, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, Gone, NotModified
from aggregator.model.poll import EntryPlan, PollRecord
from aggregator.polling import waits
from aggregator.polling.freshness import Delay
from aggregator.polling.validators import received
from aggregator.services.answer import Answer


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

    names: frozenset[str] = frozenset()
    """Addresses of its entries, else what the feed calls them: two feeds that have most of them in common are one."""

    @property
    def hints(self) -> FreshnessHints:
        """What the document says of how often it changes."""
        return self.document.hints


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What one feed answered, or why it was not asked."""

    feed: Feed
    name: str
    outcome: Outcome
    """`FETCHED`, `GONE`, `FAILED` or `SKIPPED`."""
    checked_at: datetime
    elapsed: timedelta = timedelta()
    """From asking for the host's turn to having read the document."""
    message: str = ""
    """Why it failed or was skipped."""
    until: datetime | None = None
    """Until when it is not asked; None: not skipped, or nobody knows."""
    last: PollRecord | None = None
    """Of a feed that was skipped: the last poll there was; None where there was none."""
    failure: FailureKind | None = None
    status: int | None = None
    """HTTP status of the last answer; None where there was none."""
    url: str = ""
    """Where the answer came from, after redirects; empty where there was none."""
    permanent_url: str | None = None
    """Where an unbroken chain of permanent redirects led, now or in the polls that made us believe it."""
    size: int = 0
    """Bytes of the document, unpacked."""
    content_type: str = ""
    validators: Validators = Validators()
    foreseen: FeedState | None = None
    """What a poll with this answer would leave, with when to come again and why then; None: not asked."""
    block: Delay | None = None
    """How long this answer says that the server does not want to be spoken to, and by what."""
    found: Found | None = None
    certificate_until: datetime | None = None
    """When the certificate of the server that answered ends; None: it was not asked, or has none."""
    kept: bool = False
    """The server refused us, and polls know of it."""


def found(document: ParsedFeed, decided: EntryPlan, *, now: datetime) -> Found:
    """Sum up a document; `decided` is what its entries mean for the database."""
    times = [entry.published_at or entry.updated_at for entry in document.entries]
    return Found(
        document=replace(document, entries=()),
        entries=len(times),
        undated=times.count(None),
        newest_at=max((at for at in times if at and at <= now), default=None),
        new=len(decided.new),
        changed=len(decided.changed),
        names=frozenset(name for entry in document.entries if (name := entry.url or entry.guid)),
    )


def report_of(answer: Answer, *, name: str, read_as: Found | None) -> CheckReport:
    """Report what asking brought; `read_as` sums up its document, where it has one that can be read."""
    report = CheckReport(
        feed=answer.due.feed,
        name=name,
        outcome=Outcome.FAILED,
        checked_at=answer.started_at,
        elapsed=answer.ended_at - answer.started_at,
        foreseen=answer.state,
        block=waits.block(answer.outcome, answer.ended_at) if isinstance(answer.outcome, Failed) else None,
    )
    match answer.got:
        case Fetched() as fetched:
            report = _answered(report, fetched, answer, read_as)
            return _failed(report, answer.outcome) if isinstance(answer.outcome, Failed) else report
        case Gone():
            return _gone(report, answer)
        case Failed() as failed:
            return _failed(report, failed)
        case NotModified():
            message, status = "HTTP 304 Not Modified, which was not asked for", HTTPStatus.NOT_MODIFIED
            return _failed(report, Failed(kind=FailureKind.BAD_RESPONSE, message=message, status=status))


def _answered(report: CheckReport, fetched: Fetched, answer: Answer, read_as: Found | None) -> CheckReport:
    return replace(
        report,
        outcome=Outcome.FETCHED,
        status=HTTPStatus.OK,
        url=fetched.url,
        permanent_url=fetched.permanent_url or answer.due.state.move.address,
        size=len(fetched.body),
        content_type=fetched.headers.get("content-type", ""),
        validators=received(fetched),
        found=read_as,
    )


def _gone(report: CheckReport, answer: Answer) -> CheckReport:
    moved = answer.due.state.move.address
    if moved:
        message = f"HTTP 410 Gone from {moved}, where the feed had moved: its address in feeds.yaml is polled next"
        return replace(report, failure=FailureKind.STATUS, status=HTTPStatus.GONE, message=message, url=moved)
    message = "the publisher says that the feed is gone for good (HTTP 410)"
    return replace(report, outcome=Outcome.GONE, status=HTTPStatus.GONE, message=message)


def _failed(report: CheckReport, failed: Failed) -> CheckReport:
    return replace(
        report,
        outcome=Outcome.FAILED,
        message=failed.message,
        failure=failed.kind,
        status=failed.status or report.status,
        url=failed.url or report.url,
    )
