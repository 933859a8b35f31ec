"""What a document says about how often it changes: `ttl`, `skipHours`, `skipDays`, the syndication module.

feedparser keeps only the last `hour` and `day`, so those two are read from the text of the channel's head.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from aggregator.feeds.head import head_of
from aggregator.model.feed import FreshnessHints

_SKIP: Final = re.compile(r"<skip(hours|days)\s*>(.{0,2000}?)</skip\1\s*>", re.IGNORECASE | re.DOTALL)
_HOUR: Final = re.compile(r"<hour\s*>\s*([0-9]{1,2})\s*<", re.IGNORECASE)
_DAY: Final = re.compile(r"<day\s*>\s*([A-Za-z]{3,9})\s*<", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*([0-9]{1,9})\s*")

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS_A_DAY: Final = 24
_YEAR: Final = timedelta(days=365)
_PERIODS: Final = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": _YEAR,
}


def read_hints(channel: Mapping[str, object], text: str) -> FreshnessHints:
    """Collect the hints of an RSS document.

    Args:
        channel: feedparser's `feed`.
        text: the document, as the parser saw it.
    """
    hours, days = _skips(text)
    return FreshnessHints(
        ttl=_minutes(channel.get("ttl")),
        skip_hours=hours,
        skip_days=days,
        update_period=_period(channel.get("sy_updateperiod"), channel.get("sy_updatefrequency")),
    )


def _number(value: object) -> int | None:
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found else None


def _minutes(value: object) -> timedelta | None:
    minutes = _number(value)
    return min(timedelta(minutes=minutes), _YEAR) if minutes else None


def _period(period: object, frequency: object) -> timedelta | None:
    """Divide period by frequency; where one is missing it is daily, and once (the module's defaults)."""
    if period is None and frequency is None:
        return None
    length = _PERIODS.get(period.strip().lower() if isinstance(period, str) else "daily")
    times = _number(frequency) if frequency is not None else 1
    return length / times if length and times else None


def _skips(text: str) -> tuple[frozenset[int], frozenset[int]]:
    channel = head_of(text)
    hours: set[int] = set()
    days: set[int] = set()
    for found in _SKIP.finditer(channel):
        if found[1].lower() == "hours":
            # RSS 0.91 counted 1 to 24, RSS 2.0 counts 0 to 23.
            hours.update(int(hour) % _HOURS_A_DAY for hour in _HOUR.findall(found[2]) if int(hour) <= _HOURS_A_DAY)
        else:
            days.update(_DAYS.index(day.lower()) for day in _DAY.findall(found[2]) if day.lower() in _DAYS)
    return frozenset(hours), frozenset(days)
