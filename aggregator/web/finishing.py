"""The shell around the application: collects each answer whole, finishes it, and lets no error through."""

import logging
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.web.conditional import Answer, finish
from aggregator.web.headers import is_foreign, of_answers_at
from aggregator.web.representations import Representations, Served

logger = logging.getLogger(__name__)

_LARGE = 64 * 1024
"""Bytes. Hashing and compressing more than this would hold up the event loop for a millisecond or several."""


class Finishing:
    """ASGI middleware. Answers here are documents of bounded size, so that each can be held whole."""

    def __init__(self, app: ASGIApp, *, broken: Callable[[], Answer], representations: Representations) -> None:
        self._app = app
        self._broken = broken
        self._representations = representations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        collected = _Collected()
        try:
            await self._app(scope, receive, collected.send)
            answer = collected.answer()
        except Exception:
            logger.exception("%s %r could not be answered", scope["method"], scope["path"])
            answer = self._broken()
        await _deliver(await self._finished(scope, answer), send)

    async def _finished(self, scope: Scope, answer: Answer) -> Answer:
        asked = Headers(scope=scope)
        joined = {name: ", ".join(asked.getlist(name)) for name in asked}
        answer = Answer(
            status=answer.status, headers={**answer.headers, **of_answers_at(scope["path"])}, body=answer.body
        )
        # An image has an ETag; a page with thirty of them would push the dates of thirty pages out of memory.
        serve = _no_date if is_foreign(scope["path"]) else partial(self._representations.serve, _address(scope))
        work = partial(finish, scope["method"], joined, answer, serve)
        return await to_thread.run_sync(work) if len(answer.body) > _LARGE else work()


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


async def _deliver(answer: Answer, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
