"""Mutated inputs, for a few seconds each; `python -m benchmarks.fuzz` goes on for as long as is wanted."""

from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest

from benchmarks.asking import Site, running_site
from benchmarks.fuzz import SEARCHES, documents, fuzz, mutated, target_of

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.slow


def test_the_same_seed_makes_the_same_inputs() -> None:
    made = [[mutated(random, SEARCHES) for _ in range(50)] for random in (Random(1), Random(1), Random(2))]
    assert made[0] == made[1] != made[2]


def test_what_a_target_does_not_announce_is_found_once_a_place() -> None:
    def target(body: bytes) -> None:
        assert b"<!--" not in body

    tried, found = fuzz(target, documents(), seed=1, seconds=0.3)
    assert tried > 10
    ((what, (body, trace)),) = found.items()
    assert what == "AssertionError in target"
    assert b"<!--" in body
    assert "AssertionError" in trace


@pytest.mark.parametrize("name", ["documents", "configuration", "searches", "requests"])
def test_no_mutated_input_makes_anything_do_what_it_does_not_announce(name: str) -> None:
    with running_site(2) if name == "requests" else nullcontext(Site(port=0)) as site:
        target, seeds = target_of(name, site, SEEDS if SEEDS.is_dir() else None)
        tried, found = fuzz(target, seeds, seed=7, seconds=5)
    assert tried >= 20
    assert {what: body for what, (body, _) in found.items()} == {}
