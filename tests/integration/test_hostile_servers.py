"""S9: servers that mean harm, or are broken in ways that were measured to hurt. Each poll ends soon, and stays small.

The server runs in this process, so its memory counts as well.
"""

import asyncio
import gzip
import re
import zlib
from collections.abc import AsyncGenerator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest
from tests.loopback import Answer, LoopbackServer

pytestmark = pytest.mark.anyio

LIMIT = 10 * 2**20
DEADLINE = 0.3
SLACK = 1.0
MOST_MEMORY = 64 * 2**20
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

BAD, LARGE, LATE = FailureKind.BAD_RESPONSE, FailureKind.TOO_LARGE, FailureKind.TIMEOUT


def bomb() -> bytes:
    """Make a megabyte of gzip that unpacks to a gibibyte: one flushed block of zeros again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    head = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1023


def packed_three_times() -> bytes:
    body = bytes(20_000_000)
    for _ in range(3):
        body = gzip.compress(body)
    return body


def endless(head: bytes, piece: bytes, *, pause: float = 0.0) -> Answer:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield head
        while True:
            yield piece
            await asyncio.sleep(pause)

    return Answer(stream=stream)


def encoded(body: bytes, encoding: str) -> Answer:
    return Answer(body=body, headers={"Content-Encoding": encoding})


HOSTILE: dict[str, tuple[Answer, FailureKind]] = {
    "a megabyte of gzip that holds a gibibyte": (encoded(bomb(), "gzip"), LARGE),
    "gzip three times over": (encoded(packed_three_times(), "gzip, gzip, gzip"), BAD),
    "gzip three times over in three lines": (
        Answer(body=packed_three_times(), headers=[("Content-Encoding", "gzip")] * 3),
        BAD,
    ),
    "brotli": (encoded(bytes(405), "br"), BAD),
    "zstd": (encoded(bytes(33_000), "zstd"), BAD),
    "chunks without end": (endless(CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n"), LARGE),
    "tiny chunks without end": (endless(CHUNKED, b"1\r\nx\r\n" * 1000, pause=0.001), LATE),
    "a body without end": (endless(OK + b"\r\n", bytes(65536)), LARGE),
    "a chunk's extension without end": (endless(CHUNKED + b"1;a=", b"b" * 10_000), BAD),
    "trailers without end": (endless(CHUNKED + b"0\r\n", b"X-A: b\r\n" * 1000), BAD),
    "one trailer without end": (endless(CHUNKED + b"0\r\nX-A: ", b"b" * 10_000), BAD),
    "a slow body": (endless(OK + b"Content-Length: 100000\r\n\r\n", b"x", pause=0.01), LATE),
    "a slow packed body": (
        endless(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x")[:12], b"", pause=0.01),
        LATE,
    ),
    "slow headers": (endless(OK, b"X-A: b\r\n", pause=0.02), LATE),
    "a slow status line": (endless(b"HTTP/1.1 200 ", b"O", pause=0.01), LATE),
    "slow interim answers": (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", pause=0.05), LATE),
    "interim answers without end": (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 100), BAD),
    "empty lines without end": (endless(b"", b"\r\n" * 5000), BAD),
    "silence": (Answer(delay=60), LATE),
    "a header of 50 MB": (endless(OK + b"X-A: ", b"b" * 65536), BAD),
    "nine thousand headers": (Answer(raw=OK + b"X-A: b\r\n" * 9000 + b"\r\n<rss/>"), BAD),
    "a truncated body": (Answer(raw=OK + b"Content-Length: 10\r\n\r\n<rss"), BAD),
    "a truncated chunk": (Answer(raw=CHUNKED + b"10\r\n<rss"), BAD),
    "two lengths": (Answer(raw=OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n<rss/"), BAD),
    "a length beside chunks": (
        Answer(raw=OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BAD,
    ),
    "what is no gzip": (encoded(b"<rss/>", "gzip"), BAD),
    "gzip cut short": (encoded(gzip.compress(b"<rss/>")[:-4], "gzip"), BAD),
    "gzip with a wrong sum": (encoded(gzip.compress(b"<rss/>")[:-8] + bytes(8), "gzip"), BAD),
    "thousands of empty gzips": (encoded(gzip.compress(b"") * 10_000, "gzip"), BAD),
    "a length that is too large": (Answer(raw=OK + b"Content-Length: 99999999999\r\n\r\n"), LARGE),
    "no HTTP": (Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), BAD),
    "another protocol": (Answer(raw=b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), BAD),
}


class Memory:
    """How much more than in the beginning this process held at once."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): resets the peak
        self._before = self._field("VmRSS")

    def grown(self) -> int:
        return self._field("VmHWM") - self._before

    @staticmethod
    def _field(name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
        assert found
        return int(found[1]) * 1024


@pytest.fixture
def memory() -> Iterator[Memory]:
    try:
        yield Memory()
    except OSError:
        pytest.skip("the peak of a process's memory can't be reset here")


async def fetch(url: str) -> FetchOutcome:
    fetcher = HttpFetcher(
        user_agent="test/1",
        timeout=timedelta(seconds=DEADLINE),
        max_bytes=LIMIT,
        pace=HostPacing(gap=timedelta()),
    )
    try:
        return await fetcher.fetch(FetchRequest(url=url, allow_private_address=True))
    finally:
        await fetcher.aclose()


@pytest.mark.parametrize("name", HOSTILE)
async def test_s9_a_hostile_answer_ends_soon_and_stays_small(name: str, memory: Memory) -> None:
    answer, kind = HOSTILE[name]
    loop = asyncio.get_running_loop()
    async with LoopbackServer() as server:
        server.answers["/feed"] = answer
        started = loop.time()
        outcome = await fetch(server.url("/feed"))
        assert loop.time() - started < DEADLINE + SLACK
        assert memory.grown() < MOST_MEMORY
        assert isinstance(outcome, Failed)
        assert outcome.kind is kind, outcome.message
        assert "\n" not in outcome.message
        assert len(outcome.message) < 300


async def test_s9_a_validator_of_60_kb_is_accepted_as_an_answer() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(body=b"<rss/>", headers={"ETag": f'"{"e" * 60_000}"'})
        assert isinstance(await fetch(server.url("/feed")), Fetched)


async def test_s9_a_server_that_never_shakes_hands_runs_into_the_deadline() -> None:
    waiting = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await waiting.wait()
        writer.close()

    loop = asyncio.get_running_loop()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        started = loop.time()
        outcome = await fetch(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed")
        assert loop.time() - started < DEADLINE + SLACK
        waiting.set()
    assert isinstance(outcome, Failed)
    assert outcome.kind is LATE


async def test_s9_one_hostile_server_does_not_hold_up_the_others() -> None:
    async with LoopbackServer() as hostile, LoopbackServer() as server:
        hostile.answers["/feed"] = HOSTILE["a slow body"][0]
        server.answers["/feed"] = Answer(body=b"<rss/>")
        slow = asyncio.create_task(fetch(hostile.url("/feed")))
        for _ in range(2):
            assert isinstance(await fetch(server.url("/feed")), Fetched)
        assert not slow.done()
        assert isinstance(await slow, Failed)
