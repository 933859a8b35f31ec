"""Who asks how often: token buckets by client, so many and no more."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_CLIENTS = 10_000
"""Remembered at a time, about 250 bytes each. Who is forgotten begins anew: the one who has not asked for longest, so only
somebody with ten thousand addresses (of IPv6: networks) can have himself forgotten, and he needs no such trick."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class Buckets:
    """A full bucket a client; what is taken comes back bit by bit.

    Args:
        size: how much may be taken at once.
        refill: for an empty bucket to be full again.
        most: clients remembered.
    """

    def __init__(self, size: int, refill: timedelta, *, most: int = MOST_CLIENTS) -> None:
        self._size = size
        self._each = refill / size
        self._most = most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Count the clients that are remembered."""
        return len(self._buckets)

    def take(self, client: str, now: datetime) -> timedelta:
        """Take one; zero, or how long to wait where there is none. Asking in vain costs nothing."""
        wait = self.wait(client, now)
        if not wait:
            self._buckets[client].left -= 1
        return wait

    def wait(self, client: str, now: datetime) -> timedelta:
        """Say how long until there is one to take."""
        bucket = self._buckets.pop(client, None) or _Bucket(left=self._size, at=now)
        # A clock that was set back gives nothing, and takes nothing away.
        gained = max(now - bucket.at, timedelta()) / self._each
        bucket.left, bucket.at = min(self._size, bucket.left + gained), now
        self._buckets[client] = bucket
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return timedelta() if bucket.left >= 1 else self._each * (1 - bucket.left)
