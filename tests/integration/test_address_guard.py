"""S1-S3: no spelling, name, redirect or environment leads past the guard, whoever asks.

Nothing here dials anything but loopback: diallers note what they were to dial and refuse, or dial this machine instead.
"""

import socket
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from aggregator.fetch.addresses import METADATA, PRIVATE, RESERVED, Address, Network
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.dial import Dialler
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.hub import HubClient
from aggregator.fetch.resolve import Resolver, addresses_of
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest
from tests.diallers import NotingDialler
from tests.loopback import Answer, LoopbackServer

pytestmark = pytest.mark.anyio

NAMES: dict[str, list[str]] = {
    "public.example": ["93.184.215.14"],
    "inside.example": ["10.0.0.7"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "mixed6.example": ["2606:4700::1", "fe80::1"],
    "metadata.example": ["169.254.169.254"],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1", "::1"],
}


class Names:
    """The names above; literals and old spellings as the operating system reads them, without any look-up."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        if host in NAMES:
            return [ip_address(text) for text in NAMES[host]]
        return addresses_of(host, port, flags=socket.AI_NUMERICHOST)


async def fetch(
    url: str,
    *,
    private: bool = False,
    networks: tuple[Network, ...] = (),
    resolve: Resolver | None = None,
    dialler: Dialler | None = None,
) -> FetchOutcome:
    fetcher = HttpFetcher(
        user_agent="test/1",
        timeout=timedelta(seconds=5),
        max_bytes=1000,
        pace=HostPacing(gap=timedelta()),
        allow_networks=networks,
        resolve=resolve or Names(),
        dialler=dialler,
    )
    try:
        return await fetcher.fetch(FetchRequest(url=url, allow_private_address=private))
    finally:
        await fetcher.aclose()


async def ask_hub(
    url: str, *, private: bool = False, resolve: Resolver | None = None, dialler: Dialler | None = None
) -> Failed | None:
    hubs = HubClient(
        user_agent="test/1",
        timeout=timedelta(seconds=5),
        pace=HostPacing(gap=timedelta()),
        resolve=resolve or Names(),
        dialler=dialler,
    )
    try:
        return await hubs.ask(url, {"hub.mode": "subscribe"}, allow_private_address=private)
    finally:
        await hubs.aclose()


SPELLINGS = [
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0X7F000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.0.0.1./",
    "http://127.255.255.254/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0x0/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::FFFF:7F00:0001]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://１２７.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://ⓛocalhost/",
    "http://user:secret@127.0.0.1/",
    "http://public.example@127.0.0.1/",
    "http://public.example:80@127.0.0.1/",
    "http://public.example%40@127.0.0.1/",
    "http://a@public.example@127.0.0.1/",
    "http://127.0.0.1#@public.example/",
    "http://127.0.0.1?@public.example/",
    "http://127.0.0.1\\@public.example/",
    "http://public.example\\@127.0.0.1/",
    "http://127.0.0.1%2f@public.example%2f/",
    "http://%31%32%37.0.0.1/",
    "http://%6cocalhost/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://168.63.129.16/",
    "http://192.0.0.1/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://inside.example/",
    "http://mixed.example/",
    "http://mixed6.example/",
    "http://metadata.example/",
    "https://127.0.0.1/",
    "HTTP://127.0.0.1/",
    " http://127.0.0.1/ ",
    "http:127.0.0.1",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "ftp://127.0.0.1/",
    "javascript:alert(1)",
    "http://[bad",
    "http://[::1",
    "http://::1/",
    "http://public.example:99999/",
    "http://public.example:0/",
    "http://public.example:22/",
    "http://public.example:6379/",
    "http://pub\nlic.example/",
    "http://pub\tlic.example/",
    "http://\ud800/",
    "",
]


@pytest.mark.parametrize("url", SPELLINGS)
async def test_s1_no_spelling_leads_to_a_connection(url: str) -> None:
    for ask in (fetch, ask_hub):
        dialler = NotingDialler()
        failed = await ask(url, dialler=dialler)
        assert isinstance(failed, Failed)
        assert dialler.dialled == []
        assert failed.kind in {FailureKind.REFUSED_ADDRESS, FailureKind.NETWORK}
        assert failed.message
        assert failed.url == ""
        assert "secret" not in failed.message


def edges(network: Network) -> list[Address]:
    return [network.network_address, network.broadcast_address]


FORBIDDEN = [
    *(address for network in (*PRIVATE, *METADATA, *RESERVED) for address in edges(network)),
    *(
        ip_address(text)
        for text in ("127.0.0.0", "127.255.255.255", "169.254.0.0", "169.254.255.255", "224.0.0.0", "239.255.255.255")
    ),
    *(
        ip_address(text)
        for text in ("0.0.0.0", "0.255.255.255", "192.0.2.1", "198.18.0.0", "198.51.100.1", "240.0.0.0")
    ),
    *(ip_address(text) for text in ("::", "::1", "fe80::", "ff00::", "2001:db8::1", "100::1", "fdff::1")),
]


@pytest.mark.parametrize("address", FORBIDDEN, ids=str)
@pytest.mark.parametrize("as_name", [False, True])
async def test_s1_both_ends_of_every_range_are_refused_by_address_and_by_name(
    address: Address, *, as_name: bool
) -> None:
    async def names(host: str, port: int) -> list[Address]:
        return [address]

    dialler = NotingDialler()
    literal = f"[{address}]" if address.version == 6 else str(address)
    failed = await fetch(f"http://{'a.example' if as_name else literal}/", resolve=names, dialler=dialler)
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert dialler.dialled == []


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "192.168.1.9", "172.20.0.1", "100.64.0.9", "127.0.0.1", "[fd12::1]", "[::1]"]
)
async def test_s1_allow_private_opens_home_addresses(address: str) -> None:
    dialler = NotingDialler()
    await fetch(f"http://{address}:8080/", private=True, dialler=dialler)
    assert dialler.dialled == [(address.strip("[]"), 8080)]


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "168.63.129.16", "100.100.100.200", "[fd00:ec2::254]", "0.0.0.0", "[::]", "224.0.0.1"],
)
async def test_s1_nothing_opens_metadata_multicast_or_the_unspecified_address(address: str) -> None:
    dialler = NotingDialler()
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    failed = await fetch(f"http://{address}/", private=True, networks=everything, dialler=dialler)
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert dialler.dialled == []


async def test_s1_an_allowed_network_opens_itself_alone() -> None:
    dialler = NotingDialler()
    networks = (ip_network("192.168.7.0/24"),)
    for host in ("192.168.7.9", "192.168.8.9", "[::ffff:192.168.7.10]", "inside.example"):
        await fetch(f"http://{host}/", networks=networks, dialler=dialler)
    assert dialler.dialled == [("192.168.7.9", 80), ("::ffff:c0a8:70a", 80)]


REDIRECTS = [
    "http://inside.example:{port}/",
    "//localhost:{port}/",
    "http://localhost:{port}/",
    "http://127.1:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://2130706433:{port}/",
    "http://user@127.0.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "https://127.0.0.1:{port}/",
    "http://public.example:22/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "ftp://127.0.0.1/",
    "data:text/xml,<rss/>",
]


@pytest.mark.parametrize("location", REDIRECTS)
async def test_s1_a_redirect_of_a_public_feed_does_not_reach_this_machine(location: str) -> None:
    dialler = NotingDialler(instead="127.0.0.1")
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=302, headers={"Location": location.format(port=server.port)})
        failed = await fetch(server.url("/feed", host="public.example"), dialler=dialler)
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.REFUSED_ADDRESS
        assert dialler.dialled == [("93.184.215.14", server.port)]
        assert server.paths() == ["/feed"]


async def test_s1_a06_a_name_that_turns_private_between_two_requests_is_refused_then() -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])

    async def names(host: str, port: int) -> list[Address]:
        return [ip_address(next(answers))]

    dialler = NotingDialler(instead="127.0.0.1")
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=302, headers={"Location": "/again", "Connection": "close"})
        failed = await fetch(server.url("/feed", host="news.example"), resolve=names, dialler=dialler)
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.REFUSED_ADDRESS
        assert dialler.dialled == [("93.184.215.14", server.port)]


async def test_s1_a_kept_connection_stays_with_the_address_that_was_judged() -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])

    async def names(host: str, port: int) -> list[Address]:
        return [ip_address(next(answers))]

    dialler = NotingDialler(instead="127.0.0.1")
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=302, headers={"Location": "/again"})
        server.answers["/again"] = Answer(body=b"<rss/>")
        outcome = await fetch(server.url("/feed", host="news.example"), resolve=names, dialler=dialler)
        assert isinstance(outcome, Fetched)
        assert dialler.dialled == [("93.184.215.14", server.port)]
        assert list(answers) == [ip_address("127.0.0.1").exploded]


async def test_s1_a_connection_for_a_feed_that_may_go_home_is_not_used_for_one_that_may_not() -> None:
    fetcher = HttpFetcher(
        user_agent="test/1", timeout=timedelta(seconds=5), max_bytes=1000, pace=HostPacing(gap=timedelta())
    )
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=b"<rss/>")
        outcomes = [
            await fetcher.fetch(FetchRequest(url=server.url("/feed"), allow_private_address=private))
            for private in (True, False, True)
        ]
        assert [isinstance(outcome, Fetched) for outcome in outcomes] == [True, False, True]
        assert (server.connections, len(server.requests)) == (1, 2)
        await fetcher.aclose()


async def test_s1_a_name_is_looked_up_once_a_request_and_the_judged_address_is_dialled() -> None:
    names, dialler = Names(), NotingDialler(instead="127.0.0.1")
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=b"<rss/>")
        outcome = await fetch(server.url("/feed", host="public.example"), resolve=names, dialler=dialler)
        assert isinstance(outcome, Fetched)
        assert names.asked == ["public.example"]
        assert dialler.dialled == [("93.184.215.14", server.port)]
        assert server.requests[0].header("host") == f"public.example:{server.port}"


async def test_p25_an_international_name_is_looked_up_as_punycode() -> None:
    names = Names()
    await fetch("http://Bücher.example/", resolve=names, dialler=NotingDialler())
    assert names.asked == ["xn--bcher-kva.example"]


async def test_a_label_longer_than_dns_allows_is_a_name_that_can_not_be_resolved() -> None:
    failed = await fetch(f"http://{'a' * 64}.example/", dialler=NotingDialler())
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.NETWORK
    assert "could not be resolved" in failed.message


@pytest.mark.parametrize("scheme", ["HTTP", "HTTPS", "ALL"])
async def test_s2_a_proxy_in_the_environment_is_not_used(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with LoopbackServer() as proxy, LoopbackServer() as server:
        for name in (f"{scheme}_PROXY", f"{scheme}_proxy".lower()):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server.answers["/feed"] = server.answers["/hub"] = Answer(body=b"<rss/>")
        dialler = NotingDialler()
        assert isinstance(await fetch(server.url("/feed"), private=True), Fetched)
        assert await ask_hub(server.url("/hub"), private=True) is None
        await fetch("https://public.example/", dialler=dialler)
        assert dialler.dialled == [("93.184.215.14", 443)]
        assert proxy.connections == 0
        assert server.paths() == ["/feed", "/hub"]


async def test_s3_canary_every_request_of_feeds_and_hubs_is_dialled_by_the_guard() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=301, headers={"Location": server.url("/b", host="mixed.example")})
        server.answers["/b"] = Answer(status=302, headers={"Location": server.url("/c", host="localhost")})
        server.answers["/c"] = Answer(status=307, headers={"Location": "/d"})
        server.answers["/d"] = Answer(status=307, headers={"Location": "/e", "Connection": "close"})
        server.answers["/e"] = server.answers["/hub"] = Answer(body=b"<rss/>")
        dialler = NotingDialler(instead="127.0.0.1")
        outcome = await fetch(server.url("/feed", host="public.example"), private=True, dialler=dialler)
        assert isinstance(outcome, Fetched)
        assert await ask_hub(server.url("/hub", host="public.example"), dialler=dialler) is None
        assert [host for host, _ in dialler.dialled] == [
            "93.184.215.14",
            "93.184.215.14",
            "127.0.0.1",
            "127.0.0.1",
            "93.184.215.14",
        ]
        assert server.paths() == ["/feed", "/b", "/c", "/d", "/e", "/hub"]
        assert server.connections == len(dialler.dialled)
        # Only what came over the connection of the request before it was not dialled.
        assert [request.connection for request in server.requests] == [0, 1, 2, 2, 3, 4]
