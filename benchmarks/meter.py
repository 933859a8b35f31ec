"""What a command costs with everything it starts: CPU time, wall time, and memory of all its processes together.

    python -m benchmarks.meter RESULT.json -- COMMAND ...        writes a `Cost` as JSON; ends with the command's code

CPU is what the kernel accounted (`wait4`, user and system). A worker's time reaches it only through whoever reaps the
worker, and a fork server is reaped by nobody: its parent ends first. So this process makes itself the reaper of all
orphans below it (`PR_SET_CHILD_SUBREAPER`, prctl(2)) and waits until no descendant is left. As a check, the time that
each process had at its last sample is added up as well: it can't be more than what was accounted, unless somebody
ignores SIGCHLD, and then `escaped` says so.

Memory is the largest sum of proportional set sizes (`Pss` of /proc/PID/smaps_rollup: a page that n processes share
counts 1/n in each) over all descendants, sampled every 50 ms. Linux only.
"""

import argparse
import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

SAMPLE_EVERY: Final = 0.05
"""Seconds."""
_PR_SET_CHILD_SUBREAPER: Final = 36
"""linux/prctl.h."""
_PATIENCE: Final = 10.0
"""Seconds that a descendant may outlive the command; then it is killed, and still accounted."""
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a command cost. Times in seconds, memory in bytes."""

    exit_code: int
    user: float
    system: float
    wall: float
    """Until the command itself ended; what it left behind is not waited for here."""
    peak_memory: int
    processes: int
    """Seen by any sample: shorter-lived ones are accounted, but not counted here."""
    escaped: bool
    """CPU time was seen that was not accounted: the figures can't be trusted."""

    @property
    def cpu(self) -> float:
        """User and system time together."""
        return self.user + self.system


@dataclass(slots=True)
class Sampler:
    """Looks at all descendants of a process again and again."""

    root: int
    peak_memory: int = 0
    last_seen: dict[tuple[int, int], float] = field(default_factory=dict)
    """CPU seconds of a process, by its id and the tick it started at."""

    def sample(self) -> None:
        """Look once. Processes that end meanwhile are left out."""
        memory = 0
        for pid, started, cpu in descendants(self.root):
            self.last_seen[pid, started] = cpu
            with suppress(OSError, StopIteration):
                memory += pss(pid)
        self.peak_memory = max(self.peak_memory, memory)


def descendants(root: int) -> list[tuple[int, int, float]]:
    """List all processes below `root`: id, start in ticks since boot, CPU seconds of its own so far."""
    children: dict[int, list[tuple[int, int, float]]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent, process = _read_stat(place)
            children.setdefault(parent, []).append(process)
    found = list(children.get(root, []))
    for pid, _, _ in found:
        found += children.get(pid, [])
    return found


def _read_stat(place: Path) -> tuple[int, tuple[int, int, float]]:
    text = (place / "stat").read_text(encoding="latin-1")
    # The command's name stands in brackets and may hold anything: fields are counted from the last bracket (proc(5)).
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[1]), (int(place.name), int(fields[19]), (int(fields[11]) + int(fields[12])) * _TICK)


def cpu_seconds(pid: int) -> float:
    """Give the CPU seconds, user's and system's, that one process has used so far."""
    return _read_stat(Path(f"/proc/{pid}"))[1][2]


def pss(pid: int) -> int:
    """Give the memory of one process in bytes, pages that are shared counted in parts."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def measure(command: Sequence[str]) -> Cost:
    """Run a command to its end, and to that of everything it started.

    The calling process must have no other children: they would be reaped and accounted too.
    """
    _become_reaper()
    sampler = Sampler(os.getpid())
    started = time.perf_counter()
    process = subprocess.Popen(command)
    ended = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        while not poll.poll(SAMPLE_EVERY * 1000):
            sampler.sample()
    finally:
        os.close(ended)
    wall = time.perf_counter() - started
    sampler.sample()
    statuses, usage = _reap_all(sampler)
    process.returncode = os.waitstatus_to_exitcode(statuses[process.pid])
    user, system = sum(each.ru_utime for each in usage), sum(each.ru_stime for each in usage)
    seen = sum(sampler.last_seen.values())
    return Cost(
        exit_code=process.returncode,
        user=user,
        system=system,
        wall=wall,
        peak_memory=sampler.peak_memory,
        processes=len(sampler.last_seen),
        escaped=seen > (user + system) * 1.05 + 2 * _TICK * len(sampler.last_seen),
    )


def _become_reaper() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed: workers would not be accounted")


def _reap_all(sampler: Sampler) -> tuple[dict[int, int], list[resource.struct_rusage]]:
    """Wait until no descendant is left; children include those that became ours when their parents ended."""
    statuses: dict[int, int] = {}
    usage: list[resource.struct_rusage] = []
    deadline = time.perf_counter() + _PATIENCE
    while True:
        try:
            pid, status, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return statuses, usage
        if pid:
            statuses[pid] = status
            usage.append(used)
            continue
        sampler.sample()
        if time.perf_counter() > deadline:
            for orphan, _, _ in descendants(os.getpid()):
                os.kill(orphan, signal.SIGKILL)
        time.sleep(0.01)


def measured(command: Sequence[str], *, result: Path, output: Path, environment: dict[str, str] | None = None) -> Cost:
    """Measure a command from a process of its own, so that the caller may have children as it likes.

    Args:
        command: program and arguments.
        result: file for the figures.
        output: file for what the command prints, errors included.
        environment: of the command; None: the caller's.
    """
    with output.open("wb") as sink:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.meter", str(result), "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=Path(__file__).resolve().parents[1],
            check=False,
        )
    return Cost(**json.loads(result.read_text(encoding="utf-8")))


def main() -> None:
    """Measure the command given."""
    parser = argparse.ArgumentParser(description="Measure CPU, time and memory of a command and all its processes.")
    parser.add_argument("result", type=Path)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    cost = measure(asked.command)
    asked.result.write_text(json.dumps(asdict(cost)), encoding="utf-8")
    sys.exit(cost.exit_code if 0 <= cost.exit_code < 256 else 1)


if __name__ == "__main__":
    main()
