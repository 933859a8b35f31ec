"""httpx over the guarded connection: what leaves, what comes back, and that nothing gets around the guard."""

import asyncio
import gzip
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from aggregator.fetch.addresses import Address
from aggregator.fetch.body import Document
from aggregator.fetch.courier import Courier
from aggregator.fetch.failures import FetchProblem
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import addresses_of
from aggregator.fetch.transport import ALLOW_PRIVATE, GuardedTransport, client_over, url_of
from aggregator.fetch.trip import MOST_REDIRECTS
from aggregator.fetch.urls import Target
from aggregator.model.fetch import FailureKind
from tests.diallers import NotingDialler
from tests.loopback import Answer, LoopbackServer

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
AGENT = "aggregator/0.1 (+https://reader.example/)"
LIMIT = 10_000
NAMES = {"public.example": "93.184.215.14", "inside.example": "10.0.0.7"}
PRIVATE = {ALLOW_PRIVATE: True}


async def names(host: str, port: int) -> list[Address]:
    return [ip_address(NAMES[host])] if host in NAMES else addresses_of(host, port)


def document(status: int, headers: Mapping[str, str]) -> Document:
    return Document(headers, max_bytes=LIMIT)


@asynccontextmanager
async def a_client(*, dialler: NotingDialler | None = None) -> AsyncIterator[httpx.AsyncClient]:
    courier = Courier(pace=HostPacing(gap=timedelta()), resolve=names, dialler=dialler)
    transport = GuardedTransport(courier, user_agent=AGENT, timeout=timedelta(seconds=0.2), open_body=document)
    async with client_over(transport, headers={}) as client:
        yield client


@pytest.fixture
async def server() -> AsyncIterator[LoopbackServer]:
    async with LoopbackServer() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with a_client() as made:
        yield made


