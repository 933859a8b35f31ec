"""Connections that serve for more than one poll: when they do, when they must not, and what a server may do to them."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from aggregator.fetch.addresses import Address
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.hub import HubClient
from aggregator.model.feed import Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, NotModified
from tests.certificates import make_certificate
from tests.loopback import Answer, LoopbackServer, conditional

pytestmark = pytest.mark.anyio

AGENT = "aggregator/0.1 (+https://reader.example/)"
RSS = b"<rss version='2.0'><channel/></rss>"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\nETag: a\r\n\r\n"
Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]
"""What a server does on a connection, which is the so manyth, from 0."""


async def loopback(host: str, port: int) -> list[Address]:
    """Every name is this machine."""
    return [ip_address("127.0.0.1")]


@asynccontextmanager
async def a_fetcher(*, seconds: float = 5.0, tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpFetcher]:
    fetcher = HttpFetcher(
        user_agent=AGENT,
        timeout=timedelta(seconds=seconds),
        max_bytes=200_000,
        pace=HostPacing(gap=timedelta()),
        resolve=loopback,
        tls=tls,
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


@asynccontextmanager
async def a_server(converse: Conversation) -> AsyncIterator[tuple[str, list[int]]]:
    """Serve each connection by hand; give an address, and the numbers of the connections that came."""
    came: list[int] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(came)
        came.append(number)
        try:
            # That the other side goes away is what is tested.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await converse(reader, writer, number)
        finally:
            writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed", came


async def ask(fetcher: HttpFetcher, url: str) -> FetchOutcome:
    request = FetchRequest(url=url, validators=Validators(etag="a"), allow_private_address=True)
    return await fetcher.fetch(request)


async def heard(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=RSS),
        Answer(body=RSS * 1000, gzip=True),
        Answer(body=RSS * 5000),
        Answer(body=b"23\r\n" + RSS + b"\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"}),
        Answer(status=304),
        Answer(status=404, body=b"no such feed"),
        Answer(status=429, headers={"Retry-After": "120"}),
    ],
)
async def test_requests_to_one_server_share_a_connection(answer: Answer) -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/a"] = server.answers["/b"] = answer
        outcomes = [await ask(fetcher, server.url(path)) for path in ("/a", "/b", "/a")]
        assert len({type(outcome) for outcome in outcomes}) == 1
        assert server.paths() == ["/a", "/b", "/a"]
        assert server.connections == 1


async def test_a_redirect_within_a_server_takes_the_same_connection() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/a"] = Answer(status=301, headers={"Location": "/b"}, body=b"<a href='/b'>here</a>")
        server.answers["/b"] = Answer(body=RSS)
        assert isinstance(await ask(fetcher, server.url("/a")), Fetched)
        assert server.connections == 1


async def test_names_of_one_address_have_connections_of_their_own() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = Answer(body=RSS)
        for name in ("a.news.example", "b.news.example", "a.news.example"):
            await ask(fetcher, server.url("/feed", host=name))
        assert [request.connection for request in server.requests] == [0, 1, 0]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=RSS, headers={"Connection": "close"}),
        Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n" + RSS),
        Answer(raw=b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 35\r\n\r\n" + RSS),
        Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n" + RSS + b"more"),
        Answer(raw=NOT_MODIFIED + NOT_MODIFIED),
        Answer(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
        Answer(body=bytes(300_000)),
        Answer(status=503, body=bytes(300_000)),
    ],
)
async def test_an_answer_that_does_not_leave_its_connection_is_the_last_on_it(answer: Answer) -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = answer
        first, second = [await ask(fetcher, server.url("/feed")) for _ in range(2)]
        assert type(first) is type(second)
        assert [request.connection for request in server.requests] == [0, 1]


async def test_p15_requests_for_one_server_at_once_come_one_after_another_on_one_connection() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = Answer(body=RSS, delay=0.005)
        await asyncio.gather(*(ask(fetcher, server.url("/feed")) for _ in range(6)))
        assert (server.most_at_once, server.connections, len(server.requests)) == (1, 1, 6)


async def test_p2_validators_go_over_a_kept_connection_too() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = conditional(Answer(body=RSS), etag="a")
        assert isinstance(await ask(fetcher, server.url("/feed")), NotModified)
        other = FetchRequest(url=server.url("/feed"), allow_private_address=True)
        assert isinstance(await fetcher.fetch(other), Fetched)
        assert [request.header("if-none-match") for request in server.requests] == ["a", None]
        assert server.connections == 1


@pytest.mark.parametrize("reads_first", [False, True])
async def test_a_kept_connection_that_ends_without_an_answer_is_replaced_once(*, reads_first: bool) -> None:
    heads: list[int] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        heads.append(number)
        writer.write(NOT_MODIFIED)
        if reads_first:
            await heard(reader)
            heads.append(number)

    async with a_server(converse) as (url, came), a_fetcher() as fetcher:
        assert isinstance(await ask(fetcher, url), NotModified)
        assert isinstance(await ask(fetcher, url), NotModified)
        assert came == [0, 1]
        assert heads == ([0, 0, 1] if reads_first else [0, 1])


async def test_the_connection_that_replaces_one_is_not_replaced_itself() -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        if number == 0:
            writer.write(NOT_MODIFIED)
            await heard(reader)

    async with a_server(converse) as (url, came), a_fetcher() as fetcher:
        assert isinstance(await ask(fetcher, url), NotModified)
        failed = await ask(fetcher, url)
        assert isinstance(failed, Failed)
        assert failed.message == "the answer is broken: the connection was closed before the headers were complete"
        assert came == [0, 1]


async def test_an_answer_that_has_begun_is_not_asked_for_again() -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        writer.write(NOT_MODIFIED)
        await heard(reader)
        writer.write(b"HTTP/1.1 304")

    async with a_server(converse) as (url, came), a_fetcher() as fetcher:
        assert isinstance(await ask(fetcher, url), NotModified)
        failed = await ask(fetcher, url)
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.BAD_RESPONSE
        assert came == [0]


async def test_s9_what_a_server_says_unasked_is_never_the_next_answer() -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nasked")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked")
        await writer.drain()
        await reader.read()

    async with a_server(converse) as (url, came), a_fetcher() as fetcher:
        for _ in range(2):
            outcome = await ask(fetcher, url)
            assert isinstance(outcome, Fetched)
            assert outcome.body == b"asked"
            await asyncio.sleep(0.03)
        assert came == [0, 1]


async def test_s9_the_deadline_holds_on_a_kept_connection_and_brings_no_second_try() -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        writer.write(NOT_MODIFIED)
        await reader.read()

    async with a_server(converse) as (url, came), a_fetcher(seconds=0.1) as fetcher:
        assert isinstance(await ask(fetcher, url), NotModified)
        failed = await ask(fetcher, url)
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.TIMEOUT
        assert came == [0]


async def test_a_request_that_is_called_off_takes_its_connection_along() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = Answer(body=RSS)
        server.answers["/slow"] = Answer(body=RSS, delay=0.1)
        await ask(fetcher, server.url("/feed"))
        slow = asyncio.create_task(ask(fetcher, server.url("/slow")))
        await asyncio.sleep(0.02)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert isinstance(await ask(fetcher, server.url("/feed")), Fetched)
        assert [request.connection for request in server.requests] == [0, 0, 1]


async def test_closing_the_fetcher_closes_what_it_kept() -> None:
    ended = asyncio.Event()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        writer.write(NOT_MODIFIED)
        assert await reader.read() == b""
        ended.set()

    async with a_server(converse) as (url, _):
        async with a_fetcher() as fetcher:
            await ask(fetcher, url)
            await asyncio.sleep(0.01)
            assert not ended.is_set()
        await asyncio.wait_for(ended.wait(), 1)


async def test_a_request_that_ends_after_the_fetcher_was_closed_leaves_no_connection_behind() -> None:
    ended = asyncio.Event()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await heard(reader)
        await asyncio.sleep(0.03)
        writer.write(NOT_MODIFIED)
        assert await reader.read() == b""
        ended.set()

    async with a_server(converse) as (url, _):
        async with a_fetcher() as fetcher:
            asked = asyncio.create_task(ask(fetcher, url))
            await asyncio.sleep(0.01)
        assert isinstance(await asked, NotModified)
        await asyncio.wait_for(ended.wait(), 1)


async def test_forms_for_hubs_never_share_a_connection() -> None:
    hubs = HubClient(user_agent=AGENT, timeout=timedelta(seconds=5), pace=HostPacing(gap=timedelta()))
    async with LoopbackServer() as server:
        server.answers["/hub"] = Answer(status=202)
        for _ in range(2):
            assert await hubs.ask(server.url("/hub"), {"hub.mode": "subscribe"}, allow_private_address=True) is None
        assert server.connections == 2
        assert [request.header("connection") for request in server.requests] == ["close", "close"]
        await hubs.aclose()


async def test_over_tls_hands_are_shaken_once(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "news.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with LoopbackServer(tls=context) as server, a_fetcher(tls=trusting) as fetcher:
        server.answers["/feed"] = Answer(body=RSS * 1000)
        for _ in range(3):
            outcome = await ask(fetcher, server.url("/feed", host="news.example"))
            assert isinstance(outcome, Fetched)
            assert outcome.body == RSS * 1000
            await asyncio.sleep(0.01)
        assert server.connections == 1
        # The certificate of a kept connection speaks for its own name alone.
        failed = await ask(fetcher, server.url("/feed", host="other.example"))
        assert isinstance(failed, Failed)
        assert failed.message.startswith("TLS: certificate refused: Hostname mismatch")
