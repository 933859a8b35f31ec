"""What a poll costs: this program against `reader` and against the plainest loop, interleaved in one run.

    python -m benchmarks.poll                       2,000 feeds, three rounds: minutes
    python -m benchmarks.poll --feeds 200 --rounds 1 --reader ENVIRONMENT/bin/python

Each round begins with empty databases and goes through three phases: a first poll, a poll in which every feed is
answered 304, and one in which a tenth of the feeds have two new entries each. In every phase the programs take turns,
each round another one first, so that a machine that is busy with something else is so for all of them.

A run is worth nothing, and ends with exit code 1, if a program failed, was answered otherwise than the phase says, or
stored another number of entries than the rest.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from benchmarks import farm, figures
from benchmarks.farm import HOSTS
from benchmarks.figures import Phase, Sample
from benchmarks.formats import FORMATS
from benchmarks.meter import measured
from benchmarks.news import Newspaper
from benchmarks.programs import (
    OURS,
    OURS_UNGROUPED,
    PLAIN,
    READER,
    Aggregator,
    PlainLoop,
    Program,
    Reader,
    python_with_reader,
)


class RunningFarm:
    """The farm's process, as the benchmark steers it."""

    def __init__(self, port: int, feeds: int) -> None:
        self.addresses = [farm.address(number, port) for number in range(feeds)]
        self._port = port

    def change(self) -> None:
        """Give a tenth of the feeds something new."""
        self._ask("/control/change")

    def reset(self) -> None:
        """Take all changes back."""
        self._ask("/control/reset")

    def counts(self) -> dict[str, int]:
        """Tell what was answered since this was last asked: number of answers by status."""
        counts: dict[str, int] = json.loads(self._ask("/control/counts"))
        return counts

    def _ask(self, path: str) -> bytes:
        connection = HTTPConnection(HOSTS[0], self._port)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def running_farm(feeds: int, formats: str, seed: int) -> Iterator[RunningFarm]:
    """Run a farm in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.farm", f"--feeds={feeds}", f"--formats={formats}", f"--seed={seed}"]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root) as process:
        try:
            yield RunningFarm(_port(process.stdout), feeds)
        finally:
            if process.stdin:
                process.stdin.close()


def _port(output: IO[bytes] | None) -> int:
    line = output.readline() if output else b""
    if not line:
        raise RuntimeError("the farm did not start; what it said stands above")
    port: int = json.loads(line)["port"]
    return port


def run(programs: Sequence[Program], field: RunningFarm, folder: Path, *, rounds: int) -> list[Sample]:
    """Let every program go through every phase, `rounds` times."""
    samples = []
    for number in range(rounds):
        field.reset()
        place = folder / f"round-{number}"
        for program in programs:
            (place / program.name).mkdir(parents=True)
            program.prepare(place / program.name, field.addresses)
        turn = number % len(programs)
        for phase in Phase:
            if phase is Phase.CHANGED:
                field.change()
            for program in (*programs[turn:], *programs[:turn]):
                samples.append(_sample(program, phase, field, place / program.name))
                _say(f"round {number + 1} of {rounds}, {phase}: {program.name}: {samples[-1].cost.wall:.1f} s")
    return samples


def _sample(program: Program, phase: Phase, field: RunningFarm, folder: Path) -> Sample:
    field.counts()
    output = folder / f"{phase.name.lower()}.log"
    # The tree that this file stands in is measured, whichever is installed; and as it is used, with its byte code kept.
    own = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | own
    cost = measured(program.command(folder), result=folder / "cost.json", output=output, environment=environment)
    if cost.exit_code:
        _say(f"{program.name} ended with exit code {cost.exit_code}:\n{output.read_text(errors='replace')[-2000:]}")
        return Sample(program=program.name, phase=phase, cost=cost, entries=-1, answers=field.counts())
    return Sample(program=program.name, phase=phase, cost=cost, entries=program.entries(folder), answers=field.counts())


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def choose(names: Sequence[str], reader: Path | None, folder: Path) -> list[Program]:
    """Set up the programs that are named; `reader` is left out, and that said, where it can't be installed."""
    rivals = python_with_reader(reader, folder) if {READER, PLAIN} & set(names) else None
    if READER in names and rivals is None:
        _say("reader can't be imported or installed; there is nothing to compare with, so there are no ratios")
    everything: dict[str, Program | None] = {
        OURS_UNGROUPED: Aggregator(group=False),
        OURS: Aggregator(group=True),
        READER: Reader(python=rivals) if rivals else None,
        PLAIN: PlainLoop(python=rivals or Path(sys.executable)),
    }
    return [program for name, program in everything.items() if name in names and program]


def _arguments() -> argparse.Namespace:
    names = (OURS_UNGROUPED, OURS, READER, PLAIN)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.poll", description="Measure what a poll costs.")
    parser.add_argument("--feeds", type=int, default=2000, help="feeds of the farm (default: 2000)")
    parser.add_argument("--rounds", type=int, default=3, help="times everything is measured (default: 3)")
    parser.add_argument("--formats", default=",".join(FORMATS), help="formats of the farm, parted by commas")
    parser.add_argument("--seed", type=int, default=1, help="of the generated news")
    parser.add_argument("--programs", default=",".join(names), help=f"which of: {', '.join(names)}")
    parser.add_argument("--reader", type=Path, help="a Python that has reader[cli], feedparser and httpx")
    parser.add_argument("--folder", type=Path, help="keep databases and logs here (default: a temporary folder)")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON instead of a table")
    asked = parser.parse_args()
    if unknown := {name.strip() for name in asked.programs.split(",")} - set(names):
        parser.error(f"--programs: there is no {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    if unknown := set(asked.formats.split(",")) - set(FORMATS):
        parser.error(f"--formats: there is no {', '.join(sorted(unknown))}; there are: {', '.join(FORMATS)}")
    return asked


def main() -> None:
    """Run, print, and say by the exit code whether the run is worth anything."""
    asked = _arguments()
    names = [name.strip() for name in asked.programs.split(",")]
    changed = sum(Newspaper(number, seed=asked.seed).changes(1) for number in range(asked.feeds))
    with TemporaryDirectory() as temporary, running_farm(asked.feeds, asked.formats, asked.seed) as field:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        samples = run(choose(names, asked.reader, folder), field, folder, rounds=asked.rounds)
    measured_figures = figures.figures(samples, feeds=asked.feeds)
    problems = figures.faults(samples, feeds=asked.feeds, changed=changed)
    wanted = [] if problems else figures.targets(measured_figures)
    if asked.as_json:
        print(json.dumps(figures.as_json(measured_figures, wanted, problems), indent=1))
    else:
        verdict = "This run is worth nothing:" if problems else figures.verdict(wanted)
        print(figures.table(measured_figures), verdict, *problems, sep="\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
