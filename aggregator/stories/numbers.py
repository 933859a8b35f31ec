"""Numbers in place of objects: what is held of every entry of the last days, though it may not be looked at again.

Sixty thousand of them fall in a day where two thousand feeds are polled. A tuple of a time and two numbers takes 200 bytes, three numbers
in an array 24; and arrays are stored, and come back, as they lie in memory.
"""

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LET_GO: Final = 1024
"""Rows that were taken out at least, before those that are left move up."""


def number(at: datetime) -> int:
    """Give a time in microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Read what `number` made."""
    return _EPOCH + timedelta(microseconds=microseconds)


class Queue:
    """Rows of so many numbers of 64 bits, first in, first out.

    Args:
        width: numbers of a row.
        content: what `tobytes` gave of another one.
    """

    def __init__(self, width: int, content: bytes = b"") -> None:
        self._width = width
        self._numbers = array("q", content)
        self._taken = 0

    def __len__(self) -> int:
        """Count the rows that are left."""
        return len(self._numbers) // self._width - self._taken

    def append(self, *row: int) -> None:
        """Put a row in."""
        self._numbers.extend(row)

    def first(self) -> "array[int]":
        """Give the row that is the next to be taken out; there must be one."""
        start = self._taken * self._width
        return self._numbers[start : start + self._width]

    def take(self) -> "array[int]":
        """Take out a row; there must be one."""
        row = self.first()
        self._taken += 1
        if self._taken > _LET_GO and self._taken > len(self):
            del self._numbers[: self._taken * self._width]
            self._taken = 0
        return row

    def column(self, at: int) -> "array[int]":
        """Give one number of each row, in order."""
        return self._numbers[self._taken * self._width + at :: self._width]

    def rows(self) -> Iterator[tuple[int, ...]]:
        """Give the rows, in order."""
        return zip(*map(self.column, range(self._width)), strict=True)

    def tobytes(self) -> bytes:
        """Give what makes the same queue again."""
        return self._numbers[self._taken * self._width :].tobytes()
