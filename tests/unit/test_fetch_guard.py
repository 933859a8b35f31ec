"""The guard between a name and a connection. The dialler notes and refuses, or opens nothing."""

from ipaddress import ip_address

import pytest

from aggregator.fetch.addresses import Address, AddressPolicy
from aggregator.fetch.failures import AddressRefused, FetchProblem
from aggregator.fetch.guard import MOST_TRIED, Guard
from aggregator.fetch.resolve import literal
from aggregator.model.fetch import FailureKind
from tests.diallers import NotingDialler, ScriptedDialler

pytestmark = pytest.mark.anyio

NAMES: dict[str, list[str]] = {
    "public.example": ["93.184.215.14"],
    "inside.example": ["10.0.0.7"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "both.example": ["2606:4700::1", "2606:4700::2", "2606:4700::3", "93.184.215.14"],
    "many.example": [f"93.184.215.{number}" for number in range(20)],
    "nothing.example": [],
    "localhost": ["127.0.0.1", "::1"],
}


class Names:
    """The names above, and nothing else."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        if host not in NAMES:
            raise OSError(-2, "Name or service not known")
        return [ip_address(text) for text in NAMES[host]]


async def connect(host: str, port: int = 80, *, private: bool = False) -> tuple[FetchProblem, NotingDialler, Names]:
    dialler, names = NotingDialler(), Names()
    guard = Guard(policy=AddressPolicy(allow_private=private), resolve=names, dial=dialler)
    with pytest.raises(FetchProblem) as caught:
        await guard.connect(host, port)
    return caught.value, dialler, names


@pytest.mark.parametrize("port", [22, 25, 5432, 6379])
async def test_s1_ports_of_other_services_are_not_dialled(port: int) -> None:
    problem, dialler, names = await connect("public.example", port)
    assert problem.kind is FailureKind.REFUSED_ADDRESS
    assert f"port {port}" in str(problem)
    assert (dialler.dialled, names.asked) == ([], [])


async def test_s1_a_port_that_home_servers_use_is_dialled_at_home_only() -> None:
    problem, dialler, _ = await connect("public.example", 9000)
    assert problem.kind is FailureKind.REFUSED_ADDRESS
    assert "port 9000" in str(problem)
    assert dialler.dialled == []
    _, dialler, _ = await connect("inside.example", 9000, private=True)
    assert dialler.dialled == [("10.0.0.7", 9000)]


async def test_a_name_is_looked_up_once_and_its_judged_address_dialled() -> None:
    problem, dialler, names = await connect("public.example")
    assert names.asked == ["public.example"]
    assert dialler.dialled == [("93.184.215.14", 80)]
    assert problem.kind is FailureKind.NETWORK
    assert str(problem) == "connection refused by 93.184.215.14 port 80 (public.example)"


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:4700::1"])
async def test_a_literal_address_is_not_looked_up(host: str) -> None:
    _, dialler, names = await connect(host)
    assert (names.asked, dialler.dialled) == ([], [(host, 80)])


@pytest.mark.parametrize(
    ("host", "is_literal"),
    [("127.0.0.1", True), ("::1", True), ("127.1", False), ("0x7f.1", False), ("1.example", False), ("a:b", False)],
)
def test_only_a_complete_literal_is_one(host: str, *, is_literal: bool) -> None:
    assert (literal(host) is not None) is is_literal


async def test_one_private_answer_refuses_the_name_and_the_message_says_which() -> None:
    problem, dialler, _ = await connect("mixed.example")
    assert problem.kind is FailureKind.REFUSED_ADDRESS
    assert "mixed.example (127.0.0.1) is private" in str(problem)
    assert "allow_private_address" in str(problem)
    assert "allow_private_address" not in problem.as_failed().message
    assert dialler.dialled == []


async def test_the_next_address_is_tried_when_one_refuses_but_not_without_end() -> None:
    problem, dialler, _ = await connect("many.example")
    assert [host for host, _ in dialler.dialled] == NAMES["many.example"][:MOST_TRIED]
    assert str(problem).endswith("93.184.215.2, 93.184.215.3 port 80 (many.example)")


async def test_of_many_addresses_of_one_family_the_other_family_is_tried_too() -> None:
    _, dialler, _ = await connect("both.example")
    assert [host for host, _ in dialler.dialled] == ["2606:4700::1", "93.184.215.14", "2606:4700::2", "2606:4700::3"]


async def test_a_silent_address_does_not_hold_up_the_next() -> None:
    dialler = ScriptedDialler({"127.0.0.1": None, "::1": 0})
    guard = Guard(policy=AddressPolicy(allow_private=True), resolve=Names(), dial=dialler, stagger=0.01)
    with await guard.connect("localhost", 80) as connection:
        assert connection is dialler.opened["::1"]
    assert dialler.called_off == ["127.0.0.1"]


async def test_an_unknown_name_is_said_to_be_unknown() -> None:
    problem, dialler, _ = await connect("unknown.example")
    assert problem.kind is FailureKind.NETWORK
    assert str(problem) == "the name unknown.example could not be resolved: Name or service not known"
    assert dialler.dialled == []


async def test_a_name_without_addresses_is_said_to_have_none() -> None:
    problem, _, _ = await connect("nothing.example")
    assert str(problem) == "the name nothing.example has no address"


async def test_a_feed_that_may_be_private_reaches_loopback_but_not_metadata() -> None:
    _, dialler, _ = await connect("localhost", 8080, private=True)
    assert dialler.dialled == [("127.0.0.1", 8080), ("::1", 8080)]
    problem, dialler, _ = await connect("169.254.169.254", private=True)
    assert dialler.dialled == []
    assert problem.kind is FailureKind.REFUSED_ADDRESS
    assert str(problem) == "169.254.169.254 is a cloud's metadata service: not dialled", "no switch opens it"


@pytest.mark.parametrize(
    ("host", "port", "what"),
    [
        ("10.1.2.3", 80, "10.1.2.3, an address of a private network"),
        ("mixed.example", 80, "mixed.example (127.0.0.1), an address of this machine"),
        ("169.254.1.1", 80, "169.254.1.1, a link-local address"),
        ("169.254.169.254", 80, "169.254.169.254, a cloud's metadata service"),
        ("public.example", 22, "port 22 of public.example, that of another service than the web"),
    ],
)
async def test_s1_what_is_refused_behind_a_redirect_is_said_in_words(host: str, port: int, what: str) -> None:
    problem, _, _ = await connect(host, port)
    assert isinstance(problem, AddressRefused)
    assert problem.behind_redirect("a.example") == f"a.example redirects to {what}: not followed; ask its publisher"
