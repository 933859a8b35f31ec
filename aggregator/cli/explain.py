"""Put into words what a dry poll found: for a person who wonders what is the matter with a feed, and what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from aggregator.cli.wording import skipped
from aggregator.model.feed import FreshnessHints, Outcome
from aggregator.model.fetch import FailureKind
from aggregator.model.poll import PollRecord
from aggregator.polling.freshness import spoken
from aggregator.publish.site import public
from aggregator.services.check_report import CheckReport, Found

FORMATS = {"atom": "Atom", "rss": "RSS", "rdf": "RDF", "json": "JSON Feed", "cdf": "CDF"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Tone(StrEnum):
    """What a finding means to who reads it."""

    GOOD = "ok"
    NOTE = "note"
    """Works, but could be better, or will not work for ever."""
    BAD = "bad"


class Finding(NamedTuple):
    """One sentence."""

    tone: Tone
    text: str


def explain(report: CheckReport, *, place: str, zone: tzinfo = UTC) -> list[Finding]:
    """Say what came back, most important first.

    Args:
        report: of one feed.
        place: where the feed's address stands: `feeds.yaml:12:10`.
        zone: in which times are told.
    """
    return [*_outcome(report, place, zone), *_redirects(report, place), *(_document(report) if report.found else ())]


def _outcome(report: CheckReport, place: str, zone: tzinfo) -> Iterator[Finding]:
    match report.outcome:
        case Outcome.SKIPPED:
            why = skipped(report.message, report.until, zone, now=report.checked_at)
            yield Finding(Tone.NOTE, f"not asked: {why}")
            if report.last:
                yield _last(report.last, report.checked_at)
        case Outcome.GONE:
            yield Finding(Tone.BAD, f"{report.message}; take it out of feeds.yaml ({place})")
        case Outcome.FAILED:
            yield Finding(Tone.BAD, report.message)
            if advice := _advice(report):
                yield Finding(Tone.NOTE, advice)
        case _ if report.found:
            kind = _format(report.found.document.format)
            took = f"{report.elapsed.total_seconds():.1f} s"
            yield Finding(Tone.GOOD, f"HTTP {report.status}: {kind}, {_bytes(report.size)}, after {took}")
        case _:
            yield Finding(Tone.GOOD, f"HTTP {report.status}")


def _last(record: PollRecord, now: datetime) -> Finding:
    """Say what the last poll brought: of a feed that is not asked again, that is what there is to know."""
    status = f"HTTP {record.status}, {record.outcome}" if record.status else str(record.outcome)
    brought = (
        _bytes(record.received) if record.received else "",
        f"{record.new:,} new and {record.changed:,} changed entries" if record.new or record.changed else "",
        record.message,
    )
    told = "".join(f"; {part}" for part in brought if part)
    tone = Tone.BAD if record.outcome in {Outcome.FAILED, Outcome.GONE} else Tone.GOOD
    return Finding(tone, f"last asked {ago(now - record.at)}: {status}{told}")


_BY_STATUS = {
    401: "the server wants a login: put it into the address as https://name:password@host/..., or ask its publisher",
    403: "the server refuses us: open the address in a browser; if it works there, write to the publisher, who may block "
    "feed readers by mistake",
    404: "nothing is at this address: look on the site for where its feed is now",
    429: "the server wants to be asked less often: give the feed a longer `interval`; polls slow down by themselves",
}
_BY_KIND = {
    FailureKind.TIMEOUT: "the server is slow or unreachable: try again later; `polling.timeout` lets it take longer",
    FailureKind.REFUSED_ADDRESS: "if the feed is in your own network, give it `allow_private_address: true`",
    FailureKind.TOO_LARGE: "`polling.max_bytes` says how long a document may be",
    FailureKind.BAD_RESPONSE: "polls will try again; if it stays so, its publisher should know",
    FailureKind.HOSTILE_DOCUMENT: "the document would harm a reader; its publisher should know",
    FailureKind.INTERNAL: "this is a fault of this program or machine, not of the feed",
}


def _advice(report: CheckReport) -> str:
    message = report.message.lower()
    if report.failure is FailureKind.NETWORK:
        return _network_advice(message)
    if report.failure is FailureKind.REFUSED_ADDRESS and report.feed.allow_private_address:
        return ""  # what else is refused, such as the port of another service, says all there is to say
    if report.failure is FailureKind.NOT_A_FEED:
        if "names a feed at" in message:
            return "put the address that the page names in place of this one"
        return "open the address in a browser: it may want a login, or be the page about the feed instead of the feed"
    if report.status and report.status >= 500:  # noqa: PLR2004 -- RFC 9110 section 15.6: the server's fault
        return "the fault is the server's: polls will try again, ever more slowly"
    by_kind = _BY_KIND.get(report.failure, "") if report.failure else ""
    return _BY_STATUS.get(report.status or 0, "") or by_kind


def _network_advice(message: str) -> str:
    if message.startswith("tls:"):
        return "the server can't prove who it is: its publisher must mend that; nothing is read from it until then"
    if "could not be resolved" in message:
        return "see whether the host is spelt right in the address, and whether this machine finds other names"
    return "see whether this machine reaches other servers; if so, this one is down"


def _redirects(report: CheckReport, place: str) -> Iterator[Finding]:
    if not report.url or report.url == report.feed.url:
        return
    if report.permanent_url:
        yield Finding(Tone.NOTE, f"moved for good: put {public(report.permanent_url)} into {place}")
    if report.url != report.permanent_url:
        yield Finding(Tone.GOOD, f"redirected to {public(report.url)} for now; the address in feeds.yaml stays right")


def _document(report: CheckReport) -> Iterator[Finding]:
    found = report.found
    assert found is not None  # noqa: S101 -- who calls has looked
    yield _entries(found, report.checked_at)
    yield _comparison(found)
    if found.document.malformed:
        yield Finding(Tone.NOTE, f"not well-formed, but could be read: {found.document.malformed}")
    if found.undated:
        yield Finding(
            Tone.NOTE, f"{_count(found.undated, 'entry', 'entries')} without a date: listed as of when first seen"
        )
    if found.document.dropped:
        yield Finding(Tone.NOTE, f"{found.document.dropped:,} entries beyond the limit of one document are left out")
    yield _validators(report)
    yield _freshness(report)
    yield from _skips(found.hints)
    if found.document.hubs:
        yield Finding(Tone.GOOD, f"names a WebSub hub that can send what is new: {public(found.document.hubs[0])}")


def _entries(found: Found, now: datetime) -> Finding:
    if not found.entries:
        return Finding(Tone.NOTE, "no entries: the feed is empty at the moment")
    newest = f", the newest {ago(now - found.newest_at)}" if found.newest_at else ""
    return Finding(Tone.GOOD, f"{_count(found.entries, 'entry', 'entries')}{newest}")


def _comparison(found: Found) -> Finding:
    if not found.new and not found.changed:
        return Finding(Tone.GOOD, "a poll would store nothing: all of it is known")
    return Finding(Tone.GOOD, f"a poll would store {found.new:,} new and {found.changed:,} changed entries")


def _validators(report: CheckReport) -> Finding:
    names = (("ETag", report.validators.etag), ("Last-Modified", report.validators.last_modified))
    present = " and ".join(name for name, value in names if value)
    if present:
        return Finding(Tone.GOOD, f"{present}: while nothing changes, a poll costs a 304 and no document")
    interval = spoken(report.feed.unconditional_interval)
    cost = f"every poll costs the whole {_bytes(report.size)}, so it is asked every {interval} at most"
    return Finding(Tone.NOTE, f"neither ETag nor Last-Modified: {cost}")


def _freshness(report: CheckReport) -> Finding:
    found = report.found
    hints = found.hints if found else FreshnessHints()
    said = (
        f"{report.lifetime.reason}" if report.lifetime and report.lifetime.length > timedelta() else "",
        f"a ttl of {spoken(hints.ttl)}" if hints.ttl else "",
        f"an updatePeriod of {spoken(hints.update_period)}" if hints.update_period else "",
    )
    wishes = ", ".join(wish for wish in said if wish)
    interval = spoken(report.feed.interval)
    if not wishes:
        return Finding(Tone.GOOD, f"asks for no rest between polls: feeds.yaml decides, every {interval}")
    return Finding(
        Tone.GOOD, f"asks for rest between polls ({wishes}); feeds.yaml says every {interval}, the longer one counts"
    )


def _skips(hints: FreshnessHints) -> Iterator[Finding]:
    if hints.skip_hours:
        hours = ", ".join(str(hour) for hour in sorted(hints.skip_hours))
        yield Finding(Tone.GOOD, f"is not polled in these hours of GMT, as it asks (skipHours): {hours}")
    if hints.skip_days:
        days = ", ".join(WEEKDAYS[day] for day in sorted(hints.skip_days))
        yield Finding(Tone.GOOD, f"is not polled on these days of GMT, as it asks (skipDays): {days}")


def ago(length: timedelta) -> str:
    """Say how long ago something was: "just now", "12 min ago", "3 h ago", "5 days ago"."""
    for unit, size, least in (("days", 86400, 2), ("h", 3600, 2), ("min", 60, 1)):
        if length.total_seconds() >= size * least:
            return f"{int(length.total_seconds() // size)} {unit} ago"
    return "just now"


def _format(name: str) -> str:
    kind = next((spelt for start, spelt in FORMATS.items() if name.startswith(start)), name)
    version = "".join(letter for letter in name if letter.isdigit())
    return f"{kind} {'.'.join(version)}" if version and len(version) <= len("092") else kind


def _bytes(size: int) -> str:
    if size < 1000:  # noqa: PLR2004 -- a thousand
        return f"{size} bytes"
    return f"{size / 1000:,.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"  # noqa: PLR2004 -- as above


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
