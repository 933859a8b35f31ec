"""Hostile documents and real feeds in one running program: the hostile ones hurt nobody else (S8)."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.meter import descendants
from tests.hostile_expectations import PLACES, Document, State, state, unmet
from tests.integration.conftest import SHARED, Program, RealFeeds
from tests.integration.test_commands import end, serve
from tests.loopback import Answer, LoopbackServer, in_thread

GENERATOR = SHARED / "tools" / "gen_hostile.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not GENERATOR.is_file(), reason="the maker of hostile feeds (../shared/tools) is not here"),
]

logger = logging.getLogger(__name__)

PAGES = ("/", "/feeds", "/feed.atom", "/stories")
MOST_MEMORY = 768 * 1024 * 1024
LONGEST_READ = 5.0
LONGEST_POLL = 26.0
"""Seconds: the request may take 20, the document 5."""
LONGEST_WAIT = 0.1
"""Seconds for a page at the 99th percentile, where nobody else uses the machine. Three runs had 75 to 82 ms; nine on a slower host 89 to 124."""
STANDSTILL = 5.0
"""Seconds that no page waits, however busy the machine."""
SHARE_OF_OTHERS = 0.1
"""Of the machine: a second in which others had more of it tells nothing of the program."""
PATIENCE = 400

Name = tuple[str, str | None, str | None, str]
Rows = list[tuple[object, ...]]


@dataclass(slots=True)
class Second:
    """About a second of watching."""

    waits: list[float] = field(default_factory=list)
    """Until each page was there."""
    others: float = 0.0
    """Share of the machine that had nothing to do with this test."""


@dataclass(slots=True)
class Watched:
    """What was seen of the running program."""

    site: str
    root: int
    """Its process."""
    memory: Counter[int] = field(default_factory=Counter)
    """Most bytes a process held, by its id."""
    seconds: list[Second] = field(default_factory=list)
    asked: int = 0

    def one_second(self) -> None:
        """Ask for pages for a second, and look at processes before and after."""
        second, began = Second(), time.monotonic()
        busy, ours = _busy(), _ours()
        while time.monotonic() < began + 1:
            second.waits.append(self._ask(PAGES[self.asked % len(PAGES)]))
            time.sleep(0.05)
        took = (time.monotonic() - began) * len(os.sched_getaffinity(0))
        second.others = max(0.0, (_busy() - busy) - max(0.0, _ours() - ours)) / took
        self.seconds.append(second)
        for pid in (self.root, *(pid for pid, *_ in descendants(self.root))):
            self.memory[pid] = max(self.memory[pid], _most_memory(pid))

    def _ask(self, path: str) -> float:
        began = time.perf_counter()
        with urllib.request.urlopen(self.site + path, timeout=60) as answer:
            answer.read()
        self.asked += 1
        return time.perf_counter() - began

    def waits(self, *, others: float = 1e9) -> list[float]:
        """List them in rising order: of the seconds in which others had no more than such a share of the machine."""
        return sorted(wait for second in self.seconds if second.others <= others for wait in second.waits)


def _busy() -> float:
    """Give the CPU seconds of the whole machine (proc(5))."""
    user, nice, system, _, _, irq, soft, *_ = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def _ours() -> float:
    """Give those of this process and all below it."""
    return sum(_cpu(pid) for pid in (os.getpid(), *(pid for pid, *_ in descendants(os.getpid()))))


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _most_memory(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def at(share: float, ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A server of all hostile documents."""

    folder: Path
    server: LoopbackServer
    rows: list[dict[str, Any]]
    """Of the MANIFEST."""

    def feeds(self) -> dict[str, str]:
        """Give the id of the feed of each, by its name."""
        return {row["file"]: f"hostile-{number}" for number, row in enumerate(self.rows)}

    def listed(self) -> str:
        """Give what feeds.yaml says of them."""
        return "".join(
            f"  - {{url: '{self.server.url(f'/{name}')}', id: {feed}, allow_private_address: true}}\n"
            for name, feed in self.feeds().items()
        )

    def turn(self) -> None:
        """Let feeds give other documents from now on."""
        for place, name in PLACES.items():
            self.server.answers[f"/{place}"] = self.server.answers[f"/{name}"]

    def documents(self, first: Mapping[str, State], again: Mapping[str, State]) -> dict[str, Document]:
        """Put together what became of each."""
        place_of = {name: place for place, name in PLACES.items()}
        return {
            row["file"]: Document(
                name=row["file"],
                expect=row["expect"],
                title=row.get("title", ""),
                first=first[row["file"]],
                again=again[row["file"]],
                replaced=again[place_of[row["file"]]] if row["file"] in place_of else None,
            )
            for row in self.rows
        }


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Hostile]:
    """Serve every hostile document, as its MANIFEST says."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    subprocess.run([sys.executable, str(GENERATOR), str(folder)], check=True, capture_output=True, timeout=120)
    rows = [json.loads(line) for line in (folder / "MANIFEST.jsonl").read_text().splitlines()]
    assert len(rows) == 139
    with in_thread() as server:
        for row in rows:
            headers = {"Content-Type": "application/xml", **row.get("serve", {})}
            server.answers[f"/{row['file']}"] = Answer(body=(folder / row["file"]).read_bytes(), headers=headers)
        yield Hostile(folder=folder, server=server, rows=rows)


def rows(database: Path, statement: str) -> Rows:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return connection.execute(statement).fetchall()


def entries_of_real_feeds(database: Path) -> Counter[tuple[object, ...]]:
    return Counter(
        rows(database, "SELECT feed_id, guid, url, headline FROM entries WHERE feed_id NOT LIKE 'hostile-%'")
    )


def states(database: Path, hostile: Hostile) -> dict[str, State]:
    return {name: state(database, feed) for name, feed in hostile.feeds().items()}


def watch_until_all_is_polled(program: Program) -> Watched:
    """Start the program, ask for pages until each feed has been polled and a while longer, and end it."""
    process, url = serve(program)
    watched, deadline = Watched(url, process.pid), time.monotonic() + PATIENCE
    try:
        while not _answers(url):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        while rows(program.database, "SELECT 1 FROM feeds WHERE last_polled_at IS NULL LIMIT 1"):
            watched.one_second()
            assert time.monotonic() < deadline, "every feed is polled in time"
        for _ in range(5):
            watched.one_second()
    finally:
        log = end(process)
    assert process.returncode == 0, log[-3000:]
    assert "Traceback" not in log, log[-3000:]
    assert "fault of this program" not in log
    return watched


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/healthz", timeout=5):
            return True
    except OSError:
        return False


def test_s8_139_hostile_documents_beside_274_real_feeds_hurt_nobody(
    all_real_feeds: RealFeeds, program: Program, hostile: Hostile, tmp_path: Path
) -> None:
    real = all_real_feeds.config.read_text()
    alone = Program(config=tmp_path / "alone.yaml", database=tmp_path / "alone.db")
    alone.config.write_text(real)
    alone.poll("--all", "--no-group")
    program.config.write_text(f"polling: {{host_gap: 0s}}\n{real}{hostile.listed()}")

    watched = watch_until_all_is_polled(program)

    assert max(watched.memory.values()) < MOST_MEMORY
    first = states(program.database, hostile)
    assert rows(program.database, f"SELECT feed_id, elapsed FROM polls WHERE elapsed > {LONGEST_POLL * 1000}") == []
    assert not [each for each in rows(program.database, "SELECT last_message FROM feeds") if "root:x:0" in str(each)]
    real_failures = "SELECT id, last_message FROM feeds WHERE last_outcome = 'failed' AND id NOT LIKE 'hostile-%'"
    assert rows(program.database, real_failures) == []
    assert entries_of_real_feeds(program.database) == entries_of_real_feeds(alone.database)
    assert {request.path for request in hostile.server.requests} <= hostile.server.answers.keys()
    hostile.turn()
    assert "Traceback" not in program.run("poll", "--all", "--json").stderr
    assert unmet(hostile.documents(first, states(program.database, hostile))) == []
    assert entries_of_real_feeds(program.database) == entries_of_real_feeds(alone.database)
    assert program.run("db", "check").returncode == 0
    assert watched.waits()[-1] < STANDSTILL
    quiet = watched.waits(others=SHARE_OF_OTHERS)
    all_of_it = watched.waits()
    figures: dict[str, float | None] = {"pages": len(all_of_it), "p50": at(0.5, all_of_it), "p99": at(0.99, all_of_it)}
    figures |= {"quiet": len(quiet), "quiet p99": at(0.99, quiet) if quiet else None}
    logger.info("%s", {**figures, "MiB": max(watched.memory.values()) >> 20})
    # Where it is about half, quiet seconds lie between busy ones: two such runs of one program gave 91 and 116 ms.
    if len(quiet) < 0.75 * len(all_of_it):
        pytest.skip(f"others used the machine too much of the time: how long pages wait can't be told ({figures})")
    assert at(0.99, quiet) < LONGEST_WAIT, figures


def test_s8_hostile_lists_of_feeds_are_imported_as_far_as_they_are_sound_and_nothing_is_polled_for_that(
    program: Program, hostile: Hostile
) -> None:
    program.config.write_text("feeds: []\n")
    bad = program.run("feeds", "import", str(hostile.folder / "urls/opml_bad_urls.opml"))
    assert bad.returncode in {0, 1}
    assert "'magnet:?x' is no http(s) address" in bad.stdout + bad.stderr
    added = json.loads(program.run("feeds", "list", "--json").stdout)
    assert 10 < len(added) < 45
    assert [feed["url"] for feed in added if not feed["url"].startswith(("http://", "https://"))] == []
    for refused in ("opml_xxe", "opml_billion_laughs"):
        done = program.run("feeds", "import", str(hostile.folder / f"urls/{refused}.opml"))
        assert done.returncode == 2
        assert "declares a DTD or entities" in done.stderr
    many = program.run("feeds", "import", str(hostile.folder / "urls/opml_10k.opml"))
    assert many.returncode == 0, many.stderr
    assert len(json.loads(program.run("feeds", "list", "--json").stdout)) == len(added) + 10_000
    assert hostile.server.requests == []
