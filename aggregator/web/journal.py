"""A line in the log for each request, and a count of it.

    GET /entries/5 200 18 ms 5120 bytes

The path is what was asked for without its query, in which searches and tokens stand; of addresses that are secrets themselves, the
pattern. Who asked is not written down: what people read is theirs.
"""

import logging
import re
from functools import lru_cache
from time import perf_counter

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.logs import clean, clean_line
from aggregator.services.watch import RequestTally

logger = logging.getLogger(__name__)

ANSWERED = "aggregator.answered"
"""Where the application notes in the scope of a request what it has answered: status, and bytes of the body. To look at all that is sent takes longer."""
BROKEN_OFF = (0, 0)
"""The connection ended before an answer began."""
NOWHERE = "none"
"""Stands for the pattern where no handler was reached."""

_SUPERVISORS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds, by programs that keep books of their own."""
_SECRET = re.compile(r"/websub/.*", re.DOTALL)
_LONGEST = 300


class Journal:
    """ASGI middleware around all others, one of which notes what it has `ANSWERED`."""

    def __init__(self, app: ASGIApp, *, tally: RequestTally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        self._tally.under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._tally.under_way -= 1
            self._note(scope, perf_counter() - began)

    def _note(self, scope: Scope, seconds: float) -> None:
        status, length = scope.get(ANSWERED, BROKEN_OFF)
        route = scope.get("route")
        pattern = route.path if isinstance(route, Route) else NOWHERE
        self._tally.record(pattern, status, seconds)
        level = logging.DEBUG if scope["path"] in _SUPERVISORS else logging.INFO
        if logger.isEnabledFor(level):
            method, path, milliseconds = scope["method"], _shown(scope["path"]), round(seconds * 1000)
            said = {
                "method": method,
                "path": path,
                "route": pattern,
                "status": status,
                "milliseconds": milliseconds,
                "bytes": length,
            }
            told = f"{method} {path} {status} {milliseconds} ms {length} bytes"
            logger.handle(clean_line(logger.name, level, told, said))


@lru_cache(maxsize=2000)
def _shown(path: str) -> str:
    """Write a path so that it is one word, whatever was sent, and a clean one."""
    path = _SECRET.sub("/websub/***", path)
    return clean(path[:_LONGEST].encode("unicode_escape").decode().replace(" ", "%20"))
