"""Mutated inputs against everything that reads what others write: documents, lists, feeds.yaml, searches, requests, lines.

    python -m benchmarks.fuzz --minutes 5 --seeds ../shared/data [--targets documents,configuration,searches,requests]

Every target gets its share of the time. An input that makes a target raise what it does not announce, take longer than a worker
may, answer 5xx or write a traceback into the log is kept in --findings as a file of its own, with what happened beside it. Inputs
are the seeds and generated feeds, changed byte by byte or value by value, cut, repeated, crossed with one another, and sown with
words that parsers mind; and requests with values that no page of ours writes. What is found becomes a test of its own; the same
--seed finds it again.
"""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from benchmarks.fuzz_targets import NAMES, Target, opened

DEADLINE: Final = 5
"""Seconds: what a worker may take (`aggregator.parse_pool`)."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise TimeoutError where it takes longer than a worker may."""

    def ring(_signum: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"took more than {DEADLINE} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(target: Target, *, seed: int, seconds: float) -> tuple[int, dict[str, tuple[bytes, str]]]:
    """Try mutations for a while.

    Returns:
        How many were tried; and of what was found, one input a place in the code, with the traceback.
    """
    random, until, tried = Random(seed), time.monotonic() + seconds, 0
    found: dict[str, tuple[bytes, str]] = {}
    while time.monotonic() < until:
        body = target.mutate(random, target.seeds)
        tried += 1
        try:
            with limited():
                target.read(body)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it was not announced
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.setdefault(f"{type(error).__name__} in {place.name}", (body, traceback.format_exc()))
    if complaints := target.complaints():
        found["the log"] = (b"", complaints)
    return tried, found


def _kept(folder: Path, target: str, found: dict[str, tuple[bytes, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for what, (body, trace) in found.items():
        name = f"{target}-{sha256(body).hexdigest()[:12]}"
        (folder / f"{name}.input").write_bytes(body)
        (folder / f"{name}.txt").write_text(f"{what}\n\n{trace}", encoding="utf-8", errors="backslashreplace")


def main() -> None:
    """Fuzz, print what was tried and found, and end with 1 where anything was."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description="Mutate inputs until something breaks."
    )
    parser.add_argument("--minutes", type=float, default=5, help="for all targets together (default: 5)")
    parser.add_argument("--targets", default=",".join(NAMES), help=f"which of: {', '.join(NAMES)}")
    parser.add_argument("--seeds", type=Path, help="a folder with feeds/ and opml/ of real documents")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"), help="where what is found is kept")
    asked = parser.parse_args()
    chosen = [name for name in NAMES if name in asked.targets.split(",")]
    seconds, failed = asked.minutes * 60 / len(chosen), False
    for name in chosen:
        with opened(name, asked.seeds) as target:
            tried, found = fuzz(target, seed=asked.seed, seconds=seconds)
        print(f"{name}: {tried:,} tried, {len(found)} found", *found, sep="\n  ", flush=True)
        _kept(asked.findings, name, found)
        failed = failed or bool(found)
    sys.exit(failed)


if __name__ == "__main__":
    main()
