"""How times and numbers are said to people. For programs there is --json, with times in UTC."""

from datetime import datetime, timedelta, tzinfo

SOON = timedelta(minutes=2)
"""Below it a minute is too coarse: who is told "10:31" at 10:30 does not know whether to wait one second or 119."""


def spelt(at: datetime, zone: tzinfo, *, now: datetime | None = None) -> str:
    """Spell a time in a zone: `2026-03-10 14:00 EET`; with seconds where it is less than two minutes from `now`."""
    seconds = ":%S" if now and at - now < SOON else ""
    return at.astimezone(zone).strftime(f"%Y-%m-%d %H:%M{seconds} %Z")


def counted(number: int, one: str, many: str = "") -> str:
    """Say how many there are of something: "1 feed", "2 feeds"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def skipped(message: str, until: datetime | None, zone: tzinfo, *, now: datetime) -> str:
    """Say why a feed was not asked, after the time from which on it may be, if that is known."""
    return f"next allowed at {spelt(until, zone, now=now)}: {message}" if until else message
