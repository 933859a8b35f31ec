"""httpx over the guarded connection: the way of everything that speaks HTTP and is no poll.

    httpx.AsyncClient -> GuardedTransport -> Courier (turn, guard, connection, bounds) -> Answer -> httpx.Response

Above it a client may do what httpx offers; whom it reaches, what it says of us and how much it takes is decided here, so
that no setting of a client leads around it. There are no sockets of httpx. Where there is no answer, `FetchProblem` comes
through the client as it is: one exception with words for people, whatever went wrong.

Polls take the courier directly, for httpx would be most of their cost (docs/adr/0008-http.md): of this package only the
modules that nothing of a poll imports may import this one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import httpx

from aggregator.fetch.answers import Answer, OpenBody
from aggregator.fetch.body import Body
from aggregator.fetch.courier import Courier, Deadline
from aggregator.fetch.failures import FetchProblem, shown
from aggregator.fetch.requests import Field, RequestWriter
from aggregator.fetch.trip import MOST_REDIRECTS
from aggregator.fetch.urls import Target
from aggregator.model.fetch import FailureKind

ALLOW_PRIVATE: Final = "allow_private_address"
"""Extension of a request: True lets it reach private addresses, as the feed may for which it is made."""

_WRITTEN_HERE = frozenset(
    {b"host", b"user-agent", b"accept-encoding", b"connection", b"content-length", b"transfer-encoding"}
)
_NEVER_SENT = frozenset({b"cookie", b"referer"})
_NOT_HANDED_ON = frozenset({"content-encoding", "content-length", "transfer-encoding", "location", "set-cookie"})
"""Headers of an answer that are used up here, that httpx gets as we read them, or that it would remember."""
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.NOT_MODIFIED})


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends the requests of an httpx client by a courier; owns it.

    User-Agent, Host and Connection are ours; Accept-Encoding is gzip, or identity if the request says so. No cookie or
    Referer is sent, no Set-Cookie handed on. Bodies come whole and decoded, without the headers that framed them.

    A Location is handed on as `Target.redirected` reads it, absolute; one that leads nowhere, or out of encryption, is
    not: a client that follows redirects stops there. Each redirect it follows is a request of its own, with its own
    turn, judgement and deadline.

    Args:
        courier: the way to servers.
        user_agent: name, version and a way to reach who runs this.
        timeout: for one request; waiting for the server's turn does not count. httpx's own timeouts are not heeded.
        open_body: where bodies go (`AnswerReader`); not asked for answers that have none.
    """

    def __init__(self, courier: Courier, *, user_agent: str, timeout: timedelta, open_body: OpenBody) -> None:
        self._courier = courier
        self._writer = RequestWriter(user_agent=user_agent)
        self._timeout = timeout
        self._open_body = open_body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Bring one answer.

        Raises:
            FetchProblem: there is none, or none within the bounds.
            ValueError: a header holds a line break, which is the caller's mistake.
        """

        def open_body(status: int, headers: dict[str, str]) -> Body | None:
            is_empty = request.method == "HEAD" or status in _WITHOUT_BODY
            return None if is_empty else self._open_body(status, headers)

        target = _target_of(request.url)
        body = await request.aread()
        written = self._writer.write(request.method.encode("ascii"), target, _fields(request), body=body)
        is_private = request.extensions.get(ALLOW_PRIVATE) is True
        deadline = Deadline(self._timeout)
        answer = await self._courier.bring(target, written, open_body, deadline=deadline, private=is_private)
        return _response(answer, target)

    async def aclose(self) -> None:
        """Let go of the resolver's threads."""
        self._courier.close()


def client_over(
    transport: GuardedTransport, *, headers: Mapping[str, str], most_redirects: int = MOST_REDIRECTS
) -> httpx.AsyncClient:
    """Make a client that takes nothing from the environment, and follows redirects only where a request asks for it.

    It then follows as many as a poll does, unless told otherwise; beyond them it raises `httpx.TooManyRedirects`.
    """
    return httpx.AsyncClient(
        transport=transport, headers=headers, trust_env=False, follow_redirects=False, max_redirects=most_redirects
    )


def url_of(target: Target) -> httpx.URL:
    """Give an address, without its login, to httpx.

    Raises:
        FetchProblem: httpx does not read it as an address: `http://0177.0.0.1/`, for instance.
    """
    try:
        return httpx.URL(target.url)
    except httpx.InvalidURL as error:
        message = f"{shown(target.url)!r} is no address of the web: {error}"
        raise FetchProblem(FailureKind.REFUSED_ADDRESS, message) from error


def _target_of(url: httpx.URL) -> Target:
    # A login is in the Authorization header by now: httpx has put it there.
    return replace(Target.from_text(str(url)), login=None)


def _fields(request: httpx.Request) -> Iterator[Field]:
    is_plain = request.headers.get("accept-encoding") == "identity"
    yield b"Accept-Encoding", b"identity" if is_plain else b"gzip"
    for name, value in request.headers.raw:
        if name.lower() not in _WRITTEN_HERE | _NEVER_SENT:
            yield name, value
    if request.content or "content-length" in request.headers:
        yield b"Content-Length", b"%d" % len(request.content)


def _response(answer: Answer, target: Target) -> httpx.Response:
    # As `stream`: given as `content`, httpx would take it for read, and never note how long the request took.
    response = httpx.Response(
        answer.status,
        headers=[
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
            if name not in _NOT_HANDED_ON
        ],
        stream=httpx.ByteStream(answer.body),
    )
    response.headers.encoding = "latin-1"
    if answer.location and (elsewhere := _elsewhere(answer.location, target)):
        response.headers["Location"] = elsewhere
    return response


def _elsewhere(location: bytes, target: Target) -> str | None:
    """Read a Location; None where httpx must not go, or could not: it would raise, followed or not."""
    try:
        return str(url_of(target.redirected(location)))
    except FetchProblem:
        return None
