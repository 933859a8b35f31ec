"""What makes a story worth telling again, and what is said of it."""

from datetime import timedelta

import pytest

from aggregator.digests.changed import changes, replaced
from aggregator.model.digest import DigestCandidate, Told
from tests.digest_candidates import START, make_candidate, make_told

PAPERS = [f"Paper {number}" for number in range(40)]


def said(candidate: DigestCandidate, told: Told) -> str:
    return changes(candidate, told, start=START)


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [(1, 2, False), (1, 3, True), (6, 7, False), (6, 8, True), (9, 11, False), (9, 12, True)],
)
def test_a_third_more_publishers_and_two_at_least_are_news(before: int, after: int, *, is_new: bool) -> None:
    candidate = make_candidate(1, PAPERS[:after], headline="Same words here")
    assert bool(said(candidate, make_told("Same words here", PAPERS[:before]))) is is_new


def test_the_first_new_publishers_are_named_and_the_others_counted() -> None:
    told = make_told("Same", PAPERS[:1])
    assert said(make_candidate(1, PAPERS[:5], headline="Same"), told).endswith("Paper 1, Paper 2, Paper 3, Paper 4")
    assert (
        said(make_candidate(1, PAPERS[:8], headline="Same"), told)
        == "7 more publishers: Paper 1, Paper 2, Paper 3 and 4 others"
    )


def test_publishers_that_have_gone_are_no_news() -> None:
    assert said(make_candidate(1, PAPERS[:2], headline="Same"), make_told("Same", PAPERS[:9])) == ""


def test_a_number_that_took_the_place_of_another_is_told() -> None:
    candidate = make_candidate(1, headline="Ferry sinks off Samos, 12 dead", numbers=["12"])
    assert said(candidate, make_told("Ferry sinks off Samos, eight dead", ["Example"], ["8"])) == "now 12, was 8"


def test_numbers_of_different_things_are_not_told_side_by_side() -> None:
    candidate = make_candidate(1, headline="Auckland moves to level 3", numbers=["3"])
    assert "now" not in said(candidate, make_told("Auckland moves after Covid-19 cases", ["Example"], ["19"]))


def test_a_number_that_only_one_headline_has_is_no_news() -> None:
    candidate = make_candidate(1, headline="Ferry sinks off Samos, 12 dead", numbers=["12"])
    assert said(candidate, make_told("Ferry sinks off Samos, many dead", ["Example"])) == ""


def test_a_headline_of_another_meaning_that_was_written_in_the_period_is_told() -> None:
    candidate = make_candidate(1, headline="Captain of sunken ferry arrested in Athens")
    told = make_told("Ferry sinks off Samos", ["Example"])
    assert said(candidate, told) == "another headline"
    assert replaced(candidate, told, start=START) == "Ferry sinks off Samos"


def test_the_same_in_other_words_is_no_news() -> None:
    candidate = make_candidate(1, headline="Ferry off Samos sinks in storm")
    assert said(candidate, make_told("Ferry sinks off Samos", ["Example"])) == ""


def test_an_old_headline_that_leads_now_is_no_news() -> None:
    candidate = make_candidate(1, headline="Captain arrested in Athens", at=START - timedelta(hours=1))
    assert said(candidate, make_told("Ferry sinks off Samos", ["Example"])) == ""


def test_an_old_entry_whose_feed_changed_the_headline_in_the_period_is_told() -> None:
    at = START - timedelta(hours=1)
    candidate = make_candidate(1, headline="Captain arrested in Athens", at=at, changed_at=START + timedelta(hours=1))
    assert said(candidate, make_told("Ferry sinks off Samos", ["Example"])) == "another headline"


def test_several_changes_stand_in_one_line() -> None:
    candidate = make_candidate(1, PAPERS[:3], headline="Captain of ferry\narrested, 12 dead", numbers=["12"])
    told = make_told("Ship sinks, 8 dead\u2028off Samos in summer storm", PAPERS[:1], ["8"])
    assert said(candidate, told) == ("2 more publishers: Paper 1, Paper 2; now 12, was 8; another headline")
    assert replaced(candidate, told, start=START) == "Ship sinks, 8 dead off Samos in summer storm"
