"""The server that is soaked, who looks at it every few seconds, and who asks it for pages all the while."""

import http.client
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.meter import descendants, pss
from benchmarks.soak_rules import Asked, Life, Sample

_ROOT: Final = Path(__file__).resolve().parents[1]
_GONE_AFTER: Final = 10.0
"""Seconds in which what a server started has to end, once it has."""
PATHS: Final = (
    *("/", "/healthz", "/feed.atom", "/stories.atom", "/feeds", "/healthz", "/search?q=harbour", "/digests", "/readyz"),
    *("/stories.json", "/healthz", "/metrics", "/categories/world", "/categories/world.atom", "/feeds.opml"),
)
"""What the client asks for by turns, followed by stories and entries that the front page named."""


def read(database: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask the database, without ever being the one who tidies up behind a killed server; nothing where there is none yet."""
    if not database.exists():
        return []
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection,
    ):
        return connection.execute(statement).fetchall()
    return []


@dataclass(slots=True)
class Soaked:
    """One server after the other, on one database and one port.

    Args:
        folder: with `feeds.yaml`; holds the database and a log of each life.
        port: where the server listens.
        clock: seconds since the beginning of the run.
    """

    folder: Path
    port: int
    clock: Callable[[], float]
    lives: list[Life] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path:
        """The database."""
        return self.folder / "aggregator.db"

    @property
    def running(self) -> tuple[int, int]:
        """Process and number of the life that goes on; 0, 0: none does."""
        process = self._process
        return (process.pid, self.lives[-1].number) if process and process.poll() is None else (0, 0)

    def command(self, *arguments: str) -> list[str]:
        """Give a command on the same files."""
        files = ("--config", str(self.folder / "feeds.yaml"), "--database", str(self.database))
        return [sys.executable, "-m", "aggregator", *files, *arguments]

    def log(self, life: int) -> Path:
        """Name the log of a life."""
        return self.folder / f"serve-{life}.log"

    def start(self) -> Life:
        """Begin a life, and wait until it answers.

        Raises:
            RuntimeError: it does not, within a minute.
        """
        life = Life(number=len(self.lives) + 1, began=self.clock())
        self.lives.append(life)
        with self.log(life.number).open("wb") as log:
            self._process = subprocess.Popen(
                self.command("serve", f"--port={self.port}"), stdin=subprocess.DEVNULL, stderr=log, cwd=_ROOT
            )
        while life.ready is None:
            if self._process.poll() is not None or self.clock() - life.began > 60:
                raise RuntimeError(f"the server did not begin; {self.log(life.number)} says why")
            if ask(self.port, "/healthz")[0] == 200:
                life.ready = self.clock()
            else:
                time.sleep(0.1)
        return life

    def end(self, *, kill: bool) -> Life:
        """End the life that goes on, and wait for whatever it started."""
        life, process = self.lives[-1], self._process
        if process is None or life.ended is not None:
            return life
        below = {(pid, started) for pid, started, _ in descendants(process.pid)}
        life.killed, life.ending = kill, self.clock()
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            life.code = process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            life.code = process.wait()
        life.ended = self.clock()
        until = self.clock() + _GONE_AFTER
        while (left := _alive(below)) and self.clock() < until:
            time.sleep(0.1)
        life.left = len(left)
        return life


def _alive(processes: set[tuple[int, int]]) -> set[tuple[int, int]]:
    found = set()
    for pid, started in processes:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()
            if int(fields[19]) == started and fields[0] != "Z":
                found.add((pid, started))
    return found


def ask(port: int, path: str, *, host: str = "127.0.0.1") -> tuple[int, bytes]:
    """Ask once: status and body; 0 where there was no answer."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


@dataclass(slots=True)
class Watcher:
    """Looks at the server, and asks it, in threads of its own."""

    soaked: Soaked
    look_every: float
    ask_every: float
    seed: int
    samples: list[Sample] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch until the end of the block."""
        threads = [threading.Thread(target=each) for each in (self._look, self._ask)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _look(self) -> None:
        while not self._over.wait(self.look_every):
            pid, life = self.soaked.running
            if pid:
                # A process may end while it is looked at.
                with suppress(OSError, StopIteration):
                    self.samples.append(self._sample(pid, life))

    def _sample(self, pid: int, life: int) -> Sample:
        below = [each for each, _, _ in descendants(pid)]
        own, memory, files = pss(pid), 0, len(list(Path(f"/proc/{pid}/fd").iterdir()))
        for each in below:
            with suppress(OSError, StopIteration):
                memory += pss(each)
                files = max(files, len(list(Path(f"/proc/{each}/fd").iterdir())))
        database = self.soaked.database
        entries = read(database, "SELECT coalesce(sum(entry_count), 0) FROM feeds")
        return Sample(
            at=self.soaked.clock(),
            life=life,
            memory=own + memory,
            own=own,
            files=files,
            threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
            processes=1 + len(below),
            wal=_size(database.with_name(f"{database.name}-wal")),
            database=_size(database),
            entries=int(str(entries[0][0])) if entries else 0,
        )

    def _ask(self) -> None:
        random, found, turns = Random(self.seed), ["/"], cycle([*PATHS, *[""] * (len(PATHS) // 3)])
        for turn in turns:
            if self._over.wait(self.ask_every):
                return
            pid, life = self.soaked.running
            if not pid:
                continue
            path = turn or random.choice(found)
            at = self.soaked.clock()
            status, body = ask(self.soaked.port, path)
            self.asked.append(Asked(at=at, life=life, path=path, status=status, seconds=self.soaked.clock() - at))
            if path == "/" and status == 200:
                found = sorted(set(re.findall(r'href="(/(?:stories|entries)/\d+)"', body.decode()))) or ["/"]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
