"""Answers that are kept: whoever asks for what was asked for before gets the same bytes, as long as the database is in the same state.

    request ─► is it kept, and of the present state? ─► yes: ETag, Last-Modified and 304 as always, and the bytes
                                                     └► no: routing, handler, one read, template or writer, compression; kept

What is kept is finished: the header lines and the packed bytes, so that a server has nothing to do but write them out. Of which
state an answer is, is asked before it is made: what changes meanwhile makes the next one. Nothing is kept that its handler gives
out for one use (`no-store`), or that fails. See docs/adr/0033-kept-answers.md.
"""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus

from starlette.types import Scope

from aggregator.model.version import Version
from aggregator.ports import Clock, Versions
from aggregator.web.conditional import Answer, Finished
from aggregator.web.headers import is_foreign

MOST_BYTES = 24 * 1024 * 1024
"""Of all answers together. Packed, a feed has 30 kB and a page 7 kB: some thousand addresses."""
LARGEST = MOST_BYTES // 16

BRIEFLY = timedelta(seconds=10)
"""How long an answer is kept that also depends on what time it is: "left alone until"."""

_OUTLIVES_POLLS = re.compile(
    r"/(?:(?:feed|stories|digests|search)\.[a-z]+|(?:stories|entries|categories|digests)(?:/.*)?|search|stories-since\.json"
    r"|static/.*|robots\.txt|favicon\.ico)?",
    re.DOTALL,
)
"""Paths of what says nothing about how polls went. Any other answer is kept until the next commit, whatever that is."""

_READING = frozenset({"GET", "HEAD"})

Sent = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, header lines and body."""

Key = tuple[str, bytes, bool]
"""Path, query, and whether the client takes gzip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where the answer to a request is kept, and what the state is that it has to be of."""

    key: Key
    state: int
    until: datetime | None
    """None: it does not depend on what time it is."""

    @property
    def gzip(self) -> bool:
        """Whether the client takes that."""
        return self.key[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What is sent in this second: as long as it lasts, nothing of an answer changes."""

    second: datetime
    etag: str
    whole: Sent
    same: Sent
    """For who holds `etag`."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """A finished answer."""

    finished: Finished
    slot: Slot
    ready: Ready | None = None

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        path, query, _ = self.slot.key
        return len(self.finished.answer.body) + len(path) + len(query) + 4000


class OnceATurn:
    """Asks for the state once a turn of the event loop, however many requests are begun in it.

    What they asked for had come before the turn began, so the answer is later than each of them; it takes a tenth of a kept answer to ask each time.

    Args:
        versions: who knows.
    """

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._is_asked = False
        self._last: Version | None = None

    def current(self) -> Version | None:
        """Tell the present state; on an event loop."""
        if not self._is_asked:
            self._last, self._is_asked = self._versions.current(), True
            asyncio.get_running_loop().call_soon(self._begin)
        return self._last

    def _begin(self) -> None:
        """Begin another turn."""
        self._is_asked = False


class Shelf:
    """The answers that are kept, those asked for last. To be used on one event loop."""

    def __init__(self, versions: Versions, clock: Clock, *, most_bytes: int = MOST_BYTES) -> None:
        self._versions = versions
        self._clock = clock
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._bytes = 0

    def find(self, scope: Scope, *, gzip: bool) -> Kept | None:
        """Find what is kept for a request, if it is of the present state."""
        if scope["method"] not in _READING:
            return None
        key = (scope["path"], scope["query_string"], gzip)
        kept = self._kept.get(key)
        if kept is None:
            return None
        if not self._is_right(kept.slot):
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def slot(self, scope: Scope, *, gzip: bool) -> Slot | None:
        """Tell where the answer to a request has its place; None where none is kept."""
        path: str = scope["path"]
        outlives = _outlives_polls(path)
        if scope["method"] not in _READING or outlives is None:
            return None
        version = self._versions.current()
        if version is None:
            return None
        query: bytes = scope["query_string"]
        if outlives and b"since=" not in query:
            return Slot(key=(path, query, gzip), state=version.contents, until=None)
        return Slot(key=(path, query, gzip), state=version.commits, until=self._clock.now() + BRIEFLY)

    def _is_right(self, slot: Slot) -> bool:
        version = self._versions.current()
        if version is None:
            return False
        if slot.until is None:
            return slot.state == version.contents
        return slot.state == version.commits and self._clock.now() < slot.until

    def keep(self, slot: Slot, finished: Finished) -> None:
        """Keep an answer (`is_kept`) that was begun after `slot` was asked for, unless it is too large."""
        kept = Kept(finished=finished, slot=slot)
        if kept.size > LARGEST:
            return
        self._drop(slot.key)
        self._kept[slot.key] = kept
        self._bytes += kept.size
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        if dropped := self._kept.pop(key, None):
            self._bytes -= dropped.size


@lru_cache(maxsize=2000)
def _outlives_polls(path: str) -> bool | None:
    """Tell whether an answer is right until there is news, or only until the next commit; None where none is kept."""
    if is_foreign(path):
        return None
    return _OUTLIVES_POLLS.fullmatch(path) is not None and not path.endswith("/today")


def is_kept(answer: Answer) -> bool:
    """Tell an answer that is the same for everybody, for a while: its handler says so."""
    return answer.status == HTTPStatus.OK and answer.headers.get("cache-control", "").startswith("public")
