"""How well stories are recognised, and how fast: `python benchmarks/stories.py [figures|grid|folds|speed]`.

    figures   the scorer's figures, by source of the labels, and the pairs that come out wrong (the default)
    grid      the same for other values of the parameters
    folds     parameters chosen on some sources or stories, scored on the others
    speed     28,322 headlines, and the same ten times over, through `aggregator replay`

Reads the labelled news beside the checkout (../shared); what came out stands in benchmarks/stories.md.
"""

import importlib.util
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from aggregator.model.grouping import StoryEntry, StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.services.replay import replay
from aggregator.stories.engine import StoryEngine

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
STORIES = SHARED / "data" / "stories"
SOURCES = ("gn", "uci", "basil")
WINDOW = timedelta(hours=48)
KEPT = ("id", "title", "summary", "publisher", "url", "timestamp")

Gold = dict[str, str | None]
Found = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Values of the parameters, and the story of each entry with them."""

    first: float
    further: float
    one_name: float
    found: Found


def scorer() -> ModuleType:
    """Import the scorer."""
    spec = importlib.util.spec_from_file_location("score_stories", SHARED / "tools" / "score_stories.py")
    if spec is None or spec.loader is None:
        sys.exit("no scorer beside the checkout")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answered(rows: Iterable[dict[str, Any]], settings: StorySettings | None = None) -> dict[str, dict[str, Any]]:
    """Replay rows; the answers by id."""
    lines = (json.dumps(row) for row in rows)
    answers = map(json.loads, replay(lines, file="labelled news", window=WINDOW, settings=settings))
    return {answer["id"]: answer for answer in answers}


def entries(rows: Iterable[dict[str, Any]]) -> list[StoryEntry]:
    """Make entries without copies: trials of parameters are about stories alone."""
    return [
        StoryEntry(
            id=EntryId(number),
            publisher=row.get("publisher", ""),
            headline=row["title"],
            body=row.get("summary") or "",
            at=(at := datetime.fromtimestamp(row["timestamp"], UTC)),
            seen_at=at,
            copy_set=CopySetId(number),
        )
        for number, row in enumerate(rows)
    ]


def grouped(given: Iterable[StoryEntry], settings: StorySettings) -> dict[EntryId, StoryId]:
    """Group entries; the story of each at the end."""
    engine, story_of = StoryEngine(settings, relates=False), dict[EntryId, StoryId]()
    latest = datetime.min.replace(tzinfo=UTC)
    for entry in given:
        engine.add(entry)
        latest = entry.at
    engine.advance(latest + timedelta(days=30))
    for story in engine.closings()[0]:
        story_of.update(dict.fromkeys(story.entries, story.state.id))
    return story_of


def told(name: str, figures: dict[str, float]) -> str:
    """Put figures into a line."""
    return (
        f"{name:34} BCubed {figures['bcubed_precision']:.3f} {figures['bcubed_recall']:.3f} F1 {figures['bcubed_f1']:.3f}"
        f"  pairs {figures['pair_precision']:.3f} {figures['pair_recall']:.3f} F1 {figures['pair_f1']:.3f}"
        f"  false joins {figures['false_joins']:.3f}"
    )


def of(gold: Gold, keep: Callable[[str, str], bool]) -> Gold:
    """Leave labelled entries out, by id and story; the background stays."""
    return {name: story for name, story in gold.items() if story is None or keep(name, story)}


def figures(scoring: ModuleType) -> None:
    """Print what `aggregator replay` reaches."""
    rows = scoring.read(STORIES / "mixed-dev.jsonl.gz")
    gold: Gold = {row["id"]: row["story"] for row in rows}
    found = {
        name: answer["story"]
        for name, answer in answered({key: row[key] for key in KEPT if row.get(key)} for row in rows).items()
    }
    print(told("all", scoring.score(gold, found)))
    for source in SOURCES:
        some = of(gold, lambda name, _, source=source: name.startswith(f"{source}-"))  # type: ignore[misc]
        print(told(source, scoring.score(some, found)))
    wrong = list(_wrong_pairs(scoring))
    print(f"pairs: {len(wrong)} wrong", *wrong, sep="\n  ")


def _wrong_pairs(scoring: ModuleType) -> Iterator[str]:
    found = answered(scoring.pairs_as_entries())
    for pair in scoring.read(STORIES / "pairs.jsonl"):
        one, other = found[f"{pair['id']}a"], found[f"{pair['id']}b"]
        got = "copy" if other["copy_of"] == one["id"] else "story" if one["story"] == other["story"] else "apart"
        if got != ("apart" if pair["relation"] in {"related", "none"} else pair["relation"]):
            yield f"{pair['relation']} came out {got}: {pair['a']} | {pair['b']}"


def trials(scoring: ModuleType) -> tuple[Gold, list[Trial]]:
    """Group the labelled news with many values of the parameters."""
    rows = scoring.read(STORIES / "mixed-dev.jsonl.gz")
    given, names = entries(rows), [row["id"] for row in rows]
    made = []
    for first, further, one_name in itertools.product((0.30, 0.33, 0.36), (0.20, 0.22, 0.24, 0.26), (0.7, 1.0)):
        settings = replace(StorySettings(), first=first, further=further, one_name=one_name)
        stories = grouped(given, settings)
        found = {name: stories[EntryId(number)] for number, name in enumerate(names)}
        made.append(Trial(first=first, further=further, one_name=one_name, found=found))
    return {row["id"]: row["story"] for row in rows}, made


def grid(scoring: ModuleType) -> None:
    """Print the figures of all trials, and of other values of the rest."""
    gold, made = trials(scoring)
    for trial in made:
        name = f"first {trial.first} further {trial.further} name {trial.one_name}"
        print(told(name, scoring.score(gold, trial.found)))
    rows = scoring.read(STORIES / "mixed-dev.jsonl.gz")
    given, names = entries(rows), [row["id"] for row in rows]
    others: list[dict[str, Any]] = [
        *({"headline_weight": weight} for weight in (1.0, 1.2, 2.0)),
        *({"body_terms": terms} for terms in (0, 20, 60)),
        *({"prior": prior} for prior in (1000, 4000, 16000)),
        *({"near": near} for near in (0.12, 0.18)),
        *({"hopeful": hopeful} for hopeful in (0.16, 0.24, 0.3)),
        *({"review_after": timedelta(hours=hours)} for hours in (3, 12, 240)),
        *({"idle": timedelta(hours=hours)} for hours in (12, 24)),
    ]
    for values in others:
        stories = grouped(given, replace(StorySettings(), **values))
        found = {name: stories[EntryId(number)] for number, name in enumerate(names)}
        print(told(" ".join(f"{name} {value}" for name, value in values.items()), scoring.score(gold, found)))


def folds(scoring: ModuleType) -> None:
    """Print how parameters do on what they were not chosen on."""
    gold, made = trials(scoring)
    stories = sorted({story for story in gold.values() if story is not None})
    random.Random(1).shuffle(stories)
    parts: list[tuple[str, Callable[[str, str], bool]]] = [
        (f"without {source}", lambda name, _, source=source: not name.startswith(f"{source}-"))  # type: ignore[misc]
        for source in SOURCES
    ]
    for part in range(5):
        kept = set(stories[:]) - set(stories[part::5])
        parts.append((f"without fifth {part + 1} of the stories", lambda _, story, kept=kept: story in kept))  # type: ignore[misc]
    for name, keep in parts:
        chosen = max(made, key=lambda trial: _worth(scoring.score(of(gold, keep), trial.found)))
        left_out = of(gold, lambda name, story, keep=keep: not keep(name, story))  # type: ignore[misc]
        print(f"chosen {name}: first {chosen.first}, further {chosen.further}, one name {chosen.one_name}")
        print(told("  scored on what was left out", scoring.score(left_out, chosen.found)))


def _worth(figures: dict[str, float]) -> float:
    """Weigh figures: both F1, and false joins above 0.06 as four times their worth."""
    return figures["bcubed_f1"] + figures["pair_f1"] - 4 * max(0.0, figures["false_joins"] - 0.06)


def speed(scoring: ModuleType) -> None:
    """Time `aggregator replay`, in a process of its own, and look at its memory."""
    rows = scoring.read(STORIES / "stream.jsonl.gz")
    span = rows[-1]["timestamp"] - rows[0]["timestamp"] + 3600
    with tempfile.TemporaryDirectory() as folder:
        for times in (1, 10):
            path = Path(folder, "stream.jsonl")
            with path.open("w", encoding="utf-8") as file:
                for number in range(times):
                    for row in rows:
                        shifted = row | {"id": f"{row['id']}-{number}", "timestamp": row["timestamp"] + number * span}
                        file.write(json.dumps(shifted) + "\n")
            seconds, megabytes = _timed(path, Path(folder, "answers.jsonl"))
            count = times * len(rows)
            print(
                f"{count:,} entries: {seconds:.1f} s of CPU, {count / seconds:,.0f} a second, at most {megabytes:.0f} MB"
            )


_PROGRAM = """
import resource, sys
from aggregator.cli.main import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)
"""


def _timed(path: Path, output: Path) -> tuple[float, float]:
    command = [sys.executable, "-c", _PROGRAM, "--config", str(path.parent / "none.yaml"), "replay", str(path)]
    done = subprocess.run([*command, "--output", str(output)], check=True, capture_output=True, text=True)
    seconds, megabytes = done.stderr.split()[-2:]
    return float(seconds), float(megabytes)


def main(what: str) -> None:
    """Do what is asked for."""
    started = time.perf_counter()
    {"figures": figures, "grid": grid, "folds": folds, "speed": speed}[what](scorer())
    print(f"({time.perf_counter() - started:.0f} s)")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "figures")
