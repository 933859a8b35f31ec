"""Numbers of bytes as people write them: 1GiB, 10MiB, 512KiB, 1000."""

import re

_UNITS = {"": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SHAPE = re.compile(r"([0-9]{1,12})\s*(KiB|MiB|GiB|)")


def parse(text: str) -> int:
    """Read a number of bytes.

    Raises:
        ValueError: `text` is no such thing; the message says what would be.
    """
    found = _SHAPE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a size; write 10MiB, 512KiB or a number of bytes")
    number, unit = found.groups()
    return int(number) * _UNITS[unit]


def spell(size: int) -> str:
    """Write a number of bytes the way `parse` reads it, in the greatest unit that leaves a whole number."""
    unit = max((unit for unit, length in _UNITS.items() if size % length == 0), key=_UNITS.__getitem__)
    return f"{size // _UNITS[unit]}{unit}" if size else "0"
