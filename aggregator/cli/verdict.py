"""What a check comes to in a word, and what should worry who runs the feed although it works."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from aggregator.cli.explain import Finding, Tone
from aggregator.cli.wording import counted
from aggregator.model.feed import Outcome
from aggregator.model.fetch import FailureKind
from aggregator.model.ids import FeedId
from aggregator.services.check_report import CheckReport

STALE = timedelta(days=180)
"""Since its newest entry: whoever still publishes does so more often than twice a year, nearly always."""
MONTH = timedelta(days=30)
ENDS_SOON = timedelta(days=14)
"""Certificates are commonly renewed thirty days before their end, by programs; two weeks before it, nobody is at it."""
ALIKE = 0.8
FEW = 3
"""Entries in common say nothing below that."""


class Verdict(StrEnum):
    """How a feed is, in a word; the worst that was found."""

    OK = "ok"
    MOVED = "moved"
    STALE = "stale"
    EMPTY = "empty"
    MALFORMED = "not well-formed"
    DUPLICATE = "duplicate"
    CERTIFICATE = "certificate"
    """Of its server: refused, or about to end."""
    PAGE = "not a feed"
    LOGIN = "login wanted"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    GONE = "gone"
    LIMITED = "asked too often"
    SLOW = "too slow"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    SKIPPED = "not asked"


_BY_STATUS: dict[int, Verdict] = {
    HTTPStatus.UNAUTHORIZED: Verdict.LOGIN,
    HTTPStatus.FORBIDDEN: Verdict.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Verdict.NOT_FOUND,
    HTTPStatus.GONE: Verdict.GONE,
    HTTPStatus.TOO_MANY_REQUESTS: Verdict.LIMITED,
}
_BY_KIND = {
    FailureKind.NOT_A_FEED: Verdict.PAGE,
    FailureKind.TIMEOUT: Verdict.SLOW,
    FailureKind.NETWORK: Verdict.UNREACHABLE,
}


def verdict(report: CheckReport, *, twin: FeedId | None = None) -> Verdict:
    """Sum a check up; `twin` is the feed that brings the same entries, if one does."""
    match report.outcome:
        case Outcome.SKIPPED:
            return Verdict.SKIPPED
        case Outcome.GONE:
            return Verdict.GONE
        case Outcome.FAILED:
            return _failed(report)
        case _:
            return _answered(report, twin)


def warnings(report: CheckReport, *, twin: FeedId | None = None) -> Iterator[Finding]:
    """Say what is not well with a feed that answers."""
    if report.outcome is not Outcome.FETCHED:
        return
    if twin:
        yield Finding(Tone.NOTE, f"brings the same entries as {twin!r}: one of the two is enough")
    newest = report.found.newest_at if report.found else None
    if newest and report.checked_at - newest > STALE:
        months = (report.checked_at - newest) // MONTH
        text = f"stale: its newest entry is {months} months old; its publisher may have given it up, or have another"
        yield Finding(Tone.NOTE, text)
    if ends := report.certificate_until if _ends_soon(report) else None:
        days = max((ends - report.checked_at) // timedelta(days=1), 0)
        when = f"in {counted(days, 'day')}" if days else "today"
        yield Finding(Tone.NOTE, f"the certificate of its server ends {when}: then it can't be read any more")


def twins(reports: Sequence[CheckReport]) -> dict[FeedId, FeedId]:
    """Find the feeds that bring nearly the same entries as one before them."""
    first: dict[str, list[CheckReport]] = {}
    found: dict[FeedId, FeedId] = {}
    for report in reports:
        names = report.found.names if report.found else frozenset[str]()
        candidates = {id(each): each for name in names for each in first.get(name, ())}
        for other in candidates.values():
            if other.found and _alike(names, other.found.names):
                found.setdefault(report.feed.id, other.feed.id)
        for name in names:
            first.setdefault(name, []).append(report)
    return found


def _alike(names: frozenset[str], others: frozenset[str]) -> bool:
    return len(names) >= FEW and len(names & others) >= ALIKE * max(len(names), len(others))


def _failed(report: CheckReport) -> Verdict:
    if report.failure is FailureKind.STATUS:
        return _BY_STATUS.get(report.status or 0, Verdict.FAILED)
    if report.failure is FailureKind.NETWORK and report.message.startswith("TLS: certificate"):
        return Verdict.CERTIFICATE
    return _BY_KIND.get(report.failure, Verdict.FAILED) if report.failure else Verdict.FAILED


def _answered(report: CheckReport, twin: FeedId | None) -> Verdict:
    found = report.found
    newest: datetime | None = found.newest_at if found else None
    tried = (
        (Verdict.CERTIFICATE, _ends_soon(report)),
        (Verdict.DUPLICATE, twin is not None),
        (Verdict.MOVED, report.permanent_url is not None),
        (Verdict.EMPTY, found is not None and not found.entries),
        (Verdict.STALE, newest is not None and report.checked_at - newest > STALE),
        (Verdict.MALFORMED, found is not None and bool(found.document.malformed)),
    )
    return next((word for word, is_so in tried if is_so), Verdict.OK)


def _ends_soon(report: CheckReport) -> bool:
    return report.certificate_until is not None and report.certificate_until - report.checked_at < ENDS_SOON
