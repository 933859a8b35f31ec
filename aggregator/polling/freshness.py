"""How long what we hold stays fresh, and when a server wants to be left alone: headers and hints to times.

Pure. Header names are lower case. Whatever a server says wrongly (negative, garbage, two dates that contradict each
other) counts as not said; whatever it says absurdly is cut to a cap, and the reason says so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.model.feed import FreshnessHints

LONGEST = timedelta(days=7)
"""No word of a server or document delays a poll beyond this: feeds that say ten years mean a static file."""
LONGEST_RETRY = timedelta(hours=24)
"""A Retry-After can be forged or mistaken; a day is the longest it is believed."""
DAY = 24
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long to wait, and who says so in plain words."""

    length: timedelta
    reason: str

    def capped(self, most: timedelta) -> "Delay":
        """Cut an absurd length, and say so."""
        if self.length <= most:
            return self
        return Delay(length=most, reason=f"{self.reason}, cut to {spoken(most)}")


def freshness(headers: Mapping[str, str], hints: FreshnessHints, *, now: datetime) -> Delay | None:
    """Give the longest wait that response and document ask for, at most `LONGEST`; None where they ask for none."""
    said = [delay for delay in _said(headers, hints, now) if delay.length > timedelta()]
    longest = max(said, key=lambda delay: delay.length, default=None)
    return longest.capped(LONGEST) if longest else None


def _said(headers: Mapping[str, str], hints: FreshnessHints, now: datetime) -> Iterator[Delay]:
    if delay := http_freshness(headers, now=now):
        yield delay
    if hints.ttl is not None:
        yield Delay(length=hints.ttl, reason=f"the document's ttl of {spoken(hints.ttl)}")
    if hints.update_period is not None:
        yield Delay(length=hints.update_period, reason=f"the document's updatePeriod of {spoken(hints.update_period)}")


def http_freshness(headers: Mapping[str, str], *, now: datetime) -> Delay | None:
    """Compute the freshness that is left of a response (RFC 9111 section 4.2).

    `max-age` overrides `Expires`; `Age` is taken off; `no-cache` and `no-store` leave nothing, the next request is
    conditional all the same. `s-maxage` is for caches that many people share.
    """
    directives = cache_control(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return None
    age = _seconds(headers.get("age", "")) or timedelta()
    if "max-age" in directives:
        max_age = _seconds(directives["max-age"])
        if max_age is None:
            return None
        return Delay(length=max_age - age, reason=f"Cache-Control: max-age of {spoken(max_age)}")
    expires = http_date(headers.get("expires", ""))
    if expires is None:
        return None
    sent = http_date(headers.get("date", "")) or now
    return Delay(length=expires - sent - age, reason="Expires header")


def cache_control(value: str) -> dict[str, str]:
    """Take a Cache-Control header apart; of a directive that is given twice the first counts (RFC 9111 section 4.2.1).

    `no-cache="field"` and `private="field"` speak of single headers only, not of the response: they are left out.
    """
    directives: dict[str, str] = {}
    for name, _, argument in re.findall(r'([\w-]+)\s*(=\s*("[^"]*"|[^\s,]*))?', value):
        if not (argument and name.lower() in {"no-cache", "private"}):
            directives.setdefault(name.lower(), argument.strip('"'))
    return directives


def retry_after(headers: Mapping[str, str], *, now: datetime) -> Delay | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3), at most `LONGEST_RETRY`; None if not in the future."""
    value = headers.get("retry-after", "")
    date = http_date(value)
    length = _seconds(value) or (date - now if date else timedelta())
    if length <= timedelta():
        return None
    return Delay(length=length, reason=f"Retry-After of {spoken(length)}").capped(LONGEST_RETRY)


def outside_skipped(at: datetime, hints: FreshnessHints) -> datetime:
    """Move a time, in whole hours, out of the hours and days in which the document asks not to be polled (GMT).

    A document that skips every hour or every day is not believed.
    """
    hours = hints.skip_hours if len(hints.skip_hours) < DAY else frozenset()
    days = hints.skip_days if len(hints.skip_days) < WEEK else frozenset()
    later = (at + timedelta(hours=step) for step in range(DAY * (WEEK + 1)))
    return next((time for time in later if time.hour not in hours and time.weekday() not in days), at)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date in any of its three forms (RFC 9110 section 5.6.7); None if it is none."""
    try:
        read = parsedate_to_datetime(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def spoken(length: timedelta) -> str:
    """Say a duration in its largest sensible units: "45 s", "90 min", "36 h", "7 days"."""
    seconds = int(length.total_seconds())
    for unit, size, least in (("days", 86400, 3), ("h", 3600, 3), ("min", 60, 2)):
        if seconds >= size * least and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s" if seconds < 2 * 3600 else f"about {round(seconds / 3600)} h"


def _seconds(text: str) -> timedelta | None:
    """Read delta-seconds (RFC 9111 section 1.2.2); more than a timedelta holds is as good as the most it holds."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return None
    return timedelta(seconds=min(int(digits[:12]), 10**9))
