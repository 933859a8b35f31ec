"""The parser port over worker processes that hang, die and are forgotten."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import parse_pool
from aggregator.feeds.parse import parse_document
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.parse_pool import Parsed, ParsePool
from aggregator.parse_worker import MEMORY

pytestmark = pytest.mark.anyio

PROCESSES = Path("/proc/self/stat").exists()
NO_PROCESSES = "needs /proc to see whether a process lives"
ROOT = Path(__file__).resolve().parents[2]
GOOD = b'<rss version="2.0"><channel><title>Good</title><item><title>ok</title></item></channel></rss>'
NESTED = b"<rss><channel><item>" + b"<a>" * 1_000_000
"""Takes several seconds of a parser that never looks up."""


def document(body: bytes = GOOD, url: str = "https://feeds.example/rss.xml") -> Document:
    return Document(body=body, url=url)


# Workers find these by name, as they find the real parser.


def parse_or_misbehave(document: Document) -> Parsed:
    """Do what the body says, else parse it."""
    if document.body == b"who":
        return Failed(kind=FailureKind.NOT_A_FEED, message=str(os.getpid()))
    if document.body in MISDEEDS:
        MISDEEDS[document.body]()
    return parse_document(document)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leave() -> None:
    os._exit(3)


def _stop_in_the_middle() -> None:
    time.sleep(60)


def _take_all_memory() -> None:
    bytearray(MEMORY * 2)


def _raise() -> None:
    raise KeyError("where")


MISDEEDS: dict[bytes, Callable[[], None]] = {
    b"die": _die,
    b"leave": _leave,
    b"hang": _stop_in_the_middle,
    b"swell": _take_all_memory,
    b"raise": _raise,
}


def workers() -> list[int]:
    return [process.pid for process in multiprocessing.active_children() if process.pid]


def is_alive(pid: int) -> bool:
    """Tell whether a process, also one that is no child of ours, is there and no zombie."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_the_end(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)


async def is_good(pool: ParsePool) -> bool:
    parsed = await pool.parse(document())
    return isinstance(parsed, ParsedFeed) and [entry.headline for entry in parsed.entries] == ["ok"]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[ParsePool]:
    pool = ParsePool(timeout=timedelta(seconds=0.5), parse=parse_or_misbehave)
    yield pool
    await pool.aclose()


async def test_a_feed_comes_back_whole(pool: ParsePool) -> None:
    assert await pool.parse(document()) == parse_document(document())


async def test_a_failure_comes_back_as_it_is(pool: ParsePool) -> None:
    assert await pool.parse(document(b"<html></html>")) == parse_document(document(b"<html></html>"))


async def test_s8_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_fine(pool: ParsePool) -> None:
    started = time.monotonic()
    failed = await pool.parse(document(NESTED))
    assert time.monotonic() - started < 3
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.HOSTILE_DOCUMENT
    assert failed.message == "the document could not be read: it took longer than 0.5 s to read"
    assert await is_good(pool)


@pytest.mark.parametrize(
    ("misdeed", "reason"),
    [
        (b"die", "its worker died of SIGKILL"),
        (b"leave", "its worker ended with exit code 3"),
        (b"hang", "it took longer than 0.5 s to read"),
        (b"swell", "it took more than 768 MiB of memory to read"),
        (b"raise", "the parser failed (KeyError); this is a fault of this program"),
    ],
)
async def test_whatever_a_worker_does_is_a_value_and_the_next_document_is_fine(
    pool: ParsePool, misdeed: bytes, reason: str
) -> None:
    failed = await pool.parse(document(misdeed))
    assert failed == Failed(kind=FailureKind.HOSTILE_DOCUMENT, message=f"the document could not be read: {reason}")
    assert await is_good(pool)


async def test_two_documents_are_read_at_a_time() -> None:
    # With a deadline that no busy machine meets: what hangs is under way for as long as the other takes.
    pool = ParsePool(timeout=timedelta(seconds=60), parse=parse_or_misbehave)
    hanging = asyncio.create_task(pool.parse(document(b"hang")))
    await asyncio.sleep(0.05)
    assert await is_good(pool)
    assert not hanging.done()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    await pool.aclose()


