"""What the engine makes of labelled news, and of pairs of headlines. `benchmarks/stories.py` prints the same with more detail."""

import importlib.util
import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aggregator.services.replay import replay

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SCORER = SHARED / "tools" / "score_stories.py"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SCORER.exists(), reason="no labelled news beside the checkout"),
]


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_stories", SCORER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answered(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    lines = (json.dumps(row) for row in rows)
    return {
        (answer := json.loads(line))["id"]: answer
        for line in replay(lines, file="labelled news", window=timedelta(hours=48))
    }


def test_labelled_news_is_grouped_as_well_as_was_promised(scorer: ModuleType) -> None:
    rows = scorer.read(SHARED / "data" / "stories" / "mixed-dev.jsonl.gz")
    kept = ("id", "title", "summary", "publisher", "url", "timestamp")
    found = answered({name: row[name] for name in kept if row.get(name)} for row in rows)
    figures = scorer.score(
        {row["id"]: row["story"] for row in rows}, {name: one["story"] for name, one in found.items()}
    )
    assert figures["bcubed_f1"] >= 0.87
    assert figures["pair_f1"] >= 0.80
    assert figures["false_joins"] <= 0.08


def test_of_the_pairs_of_headlines_at_most_one_comes_out_wrong(scorer: ModuleType) -> None:
    found = answered(scorer.pairs_as_entries())
    wrong = []
    for pair in scorer.read(SHARED / "data" / "stories" / "pairs.jsonl"):
        one, other = found[f"{pair['id']}a"], found[f"{pair['id']}b"]
        copy, story = other["copy_of"] == one["id"], one["story"] == other["story"]
        got = "copy" if copy else "story" if story else "apart"
        expected = "apart" if pair["relation"] in {"related", "none"} else pair["relation"]
        if got != expected:
            wrong.append((pair["a"], pair["b"], got))
    assert len(wrong) <= 1, wrong
