"""Real feeds on loopback, and the program as its users start it."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@dataclass(frozen=True, slots=True)
class RealFeeds:
    """`feedserver.py` as a process of its own."""

    config: Path
    control: str

    def tick(self) -> None:
        """Let every outlet move on to its next snapshot."""
        request = urllib.request.Request(f"{self.control}/tick", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@dataclass(slots=True)
class Program:
    """`python -m aggregator` on files of its own."""

    config: Path
    database: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def command(self, *arguments: str) -> list[str]:
        files = ["--config", str(self.config), "--database", str(self.database)]
        return [sys.executable, "-m", "aggregator", *files, *arguments]

    def put(self, configuration: str) -> None:
        """Put a file in the place of the old feeds.yaml, as careful editors do."""
        new = self.config.with_name("new.yaml")
        new.write_text(configuration)
        new.replace(self.config)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=300, check=False, env=self.environment
        )

    def poll(self, *arguments: str) -> list[dict[str, object]]:
        done = self.run("poll", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        results: list[dict[str, object]] = json.loads(done.stdout)
        return results


def free_port(host: str = "127.0.0.1") -> int:
    """Give a port on which nobody listens, below those that systems give to whoever names none: a test beside this one might get it next."""
    while True:
        port = random.randrange(15_000, 32_000)
        with suppress(OSError), socket.create_server((host, port)):
            return port


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(config=tmp_path / "feeds.yaml", database=tmp_path / "news.db")


def serve_real_feeds(folder: Path, options: Sequence[str]) -> Iterator[RealFeeds]:
    tool = SHARED / "tools" / "feedserver.py"
    if not tool.exists():
        pytest.skip(f"{tool} is absent: it serves the real feeds")
    config, port = folder / "feeds.yaml", free_port()
    arguments = [sys.executable, str(tool), "--port", str(port), "--seconds", "900", "--write-config", str(config)]
    with subprocess.Popen([*arguments, *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            assert "feeds on 127.0.0.2" in server.stdout.readline()
            yield RealFeeds(config=config, control=f"http://127.0.0.1:{port}")
        finally:
            server.send_signal(signal.SIGTERM)


@pytest.fixture
def all_real_feeds(tmp_path: Path) -> Iterator[RealFeeds]:
    yield from serve_real_feeds(tmp_path, ["--set", "all"])
