"""Asking through a proxy: what it sees, what it may not be asked for, and what is said when it does not help."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.read import parse
from aggregator.fetch.addresses import Address
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.proxies import Proxy, written_address
from aggregator.model.access import Access
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest
from tests.certificates import make_certificate
from tests.loopback import Answer, LoopbackServer
from tests.proxy import LoopbackProxy

pytestmark = pytest.mark.anyio

RSS = Answer(body=b"<rss version='2.0'><channel/></rss>")


async def nobody(host: str, port: int) -> list[Address]:
    """Know no name: those of servers are the proxy's to look up."""
    raise OSError(f"{host} was looked up here")


@asynccontextmanager
async def a_fetcher(tls: ssl.SSLContext | None = None) -> AsyncIterator[HttpFetcher]:
    fetcher = HttpFetcher(
        user_agent="a/1",
        timeout=timedelta(seconds=5),
        max_bytes=10_000,
        pace=HostPacing(gap=timedelta()),
        resolve=nobody,
        tls=tls,
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


async def get(
    url: str, proxy: str, *, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, home: bool = False
) -> FetchOutcome:
    request = FetchRequest(url=url, access=Access(proxy=proxy, login=login), allow_private_address=home)
    async with a_fetcher(tls) as fetcher:
        return await fetcher.fetch(request)


async def test_http_is_asked_with_the_whole_address_and_both_logins() -> None:
    async with LoopbackServer() as server, LoopbackProxy(server.port) as proxy:
        server.answers["http://news.example/feed"] = server.answers["/feed"] = RSS
        outcome = await get("http://news.example/feed", proxy.url("me:p%40ss@"), login=("reader", "x"))
        assert isinstance(outcome, Fetched)
        (head,) = proxy.heads
        assert head.startswith(b"GET http://news.example/feed HTTP/1.1\r\n")
        assert b"\r\nHost: news.example\r\n" in head
        assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") + b"\r\n" in head
        assert b"\r\nAuthorization: Basic " + base64.b64encode(b"reader:x") + b"\r\n" in head


async def test_https_goes_through_a_tunnel_that_the_proxy_can_not_read(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "news.example")
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_tls.load_cert_chain(certificate, key)
    client_tls = ssl.create_default_context(cafile=certificate)
    async with LoopbackServer(tls=server_tls) as server, LoopbackProxy(server.port) as proxy:
        server.answers["/feed"] = RSS
        outcome = await get("https://news.example/feed", proxy.url("me:p@"), tls=client_tls, login=("reader", "x"))
        assert isinstance(outcome, Fetched)
        (head,) = proxy.heads
        assert head == (
            b"CONNECT news.example:443 HTTP/1.1\r\nHost: news.example:443\r\n"
            b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p") + b"\r\n\r\n"
        )
        (request,) = server.requests
        assert (request.header("host"), request.header("proxy-authorization")) == ("news.example", None)
        assert request.header("authorization") is not None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "10.1.2.3",
        "169.254.169.254",
        "[::1]",
        "localhost",
        "a.localhost.",
    ],
)
async def test_a26_addresses_of_private_networks_are_refused_behind_a_proxy_too(host: str) -> None:
    async with LoopbackServer() as server, LoopbackProxy(server.port) as proxy:
        outcome = await get(f"http://{host}/feed", proxy.url())
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.REFUSED_ADDRESS
        assert proxy.heads == []


async def test_a26_ports_of_other_services_are_refused_behind_a_proxy_too() -> None:
    async with LoopbackServer() as server, LoopbackProxy(server.port) as proxy:
        outcome = await get("http://news.example:6379/", proxy.url(), home=True)
        assert isinstance(outcome, Failed)
        assert proxy.heads == []


async def test_a26_a_feed_that_goes_without_the_proxy_of_the_others_is_guarded_as_any_other() -> None:
    """`proxy: none` means no proxy, not no guard."""
    async with LoopbackServer() as server, LoopbackProxy(server.port) as proxy:
        server.answers["/feed"] = RSS
        text = f"defaults: {{proxy: '{proxy.url()}'}}\nfeeds: [{{url: '{server.url('/feed')}', proxy: none}}]"
        configuration = parse(text, file="feeds.yaml")
        (feed,) = configuration.enabled_feeds()
        access = configuration.feed_access().get(feed.id, Access())
        async with a_fetcher() as fetcher:
            outcome = await fetcher.fetch(FetchRequest(url=feed.url, access=access))
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.REFUSED_ADDRESS
        assert (server.connections, proxy.heads) == (0, [])


async def test_a26_a_redirect_behind_a_proxy_is_judged_as_well() -> None:
    async with LoopbackServer() as server, LoopbackProxy(server.port) as proxy:
        answer = Answer(status=302, headers={"Location": "http://10.0.0.1/"})
        server.answers["http://news.example/feed"] = server.answers["/feed"] = answer
        outcome = await get("http://news.example/feed", proxy.url())
        assert isinstance(outcome, Failed)
        assert "redirects to 10.0.0.1" in outcome.message
        assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "opens no tunnel: HTTP 407 Proxy Authentication Required",
        ),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "opens no tunnel: HTTP 502 Bad Gateway"),
        (b"SSH-2.0-x\r\n\r\n", "no answer that can be understood"),
        (b"HTTP/1.1 200 OK\r\n\r\nand more", "no answer that can be understood"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 4000, "no answer that can be understood"),
        (b"HTTP", "no answer that can be understood"),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_named_and_its_password_is_not(refusal: bytes, said: str) -> None:
    async with LoopbackProxy(1, refusal=refusal) as proxy:
        outcome = await get("https://news.example/feed", proxy.url("me:hunter2@"))
        assert isinstance(outcome, Failed)
        assert said in outcome.message
        assert "hunter2" not in outcome.message


async def test_a_proxy_that_is_not_there_is_a_failure_of_the_network() -> None:
    async with LoopbackProxy(1) as proxy:
        url = proxy.url()
    outcome = await get("http://news.example/feed", url)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.NETWORK


def test_a_proxy_is_read_with_login_and_port() -> None:
    assert Proxy.from_text("http://a.example") == Proxy(host="a.example", port=80)
    assert Proxy.from_text("http://u:p%3Ax@[::1]:3128") == Proxy(host="::1", port=3128, login=("u", "p:x"))


@pytest.mark.parametrize(
    ("host", "address"), [("0177.0.0.1", "127.0.0.1"), ("1.2.3.4", "1.2.3.4"), ("1.example", "None")]
)
def test_every_spelling_of_an_address_is_one(host: str, address: str) -> None:
    assert str(written_address(host)) == address
