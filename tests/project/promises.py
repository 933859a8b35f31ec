"""docs/reliability.md: its rows, and the tests that carry their ids.

    python -m tests.project.promises        # fills in the column of tests, from the names of all tests

A test carries an id as `test_a05_...`, `test_s1_...`, several as `test_s12_a19_...`. Ids of politeness (`p12`) have a document
of their own.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"

_TEST = re.compile(r"^(?:async )?def (test_((?:[a-z]+[0-9]+_)+)\w*)\(", re.MULTILINE)
_ROW = re.compile(r"^\| (?P<id>[ASDLT][0-9]+) \| (?P<promise>.*?) \| (?P<tests>.*?) \|(?P<limits>.*?)\|$", re.MULTILINE)
_LEFT_OUT = re.compile(r"^\| ([ASDLT][0-9]+) \| ([^|]+) \|$", re.MULTILINE)


def ids() -> list[str]:
    """List every id there is, in order."""
    numbered = [f"A{number:02}" for number in range(1, 34)]
    last = {"S": 13, "D": 10, "L": 7, "T": 4}
    return numbered + [f"{letter}{number}" for letter, most in last.items() for number in range(1, most + 1)]


def carried() -> dict[str, list[str]]:
    """Give the tests that carry an id, as `folder/file.py::function`, by id."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, marks in _TEST.findall(file.read_text(encoding="utf-8")):
            for mark in re.findall(r"[asdlt][0-9]+(?=_)", marks):
                found.setdefault(mark.upper(), []).append(f"{file.relative_to(ROOT / 'tests').as_posix()}::{name}")
    return found


def rows(page: str) -> dict[str, dict[str, str]]:
    """Give promise, tests and limits of every row, by id."""
    return {row["id"]: row.groupdict() for row in _ROW.finditer(page)}


def left_out(page: str) -> dict[str, str]:
    """Give the reasons of what does not apply, by id."""
    return dict(_LEFT_OUT.findall(page))


def filled(page: str) -> str:
    """Write the tests there are into the column of tests."""
    there = carried()

    def with_tests(row: re.Match[str]) -> str:
        named = "<br>".join(f"`{test}`" for test in there.get(row["id"], [])) or "none"
        return f"| {row['id']} | {row['promise']} | {named} |{row['limits']}|"

    return _ROW.sub(with_tests, page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
