"""What `poll` prints when it is over, and tables where there is no terminal."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.cli.poll_results import MOST_FAILURES, MOST_NEWS, MOST_ROWS, as_json, print_results, report, telling
from aggregator.cli.tables import Column, print_table
from aggregator.model.feed import Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult, Totals
from tests.factories import NOON


def result(name: str, outcome: Outcome = Outcome.NOT_MODIFIED, *, new: int = 0, changed: int = 0) -> PollResult:
    return PollResult(
        feed_id=FeedId(name),
        feed_title=name,
        outcome=outcome,
        new=new,
        changed=changed,
        elapsed=timedelta(seconds=1.5),
    )


def names(results: Sequence[PollResult]) -> list[str]:
    return [each.feed_id for each in results]


def unchanged(count: int) -> list[PollResult]:
    return [result(f"same-{number}") for number in range(count)]


def test_cells_stand_under_one_another_also_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [Column(header="feed", footer="3 feeds"), Column(header="new", right=True)]
    print_table(columns, [("東京", "1"), ("cafe\u0301", "200"), ("[bold]x[/b]", "3")])
    assert capsys.readouterr().out.splitlines() == [
        "feed         new",
        "東京           1",
        "cafe\u0301         200",
        "[bold]x[/b]    3",
        "3 feeds",
    ]


def test_a_row_is_a_line_whatever_its_cells_hold(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Column(header="why"), Column(header="x")], [("one\ntwo\r\nthree", "y" * 2000)])
    assert capsys.readouterr().out.splitlines() == ["why            x", f"one two three  {'y' * 2000}"]


def test_as_many_results_as_a_table_holds_are_all_in_it_in_their_order() -> None:
    results = [*unchanged(MOST_ROWS - 1), result("broken", Outcome.FAILED)]
    assert names(telling(results)) == names(results)


def test_of_more_results_the_table_has_what_went_wrong_and_what_brought_most() -> None:
    wrong = [result("held", Outcome.SKIPPED), result("broken", Outcome.FAILED), result("gone", Outcome.GONE)]
    news = [result(f"news-{number}", Outcome.FETCHED, new=number, changed=1) for number in range(MOST_NEWS + 5)]
    shown = names(telling([*unchanged(100), *news, *wrong]))
    assert shown[:3] == ["broken", "gone", "held"]
    assert shown[3:] == [f"news-{number}" for number in range(MOST_NEWS + 4, 4, -1)]


def test_what_goes_wrong_leaves_room_for_what_brought_most() -> None:
    results = [result(f"broken-{number}", Outcome.FAILED) for number in range(100)]
    assert len(telling([*results, result("news", Outcome.FETCHED, new=1)])) == MOST_FAILURES + 1


def test_the_last_lines_count_also_what_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        *unchanged(MOST_ROWS),
        result("a", Outcome.FETCHED, new=3),
        result("b", Outcome.FETCHED, new=4, changed=2),
    ]
    print_results(results, Totals(feeds=52, entries=7, copies=0))
    *_, second, first, totals, hidden, kept = capsys.readouterr().out.splitlines()
    assert (second.split()[:4], first.split()[:4]) == (["b", "b", "fetched", "4"], ["a", "a", "fetched", "3"])
    assert totals.split("  ")[:2] == ["52 feeds", "2 fetched, 50 not modified"]
    assert totals.split()[-3:] == ["7", "2", "0"]
    assert hidden.startswith("50 feeds are not shown")
    assert kept == "7 entries of 52 feeds kept, 0 of them copies."


def test_where_nothing_was_polled_there_is_no_table_and_one_is_not_several(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_results([], Totals(feeds=1, entries=1, copies=0))
    assert capsys.readouterr().out == "1 entry of 1 feed kept, 0 of them copies.\n"


def test_the_report_says_from_when_on_a_skipped_feed_may_be_polled(capsys: pytest.CaptureFixture[str]) -> None:
    held = replace(
        result("held", Outcome.SKIPPED), message="its server wants rest", skipped_until=NOON + timedelta(hours=3)
    )
    report([result("same"), held], ZoneInfo("Asia/Beirut"), now=NOON)
    shown = capsys.readouterr()
    assert shown.err == "held: skipped: next allowed at 2026-03-10 17:00 EET: its server wants rest\n"
    assert shown.out == ""


def test_json_has_times_in_utc_and_null_where_there_is_none() -> None:
    told = as_json(replace(result("a"), status=304, next_poll_at=NOON, next_poll_reason="interval of 60 min"))
    assert json.loads(json.dumps(told)) == told
    assert (told["status"], told["next_poll_at"], told["next_poll_reason"], told["skipped_until"]) == (
        304,
        "2026-03-10T12:00:00+00:00",
        "interval of 60 min",
        None,
    )
