"""docs/politeness.md tells of every rule, names tests that exist, and says the values that the code has."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.model import Polling
from aggregator.polling.freshness import LONGEST, LONGEST_RETRY
from aggregator.polling.moves import FAILURES_TO_GIVE_UP, POLLS_TO_BELIEVE
from aggregator.polling.schedule import LONGEST_PHASE
from aggregator.polling.waits import (
    LONGEST_BACK_OFF,
    PUSHED_INTERVAL,
    REFUSED_FOR,
    REPEATS_BELIEVED,
    STEPS_A_429,
    STEPS_TO_DOUBLE,
)

ROOT = Path(__file__).resolve().parents[2]
RULES = 30


def rows() -> dict[str, list[str]]:
    """Give wish, rule and tests by id."""
    text = (ROOT / "docs" / "politeness.md").read_text(encoding="utf-8")
    return {rule: rest.split(" | ") for rule, rest in re.findall(r"^\| (P[0-9]+) \| (.*) \|$", text, re.MULTILINE)}


def named_tests() -> Iterator[tuple[str, str]]:
    return ((rule, module) for rule, cells in rows().items() for module in re.findall(r"`(\w+)`", cells[2]))


def test_every_rule_has_a_row_in_order() -> None:
    assert list(rows()) == [f"P{number}" for number in range(1, RULES + 1)]


@pytest.mark.parametrize(("rule", "module"), list(named_tests()))
def test_the_tests_that_are_named_exist(rule: str, module: str) -> None:
    (file,) = (ROOT / "tests").rglob(f"{module}.py")
    assert re.search(rf"def test_(?:[a-z]+[0-9]+_)*{rule.lower()}_", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("rule", "said", "value"),
    [
        ("P9", "cut to 7 days, after failures to 24 hours", (LONGEST, LONGEST_BACK_OFF)),
        ("P12", "24 hours at most; a 429 that names no time: 4 hours", (LONGEST_RETRY, REFUSED_FOR)),
        ("P16", "a tenth of the wait, 10 minutes at most", (LONGEST_PHASE,)),
        ("P18", "401 and 403 wait 4 hours", (REFUSED_FOR,)),
        ("P30", "every 12 hours", (PUSHED_INTERVAL,)),
    ],
)
def test_the_times_are_those_of_the_code(rule: str, said: str, value: tuple[timedelta, ...]) -> None:
    assert said in rows()[rule][1]
    units = {"days": timedelta(days=1), "hours": timedelta(hours=1), "minutes": timedelta(minutes=1)}
    found = re.findall(r"(\d+) (days|hours|minutes)", said)
    assert tuple(int(number) * units[unit] for number, unit in found) == value


def test_the_defaults_and_counts_are_those_of_the_code() -> None:
    assert Polling().interval == timedelta(hours=1)
    assert Polling().unconditional_interval == timedelta(days=1)
    assert f"{Polling().host_gap.seconds} s after" in rows()["P15"][1]
    assert f"{Polling().gaps['reddit.com'].seconds} s for reddit.com" in rows()["P15"][1]
    assert (POLLS_TO_BELIEVE, REPEATS_BELIEVED) == (3, 3)
    assert FAILURES_TO_GIVE_UP == 10
    assert "ten failures of any kind" in rows()["P17"][1]
    assert (STEPS_A_429 / STEPS_TO_DOUBLE, 1 / STEPS_TO_DOUBLE) == (1, 0.25)
