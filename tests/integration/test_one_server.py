"""Two servers on one database: the second one ends with a message; polls beside the first are kept apart by leases."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.documents import Item, rss
from tests.integration.conftest import Program, free_port
from tests.loopback import Answer, in_thread
from tests.waiting import until

pytestmark = pytest.mark.slow

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")


def start(program: Program, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as told:
        process = subprocess.Popen(program.command("serve", "--port", str(free_port()), *arguments), stderr=told)
    until(lambda: "serving http://" in log.read_text())
    return process


def test_d9_a_second_server_ends_with_a_message_and_a_killed_one_leaves_no_lock(
    program: Program, tmp_path: Path
) -> None:
    with in_thread() as server:
        server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
        program.config.write_text(f"feeds: [{{id: a, url: '{server.url('/a.xml')}', allow_private_address: true}}]\n")
        first = start(program, tmp_path / "first.log")
        heirs: list[subprocess.Popen[bytes]] = []
        try:
            second = program.run("serve", "--port", str(free_port()))
            assert second.returncode == 2
            assert f"another `aggregator serve` polls for it (process {first.pid}); stop that one" in second.stderr
            assert "Traceback" not in second.stderr
            assert program.run("poll", "--all").returncode == 0, "polls beside it are meant to be"
            heirs.append(start(program, tmp_path / "pages.log", "--no-poll"))
            first.kill()
            first.wait()
            heirs.append(start(program, tmp_path / "heir.log"))
        finally:
            for process in (first, *heirs):
                process.send_signal(signal.SIGTERM)
                process.wait(30)
    assert [process.returncode for process in heirs] == [0, 0]
