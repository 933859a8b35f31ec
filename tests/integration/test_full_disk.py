"""A disk that is full while `aggregator serve` runs: said, survived, and over as soon as there is room.

The limit is one on the size of files (RLIMIT_FSIZE), put on the running process and taken off again: whatever would grow the journal is
refused, as on a full disk, and no folder of the machine has to be filled for it.
"""

import asyncio
import json
import resource
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from tests.documents import Item, rss
from tests.integration.conftest import Program, free_port
from tests.loopback import Answer, in_thread
from tests.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process can be set on Linux alone"),
]

ROOM = 16 * 1024
"""Bytes that the journal may still grow by: enough for a look for due feeds, too little for a document."""


def ask(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def large(name: str) -> bytes:
    return rss([Item(name=f"{name}-{number}", headline=f"Headline {number} of {name}") for number in range(200)])


def gated(gate: threading.Event, body: bytes) -> Callable[[], AsyncGenerator[bytes, None]]:
    async def answer() -> AsyncGenerator[bytes, None]:
        while not gate.is_set():  # noqa: ASYNC110 -- the test that opens it is in another thread
            await asyncio.sleep(0.02)
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)

    return answer


def limit_files(process: subprocess.Popen[bytes], size: int) -> None:
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def test_d3_a_full_disk_is_said_pages_are_served_and_polls_go_on_once_there_is_room(
    program: Program, tmp_path: Path
) -> None:
    full, room, log = threading.Event(), threading.Event(), tmp_path / "log"
    with in_thread() as first, in_thread() as refused, in_thread() as later:
        first.answers["/"] = Answer(body=rss([Item(name="chiefs", headline="Iraq hosts military chiefs")]))
        refused.answers["/"] = Answer(stream=gated(full, large("refused")))
        later.answers["/"] = Answer(stream=gated(room, large("later")))
        servers = {"first": first, "refused": refused, "later": later}
        feeds = "".join(
            f"- {{id: {name}, url: '{server.url()}', allow_private_address: true}}\n"
            for name, server in servers.items()
        )
        program.config.write_text(f"polling: {{timeout: 2m}}\nfeeds:\n{feeds}")
        port = free_port()
        site = f"http://127.0.0.1:{port}"
        with log.open("wb") as told:
            process = subprocess.Popen(program.command("serve", "--port", str(port)), stderr=told)
        try:
            until(lambda: "Iraq hosts" in ask(f"{site}/feed.atom")[1] and bool(refused.requests and later.requests))
            journal = program.database.with_name(f"{program.database.name}-wal")
            limit_files(process, max(journal.stat().st_size, program.database.stat().st_size) + ROOM)
            full.set()
            until(lambda: ask(f"{site}/readyz")[0] == 503)
            reasons = json.loads(ask(f"{site}/readyz")[1])["reasons"]
            assert any(
                "refused to store polls" in reason or "can't be read and written" in reason for reason in reasons
            )
            assert all(str(tmp_path) not in reason for reason in reasons)
            until(lambda: "see whether it is full or failing" in log.read_text())  # lines are written together
            for path in ("/", "/feed.atom", "/feeds", "/entries/1", "/search?q=military", "/healthz"):
                assert ask(f"{site}{path}")[0] == 200, path
            limit_files(process, resource.RLIM_INFINITY)
            room.set()
            until(lambda: "of later" in ask(f"{site}/feed.atom")[1])
            until(lambda: ask(f"{site}/readyz")[0] == 200, seconds=120)
            assert "of refused" not in ask(f"{site}/feed.atom")[1], "nothing of what was refused is kept in part"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    assert process.returncode == 0
    assert "Traceback" not in log.read_text()
    assert program.run("db", "check").returncode == 0
