"""Mutated inputs, for a few seconds each; `python -m benchmarks.fuzz` goes on for as long as is wanted."""

import json
from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz import fuzz
from benchmarks.fuzz_targets import LINES, NAMES, SEARCHES, Target, documents, opened
from benchmarks.hostile_requests import request_of
from benchmarks.mutations import Mutate, mutated, mutated_json, mutated_lines

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("mutate", "seeds"),
    [
        (mutated, SEARCHES),
        (mutated_json, documents("json")),
        (mutated_lines, LINES),
        (request_of(["/", "/entries/{entry_id}", "/search"]), ()),
    ],
)
def test_the_same_seed_makes_the_same_inputs(mutate: Mutate, seeds: list[bytes]) -> None:
    made = [[mutate(random, seeds) for _ in range(50)] for random in (Random(1), Random(1), Random(2))]
    assert made[0] == made[1] != made[2]


def test_json_stays_json_most_of_the_time() -> None:
    random, seeds, read = Random(3), documents("json"), 0
    for _ in range(200):
        try:
            read += json.loads(mutated_json(random, seeds).decode("utf-8", "surrogatepass")) is not None
        except (ValueError, RecursionError):  # digits without end, brackets without end
            continue
    assert 120 < read < 200


def test_what_a_target_does_not_announce_is_found_once_a_place() -> None:
    def read(body: bytes) -> None:
        assert b"<!--" not in body

    tried, found = fuzz(Target(read=read, seeds=documents(), complaints=lambda: "Traceback"), seed=1, seconds=0.3)
    assert tried > 10
    (what, (body, trace)), (last, (_, complaint)) = found.items()
    assert what == "AssertionError in read"
    assert b"<!--" in body
    assert "AssertionError" in trace
    assert (last, complaint) == ("the log", "Traceback")


@pytest.mark.parametrize("name", NAMES)
def test_no_mutated_input_makes_anything_do_what_it_does_not_announce(name: str) -> None:
    with opened(name, SEEDS if SEEDS.is_dir() else None, feeds=2) as target:
        tried, found = fuzz(target, seed=7, seconds=3)
    assert tried >= 10
    assert {what: (body, trace) for what, (body, trace) in found.items()} == {}
