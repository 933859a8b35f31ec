"""The one password: looked at seldom, and remembered once it was right."""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256

from anyio import CapacityLimiter, to_thread

from aggregator.text.passwords import LONGEST, matches
from aggregator.web.buckets import Buckets

_ALL = "all"
_AT_ONCE = 10
"""Passwords that one client may try before it has to wait."""
_AT_ONCE_OF_ALL = 100
"""The same for all clients together: whoever has many addresses still guesses one password a second. Sessions go on meanwhile."""


class Word(Enum):
    """What came of a password."""

    RIGHT = auto()
    WRONG = auto()
    LATER = auto()
    """It was not looked at: too many wrong ones came before it."""


class Password:
    """Compares passwords with the hash of the right one.

    Args:
        kept: the hash, as `text.passwords` makes it.
    """

    def __init__(self, kept: str) -> None:
        self._kept = kept
        self._clients = Buckets(_AT_ONCE, timedelta(minutes=5))
        self._all = Buckets(_AT_ONCE_OF_ALL, timedelta(seconds=_AT_ONCE_OF_ALL), most=1)
        # One at a time: each takes 32 MiB, and feed readers that come at once shall find what the first one has proved.
        self._one = CapacityLimiter(1)
        self._key = secrets.token_bytes(32)
        self._proved = b""

    async def look(self, password: str, client: str, now: datetime) -> Word:
        """Tell what a password is worth."""
        if self._is_proved(password):
            return Word.RIGHT
        if self.wait(client, now):
            return Word.LATER
        async with self._one:
            if self._is_proved(password):
                return Word.RIGHT
            if self.wait(client, now):  # others have been looked at meanwhile
                return Word.LATER
            self._clients.take(client, now)
            self._all.take(_ALL, now)
            if len(password) > LONGEST or not await to_thread.run_sync(matches, password, self._kept):
                return Word.WRONG
            self._proved = self._mark(password)
            return Word.RIGHT

    def wait(self, client: str, now: datetime) -> timedelta:
        """Say how long no password of a client is looked at."""
        return max(self._clients.wait(client, now), self._all.wait(_ALL, now))

    def _is_proved(self, password: str) -> bool:
        """Tell whether it is the one that was right before: a feed reader sends it with every request."""
        return bool(self._proved) and hmac.compare_digest(self._proved, self._mark(password))

    def _mark(self, password: str) -> bytes:
        return hmac.digest(self._key, password.encode("utf-8", "surrogatepass"), sha256)
