"""What Ctrl-C and SIGTERM do to polls: the first finishes those that run, the second breaks them off."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aggregator.model.feed import Outcome
from aggregator.model.poll import PollResult
from tests.documents import Item, rss
from tests.factories import NOON, make_feed
from tests.integration.conftest import Program, free_port
from tests.integration.test_poll_cycle import open_newsroom
from tests.loopback import Answer, LoopbackServer, in_thread
from tests.manual_clock import ManualClock
from tests.waiting import LONG, until

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")


@dataclass(slots=True)
class Gate:
    """The slow feed: it answers when it is let."""

    opened: threading.Event = field(default_factory=threading.Event)

    async def answer(self) -> AsyncGenerator[bytes, None]:
        while not self.opened.is_set():  # noqa: ASYNC110 -- the test that opens it is in another thread
            await asyncio.sleep(0.01)
        body = rss([CHIEFS], site="https://slow.example")
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def server(gate: Gate) -> Iterator[LoopbackServer]:
    with in_thread() as running:
        running.answers["/quick.xml"] = Answer(body=rss([CHIEFS]), headers={"ETag": '"one"'})
        running.answers["/slow.xml"] = Answer(stream=gate.answer)
        yield running
        gate.opened.set()


def configure(program: Program, server: LoopbackServer) -> None:
    """Name a quick feed of one server, and of another one a slow feed twice: only one of these is asked at a time."""
    quick, slow = server.url("/quick.xml", host="localhost"), server.url("/slow.xml")
    program.config.write_text(
        "polling: {host_gap: 0s, allow_networks: ['127.0.0.0/8', '::1/128']}\nfeeds:\n"
        f"  - {{id: slow, url: '{slow}'}}\n  - {{id: quick, url: '{quick}'}}\n  - {{id: slow-too, url: '{slow}?again'}}\n"
    )


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    log: list[str]


@dataclass(slots=True, kw_only=True)
class Running:
    """A command with its log in a file, where it can be read as it grows."""

    process: subprocess.Popen[str]
    log: Path

    def send(self, number: int) -> None:
        """Send a signal, and wait until the program has said something of it: two that wait to be heard are one."""
        before = len(self.log.read_text())
        self.process.send_signal(number)
        until(lambda: self.process.poll() is not None or "stop" in self.log.read_text()[before:])

    def end(self) -> Ended:
        out, _ = self.process.communicate(timeout=LONG)
        return Ended(self.process.returncode, out, self.log.read_text().splitlines())


def start(program: Program, *command: str) -> Running:
    log = program.config.with_name("log")
    with log.open("w") as file:
        process = subprocess.Popen(program.command(*command), stdout=subprocess.PIPE, stderr=file, text=True)
    return Running(process=process, log=log)


def wait_for_the_quick_one(program: Program, server: LoopbackServer) -> None:
    """Wait until both servers have been asked, and what answered at once is kept."""
    until(lambda: len(server.requests) >= 2 and kept(program.database) == 1)


def kept(database: Path) -> int:
    """Count the polls that have ended."""
    with closing(sqlite3.connect(database)) as opened:
        (found,) = opened.execute("SELECT count(*) FROM feeds WHERE last_polled_at IS NOT NULL").fetchone()
    return int(found)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_t2_a_signal_finishes_the_polls_that_run_and_says_how_many_feeds_are_left(
    program: Program, server: LoopbackServer, gate: Gate, number: int, code: int
) -> None:
    configure(program, server)
    running = start(program, "poll")
    wait_for_the_quick_one(program, server)
    running.send(number)
    gate.opened.set()
    ended = running.end()
    assert ended.code == code
    # The quick one is kept, but may be on its way to be told.
    assert {"finishing 1 poll; Ctrl-C again stops now", "finishing 2 polls; Ctrl-C again stops now"} & set(ended.log)
    assert ended.log[-1] == "stopped: 1 due feed not polled"
    assert [line.split()[0] for line in ended.out.splitlines()[1:3]].count("quick") == 1
    assert "2 entries of 3 feeds kept" in ended.out
    assert len(program.poll()) == 1, "what was left is due"


@pytest.mark.slow
def test_t2_a_second_signal_stops_at_once_and_shows_what_was_kept(program: Program, server: LoopbackServer) -> None:
    configure(program, server)
    running = start(program, "poll", "--all", "--json")
    wait_for_the_quick_one(program, server)
    running.send(signal.SIGINT)
    running.send(signal.SIGINT)
    ended = running.end()
    assert ended.code == 130
    assert [(told["feed_id"], told["new"]) for told in json.loads(ended.out)] == [("quick", 1)]
    assert ended.log[-1] == "stopped: 2 feeds not polled"
    assert "Traceback" not in "".join(ended.log)


@pytest.mark.slow
def test_t2_a_second_signal_ends_serve_at_once_and_the_log_names_whose_polls_it_broke_off(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server)
    running = start(program, "serve", "--port", str(free_port()))
    wait_for_the_quick_one(program, server)
    running.send(signal.SIGTERM)
    running.send(signal.SIGTERM)
    ended = running.end()
    assert ended.code == 0
    (told,) = [line for line in ended.log if "broke off the polls of" in line]
    # Answered polls may be on their way into the database too; the slow one is under way for certain.
    named = told.partition("polls of ")[2].partition(" as asked")[0].split(", ")
    assert {"slow", "slow-too"} & set(named)
    assert told.endswith("the next start polls them")
    server.answers["/slow.xml"] = Answer(body=rss([CHIEFS]))
    assert sorted(str(polled["feed_id"]) for polled in program.poll()) == ["slow", "slow-too"]


MANY = 50
LONGEST_END = 25.0
"""Seconds from the signal to the end; the program itself means to take 20 at most."""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "poll"])
def test_t2_with_fifty_requests_under_way_that_never_end_it_ends_in_time_and_gives_their_leases_back(
    program: Program, gate: Gate, command: str
) -> None:
    with ExitStack() as opened:
        servers = [opened.enter_context(in_thread()) for _ in range(MANY)]
        opened.callback(gate.opened.set)
        for server in servers:
            server.answers["/slow.xml"] = Answer(stream=gate.answer)
        feeds = "".join(
            f"  - {{id: f{number}, url: '{each.url('/slow.xml')}'}}\n" for number, each in enumerate(servers)
        )
        polling = f"{{concurrency: {MANY}, timeout: 2m, host_gap: 0s, allow_networks: ['127.0.0.0/8']}}"
        program.config.write_text(f"polling: {polling}\nfeeds:\n{feeds}")
        running = start(program, command, *(["--port", str(free_port())] if command == "serve" else []))
        until(lambda: all(server.requests for server in servers))
        began = time.monotonic()
        running.send(signal.SIGTERM)
        ended = running.end()
        assert time.monotonic() - began <= LONGEST_END
        assert ended.code == (0 if command == "serve" else 143)
        assert "Traceback" not in "".join(ended.log)
        assert leases(program.database) == 0
        gate.opened.set()
        assert len(program.poll()) == MANY, "what was given back is due at once"


def leases(database: Path) -> int:
    """Count the rate groups that somebody holds."""
    with closing(sqlite3.connect(database)) as opened:
        (found,) = opened.execute("SELECT count(*) FROM rate_groups WHERE lease_until IS NOT NULL").fetchone()
    return int(found)


@pytest.mark.anyio
async def test_t2_a_cancelled_cycle_tells_what_it_kept_but_could_not_compare_any_more(tmp_path: Path) -> None:
    async with (
        LoopbackServer() as server,
        LoopbackServer() as elsewhere,
        open_newsroom(tmp_path / "news.db", ManualClock(), server) as room,
    ):
        server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
        elsewhere.answers["/b.xml"] = Answer(body=rss([CHIEFS]), delay=60)
        urls = {"a": server.url("/a.xml"), "b": elsewhere.url("/b.xml")}
        feeds = [make_feed(name, url=url, allow_private_address=True) for name, url in urls.items()]
        await room.store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
        told: list[PollResult] = []
        cycle = asyncio.create_task(room.poller.poll_due(told.append))
        while not await room.entries() or room.poller.under_way != ("b",):  # noqa: ASYNC110 -- neither has an event
            await asyncio.sleep(0.01)
        cycle.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cycle
        assert room.poller.under_way == ("b",)
    assert [(result.feed_id, result.outcome, result.new) for result in told] == [("a", Outcome.FETCHED, 1)]
