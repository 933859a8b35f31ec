"""The shell around the application: collects each answer whole, finishes it, and lets no error through."""

import logging
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from anyio import Event, to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.web.conditional import ASKED, Answer, Finished, accepts_gzip, deliver, finish
from aggregator.web.headers import is_foreign, of_answers_at
from aggregator.web.journal import ANSWERED
from aggregator.web.kept import Kept, Key, Ready, Sent, Shelf, Slot, is_kept
from aggregator.web.representations import Representations, Served

logger = logging.getLogger(__name__)

_HEADERS = {name.encode(): name for name in (*ASKED, "accept-encoding")}

_LARGE = 64 * 1024
"""Bytes. Hashing and compressing more than this would hold up the event loop for a millisecond or several."""


class Finishing:
    """The outermost part of the application. Answers here are documents of bounded size, so that each can be held whole.

    Args:
        app: what answers.
        broken: makes the answer where that failed.
        representations: knows since when an address is answered as it is.
        shelf: has the answers that are kept; None: none are.
    """

    def __init__(
        self, app: ASGIApp, *, broken: Callable[[], Answer], representations: Representations, shelf: Shelf | None
    ) -> None:
        self._app = app
        self._broken = broken
        self._representations = representations
        self._shelf = shelf
        self._making: dict[tuple[Key, int], _Making] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        gzip = accepts_gzip(asked.get("accept-encoding", ""))
        kept = self._shelf.find(scope, gzip=gzip) if self._shelf else None
        if kept and (ready := self._ready(kept, scope)) and (sent := _at_once(ready, scope, asked)):
            await _send(sent, scope, send)
            return
        if kept:
            finished = kept.finished
        elif self._shelf and (slot := self._shelf.slot(scope, gzip=gzip)):
            finished = await self._make_to_keep(self._shelf, slot, scope, receive)
        else:
            finished = await self._make(scope, receive, gzip=gzip)
        # An image has an ETag; a page with thirty of them would push the dates of thirty pages out of memory.
        serve = _no_date if is_foreign(scope["path"]) else partial(self._representations.serve, _address(scope))
        answer = deliver(scope["method"], asked, finished, serve)
        await _send(_raw(answer), scope, send)

    def _ready(self, kept: Kept, scope: Scope) -> Ready | None:
        """Give what is sent in this second; None where it would be without a date, which comes with the next."""
        if kept.ready is None or not self._representations.is_still(kept.ready.second):
            second = self._representations.second()
            served = self._representations.serve(_address(scope), kept.finished.digest)
            kept.ready = _made_ready(kept.finished, served, second) if served else None
        return kept.ready

    async def _make_to_keep(self, shelf: Shelf, slot: Slot, scope: Scope, receive: Receive) -> Finished:
        """Make it once for all who ask for it meanwhile."""
        name = (slot.key, slot.state)
        if making := self._making.get(name):
            await making.ended.wait()
            # What is not to be kept, each makes alone: nobody waits twice.
            return making.finished or await self._make(scope, receive, gzip=slot.gzip)
        self._making[name] = making = _Making()
        try:
            finished = await self._make(scope, receive, gzip=slot.gzip)
            if is_kept(finished.answer):
                making.finished = finished
                shelf.keep(slot, finished)
        finally:
            making.ended.set()
            del self._making[name]
        return finished

    async def _make(self, scope: Scope, receive: Receive, *, gzip: bool) -> Finished:
        collected = _Collected()
        try:
            await self._app(scope, receive, collected.send)
            answer = collected.answer()
        except Exception:
            logger.exception("%s %r could not be answered", scope["method"], scope["path"])
            answer = self._broken()
        headers = {**answer.headers, **of_answers_at(scope["path"])}
        work = partial(finish, scope["method"], replace(answer, headers=headers), gzip=gzip)
        return await to_thread.run_sync(work) if len(answer.body) > _LARGE else work()


def _asked(scope: Scope) -> dict[str, str]:
    """Give the headers that decide how a request is answered, several of one name joined."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _HEADERS:
            known, text = _HEADERS[name], value.decode("latin-1")
            found[known] = f"{found[known]}, {text}" if known in found else text
    return found


def _made_ready(finished: Finished, served: Served, second: datetime) -> Ready:
    etag = finished.answer.headers["etag"]
    whole = deliver("GET", {}, finished, lambda _: served)
    same = deliver("GET", {"if-none-match": etag}, finished, lambda _: served)
    return Ready(second=second, etag=etag, whole=_raw(whole), same=_raw(same))


def _at_once(ready: Ready, scope: Scope, asked: Mapping[str, str]) -> Sent | None:
    """Give what is sent to most: to who holds nothing, or just this; None where it takes a closer look."""
    if scope["method"] != "GET":
        return None
    held = asked.get("if-none-match")
    if held == ready.etag:
        return ready.same
    return ready.whole if held is None and "if-modified-since" not in asked else None


@dataclass(slots=True)
class _Making:
    """An answer that is being made for all who ask for it meanwhile."""

    ended: Event = field(default_factory=Event)
    finished: Finished | None = None
    """None: it is not to be kept, or could not be made."""


class _Collected:
    """Takes ASGI messages like a server."""

    def __init__(self) -> None:
        self._start: MutableMapping[str, Any] = {}
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")

    def answer(self) -> Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._start["headers"]}
        return Answer(status=self._start["status"], headers=headers, body=bytes(self._body))


def _no_date(_: str) -> Served | None:
    return None


def _address(scope: Scope) -> bytes:
    """Give path and query. Whatever host was asked for, the answer is the same."""
    path: str = scope["path"]
    query: bytes = scope["query_string"]
    return path.encode("utf-8", "surrogatepass") + b"?" + query


def _raw(answer: Answer) -> Sent:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    # A plain number: what is told in lines, counts and status lines takes members of an enumeration twice as long.
    return int(answer.status), headers, answer.body


async def _send(sent: Sent, scope: Scope, send: Send) -> None:
    status, headers, body = sent
    scope[ANSWERED] = status, len(body)
    # Of its own: who sends it may add to the list.
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": body})
