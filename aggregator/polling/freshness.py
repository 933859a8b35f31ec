"""How long what we hold stays fresh, and when a server wants to be left alone: headers and hints to times.

Pure. Header names are lower case. Whatever a server says wrongly (negative, garbage, two dates that contradict each
other) counts as not said; whatever it says absurdly is cut to a cap, and the reason says so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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


def freshness(life: Delay | None, headers: Mapping[str, str], hints: FreshnessHints) -> Delay | None:
    """Give the longest wait that answer and document ask for, at most `LONGEST`; None where they ask for none.

    Args:
        life: how long the answer may be kept, see `lifetime`.
        headers: of the answer, for its age.
        hints: of the document that is held.
    """
    said = [delay for delay in _said(life, headers, hints) if delay.length > timedelta()]
    longest = max(said, key=lambda delay: delay.length, default=None)
    return longest.capped(LONGEST) if longest else None


def _said(life: Delay | None, headers: Mapping[str, str], hints: FreshnessHints) -> Iterator[Delay]:
    if life:
        yield Delay(length=life.length - age(headers), reason=life.reason)
    if hints.ttl is not None:
        yield Delay(length=hints.ttl, reason=f"the document's ttl of {spoken(hints.ttl)}")
    if hints.update_period is not None:
        yield Delay(length=hints.update_period, reason=f"the document's updatePeriod of {spoken(hints.update_period)}")


def lifetime(headers: Mapping[str, str], *, now: datetime) -> Delay | None:
    """Tell how long an answer may be kept, counted from when its server made it (RFC 9111 section 4.2.1).

    `max-age` overrides `Expires`; `no-cache` and `no-store` leave nothing, the next request is conditional all the
    same. `s-maxage` is for caches that many people share.
    """
    directives = cache_control(headers.get("cache-control", ""))
    if "no-cache" in directives or "no-store" in directives:
        return None
    if "max-age" in directives:
        max_age = _seconds(directives["max-age"])
        return _positive(max_age, f"Cache-Control: max-age of {spoken(max_age)}") if max_age else None
    expires = http_date(headers.get("expires", ""))
    sent = http_date(headers.get("date", "")) or now
    return _positive(expires - sent, "Expires header") if expires else None


def renewed_lifetime(known: timedelta | None, headers: Mapping[str, str], *, now: datetime) -> Delay | None:
    """Tell the same of a 304: what it does not say, the answer before it has said (RFC 9111 section 4.3.4)."""
    if "cache-control" in headers or "expires" in headers:
        return lifetime(headers, now=now)
    return _positive(known, f"max-age or Expires of an earlier answer, {spoken(known)}") if known else None


def age(headers: Mapping[str, str]) -> timedelta:
    """Read the time an answer has spent in caches.

    Only as the caches count it. The other estimate of RFC 9111 section 4.2.3, our clock against `Date`, is left out:
    where one of the two clocks is wrong, it has us come back before we were asked to.
    """
    return _seconds(headers.get("age", "")) or timedelta()


def _positive(length: timedelta, reason: str) -> Delay | None:
    return Delay(length=length, reason=reason) if length > timedelta() else None


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
    if not value:
        return None
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


def skipping(at: datetime, hints: FreshnessHints) -> str:
    """Name what of the document moves a time: "skipHours", "skipDays" or both; empty where nothing does."""
    moved = outside_skipped(at, hints)
    if moved == at:
        return ""
    without = {
        "skipHours": replace(hints, skip_hours=frozenset()),
        "skipDays": replace(hints, skip_days=frozenset()),
    }
    # Where each by itself leads to the same time, neither makes a difference and both are named.
    names = [name for name, rest in without.items() if outside_skipped(at, rest) != moved] or list(without)
    return " and ".join(names)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date in any of its three forms (RFC 9110 section 5.6.7); None if it is none."""
    try:
        read = parsedate_to_datetime(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def spoken(length: timedelta) -> str:
    """Say a duration in its largest sensible units: "45 s", "90 min", "36 h", "7 days"; odd ones rounded: "about 2 h"."""
    seconds = int(length.total_seconds())
    for unit, size, least in (("days", 86400, 3), ("h", 3600, 3), ("min", 60, 2)):
        if seconds >= size * least and seconds % size == 0:
            return f"{seconds // size} {unit}"
    for unit, size, from_on in (("days", 86400, 72 * 3600), ("h", 3600, 90 * 60), ("min", 60, 2 * 60)):
        if seconds >= from_on:
            return f"about {round(seconds / size)} {unit}"
    return f"{seconds} s"


def _seconds(text: str) -> timedelta | None:
    """Read delta-seconds (RFC 9111 section 1.2.2); more than a timedelta holds is as good as the most it holds."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        return None
    return timedelta(seconds=min(int(digits[:12]), 10**9))
