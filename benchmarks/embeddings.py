"""What a sentence-embedding model adds to words: `python -m benchmarks.embeddings FOLDER [SHARE ...]`.

Prints how fast the model is, how like it holds two headlines at random and two of one story, and the figures of the labelled news
(../shared, beside the checkout) with words alone and with each share. docs/embeddings.md says how to read them.
"""

import random
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from types import ModuleType

from aggregator.embeddings import load
from aggregator.model.grouping import StoryEntry, StorySettings
from aggregator.model.ids import EntryId, StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.vectors import Vectors
from benchmarks.stories import STORIES, Gold, entries, scorer, told

SHARES = (0.05, 0.1, 0.2, 0.3)
SETTINGS = StorySettings(late=timedelta(0))
"""The labelled news comes in order of time."""
PAIRS = 5000

Meanings = dict[str, Sequence[float]]


def grouped(given: Sequence[StoryEntry], vectors: Vectors | None) -> dict[EntryId, StoryId]:
    """Group entries; the story of each at the end."""
    engine, story_of = StoryEngine(SETTINGS, vectors=vectors, relates=False), dict[EntryId, StoryId]()
    for entry in given:
        engine.add(entry)
    engine.advance(given[-1].at + timedelta(days=30))
    for story in engine.changes().closed:
        story_of.update(dict.fromkeys(story.entries, story.state.id))
    return story_of


def likenesses(pairs: Sequence[tuple[str, str]], said: Meanings) -> list[float]:
    """Give the likeness of pairs of which the model says anything, in ascending order."""
    known = [pair for pair in pairs if said.keys() >= set(pair)]
    return sorted(sum(a * b for a, b in zip(said[one], said[other], strict=True)) for one, other in known)


def spread(name: str, found: Sequence[float]) -> str:
    """Put the mean and some percentiles into a line."""
    share = {percent: found[min(len(found) - 1, len(found) * percent // 100)] for percent in (10, 50, 95, 99)}
    shown = ", ".join(f"{percent} % below {value:.2f}" for percent, value in share.items())
    return f"{name}: mean {sum(found) / len(found):.2f}, {shown}"


def pairs_of_one_story(gold: Gold) -> list[tuple[str, str]]:
    """Give all pairs of labelled entries that are of one story."""
    members: dict[str, list[str]] = {}
    for name, story in gold.items():
        if story is not None:
            members.setdefault(story, []).append(name)
    return [pair for names in members.values() for pair in combinations(names, 2)]


def pairs_at_random(names: Sequence[str]) -> list[tuple[str, str]]:
    """Give pairs of entries, the same ones each time."""
    draw = random.Random(1)
    return [(draw.choice(names), draw.choice(names)) for _ in range(PAIRS)]


def model(folder: Path, gold: Gold, given: Sequence[StoryEntry]) -> None:
    """Print what the model says by itself."""
    vectors, started = load(folder, share=SHARES[0]), time.process_time()
    answers = [vectors.meaning(entry) for entry in given]
    print(f"{vectors.name}: {len(given) / (time.process_time() - started):,.0f} entries a second of CPU")
    said = {name: meaning for name, meaning in zip(gold, answers, strict=True) if meaning is not None}
    print(f"no opinion of {len(given) - len(said):,} of {len(given):,}")
    print(spread("two at random", likenesses(pairs_at_random(list(gold)), said)))
    print(spread("two of one story", likenesses(pairs_of_one_story(gold), said)))


def figures(scoring: ModuleType, gold: Gold, given: Sequence[StoryEntry], name: str, vectors: Vectors | None) -> None:
    """Print what the engine reaches."""
    started = time.process_time()
    stories = grouped(given, vectors)
    rate = len(given) / (time.process_time() - started)
    found = {name: stories[EntryId(number)] for number, name in enumerate(gold)}
    print(told(name, scoring.score(gold, found)), f" {rate:,.0f} a second")


def main(folder: Path, shares: Sequence[float]) -> None:
    """Do all of it."""
    scoring = scorer()
    rows = scoring.read(STORIES / "mixed-dev.jsonl.gz")
    gold: Gold = {row["id"]: row["story"] for row in rows}
    given = entries(rows)
    model(folder, gold, given)
    figures(scoring, gold, given, "words alone", None)
    for share in shares:
        figures(scoring, gold, given, f"share {share:g}", load(folder, share=share))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), [float(share) for share in sys.argv[2:]] or SHARES)
