"""The fetcher against a real server: what goes over the wire, and what comes of every answer.

The ids are those of the rules for polling.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from aggregator.fetch.addresses import Address
from aggregator.fetch.answers import MOST_HEADERS
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.dial import Dialler
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import Resolver
from aggregator.model.feed import Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone, NotModified
from tests.certificates import make_certificate
from tests.loopback import Answer, LoopbackServer, Request, conditional

pytestmark = pytest.mark.anyio

RSS = b"<rss version='2.0'><channel/></rss>"
AGENT = "aggregator/0.1 (+https://reader.example/)"
LIMIT = 200_000


async def loopback(host: str, port: int) -> list[Address]:
    """Every name is this machine."""
    return [ip_address("127.0.0.1")]


@asynccontextmanager
async def a_fetcher(
    *,
    seconds: float = 5.0,
    pace: HostPacing | None = None,
    tls: ssl.SSLContext | None = None,
    resolve: Resolver | None = None,
    dialler: Dialler | None = None,
) -> AsyncIterator[HttpFetcher]:
    fetcher = HttpFetcher(
        user_agent=AGENT,
        timeout=timedelta(seconds=seconds),
        max_bytes=LIMIT,
        pace=HostPacing(gap=timedelta()) if pace is None else pace,
        resolve=resolve or loopback,
        dialler=dialler,
        tls=tls,
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


async def get(url: str, validators: Validators = Validators(), *, seconds: float = 5.0) -> FetchOutcome:
    async with a_fetcher(seconds=seconds) as fetcher:
        return await fetcher.fetch(FetchRequest(url=url, validators=validators, allow_private_address=True))


async def get_answer(answer: Answer, *, seconds: float = 5.0) -> FetchOutcome:
    async with LoopbackServer() as server:
        server.answers["/feed"] = answer
        return await get(server.url("/feed"), seconds=seconds)


def failure(outcome: FetchOutcome, kind: FailureKind) -> Failed:
    assert isinstance(outcome, Failed)
    assert outcome.kind is kind
    return outcome


async def test_a_document_comes_with_its_headers_and_address() -> None:
    async with LoopbackServer() as server:
        headers = [("Content-Type", "application/rss+xml"), ("ETag", '"a"'), ("X-Two", "1"), ("x-two", "2")]
        server.answers["/feed"] = Answer(body=RSS, headers=headers)
        outcome = await get(server.url("/feed?b=1&a=2#top"))
        assert isinstance(outcome, Fetched)
        assert (outcome.body, outcome.url, outcome.permanent_url) == (RSS, server.url("/feed?b=1&a=2"), None)
        assert outcome.headers["content-type"] == "application/rss+xml"
        assert outcome.headers["x-two"] == "1, 2"
        assert server.requests[0].target == "/feed?b=1&a=2"


async def test_p21_p22_p24_p25_the_first_request_says_who_asks_and_what_for_and_nothing_else() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=RSS)
        await get(server.url("/feed", host="news.example"))
        (request,) = server.requests
        assert sorted(name.decode().lower() for name, _ in request.headers) == [
            "accept",
            "accept-encoding",
            "host",
            "user-agent",
        ]
        assert request.header("user-agent") == AGENT
        assert request.header("host") == f"news.example:{server.port}"
        assert request.header("accept-encoding") == "gzip"
        accept = request.header("accept") or ""
        assert accept.startswith("application/atom+xml, application/rss+xml, application/feed+json")
        assert accept.endswith("*/*;q=0.1")


async def test_p21_p22_p25_a_first_request_is_these_bytes() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=RSS)
        await get(server.url("/feed?b=1&a=2#top", host="news.example"))
        assert (
            server.requests[0].head
            == (
                b"GET /feed?b=1&a=2 HTTP/1.1\r\n"
                b"Host: news.example:%d\r\n"
                b"User-Agent: aggregator/0.1 (+https://reader.example/)\r\n"
                b"Accept: application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
                b"application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1\r\n"
                b"Accept-Encoding: gzip\r\n"
                b"\r\n"
            )
            % server.port
        )


async def test_p21_a_refusal_brings_no_second_try_under_another_name() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=403)
        failure(await get(server.url("/feed")), FailureKind.STATUS)
        assert [request.header("user-agent") for request in server.requests] == [AGENT]


async def test_p2_p3_validators_come_back_byte_for_byte_and_bring_a_304() -> None:
    odd = Validators(etag='W/"\xe9 \x7f,"', last_modified="Mon,  9 mar 2026 12:00:00 +0100 (odd)")
    async with LoopbackServer() as server:
        server.answers["/feed"] = conditional(Answer(body=RSS), etag=odd.etag, last_modified=odd.last_modified)
        first = await get(server.url("/feed"))
        assert isinstance(first, Fetched)
        received = Validators(etag=first.headers["etag"], last_modified=first.headers["last-modified"])
        assert received == odd
        second = await get(server.url("/feed"), received)
        assert isinstance(second, NotModified)
        assert second.headers["etag"] == odd.etag
        raw = dict(server.requests[1].headers)
        assert raw[b"If-None-Match"] == b'W/"\xe9 \x7f,"'
        assert raw[b"If-Modified-Since"] == b"Mon,  9 mar 2026 12:00:00 +0100 (odd)"


async def test_p22_a_cookie_is_neither_kept_nor_sent() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = Answer(status=302, headers={"Set-Cookie": "a=b; Path=/", "Location": "/there"})
        server.answers["/there"] = Answer(body=RSS, headers={"Set-Cookie": "c=d; Path=/"})
        for _ in range(2):
            await fetcher.fetch(FetchRequest(url=server.url("/feed", host="news.example"), allow_private_address=True))
        assert len(server.requests) == 4
        assert all(request.header("cookie") is None for request in server.requests)
        assert all(request.header("referer") is None for request in server.requests)


async def test_a_login_in_the_address_is_sent_as_such_and_shown_to_nobody() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=RSS)
        outcome = await get(server.url("/feed").replace("//", "//reader:secret@"))
        assert isinstance(outcome, Fetched)
        assert outcome.url == server.url("/feed")
        assert server.requests[0].header("authorization") == "Basic cmVhZGVyOnNlY3JldA=="


async def test_with_nothing_injected_it_reaches_this_machine_by_its_literal_address() -> None:
    fetcher = HttpFetcher(
        user_agent=AGENT, timeout=timedelta(seconds=5), max_bytes=LIMIT, pace=HostPacing(gap=timedelta())
    )
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=RSS)
        outcome = await fetcher.fetch(FetchRequest(url=server.url("/feed"), allow_private_address=True))
        await fetcher.aclose()
    assert isinstance(outcome, Fetched)


async def test_a_public_feed_does_not_reach_this_machine() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        outcome = await fetcher.fetch(FetchRequest(url=server.url("/feed")))
        failure(outcome, FailureKind.REFUSED_ADDRESS)
        assert server.connections == 0


async def test_a_packed_document_is_unpacked() -> None:
    outcome = await get_answer(Answer(body=RSS * 100, gzip=True))
    assert isinstance(outcome, Fetched)
    assert outcome.body == RSS * 100
    assert outcome.headers["content-encoding"] == "gzip"


async def test_p17_a_moved_feed_says_where_it_is_now_and_where_it_will_stay() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=301, headers={"Location": "/moved"})
        server.answers["/moved"] = Answer(status=307, headers={"Location": "/today"})
        server.answers["/today"] = Answer(body=RSS)
        outcome = await get(server.url("/feed"), Validators(etag='"a"'))
        assert isinstance(outcome, Fetched)
        assert (outcome.url, outcome.permanent_url) == (server.url("/today"), server.url("/moved"))
        assert [request.header("if-none-match") for request in server.requests] == ['"a"', None, None]


async def test_a_redirect_without_end_ends() -> None:
    async with LoopbackServer() as server:
        for number in range(20):
            server.answers[f"/{number}"] = Answer(status=302, headers={"Location": f"/{number + 1}"})
        failed = failure(await get(server.url("/0")), FailureKind.BAD_RESPONSE)
        assert failed.message.startswith("more than 5 redirects")
        assert len(server.requests) == 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_a_status_without_document_is_said_with_its_headers(status: int) -> None:
    outcome = await get_answer(Answer(status=status, headers={"Retry-After": "120"}, body=b"sorry"))
    failed = failure(outcome, FailureKind.STATUS)
    assert (failed.status, failed.headers["retry-after"]) == (status, "120")
    assert failed.message.startswith(f"HTTP {status} ")


async def test_p18_a_410_is_gone() -> None:
    assert isinstance(await get_answer(Answer(status=410)), Gone)


async def test_nobody_there_is_said_in_plain_words() -> None:
    async with LoopbackServer() as server:
        url = server.url("/feed")
    failed = failure(await get(url), FailureKind.NETWORK)
    assert failed.message == f"connection refused by 127.0.0.1 port {server.port}"
    assert failed.url == ""


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", FailureKind.BAD_RESPONSE),
        (b"SSH-2.0-OpenSSH_9.2\r\n", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<rss", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n<rss/", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<rss\r\n", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<rss/>", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n<rss/>", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * (MOST_HEADERS + 1) + b"\r\n<rss/>", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 1_000_000 + b"\r\n\r\n<rss/>", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n<rss/>", FailureKind.TOO_LARGE),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", FailureKind.BAD_RESPONSE),
        (b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\t\r\n\r\n", FailureKind.STATUS),
    ],
)
async def test_s9_a_broken_answer_is_a_failure_with_a_message(raw: bytes, kind: FailureKind) -> None:
    failed = failure(await get_answer(Answer(raw=raw)), kind)
    assert len(failed.message) > 10
    assert "\n" not in failed.message


async def test_a_document_that_ends_with_its_connection_is_whole() -> None:
    outcome = await get_answer(Answer(raw=b"HTTP/1.0 200 OK\r\n\r\n" + RSS))
    assert isinstance(outcome, Fetched)
    assert outcome.body == RSS


async def test_a_server_that_speaks_no_tls_is_said_to() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        failed = failure(await get(f"https://127.0.0.1:{port}/feed"), FailureKind.NETWORK)
        place = f"https://127.0.0.1:{port}/feed"
        assert failed.message == f"the server speaks no TLS here ({place}); try http:// in place of https://"


async def slow_body() -> AsyncGenerator[bytes, None]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    while True:
        yield b"x"
        await asyncio.sleep(0.01)


async def test_p29_the_deadline_is_for_all_redirects_together() -> None:
    async with LoopbackServer() as server:
        for number in range(5):
            server.answers[f"/{number}"] = Answer(status=302, headers={"Location": f"/{number + 1}"}, delay=0.06)
        failure(await get(server.url("/0"), seconds=0.15), FailureKind.TIMEOUT)
        assert len(server.requests) <= 3


async def test_waiting_for_the_hosts_turn_does_not_count_against_the_deadline() -> None:
    pace = HostPacing(gap=timedelta(milliseconds=60))
    async with LoopbackServer() as server, a_fetcher(seconds=0.15, pace=pace) as fetcher:
        server.answers["/feed"] = Answer(body=RSS)
        request = FetchRequest(url=server.url("/feed"), allow_private_address=True)
        outcomes = await asyncio.gather(*(fetcher.fetch(request) for _ in range(5)))
        assert all(isinstance(outcome, Fetched) for outcome in outcomes)


async def test_p15_a_redirect_to_another_group_waits_for_the_turn_of_that_group() -> None:
    pace = HostPacing(gap=timedelta(), gaps={"slow.example": timedelta(milliseconds=80)})
    loop = asyncio.get_running_loop()
    async with LoopbackServer() as server, a_fetcher(pace=pace) as fetcher:
        times: list[float] = []

        def answer(_: Request) -> Answer:
            times.append(loop.time())
            return Answer(body=RSS)

        server.answers["/feed"] = answer
        server.answers["/away"] = Answer(status=302, headers={"Location": server.url("/feed", host="b.slow.example")})
        for url in (server.url("/feed", host="a.slow.example"), server.url("/away", host="quick.example")):
            outcome = await fetcher.fetch(FetchRequest(url=url, allow_private_address=True))
            assert isinstance(outcome, Fetched)
        assert times[1] - times[0] >= 0.079


async def test_a_failure_tells_whose_answer_it_is() -> None:
    async with LoopbackServer() as server:
        there = server.url("/there?a=b", host="other.example")
        server.answers["/feed"] = Answer(status=302, headers={"Location": there})
        for answer in (
            Answer(status=429),
            Answer(body=RSS, headers={"Content-Encoding": "br"}),
            Answer(stream=slow_body),
        ):
            server.answers["/there"] = answer
            outcome = await get(server.url("/feed"), seconds=0.1)
            assert isinstance(outcome, Failed)
            assert outcome.url == there


async def test_p15_one_request_at_a_time_to_a_host() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/feed"] = Answer(body=RSS, delay=0.01)
        request = FetchRequest(url=server.url("/feed"), allow_private_address=True)
        await asyncio.gather(*(fetcher.fetch(request) for _ in range(6)))
        assert server.most_at_once == 1
        assert len(server.requests) == 6


async def test_a_fetch_that_is_cancelled_leaves_nothing_behind() -> None:
    async with LoopbackServer() as server, a_fetcher() as fetcher:
        server.answers["/slow"] = Answer(stream=slow_body)
        server.answers["/feed"] = Answer(body=RSS)
        slow = asyncio.create_task(fetcher.fetch(FetchRequest(url=server.url("/slow"), allow_private_address=True)))
        await asyncio.sleep(0.05)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        outcome = await fetcher.fetch(FetchRequest(url=server.url("/feed"), allow_private_address=True))
        assert isinstance(outcome, Fetched)


async def test_tls_goes_to_the_judged_address_under_the_name_of_the_feed(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "news.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with LoopbackServer(tls=context) as server, a_fetcher(tls=trusting) as fetcher:
        server.answers["/feed"] = Answer(body=RSS)
        right = FetchRequest(url=server.url("/feed", host="news.example"), allow_private_address=True)
        wrong = FetchRequest(url=server.url("/feed", host="other.example"), allow_private_address=True)
        assert isinstance(await fetcher.fetch(right), Fetched)
        failed = failure(await fetcher.fetch(wrong), FailureKind.NETWORK)
        assert failed.message.startswith("TLS: certificate refused: Hostname mismatch")
        untrusted = failure(await get(right.url), FailureKind.NETWORK)
        assert untrusted.message.startswith("TLS: certificate refused: self-signed certificate")
