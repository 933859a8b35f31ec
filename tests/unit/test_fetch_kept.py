"""Which connections rest, for how long, and which is given to whom."""

import asyncio
import socket
from collections.abc import Callable, Iterator

import pytest

from aggregator.fetch.kept import KeptConnections, Origin
from aggregator.fetch.streams import PlainStream

pytestmark = pytest.mark.anyio

NEWS: Origin = ("http", "news.example", 80, False)


class FakeStream:
    """A `fetch.streams.Stream` that is stirred by hand."""

    def __init__(self, *, is_quiet: bool = True) -> None:
        self.is_quiet = is_quiet
        self.is_closed = False
        self.stirred: Callable[[], None] | None = None

    async def send(self, data: bytes) -> None:
        raise AssertionError("nobody sends here")

    async def receive(self) -> bytes:
        raise AssertionError("nobody waits here")

    def rest(self, stirred: Callable[[], None]) -> None:
        self.stirred = stirred

    def wake(self) -> bool:
        return self.is_quiet

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and the server's; ours belongs to a stream, which closes it."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    with ours, theirs:
        yield ours, theirs


async def test_a_connection_is_given_once_and_to_its_own_origin_alone() -> None:
    kept, stream = KeptConnections(), FakeStream()
    kept.put(NEWS, stream)
    others: list[Origin] = [
        ("https", "news.example", 80, False),
        ("http", "b.news.example", 80, False),
        ("http", "news.example", 81, False),
        ("http", "news.example", 80, True),
    ]
    assert [kept.take(origin) for origin in others] == [None] * 4
    assert kept.take(NEWS) is stream
    assert kept.take(NEWS) is None
    assert not stream.is_closed
    kept.close()


async def test_of_two_connections_to_one_origin_the_later_stays() -> None:
    kept, first, second = KeptConnections(), FakeStream(), FakeStream()
    kept.put(NEWS, first)
    kept.put(NEWS, second)
    assert (first.is_closed, second.is_closed, len(kept)) == (True, False, 1)
    assert kept.take(NEWS) is second
    kept.close()


async def test_the_one_that_rests_longest_goes_first() -> None:
    kept, streams = KeptConnections(most=2), [FakeStream() for _ in range(3)]
    origins: list[Origin] = [("http", f"{name}.example", 80, False) for name in "abc"]
    kept.put(origins[0], streams[0])
    kept.put(origins[1], streams[1])
    taken = kept.take(origins[0])
    assert taken
    kept.put(origins[0], taken)
    kept.put(origins[2], streams[2])
    assert [stream.is_closed for stream in streams] == [False, True, False]
    kept.close()


async def test_a_connection_rests_no_longer_than_its_time() -> None:
    kept, first, second = KeptConnections(seconds=0.05), FakeStream(), FakeStream()
    kept.put(NEWS, first)
    await asyncio.sleep(0.03)
    kept.put(("http", "b.example", 80, False), second)
    await asyncio.sleep(0.035)
    assert (first.is_closed, second.is_closed) == (True, False)
    await asyncio.sleep(0.035)
    assert second.is_closed
    assert len(kept) == 0
    kept.close()


async def test_what_is_over_its_time_is_not_given_even_if_nobody_swept() -> None:
    kept, stream = KeptConnections(seconds=0.0), FakeStream()
    kept.put(NEWS, stream)
    assert kept.take(NEWS) is None
    assert stream.is_closed
    kept.close()


async def test_what_is_not_quiet_is_closed_instead_of_given() -> None:
    kept, stream = KeptConnections(), FakeStream(is_quiet=False)
    kept.put(NEWS, stream)
    assert kept.take(NEWS) is None
    assert stream.is_closed
    kept.close()


async def test_what_is_stirred_is_closed_at_once() -> None:
    kept, stream = KeptConnections(), FakeStream()
    kept.put(NEWS, stream)
    assert stream.stirred
    stream.stirred()
    assert stream.is_closed
    assert len(kept) == 0
    kept.close()


async def test_closing_closes_them_all_and_what_comes_later() -> None:
    kept, early, late = KeptConnections(), FakeStream(), FakeStream()
    kept.put(NEWS, early)
    kept.close()
    kept.put(NEWS, late)
    assert early.is_closed
    assert late.is_closed
    assert len(kept) == 0


@pytest.mark.parametrize("unasked", [b"HTTP/1.1 200 OK\r\n\r\n", b""])
async def test_a_connection_on_which_anything_comes_is_dropped_without_being_asked(
    ends: tuple[socket.socket, socket.socket], unasked: bytes
) -> None:
    ours, theirs = ends
    kept = KeptConnections()
    kept.put(NEWS, PlainStream(ours))
    if unasked:
        theirs.sendall(unasked)
    else:
        theirs.close()
    await asyncio.sleep(0.01)
    assert len(kept) == 0
    assert ours.fileno() == -1
    kept.close()


@pytest.mark.parametrize("unasked", [b"x", b""])
async def test_what_comes_before_the_loop_comes_round_is_seen_too(
    ends: tuple[socket.socket, socket.socket], unasked: bytes
) -> None:
    ours, theirs = ends
    kept = KeptConnections()
    kept.put(NEWS, PlainStream(ours))
    if unasked:
        theirs.sendall(unasked)
    else:
        theirs.close()
    assert kept.take(NEWS) is None
    assert ours.fileno() == -1
    kept.close()


async def test_a_connection_that_rested_in_quiet_is_read_as_before(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    kept, stream = KeptConnections(), PlainStream(ours)
    for word in (b"one", b"two"):
        theirs.sendall(word)
        assert await stream.receive() == word
        kept.put(NEWS, stream)
        await asyncio.sleep(0.002)
        assert kept.take(NEWS) is stream
    stream.close()
    kept.close()


async def test_what_comes_while_nobody_waits_is_not_lost(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    stream = PlainStream(ours)
    theirs.sendall(b"one")
    assert await stream.receive() == b"one"
    theirs.sendall(b"two")
    await asyncio.sleep(0.002)
    assert await stream.receive() == b"two"
    stream.close()


async def test_a_reading_that_is_called_off_takes_nothing_away(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    stream = PlainStream(ours)
    waiting = asyncio.ensure_future(stream.receive())
    await asyncio.sleep(0)
    theirs.sendall(b"late")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await stream.receive() == b"late"
    stream.close()
