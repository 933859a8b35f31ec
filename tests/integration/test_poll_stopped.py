"""What Ctrl-C and SIGTERM do to polls: the first finishes those that run, the second breaks them off."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.model.feed import Outcome
from aggregator.model.poll import PollResult
from tests.documents import Item, rss
from tests.factories import NOON, make_feed
from tests.integration.conftest import Program
from tests.integration.test_commands import serve
from tests.integration.test_poll_cycle import open_newsroom
from tests.loopback import Answer, LoopbackServer, in_thread
from tests.manual_clock import ManualClock

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
SLOW = 1.5
"""Seconds until the slow feed answers: as short as lets a signal come in between."""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with in_thread() as running:
        running.answers["/quick.xml"] = Answer(body=rss([CHIEFS]), headers={"ETag": '"one"'})
        running.answers["/slow.xml"] = Answer(body=rss([CHIEFS], site="https://slow.example"), delay=SLOW)
        yield running


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


def start(program: Program, *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(program.command("poll", *arguments), stdout=pipe, stderr=pipe, text=True)


def stop(process: subprocess.Popen[str], server: LoopbackServer, *signals: int) -> Ended:
    """Send these signals once both servers have been asked, and what answered at once has been read."""
    for _ in range(500):
        if len(server.requests) >= 2:
            break
        time.sleep(0.01)
    time.sleep(0.5)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.1)
    out, log = process.communicate(timeout=20)
    return Ended(process.returncode, out, log.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_t2_a_signal_finishes_the_polls_that_run_and_says_how_many_feeds_are_left(
    program: Program, server: LoopbackServer, number: int, code: int
) -> None:
    configure(program, server)
    ended = stop(start(program), server, number)
    assert ended.code == code
    assert "finishing 1 poll; Ctrl-C again stops now" in ended.log
    assert ended.log[-1] == "stopped: 1 due feed not polled"
    assert [line.split()[0] for line in ended.out.splitlines()[1:3]].count("quick") == 1
    assert "2 entries of 3 feeds kept" in ended.out
    assert len(program.poll()) == 1, "what was left is due"


@pytest.mark.slow
def test_t2_a_second_signal_stops_at_once_and_shows_what_was_kept(program: Program, server: LoopbackServer) -> None:
    server.answers["/slow.xml"] = Answer(body=rss([CHIEFS]), delay=60)
    configure(program, server)
    process = start(program, "--all", "--json")
    began = time.monotonic()
    ended = stop(process, server, signal.SIGINT, signal.SIGINT)
    assert time.monotonic() - began < 10
    assert ended.code == 130
    assert [(told["feed_id"], told["new"]) for told in json.loads(ended.out)] == [("quick", 1)]
    assert ended.log[-1] == "stopped: 2 feeds not polled"
    assert "Traceback" not in "".join(ended.log)


@pytest.mark.slow
def test_t2_a_second_signal_ends_serve_at_once_and_the_log_names_whose_polls_it_broke_off(
    program: Program, server: LoopbackServer
) -> None:
    server.answers["/slow.xml"] = Answer(body=rss([CHIEFS]), delay=60)
    configure(program, server)
    process, _ = serve(program)
    began = time.monotonic()
    ended = stop(process, server, signal.SIGTERM, signal.SIGTERM)
    assert time.monotonic() - began < 10
    assert ended.code == 0
    (told,) = [line for line in ended.log if "broke off the polls of" in line]
    # Answered polls may be on their way into the database too; the slow one is under way for certain.
    named = told.partition("polls of ")[2].partition(" as asked")[0].split(", ")
    assert {"slow", "slow-too"} & set(named)
    assert told.endswith("the next start polls them")
    server.answers["/slow.xml"] = Answer(body=rss([CHIEFS]))
    assert sorted(str(polled["feed_id"]) for polled in program.poll()) == ["slow", "slow-too"]


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