async def test_p21_p22_p25_a_request_says_these_lines_and_no_others(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    headers = {
        "User-Agent": "Mozilla/5.0",
        "Cookie": "a=b",
        "Referer": "https://x.example/",
        "Host": "other.example",
        "Accept-Encoding": "br, zstd",
        "Connection": "keep-alive",
        "X-Mine": "1",
    }
    await client.get(server.url("/a?b=1#top"), headers=headers, extensions=PRIVATE)
    assert (
        server.requests[0].head
        == (
            f"GET /a?b=1 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUser-Agent: {AGENT}\r\nConnection: close\r\n"
            "Accept-Encoding: gzip\r\nAccept: */*\r\nX-Mine: 1\r\n\r\n"
        ).encode()
    )


async def test_p22_a_cookie_is_not_remembered(client: httpx.AsyncClient, server: LoopbackServer) -> None:
    server.answers["/a"] = Answer(headers=[("Set-Cookie", "id=1; Path=/"), ("Set-Cookie", "b=2")])
    first = await client.get(server.url("/a"), extensions=PRIVATE)
    await client.get(server.url("/a"), extensions=PRIVATE)
    assert not client.cookies
    assert "set-cookie" not in first.headers
    assert [request.header("cookie") for request in server.requests] == [None, None]


async def test_a_body_is_sent_with_its_length_however_httpx_holds_it(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"a="
        yield b"b"

    server.answers["/form"] = Answer()
    for request in (
        client.build_request("POST", server.url("/form"), data={"a": "b"}, extensions=PRIVATE),
        client.build_request("POST", server.url("/form"), content=pieces(), extensions=PRIVATE),
        client.build_request("POST", server.url("/form"), extensions=PRIVATE),
    ):
        assert (await client.send(request)).is_success
    assert [(request.body, request.header("content-length")) for request in server.requests] == [
        (b"a=b", "3"),
        (b"a=b", "3"),
        (b"", "0"),
    ]
    assert {request.header("transfer-encoding") for request in server.requests} == {None}


async def test_a_login_of_an_address_is_sent_once_and_shown_nowhere(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    url = server.url("/a").replace("//", "//re%40der:secret@")
    await client.get(url, extensions=PRIVATE)
    assert server.requests[0].head.lower().count(b"authorization: basic cmvazgvyonnly3jlda==\r\n") == 1
    with pytest.raises(FetchProblem) as refused:
        await client.get(url)
    assert "secret" not in str(refused.value)


async def test_one_layer_of_gzip_is_taken_off_and_httpx_finds_nothing_left_to_unpack(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    server.answers["/a"] = Answer(body="ü".encode(), gzip=True, headers={"Content-Type": "text/plain; charset=utf-8"})
    response = await client.get(server.url("/a"), extensions=PRIVATE)
    assert response.text == "ü"
    assert response.headers.keys().isdisjoint({"content-encoding", "content-length", "transfer-encoding"})
    assert response.elapsed > timedelta()


async def test_a_header_that_is_not_ascii_comes_through_as_latin_1(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    server.answers["/a"] = Answer(raw="HTTP/1.1 418 x\r\nX-A: \u00fc\u20ac\r\nx-a: b\r\n\r\n".encode())
    response = await client.get(server.url("/a"), extensions=PRIVATE)
    assert response.status_code == 418
    assert response.headers["x-a"] == "\u00fc\u20ac".encode().decode("latin-1") + ", b"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(body=bytes(LIMIT + 1)), FailureKind.TOO_LARGE),
        (Answer(body=bytes(LIMIT + 1), gzip=True), FailureKind.TOO_LARGE),
        (
            Answer(body=gzip.compress(bytes(9)), gzip=True, headers={"Content-Encoding": "gzip"}),
            FailureKind.BAD_RESPONSE,
        ),
        (Answer(body=b"x", headers={"Content-Encoding": "br"}), FailureKind.BAD_RESPONSE),
        (Answer(headers={"X": "x" * 200_000}), FailureKind.BAD_RESPONSE),
        (Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n"), FailureKind.BAD_RESPONSE),
        (Answer(delay=5), FailureKind.TIMEOUT),
    ],
    ids=["large", "packed small", "packed twice", "another coding", "headers", "no answer", "late"],
)
async def test_s9_an_answer_beyond_the_bounds_is_a_problem_in_words(
    client: httpx.AsyncClient, server: LoopbackServer, answer: Answer, kind: FailureKind
) -> None:
    server.answers["/a"] = answer
    with pytest.raises(FetchProblem) as problem:
        await client.get(server.url("/a"), extensions=PRIVATE, timeout=None)
    assert problem.value.kind is kind


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n")),
        ("GET", Answer(raw=b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n")),
        ("GET", Answer(raw=b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n")),
    ],
    ids=["HEAD", "204", "304"],
)
async def test_an_answer_that_has_no_body_is_not_waited_for(
    client: httpx.AsyncClient, server: LoopbackServer, method: str, answer: Answer
) -> None:
    server.answers["/a"] = answer
    response = await client.request(method, server.url("/a"), extensions=PRIVATE)
    assert response.content == b""


async def test_s3_canary_every_request_is_dialled_by_the_guard(server: LoopbackServer) -> None:
    server.answers["/a"] = Answer(status=302, headers={"Location": "/b"})
    server.answers["/b"] = Answer(body=b"b")
    dialler = NotingDialler(instead="127.0.0.1")
    async with a_client(dialler=dialler) as client:
        response = await client.get(server.url("/a", host="public.example"), follow_redirects=True)
    assert response.content == b"b"
    assert dialler.dialled == [("93.184.215.14", server.port)] * 2
    assert server.connections == 2
    assert {request.header("host") for request in server.requests} == {f"public.example:{server.port}"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://inside.example/",
        "http://169.254.169.254/latest/meta-data/",
        "http://public.example:22/",
        "http://public.example@127.0.0.1:{port}/",
    ],
)
async def test_s1_neither_directly_nor_redirected_a_private_address_is_dialled(
    server: LoopbackServer, url: str
) -> None:
    url = url.format(port=server.port)
    server.answers["/public"] = Answer(status=307, headers={"Location": url})
    dialler = NotingDialler(instead="127.0.0.1")
    async with a_client(dialler=dialler) as client:
        for start in (url, server.url("/public", host="public.example")):
            with pytest.raises(FetchProblem) as refused:
                await client.get(start, follow_redirects=True)
            assert refused.value.kind is FailureKind.REFUSED_ADDRESS
    assert dialler.dialled == [("93.184.215.14", server.port)]


async def test_only_a_clear_yes_lets_a_request_reach_private_addresses(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    for no in ({}, {ALLOW_PRIVATE: False}, {ALLOW_PRIVATE: "false"}, {ALLOW_PRIVATE: 1}):
        with pytest.raises(FetchProblem):
            await client.get(server.url(), extensions=no)
    assert server.connections == 0


async def test_s2_a_proxy_in_the_environment_is_not_used(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with LoopbackServer() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
            monkeypatch.setenv(name.lower(), proxy.url())
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with a_client() as client:
            await client.get(server.url("/a"), extensions=PRIVATE)
        assert proxy.connections == 0
        assert server.paths() == ["/a"]


async def test_a_redirect_is_followed_only_where_a_request_asks_for_it(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    server.answers["/a"] = Answer(status=301, headers={"Location": "b?c=ü#d"})
    response = await client.get(server.url("/a"), extensions=PRIVATE)
    assert response.status_code == 301
    assert response.headers["location"] == server.url("/b?c=%C3%BC")
    assert server.paths() == ["/a"]


@pytest.mark.parametrize(
    "location",
    [
        "mailto:a@b.example",
        "http://[bad",
        "https://",
        "file:///etc/passwd",
        "http://0177.0.0.1/",
        "//\\a",
        "http://a:0/",
    ],
)
async def test_a_redirect_to_what_is_no_address_is_an_answer_without_location(
    client: httpx.AsyncClient, server: LoopbackServer, location: str
) -> None:
    server.answers["/a"] = Answer(status=302, headers={"Location": location})
    response = await client.get(server.url("/a"), extensions=PRIVATE, follow_redirects=True)
    assert (response.status_code, response.headers.get("location")) == (302, None)


async def test_p17_redirects_in_a_circle_end_as_soon_as_those_of_a_poll(
    client: httpx.AsyncClient, server: LoopbackServer
) -> None:
    server.answers["/a"] = Answer(status=302, headers={"Location": "/a"})
    with pytest.raises(httpx.TooManyRedirects):
        await client.get(server.url("/a"), extensions=PRIVATE, follow_redirects=True)
    assert len(server.requests) == MOST_REDIRECTS + 1


async def test_p15_requests_of_one_group_take_turns(client: httpx.AsyncClient, server: LoopbackServer) -> None:
    server.answers["/a"] = Answer(delay=0.02)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(client.get(server.url("/a"), extensions=PRIVATE))
    assert (len(server.requests), server.connections, server.most_at_once) == (3, 3, 1)


async def test_a_line_break_can_not_get_into_a_header(client: httpx.AsyncClient, server: LoopbackServer) -> None:
    with pytest.raises(ValueError, match="a line break in the header X-A"):
        await client.get(server.url(), headers={"X-A": "b\r\nCookie: c"}, extensions=PRIVATE)
    assert server.connections == 0


def test_an_address_that_httpx_does_not_read_is_refused_in_our_words() -> None:
    with pytest.raises(FetchProblem, match=r"'http://0177\.0\.0\.1/a' is no address of the web") as refused:
        url_of(Target.from_text("http://0177.0.0.1/a?token=secret"))
    assert refused.value.kind is FailureKind.REFUSED_ADDRESS
    assert "secret" not in str(refused.value)


POLLING = """
import asyncio, sys
from pathlib import Path
import aggregator.cli.poll
from aggregator import bootstrap
from aggregator.config.read import parse

CONFIGURATION = "site: {url: https://news.example/}\\nfeeds: [{url: http://127.0.0.1:8/feed, allow_private_address: true}]"

async def main():
    configuration = parse(CONFIGURATION, file="feeds.yaml")
    assert configuration.websub_enabled
    async with bootstrap.open_application(configuration, Path(sys.argv[1])) as application:
        (result,) = await application.poller.poll_due()
        assert "connection refused" in result.message, result

asyncio.run(main())
print(sorted({"httpx", "httpcore", "h11"} & set(sys.modules)))
"""


def test_polling_never_imports_httpx_even_where_hubs_are_subscribed_at(tmp_path: Path) -> None:
    """It takes 100 ms of CPU, and `aggregator poll` asks no hub."""
    command = [sys.executable, "-c", POLLING, str(tmp_path / "news.db")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert said.stdout.strip() == "[]", said.stderr
