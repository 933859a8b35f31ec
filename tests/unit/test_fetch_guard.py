"""S1: no spelling of an address gets past the guard. The dialler notes and refuses."""

import socket
from datetime import timedelta
from ipaddress import ip_address

import pytest

from aggregator.fetch.addresses import Address, AddressPolicy
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.failures import FetchProblem
from aggregator.fetch.guard import MOST_TRIED, GuardedBackend
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import addresses_of
from aggregator.model.fetch import Failed, FailureKind, FetchRequest
from tests.diallers import NotingDialler

pytestmark = pytest.mark.anyio

NAMES: dict[str, list[str]] = {
    "public.example": ["93.184.215.14"],
    "inside.example": ["10.0.0.7"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "mixed6.example": ["2606:4700::1", "fe80::1"],
    "many.example": [f"93.184.215.{number}" for number in range(20)],
    "nothing.example": [],
    "localhost": ["127.0.0.1", "::1"],
    "xn--bcher-kva.example": ["93.184.215.15"],
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


async def fetch(url: str, *, private: bool = False) -> tuple[Failed, NotingDialler, Names]:
    dialler, names = NotingDialler(), Names()
    fetcher = HttpFetcher(
        user_agent="test/1",
        timeout=timedelta(seconds=5),
        max_bytes=1000,
        pace=HostPacing(gap=timedelta()),
        resolve=names,
        dialler=dialler,
    )
    try:
        outcome = await fetcher.fetch(FetchRequest(url=url, allow_private_address=private))
    finally:
        await fetcher.aclose()
    assert isinstance(outcome, Failed)
    return outcome, dialler, names


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:8080/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://0177.0.0.01/",
        "http://127.0.0.1./",
        "http://0/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:7f00:1::]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://127。0。0。1/",
        "http://127．0．0．1/",
        "http://１２７.0.0.1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://ⓛocalhost/",
        "http://user:secret@127.0.0.1/",
        "http://public.example@127.0.0.1/",
        "http://public.example:80@127.0.0.1/",
        "http://127.0.0.1#@public.example/",
        "http://127.0.0.1?@public.example/",
        "http://10.0.0.1/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://168.63.129.16/",
        "http://192.0.0.1/",
        "http://192.88.99.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://inside.example/",
        "http://mixed.example/",
        "http://mixed6.example/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "http:127.0.0.1",
        "http:///127.0.0.1/",
        "http://[bad",
        "http://public.example:99999/",
        "http://public.example:0/",
        "javascript:alert(1)",
        "",
        "http://pub\nlic.example/",
        "http://\ud800/",
    ],
)
async def test_s1_no_spelling_leads_to_a_connection(url: str) -> None:
    failed, dialler, _ = await fetch(url)
    assert dialler.dialled == []
    assert failed.kind in {FailureKind.REFUSED_ADDRESS, FailureKind.NETWORK}
    assert failed.message
    assert "secret" not in failed.message


async def test_s1_what_is_read_as_the_host_is_what_is_dialled() -> None:
    # Browsers read 127.0.0.1 here, RFC 3986 reads a user name: whichever, one reader must decide for the whole way.
    _, dialler, names = await fetch("http://127.0.0.1\\@public.example/")
    assert names.asked == ["public.example"]
    assert dialler.dialled == [("93.184.215.14", 80)]


@pytest.mark.parametrize("port", [22, 25, 5432, 6379])
async def test_s1_ports_of_other_services_are_not_dialled(port: int) -> None:
    failed, dialler, names = await fetch(f"http://public.example:{port}/")
    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert f"port {port}" in failed.message
    assert (dialler.dialled, names.asked) == ([], [])


async def test_s1_a_port_that_home_servers_use_is_dialled_at_home_only() -> None:
    failed, dialler, _ = await fetch("http://public.example:9000/")
    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert "port 9000" in failed.message
    assert dialler.dialled == []
    _, dialler, _ = await fetch("http://inside.example:9000/", private=True)
    assert dialler.dialled == [("10.0.0.7", 9000)]


async def test_s3_canary_a_public_name_is_looked_up_once_and_its_judged_address_dialled() -> None:
    failed, dialler, names = await fetch("http://public.example/feed")
    assert names.asked == ["public.example"]
    assert dialler.dialled == [("93.184.215.14", 80)]
    assert failed.kind is FailureKind.NETWORK
    assert failed.message == "connection refused by 93.184.215.14:80 (public.example)"


async def test_one_private_answer_refuses_the_name_and_the_message_says_which() -> None:
    failed, _, _ = await fetch("http://mixed.example/")
    assert failed.kind is FailureKind.REFUSED_ADDRESS
    assert "mixed.example (127.0.0.1) is private" in failed.message
    assert "allow_private_address" in failed.message


async def test_p25_an_international_name_is_looked_up_as_punycode() -> None:
    _, _, names = await fetch("http://Bücher.example/")
    assert names.asked == ["xn--bcher-kva.example"]


async def test_the_next_address_is_tried_when_one_refuses_but_not_without_end() -> None:
    failed, dialler, _ = await fetch("http://many.example/")
    assert [host for host, _ in dialler.dialled] == NAMES["many.example"][:MOST_TRIED]
    assert None not in dialler.patience[:-1]
    assert failed.message.startswith("connection refused by 93.184.215.3:80")


async def test_an_unknown_name_is_said_to_be_unknown() -> None:
    failed, dialler, _ = await fetch("http://unknown.example/")
    assert failed.kind is FailureKind.NETWORK
    assert failed.message.startswith("the name unknown.example could not be resolved: ")
    assert dialler.dialled == []


async def test_a_name_without_addresses_is_said_to_have_none() -> None:
    failed, _, _ = await fetch("http://nothing.example/")
    assert failed.message == "the name nothing.example has no address"


async def test_a_label_longer_than_dns_allows_is_a_name_that_can_not_be_resolved() -> None:
    failed, _, _ = await fetch(f"http://{'a' * 64}.example/")
    assert failed.kind is FailureKind.NETWORK
    assert "could not be resolved" in failed.message


async def test_a_feed_that_may_be_private_reaches_loopback_but_not_metadata() -> None:
    _, dialler, _ = await fetch("http://localhost:8080/", private=True)
    assert dialler.dialled == [("127.0.0.1", 8080), ("::1", 8080)]
    failed, dialler, _ = await fetch("http://169.254.169.254/", private=True)
    assert dialler.dialled == []
    assert failed.kind is FailureKind.REFUSED_ADDRESS


async def test_a_socket_of_this_machine_is_no_address() -> None:
    backend = GuardedBackend(policy=AddressPolicy(), resolve=Names(), dialler=NotingDialler())
    with pytest.raises(FetchProblem, match="no web address"):
        await backend.connect_unix_socket("/run/docker.sock")
