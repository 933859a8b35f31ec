"""Since when each address has been answered with the very same bytes: what Last-Modified says.

No stored time can say it: a feed that is taken out of feeds.yaml, a new title, or copies that part again change a
document and leave no date in it. So the process remembers what it answered. A date of ours never stands for two
representations: one that follows another begins after the last second in which the other was sent, so a client whose
If-Modified-Since reaches the beginning holds this one (RFC 9110 section 8.8.2.2 on dates that are coarser than changes).
After a restart, or when an address was not asked for in a long time, nothing is known, and the first answer is whole.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock

from aggregator.ports import Clock

MOST_ADDRESSES = 2000
"""Remembered at a time, those asked for last; about half a kilobyte each."""

_SECOND = timedelta(seconds=1)
_SETTLED = timedelta(seconds=2)
"""A date this near is weak (section 8.8.2.2): the clock that dates answers may tick a second late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How long an address has been answered as now. Whole seconds."""

    since: datetime
    now: datetime

    def covers(self, asked: datetime | None) -> bool:
        """Tell whether a client that names this date in If-Modified-Since holds what would be answered now.

        A date in the future was given by no answer of ours.
        """
        return asked is not None and self.since <= asked <= self.now and self.now - self.since >= _SETTLED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    digest: str
    since: datetime
    sent: datetime
    """The last second in which anything was answered."""


class Representations:
    """Remembers, for the addresses asked for last, what was answered and since when. Safe to use from several threads."""

    def __init__(self, clock: Clock, *, most: int = MOST_ADDRESSES) -> None:
        self._clock = clock
        self._most = most
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = Lock()
        self._forgotten = self.second()
        """The last second in which something may have been answered that is not remembered."""

    def serve(self, address: bytes, digest: str) -> Served | None:
        """Note that an address is being answered with the bytes of this digest (of all codings, the uncompressed ones).

        None while there is no date to tell: in the second in which something else was still answered.
        """
        key = sha256(address).digest()  # addresses can be 64 KiB long
        with self._lock:
            now = self.second()
            known = self._known.pop(key, None) or _Known(digest="", since=now, sent=self._forgotten)
            since = known.since if known.digest == digest else max(now, known.sent + _SECOND)
            self._known[key] = _Known(digest=digest, since=since, sent=max(now, known.sent))  # clocks are set back, too
            if len(self._known) > self._most:
                _, oldest = self._known.popitem(last=False)
                self._forgotten = max(self._forgotten, oldest.sent)
        return Served(since=since, now=now) if since <= now else None

    def second(self) -> datetime:
        """Give the present second: as long as it lasts, `serve` says the same of what is the same."""
        return self._clock.now().replace(microsecond=0)

    def is_still(self, second: datetime) -> bool:
        """Tell whether this second is the present one."""
        return second <= self._clock.now() < second + _SECOND
