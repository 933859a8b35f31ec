"""Connections that have brought an answer and wait for the next request to the same server: one an origin, not for long.

Feeds of one publisher are polled one after another, so the next request often goes where the last one went. A new
connection for it would be most of its cost: half of the CPU of a 304, and a TLS handshake at both ends. This is no
pool: requests to one origin never run side by side (`hosts.HostPacing`), so a look into a dict finds the one
connection or none.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

from aggregator.fetch.streams import Stream

Origin = tuple[str, str, int, bool]
"""Scheme, host, port, and whether private addresses may be dialled: a connection that was dialled for a feed which may
reach them is never used for one which may not."""

SECONDS: Final = 10.0
"""From an answer to the next request: beyond the usual gap of two seconds. Servers commonly wait from five seconds to a
minute themselves. DNS rebinding gains nothing by it: the connection still ends at the address that was judged."""
MOST: Final = 64
"""Connections kept at once; the one that rests longest goes first."""


@dataclass(frozen=True, slots=True)
class _Resting:
    stream: Stream
    until: float
    """Loop time."""


class KeptConnections:
    """The connections that rest; belongs to one event loop.

    A connection on which anything comes while it rests is closed at once: the server has closed it, or says what nobody
    asked for, which must not become the answer to what is asked next.

    Args:
        seconds: that a connection may rest.
        most: connections; others are closed for those that come later.
    """

    def __init__(self, *, seconds: float = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._resting: dict[Origin, _Resting] = {}
        """In the order in which their time ends."""
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False

    def __len__(self) -> int:
        """Count the connections that rest."""
        return len(self._resting)

    def take(self, origin: Origin) -> Stream | None:
        """Give the connection to an origin to whoever uses it next, if there is one that can be used."""
        resting = self._resting.pop(origin, None)
        if resting is None:
            return None
        if resting.stream.wake() and asyncio.get_running_loop().time() < resting.until:
            return resting.stream
        resting.stream.close()
        return None

    def put(self, origin: Origin, stream: Stream) -> None:
        """Let a connection rest whose last answer is read to its end."""
        if self._is_closed:
            stream.close()
            return
        self._drop(origin)
        if len(self._resting) >= self._most:
            self._drop(next(iter(self._resting)))
        until = asyncio.get_running_loop().time() + self._seconds
        self._resting[origin] = _Resting(stream, until)
        stream.rest(partial(self._drop, origin))
        if self._sweep is None:
            self._sweep_at(until)

    def close(self) -> None:
        """Close them all, and whatever is put here later."""
        self._is_closed = True
        if self._sweep:
            self._sweep.cancel()
        for origin in list(self._resting):
            self._drop(origin)

    def _drop(self, origin: Origin) -> None:
        if resting := self._resting.pop(origin, None):
            resting.stream.close()

    def _sweep_at(self, moment: float) -> None:
        # One timer for all: one a connection would be set and called off with every request.
        self._sweep = asyncio.get_running_loop().call_at(moment, self._sweep_out)

    def _sweep_out(self) -> None:
        self._sweep = None
        now = asyncio.get_running_loop().time()
        while self._resting:
            origin, oldest = next(iter(self._resting.items()))
            if oldest.until > now:
                self._sweep_at(oldest.until)
                return
            self._drop(origin)
