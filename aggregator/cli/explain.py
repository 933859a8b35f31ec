"""Put into words what a dry poll found: for a person who wonders what is the matter with a feed, and what to do."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from aggregator.cli.advice import advice
from aggregator.cli.wording import skipped, spelt
from aggregator.model.feed import FreshnessHints, Outcome
from aggregator.model.poll import PollRecord
from aggregator.publish.site import public
from aggregator.services.check_report import CheckReport, Found

FORMATS = {"atom": "Atom", "rss": "RSS", "rdf": "RDF", "json": "JSON Feed", "cdf": "CDF"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24


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
    return [
        *_outcome(report, place, zone),
        *_redirects(report, place),
        *(_document(report) if report.found else ()),
        *_next_poll(report, zone),
    ]


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
            if what_to_do := advice(report):
                yield Finding(Tone.NOTE, what_to_do)
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


def _redirects(report: CheckReport, place: str) -> Iterator[Finding]:
    if not report.url or report.url == report.feed.url:
        return
    if report.outcome is Outcome.FAILED:
        # Where a failure came from says nothing of which address is right; but what was read has to be found again.
        if report.size:
            yield Finding(Tone.NOTE, f"this is what {public(report.url)} sends, where the address in feeds.yaml leads")
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
    whole = f"the whole {_bytes(report.size)}"
    if not present:
        return Finding(Tone.NOTE, f"neither ETag nor Last-Modified: every poll costs {whole}")
    if report.foreseen and report.foreseen.repeats:
        ignored = "but its server has sent the same document again although it was asked for a newer one only"
        return Finding(Tone.NOTE, f"{present}, {ignored}: such a poll costs {whole}")
    return Finding(Tone.GOOD, f"{present}: while nothing changes, a poll costs a 304 and no document")


def _next_poll(report: CheckReport, zone: tzinfo) -> Iterator[Finding]:
    """Say when a poll would come again after this answer, as polls decide it, and what the server forbids until then."""
    state = report.foreseen
    if state is None or state.next_poll_at is None or state.gone:
        return
    wait = state.next_poll_at - report.checked_at - report.elapsed
    told = [f"a poll would come again in {roughly(wait)}: {state.next_poll_reason}"]
    if state.blocked_until:
        by = f" ({report.block.reason})" if report.block and report.block.reason != state.next_poll_reason else ""
        told.append(f"its server is left alone until {spelt(state.blocked_until, zone)}{by}")
    tone = Tone.GOOD if report.outcome is Outcome.FETCHED else Tone.NOTE
    yield Finding(tone, "; ".join([*told, *_skips(state.hints)]))


def _skips(hints: FreshnessHints) -> Iterator[str]:
    """Name the hours and days that the document asks to leave out (`polling.freshness.outside_skipped`)."""
    hours = _runs(hints.skip_hours, lambda first, last: f"{first:02}:00-{last + 1:02}:00")
    days = _runs(hints.skip_days, lambda first, last: "-".join(WEEKDAYS[day] for day in dict.fromkeys((first, last))))
    if hints.skip_hours:
        every = len(hints.skip_hours) == HOURS
        yield "skipHours names all hours, which is not believed" if every else f"never at {hours} GMT (skipHours)"
    if hints.skip_days:
        every = len(hints.skip_days) == len(WEEKDAYS)
        yield "skipDays names all days, which is not believed" if every else f"never on {days} GMT (skipDays)"


def _runs(numbers: Collection[int], spelling: Callable[[int, int], str]) -> str:
    """Spell numbers as runs from first to last."""
    firsts = [number for number in sorted(numbers) if number - 1 not in numbers]
    lasts = [number for number in sorted(numbers) if number + 1 not in numbers]
    return ", ".join(spelling(first, last) for first, last in zip(firsts, lasts, strict=True))


def roughly(length: timedelta) -> str:
    """Say a wait in one unit: "64 min", "24 h", "7 days"; to the second it is told by nobody."""
    minutes = max(round(length / timedelta(minutes=1)), 1)
    for unit, size, least in (("days", 1440, 3), ("h", 60, 3)):
        if minutes >= size * least:
            return f"{round(minutes / size)} {unit}"
    return f"{minutes} min"


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
