"""Lengths of time as people write them: 30m, 2h, 1d, 1h30m."""

import re
from datetime import timedelta

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SHAPE = re.compile(r"\s*".join(rf"(?:(?P<{unit}>[0-9]{{1,6}}){unit})?" for unit in _UNITS))


def parse(text: str) -> timedelta:
    """Read a length of time: whole numbers with the units w, d, h, m and s, greatest unit first, each at most once.

    Raises:
        ValueError: `text` is no such thing; the message says what would be.
    """
    found = _SHAPE.fullmatch(text.strip())
    numbers = {unit: int(number) for unit, number in found.groupdict().items() if number} if found else {}
    if not numbers:
        raise ValueError(f"{text!r} is not a duration; write 30m, 2h or 1d")
    return timedelta(**{_UNITS[unit]: number for unit, number in numbers.items()})


def spell(length: timedelta) -> str:
    """Write a length of time the way `parse` reads it, to the second: 1h30m, 2d, 0s. Weeks are written as days."""
    minutes, seconds = divmod(length.days * 86_400 + length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
