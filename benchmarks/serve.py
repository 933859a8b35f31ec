"""What pages and feeds cost on a database of a million entries, and how many requests a second the kept ones bear.

    python -m benchmarks.serve --folder FOLDER                 FOLDER keeps the database, which is made if it is not there
    python -m benchmarks.serve --folder FOLDER --entries 20000 --rounds 1

Three things are measured: the CPU time of every page and feed (`benchmarks.pages`), with and without the answers that are kept; how many
requests `aggregator serve` answers in a second of CPU for the merged feed, as a whole and as 304, against a bare Starlette route with the same
bytes on the same uvicorn (`benchmarks.bare`), asked in turns by the same load generator (`benchmarks.load`); and the memory of
that server. Exit code 1 says that a program failed or answered otherwise than it should.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from statistics import median
from typing import IO

from benchmarks.figures import Target, verdict
from benchmarks.load import Tally
from benchmarks.meter import cpu_seconds, pss
from benchmarks.million import CONFIGURATION, DATABASE, make
from benchmarks.old_news import Shape
from benchmarks.pages import Cost

FEED = "/feed.atom"
UNCACHED, CACHED = 30.0, 1.0
"""Milliseconds of CPU a page may take."""
SHARE = 0.8
"""Of the requests a second that the bare route reaches."""
MEMORY = 300.0
"""Megabytes, while serving."""
_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 60


class Failure(Exception):
    """A program failed, or answered otherwise than it should: the run is worth nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A program that is asked."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Requests a second of the server's CPU, the median of the rounds; shares of the bare route's are taken round by round."""

    whole: float
    same: float
    whole_share: float
    same_share: float


@contextmanager
def running(arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of ours until the end of the block."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        try:
            yield process
        finally:
            process.terminate()


def _told_port(output: IO[bytes] | None) -> int:
    line = output.readline() if output else b""
    if not line:
        raise Failure("the bare server did not start; what it said stands above")
    port: int = json.loads(line)["port"]
    return port


def ask(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask once: status, headers, body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"} | headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def _load(server: Server, path: str, *headers: str, seconds: float) -> float:
    """Give the requests that a second of the server's CPU answers: what else runs on the machine takes its time, not its CPU."""
    asked = [f"--header={each}" for each in headers]
    command = [sys.executable, "-m", "benchmarks.load", str(server.port), path, f"--seconds={seconds}", *asked]
    before = cpu_seconds(server.pid)
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=_ROOT, check=False)
    used = cpu_seconds(server.pid) - before
    if done.returncode:
        raise Failure(f"{path}: answers differed, or there were none")
    tally = Tally(**json.loads(done.stdout))
    return tally.answers / max(used, 0.01)


def rates(ours: Server, bare: Server, etag: str, *, rounds: int, seconds: float) -> Rates:
    """Ask both in turns, each round the other one first."""
    held = f"If-None-Match: {etag}"
    found: dict[str, list[float]] = {"whole": [], "bare": [], "same": [], "bare same": []}
    turns = [
        ("whole", ours, FEED, ()),
        ("bare", bare, "/", ()),
        ("same", ours, FEED, (held,)),
        ("bare same", bare, "/same", (held,)),
    ]
    for number in range(rounds):
        for name, server, path, headers in turns if number % 2 == 0 else reversed(turns):
            found[name].append(_load(server, path, *headers, seconds=seconds))
            _say(f"round {number + 1} of {rounds}: {name}: {found[name][-1]:.0f} requests a CPU second")
    return Rates(
        whole=median(found["whole"]),
        same=median(found["same"]),
        whole_share=median(a / b for a, b in zip(found["whole"], found["bare"], strict=True)),
        same_share=median(a / b for a, b in zip(found["same"], found["bare same"], strict=True)),
    )


def serve(folder: Path, costs: list[Cost], *, rounds: int, seconds: float) -> tuple[Rates, float]:
    """Run `aggregator serve`, ask it for every page and feed, then under load; give rates, and the peak of memory in megabytes."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Without digests: the server would make those of the days since the last entry, which are empty.
    without = folder / "serving.yaml"
    without.write_text(f"digest:\n  enabled: false\n{(folder / CONFIGURATION).read_text()}", encoding="utf-8")
    files = ["--config", str(without), "--database", str(folder / DATABASE)]
    with running(["-m", "aggregator", *files, "serve", "--no-poll", f"--port={port}"]) as server:
        _wait_for(port)
        ours, memory = Server(pid=server.pid, port=port), 0.0
        for cost in costs:
            if cost.address.endswith("/today"):
                continue
            status, _, _ = ask(port, cost.address)
            if status != cost.status:
                raise Failure(f"{cost.address}: was answered {status}, expected {cost.status}")
            memory = max(memory, pss(server.pid) / 1e6)
        _, headers, body = ask(port, FEED)
        status, same_headers, _ = ask(port, FEED, **{"If-None-Match": headers["etag"]})
        if status != 304:
            raise Failure(f"{FEED}: was not answered 304")
        copy = folder / "feed.atom"
        copy.write_bytes(body)
        lines = [{name: value for name, value in each.items() if name != "date"} for each in (headers, same_headers)]
        copy.with_suffix(".json").write_text(json.dumps(lines), encoding="utf-8")
        with running(["-m", "benchmarks.bare", str(copy)]) as bare:
            found = rates(
                ours,
                Server(pid=bare.pid, port=_told_port(bare.stdout)),
                headers["etag"],
                rounds=rounds,
                seconds=seconds,
            )
        memory = max(memory, pss(server.pid) / 1e6)
    return found, memory


def _wait_for(port: int) -> None:
    deadline = time.perf_counter() + _PATIENCE
    while True:
        try:
            ask(port, "/healthz")
        except OSError as error:
            if time.perf_counter() > deadline:
                raise Failure("aggregator serve did not start") from error
            time.sleep(0.2)
        else:
            return


def page_costs(folder: Path) -> list[Cost]:
    """Run `benchmarks.pages` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pages", str(folder)], stdout=subprocess.PIPE, cwd=_ROOT, check=False
    )
    if done.returncode:
        raise Failure("benchmarks.pages failed; what it said stands above")
    costs = [Cost(**each) for each in json.loads(done.stdout)["costs"]]
    if wrong := [f"{cost.address} {cost.status}" for cost in costs if cost.status != 200]:
        raise Failure(f"not answered with 200: {', '.join(wrong)}")
    return costs