async def test_more_documents_than_workers_wait_their_turn(pool: ParsePool) -> None:
    bodies = [b"hang", b"die", b"hang", GOOD, b"leave", GOOD, GOOD]
    outcomes = await asyncio.gather(*(pool.parse(document(body)) for body in bodies))
    assert [isinstance(outcome, ParsedFeed) for outcome in outcomes] == [body == GOOD for body in bodies]


async def test_cancelling_stops_the_worker_and_spares_the_pool(pool: ParsePool) -> None:
    task = asyncio.create_task(pool.parse(document(b"hang")))
    await asyncio.sleep(0.15)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await is_good(pool)


async def test_a_worker_that_begins_when_nobody_wants_it_any_more_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[parse_pool._Worker] = []

    def slow(*given: object) -> parse_pool._Worker:
        time.sleep(0.1)
        begun.append(start(*given))
        return begun[0]

    start: Callable[..., parse_pool._Worker] = parse_pool._start
    monkeypatch.setattr(parse_pool, "_start", slow)
    pool = ParsePool(parse=parse_or_misbehave)
    task = asyncio.create_task(pool.parse(document(GOOD)))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert begun[0].line.fileno() == -1
    begun[0].process.join(5)
    assert begun[0].process.exitcode == -signal.SIGKILL
    await pool.aclose()


async def test_workers_that_are_killed_while_they_have_nothing_to_do_are_replaced(pool: ParsePool) -> None:
    assert await is_good(pool)
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    assert await is_good(pool)
    await asyncio.sleep(0.2)
    assert await is_good(pool)


async def test_a_document_larger_than_any_buffer_goes_there_and_back(pool: ParsePool) -> None:
    large = document(
        b'<rss version="2.0"><channel>'
        + b"".join(
            b"<item><title>%d</title><description>%s</description></item>" % (at, b"word " * 20_000) for at in range(40)
        )
        + b"</channel></rss>"
    )
    assert len(large.body) > 3_000_000
    patient = ParsePool(workers=1)
    parsed = await patient.parse(large)
    await patient.aclose()
    assert isinstance(parsed, ParsedFeed)
    assert [len(entry.text) for entry in parsed.entries] == [99_999] * 40


async def test_a_worker_is_replaced_after_so_many_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_pool, "DOCUMENTS_A_WORKER", 3)
    pool = ParsePool(workers=1, parse=parse_or_misbehave)
    names = [await pool.parse(document(b"who")) for _ in range(7)]
    await pool.aclose()
    assert [names.index(name) for name in names] == [0, 0, 0, 3, 3, 3, 6]


@pytest.mark.skipif(not PROCESSES, reason=NO_PROCESSES)
async def test_workers_end_when_no_document_has_come_for_a_while_and_the_next_document_has_another() -> None:
    pool = ParsePool(workers=1, idle=timedelta(seconds=0.2), parse=parse_or_misbehave)
    first = await pool.parse(document(b"who"))
    assert await pool.parse(document(b"who")) == first
    assert isinstance(first, Failed)
    await asyncio.to_thread(wait_for_the_end, [int(first.message)])
    assert not is_alive(int(first.message))
    assert await pool.parse(document(b"who")) != first
    await pool.aclose()


async def test_a_document_that_kills_its_worker_is_not_read_again() -> None:
    pool = ParsePool(workers=1, parse=parse_or_misbehave)
    before = await pool.parse(document(b"who"))
    assert isinstance(await pool.parse(document(b"die")), Failed)
    after = await pool.parse(document(b"who"))
    again = await pool.parse(document(b"who"))
    await pool.aclose()
    assert before != after
    assert after == again


async def test_workers_that_will_not_live_are_given_up_with_a_sentence() -> None:
    """Whatever kills them at once, say a system out of memory, the caller gets a value and no loop without an end."""

    class Doomed(ParsePool):
        async def _free_worker(self) -> parse_pool._Worker:
            worker = await super()._free_worker()
            worker.process.kill()
            worker.process.join()
            return worker

    pool = Doomed(workers=1)
    failed = await pool.parse(document())
    await pool.aclose()
    assert failed == Failed(
        kind=FailureKind.HOSTILE_DOCUMENT, message="the document could not be read: no worker answered"
    )


