"""What rules of feeds.yaml find in entries, and in what time."""

import time

import pytest

from aggregator.model.wanted import Filters, Part, Rule
from aggregator.polling.muting import breaks_out, fits, muted_by, saying
from aggregator.text.patterns import LONGEST, SEARCHED, any_word, expression


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("horoscope", "Your HOROSCOPE for today", True),
        ("horoscope", "All horoscopes", False),
        ("cote d'azur", "Sun over the Côte  d'Azur", True),
        ("体育", "今日体育新闻", True),
        ("c++", "C++ 23 is here", True),
        ("ai", "The aim of AI", True),
        ("ai", "The aim", False),
        ("Zürich", "ZURICH wins", True),
    ],
)
def test_words_are_found_whole_whatever_their_case_and_accents(word: str, text: str, *, found: bool) -> None:
    assert any_word((word,))(text) is found


def test_words_of_nothing_but_marks_find_nothing() -> None:
    assert not any_word(("\u0301",))("anything")
    assert not any_word(())("anything")


@pytest.mark.parametrize(
    ("regex", "reason"),
    [
        ("(?=a)b", "look-around"),
        (r"(a)\1", "back-reference"),
        ("(", "unclosed group"),
        ("(?:.{999}){999}", "too large"),
        ("a" * (LONGEST + 1), f"longer than {LONGEST}"),
    ],
)
def test_an_expression_that_could_take_for_ever_is_refused_with_the_reason(regex: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        expression(regex)


def test_an_expression_is_sought_anywhere_whatever_the_case() -> None:
    assert expression(r"best .* deals")("The BEST of all deals today")
    assert not expression(r"^deals")("The best deals")


@pytest.mark.parametrize("regex", [r"(a+)+$", r"(a|a)*$", r"(?:a?){100}a{100}$", r"(.*a){12}$", r"[a-q][^u-z]{13}x"])
def test_no_expression_takes_longer_than_its_text_does(regex: str) -> None:
    finds, text = expression(regex), "a" * SEARCHED + "!"
    began = time.process_time()
    finds(text)
    # Python's own engine takes 2 ** 10000 steps for the first of these.
    assert time.process_time() - began < 0.5


def test_a_rule_looks_at_its_fields_alone() -> None:
    entry = saying({Part.TITLE: "Derby", Part.CATEGORY: "Sport\nFootball", Part.AUTHOR: "A. Writer"})
    assert fits(Rule(words=("football",), fields=(Part.CATEGORY,)), entry)
    assert not fits(Rule(words=("football",)), entry)
    assert fits(Rule(regex="^a\\.", fields=(Part.AUTHOR,)), entry)
    assert not fits(Rule(words=("derby",), fields=(Part.URL,)), entry)


def test_an_entry_is_muted_by_the_first_rule_that_fits_and_named_after_it() -> None:
    filters = Filters(mute=(Rule(words=("golf",)), Rule(regex="der(by|bies)"), Rule(words=("derby",))))
    assert muted_by(filters, saying({Part.TITLE: "Derby today"})) == "/der(by|bies)/"
    assert muted_by(filters, saying({Part.TITLE: "Chess"})) == ""


def test_with_keep_only_what_fits_is_shown_and_mute_has_the_last_word() -> None:
    filters = Filters(keep=(Rule(words=("chess",)), Rule(words=("go",))), mute=(Rule(words=("blitz",)),))
    assert muted_by(filters, saying({Part.TITLE: "Chess"})) == ""
    assert muted_by(filters, saying({Part.TITLE: "Derby"})) == "keep"
    assert muted_by(filters, saying({Part.TITLE: "Blitz chess"})) == "blitz"


@pytest.mark.parametrize(("publishers", "shown"), [(2, False), (3, True), (9, True)])
def test_a_muted_entry_breaks_out_when_enough_publishers_have_its_story(publishers: int, *, shown: bool) -> None:
    assert breaks_out(Filters(breakout=3), publishers) is shown
    assert not breaks_out(Filters(), publishers)