def table(costs: list[Cost]) -> str:
    """Lay the costs of pages out, the dearest first."""
    lines = [f"{'uncached':>9}{'kept':>8}{'first':>9}{'bytes':>9}  address (CPU in milliseconds)"]
    for cost in sorted(costs, key=lambda each: -each.uncached):
        kept = "-" if cost.cached is None else f"{cost.cached:.3f}"
        over = " <- over" if cost.uncached > UNCACHED else ""
        lines.append(f"{cost.uncached:9.1f}{kept:>8}{cost.first:9.1f}{cost.size:9}  {cost.address}{over}")
    return "\n".join(lines)


def targets(costs: list[Cost], found: Rates, memory: float) -> list[Target]:
    """Compare with what is to be reached; what is to be at least so much is turned round."""
    over = sum(cost.uncached > UNCACHED for cost in costs)
    kept = max((cost.cached for cost in costs if cost.cached is not None), default=None)
    return [
        Target(name=f"pages over {UNCACHED:.0f} ms of CPU, uncached", bound=0, value=over),
        Target(name="dearest page, uncached: ms of CPU", bound=UNCACHED, value=max(cost.uncached for cost in costs)),
        Target(name="dearest page that is kept: ms of CPU", bound=CACHED, value=kept),
        Target(name="bare route's requests : ours, whole feed", bound=1 / SHARE, value=1 / found.whole_share),
        Target(name="bare route's requests : ours, 304", bound=1 / SHARE, value=1 / found.same_share),
        Target(name="memory while serving, MB", bound=MEMORY, value=memory),
    ]


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serve", description="Measure what pages and feeds cost."
    )
    parser.add_argument("--folder", type=Path, required=True, help="of the database; made if it is not there")
    parser.add_argument("--entries", type=int, default=Shape().entries, help="of a database that is made")
    parser.add_argument("--feeds", type=int, default=Shape().feeds, help="likewise")
    parser.add_argument("--rounds", type=int, default=5, help="of load (default: 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each load (default: 3)")
    return parser.parse_args()


def main() -> None:
    """Run, print, and say by the exit code whether the run is worth anything."""
    asked = _arguments()
    asyncio.run(make(asked.folder, Shape(entries=asked.entries, feeds=asked.feeds), say=True))
    try:
        costs = page_costs(asked.folder)
        found, memory = serve(asked.folder, costs, rounds=asked.rounds, seconds=asked.seconds)
    except Failure as failure:
        print(f"This run is worth nothing: {failure}")
        sys.exit(1)
    print(table(costs))
    print(f"{FEED}: {found.whole:.0f} requests a CPU second, {found.whole_share:.2f} of the bare route's; "
          f"304: {found.same:.0f}, {found.same_share:.2f}")  # fmt: skip
    print(verdict(targets(costs, found, memory)))


if __name__ == "__main__":
    main()