@pytest.mark.skipif(not PROCESSES, reason=NO_PROCESSES)
async def test_cancelled_and_finished_workers_leave_no_process_behind() -> None:
    pool = ParsePool(workers=2, parse=parse_or_misbehave)
    names = await asyncio.gather(pool.parse(document(b"who")), pool.parse(document(b"who")))
    hanging = asyncio.create_task(pool.parse(document(b"hang")))
    await asyncio.sleep(0.05)
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    await pool.aclose()
    pids = [int(name.message) for name in names if isinstance(name, Failed)]
    assert len(pids) == 2
    await asyncio.to_thread(wait_for_the_end, pids)
    assert not any(map(is_alive, pids))


async def test_ctrl_c_does_not_reach_the_workers() -> None:
    pool = ParsePool(workers=1, parse=parse_or_misbehave)
    before = await pool.parse(document(b"who"))
    assert isinstance(before, Failed)
    os.kill(int(before.message), signal.SIGINT)
    assert await pool.parse(document(b"who")) == before
    await pool.aclose()


@pytest.mark.skipif(not PROCESSES, reason=NO_PROCESSES)
async def test_closing_stops_workers_at_work_within_two_seconds() -> None:
    pool = ParsePool(parse=parse_or_misbehave, workers=1)
    who = await pool.parse(document(b"who"))
    assert isinstance(who, Failed)
    assert is_alive(int(who.message))
    hanging = asyncio.create_task(pool.parse(document(b"hang")))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    await pool.aclose()
    assert time.monotonic() - started < 2
    assert not is_alive(int(who.message))
    with pytest.raises(RuntimeError, match="closed"):
        await hanging


async def test_a_closed_pool_says_so_and_may_be_closed_again() -> None:
    pool = ParsePool()
    await pool.aclose()
    await pool.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await pool.parse(document())


SCRIPT = """
import asyncio, sys
from datetime import timedelta
from aggregator.parse_pool import ParsePool
from aggregator.model.feed import Document
import tests.unit.test_parse_pool as here

print("main", flush=True)

async def main():
    pool = ParsePool(timeout=timedelta(seconds=0.5), parse=here.parse_or_misbehave)
    print(len(here.workers()), flush=True)
    both = await asyncio.gather(pool.parse(here.document()), pool.parse(here.document()))
    print(both[0].title, flush=True)
    print(*here.workers(), flush=True)
    if "hang" in sys.argv:
        await pool.parse(here.document(b"hang"))
    await pool.aclose()

asyncio.run(main())
"""
"""A start script as `pip` writes them, without the guard that multiprocessing asks for."""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_workers_start_with_the_first_document_and_do_not_run_the_start_script_again(tmp_path: Path) -> None:
    script = tmp_path / "aggregator-start"
    script.write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=30, check=False, env=environment()
    )
    assert (run.stderr, run.returncode) == ("", 0)
    assert run.stdout.splitlines()[:3] == ["main", "0", "Good"]
    assert len(run.stdout.splitlines()[3].split()) == 2


@pytest.mark.slow
@pytest.mark.skipif(not PROCESSES, reason=NO_PROCESSES)
def test_no_worker_survives_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "aggregator-start"
    script.write_text(SCRIPT)
    with subprocess.Popen(
        [sys.executable, str(script), "hang"], stdout=subprocess.PIPE, text=True, env=environment()
    ) as parent:
        assert parent.stdout is not None
        lines = [parent.stdout.readline() for _ in range(4)]
        pids = [int(pid) for pid in lines[3].split()]
        assert len(pids) == 2
        time.sleep(0.2)
        parent.kill()
    deadline = time.monotonic() + 10
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in pids if is_alive(pid)] == []


@pytest.mark.slow
def test_a_worker_whose_parent_is_gone_before_it_has_begun_ends_without_a_word() -> None:
    script = (
        "import socket; from aggregator.parse_worker import read, serve; "
        "ours, theirs = socket.socketpair(); ours.close(); serve(theirs, read, 5)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
