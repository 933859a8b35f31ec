"""Lets requests in, or leads them to where they can log in; see `web.guard` for who may pass."""

import math
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.config.access import Mode
from aggregator.ports import Clock
from aggregator.publish.site import Site
from aggregator.web.attempts import Word
from aggregator.web.clients import client
from aggregator.web.errors import NOT_KEPT, error_page
from aggregator.web.guard import OPENED_BY, Guard, is_document
from aggregator.web.headers import is_foreign
from aggregator.web.rendering import Templates

TOO_OFTEN = "That is more than one reader asks for. Please try again in {seconds} seconds."
_CLOSED = {
    Mode.PASSWORD: "This site is closed: send its password (HTTP Basic, any user name), or the token of its feeds.",
    Mode.PROXY: "This site is read through its proxy, which says who asks. This request did not come that way.",
}
_CHALLENGE = {Mode.PASSWORD: 'Basic realm="news", charset="UTF-8"', Mode.PROXY: 'Proxy realm="news"'}
_LONGEST_NEXT = 2000


class Gate:
    """ASGI middleware before the handlers."""

    def __init__(self, app: ASGIApp, *, guard: Guard, templates: Templates, clock: Clock, site: Site) -> None:
        self._app = app
        self._guard = guard
        self._templates = templates
        self._clock = clock
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, closed = scope["path"], self._guard.is_closed(scope["path"])
        answer = await self._stopped(scope)
        if answer:
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, _kept_private(send, path) if closed else send)

    async def _stopped(self, scope: Scope) -> Response | None:
        """Give the answer to a request that goes no further."""
        path, now = scope["path"], self._clock.now()
        who = client(scope, self._guard.trusted)
        word = await self._guard.admits(scope, who, now)
        if self._guard.is_closed(path) and self._guard.has_token(scope):
            scope[OPENED_BY] = self._guard.feed_token
        _take_token_out(scope)
        if word is Word.LATER and self._guard.password:
            return self._too_often(path, self._guard.password.wait(who, now))
        if word is not Word.RIGHT:
            return self._closed(scope)
        wait = self._guard.excess(path, who, now)
        return self._too_often(path, wait) if wait else None

    def _closed(self, scope: Scope) -> Response:
        path, mode = scope["path"], self._guard.mode
        basic_was_sent = "authorization" in Headers(scope=scope)
        if mode is Mode.PASSWORD and scope["method"] in {"GET", "HEAD"} and not (_is_bare(path) or basic_was_sent):
            where = self._site.link(f"login?next={quote(_wanted(scope), safe='')}")
            return RedirectResponse(where, HTTPStatus.SEE_OTHER, headers=NOT_KEPT)
        headers = {**NOT_KEPT, "www-authenticate": _CHALLENGE[mode]}
        return self._said(path, HTTPStatus.UNAUTHORIZED, _CLOSED[mode], headers)

    def _too_often(self, path: str, wait: timedelta) -> Response:
        seconds = max(1, math.ceil(wait.total_seconds()))
        headers = {**NOT_KEPT, "retry-after": str(seconds)}
        return self._said(path, HTTPStatus.TOO_MANY_REQUESTS, TOO_OFTEN.format(seconds=seconds), headers)

    def _said(self, path: str, status: HTTPStatus, sentence: str, headers: dict[str, str]) -> Response:
        if _is_bare(path):
            return PlainTextResponse(f"{sentence}\n", status, headers=headers)
        return HTMLResponse(error_page(self._templates, status, sentence), status, headers=headers)


def _is_bare(path: str) -> bool:
    """Tell an address where no page is expected."""
    return is_document(path) or is_foreign(path)


def _wanted(scope: Scope) -> str:
    """Give what was asked for, as `next=` says it."""
    query = scope["query_string"].decode("latin-1")
    whole = quote(scope["path"], safe="/:@!$&'()*+,;=~", errors="replace") + (f"?{query}" if query else "")
    return whole if len(whole) <= _LONGEST_NEXT else "/"


def _take_token_out(scope: Scope) -> None:
    """Take the token out of the query: no page, error or redirect from here on shows it but who asks for `OPENED_BY`."""
    query: bytes = scope["query_string"]
    if b"token" not in query:
        return
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    left = urlencode([pair for pair in pairs if pair[0] != "token"], encoding="latin-1")
    scope["query_string"] = left.encode("latin-1")


def _kept_private(send: Send, path: str) -> Send:
    """Let no cache between keep what is closed, and no browser show it after logging out without asking again."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            kept = headers.get("cache-control", "")
            if "no-store" not in kept:
                headers["cache-control"] = (
                    kept.replace("public", "private") if is_foreign(path) else "private, no-cache"
                )
        await send(message)

    return told
