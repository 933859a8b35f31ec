"""Figures of a run: what each program's polls cost, how they compare with `reader`, and whether targets are met."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import median
from typing import Final

from benchmarks.meter import Cost
from benchmarks.programs import OURS, OURS_UNGROUPED, READER

MEGABYTE: Final = 1_000_000


class Phase(StrEnum):
    """What the farm has for a program that polls all of it."""

    FIRST = "first poll"
    UNCHANGED = "all 304"
    CHANGED = "10 % changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One poll of the whole farm by one program."""

    program: str
    phase: Phase
    cost: Cost
    entries: int
    """In its database afterwards."""
    answers: Mapping[str, int]
    """What the farm answered: number of answers by status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Medians over all rounds; memory is the largest of them."""

    program: str
    phase: Phase
    cpu: float
    """Milliseconds a feed."""
    wall: float
    """Milliseconds a feed."""
    memory: float
    """Megabytes."""
    entries: int
    ratio: float | None
    """CPU against that of `reader`; None where it was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A bound, and what was measured; `value` None: not measured."""

    name: str
    bound: float
    value: float | None

    @property
    def met(self) -> bool | None:
        """Tell whether it was reached; None where nothing was measured."""
        return None if self.value is None else self.value <= self.bound


_BOUNDS: Final = (
    (OURS_UNGROUPED, Phase.FIRST, 1 / 6),
    (OURS, Phase.FIRST, 1 / 3),
    (OURS, Phase.UNCHANGED, 1 / 2),
    (OURS, Phase.CHANGED, 1 / 3),
)
"""CPU against that of `reader` in the same run, at most."""
_MEMORY_BOUND: Final = 250.0
"""Megabytes, of all our processes together, in any phase."""


def figures(samples: Iterable[Sample], *, feeds: int) -> list[Figure]:
    """Sum up samples, in the order in which programs and phases were first measured."""
    grouped: dict[tuple[Phase, str], list[Sample]] = {}
    for sample in samples:
        grouped.setdefault((sample.phase, sample.program), []).append(sample)
    cpu = {key: median(each.cost.cpu for each in group) * 1000 / feeds for key, group in grouped.items()}
    return [
        Figure(
            program=program,
            phase=phase,
            cpu=cpu[phase, program],
            wall=median(each.cost.wall for each in group) * 1000 / feeds,
            memory=max(each.cost.peak_memory for each in group) / MEGABYTE,
            entries=group[-1].entries,
            ratio=cpu[phase, program] / cpu[phase, READER] if (phase, READER) in cpu else None,
        )
        for phase in Phase
        for (of_phase, program), group in grouped.items()
        if of_phase is phase
    ]


def targets(measured: Sequence[Figure]) -> list[Target]:
    """Compare with what is to be reached."""
    ratios = {(figure.program, figure.phase): figure.ratio for figure in measured}
    ours = [figure.memory for figure in measured if figure.program in {OURS, OURS_UNGROUPED}]
    return [
        *(
            Target(name=f"{program}, {phase}: CPU / reader", bound=bound, value=ratios.get((program, phase)))
            for program, phase, bound in _BOUNDS
        ),
        Target(name=f"{OURS}, any phase: peak memory, MB", bound=_MEMORY_BOUND, value=max(ours, default=None)),
    ]


def faults(samples: Iterable[Sample], *, feeds: int, changed: int) -> list[str]:
    """Say what makes a run worthless: a program that failed, skipped feeds, or stored other than the rest.

    Args:
        samples: all polls.
        feeds: number of feeds.
        changed: number of those that had something new in `Phase.CHANGED`.
    """
    wanted = {
        Phase.FIRST: {"200": feeds},
        Phase.UNCHANGED: {"304": feeds},
        Phase.CHANGED: {"200": changed, "304": feeds - changed},
    }
    found = []
    stored: dict[Phase, set[int]] = {}
    for sample in samples:
        place = f"{sample.program}, {sample.phase}"
        stored.setdefault(sample.phase, set()).add(sample.entries)
        if sample.cost.exit_code:
            found.append(f"{place}: ended with exit code {sample.cost.exit_code}")
        if sample.cost.escaped:
            found.append(f"{place}: CPU time was seen that nobody accounted")
        if sample.answers != (right := {status: count for status, count in wanted[sample.phase].items() if count}):
            found.append(f"{place}: was answered {dict(sample.answers)}, expected {right}")
    found += [f"{phase}: numbers of entries differ: {sorted(each)}" for phase, each in stored.items() if len(each) > 1]
    return list(dict.fromkeys(found))


def table(measured: Sequence[Figure]) -> str:
    """Lay figures out for people; lines that begin with a phase's name are its first."""
    lines = [
        f"{'':14}{'program':24}{'CPU ms/feed':>12}{'of reader':>11}{'wall ms/feed':>14}{'peak MB':>9}{'entries':>9}"
    ]
    previous = None
    for figure in measured:
        ratio = "-" if figure.ratio is None else f"{figure.ratio:.3f}"
        lines.append(
            f"{figure.phase if figure.phase is not previous else '':14}{figure.program:24}{figure.cpu:12.2f}"
            f"{ratio:>11}{figure.wall:14.2f}{figure.memory:9.0f}{figure.entries:9}"
        )
        previous = figure.phase
    return "\n".join(lines)


def verdict(wanted: Sequence[Target]) -> str:
    """Say of each target whether it was met."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    return "\n".join(
        f"{target.name:46} at most {target.bound:8.3f}"
        f"{'' if target.value is None else f', is {target.value:8.3f}'}: {words[target.met]}"
        for target in wanted
    )


def as_json(measured: Sequence[Figure], wanted: Sequence[Target], problems: Sequence[str]) -> dict[str, object]:
    """Give everything as JSON values."""
    return {
        "figures": [asdict(figure) for figure in measured],
        "targets": [asdict(target) | {"met": target.met} for target in wanted],
        "faults": list(problems),
    }
