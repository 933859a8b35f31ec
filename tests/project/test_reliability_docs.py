"""docs/reliability.md has a row for every promise, and names the tests that hold it, all of them and no others."""

import pytest

from tests.project.promises import PAGE, carried, filled, ids, left_out, rows


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_every_promise_has_a_row_in_order_or_a_reason_why_it_has_none(page: str) -> None:
    kept, without = rows(page), left_out(page)
    assert list(kept) == [each for each in ids() if each not in without]
    assert set(without) <= set(ids())
    assert [each for each, reason in without.items() if len(reason) < len("no such thing is here")] == []


def test_every_promise_is_said_and_held_by_a_test(page: str) -> None:
    held = carried()
    assert [each for each, row in rows(page).items() if not row["promise"].strip() or each not in held] == []


def test_a_row_names_the_tests_that_carry_its_id(page: str) -> None:
    assert page == filled(page), "run `python -m tests.project.promises`"


def test_no_test_carries_an_id_that_is_not_told_of(page: str) -> None:
    assert set(carried()) - set(rows(page)) == set()
