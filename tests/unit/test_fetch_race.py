"""RFC 8305: who is dialled, in which order, how long after another, and what becomes of who comes second."""

import asyncio
import socket
from ipaddress import ip_address

import pytest

from aggregator.fetch.addresses import Address
from aggregator.fetch.race import STAGGER, first_connection, interleaved
from tests.diallers import ScriptedDialler

pytestmark = pytest.mark.anyio

A, B, C = "93.184.215.1", "93.184.215.2", "93.184.215.3"
SIX, SEVEN = "2606:4700::6", "2606:4700::7"
STEP = 0.02


async def race(dialler: ScriptedDialler, *texts: str, stagger: float = STEP) -> str:
    """Give the address that won."""
    won = await first_connection([ip_address(text) for text in texts], 80, dialler, stagger=stagger)
    name = next(name for name, opened in dialler.opened.items() if opened is won)
    assert won.fileno() != -1
    won.close()
    return name


@pytest.mark.parametrize(
    ("given", "tried"),
    [
        ([A, B, SIX, SEVEN], [A, SIX, B, SEVEN]),
        ([SIX, SEVEN, A], [SIX, A, SEVEN]),
        ([SIX, A, B, C], [SIX, A, B, C]),
        ([A, B], [A, B]),
        ([], []),
    ],
)
def test_families_take_turns_beginning_with_the_preferred_one(given: list[str], tried: list[str]) -> None:
    assert [str(address) for address in interleaved([ip_address(text) for text in given])] == tried


def test_the_stagger_is_what_rfc_8305_recommends() -> None:
    assert STAGGER == 0.25


async def test_an_address_that_accepts_at_once_is_the_only_one_dialled() -> None:
    dialler = ScriptedDialler({A: 0, B: 0})
    assert await race(dialler, A, B) == A
    assert [name for name, _ in dialler.dialled] == [A]


async def test_a_silent_address_holds_nobody_up_and_is_called_off() -> None:
    dialler = ScriptedDialler({SIX: None, A: 0})
    assert await race(dialler, SIX, A) == A
    (_, first), (_, second) = dialler.dialled
    assert STEP * 0.9 <= second - first < 10 * STEP
    assert dialler.called_off == [SIX]


async def test_after_a_refusal_the_next_is_dialled_at_once() -> None:
    dialler = ScriptedDialler({SIX: -0.001, A: 0})
    assert await race(dialler, SIX, A, stagger=30) == A


async def test_a_slow_first_address_still_wins_over_a_slower_second() -> None:
    dialler = ScriptedDialler({SIX: 2 * STEP, A: 20 * STEP})
    assert await race(dialler, SIX, A) == SIX
    assert dialler.called_off == [A]
    assert A not in dialler.opened


async def test_who_connects_second_at_the_same_moment_is_closed() -> None:
    both_dialled, opened, calls = asyncio.Event(), list[socket.socket](), list[Address]()

    async def together(address: Address, port: int) -> socket.socket:
        calls.append(address)
        if len(calls) == 2:
            both_dialled.set()
        await both_dialled.wait()
        opened.append(socket.socket())
        return opened[-1]

    with await first_connection([ip_address(A), ip_address(B)], 80, together, stagger=STEP) as winner:
        assert winner.fileno() != -1
        assert len(opened) == 2
        assert [connection.fileno() != -1 for connection in opened] == [connection is winner for connection in opened]


async def test_when_all_refuse_the_last_refusal_is_said() -> None:
    dialler = ScriptedDialler({A: -0.001, B: -0.002, C: -0.003})
    with pytest.raises(ConnectionRefusedError, match=f"refused by {C}"):
        await race(dialler, A, B, C)
    assert [name for name, _ in dialler.dialled] == [A, B, C]


async def test_a_deadline_calls_off_everything() -> None:
    dialler = ScriptedDialler({A: None, B: None})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3 * STEP):
            await race(dialler, A, B)
    assert sorted(dialler.called_off) == [A, B]
