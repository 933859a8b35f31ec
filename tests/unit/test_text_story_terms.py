"""Terms by which stories are compared."""

import pytest

from aggregator.text.story_terms import story_terms, terms_of, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Filipino rebels", "Philippines rebel"),
        ("Boeing's CEO", "Boeing chief executive"),
        ("US troops", "U.S. soldiers"),
        ("UK winds of 90mph", "British wind, 90 mph"),
        ("$900B deal", "$900 billion agreement"),
        ("1,200 e-mails", "1200 emails"),
        ("Pa. jihadists freed", "Pennsylvania militants released"),
        ("Trump’s lawyers", "Trump's attorney"),
        ("Justice Department sues", "DOJ lawsuit"),
    ],
)
def test_what_has_several_names_is_one_term(one: str, other: str) -> None:
    assert story_terms(one) == story_terms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("join us in Turkey", "US joins Turkey"), ("iOS 7.1", "iOS 71"), ("Polish the floor", "Niger"), ("Iran", "Iraq")],
)
def test_what_only_looks_alike_stays_apart(one: str, other: str) -> None:
    assert story_terms(one) != story_terms(other)


def test_stop_words_are_left_out_by_language() -> None:
    assert story_terms("The man who will not be king", "en") == ["man", "king"]
    assert story_terms("Der Mann und die Frau", "de") == ["mann", "frau"]
    assert "die" not in story_terms("die Frau", "de")
    assert story_terms("die hard", "en") == ["dead", "hard"]


def test_a_script_without_spaces_gives_pairs_of_characters_and_no_pairs_of_endings() -> None:
    assert story_terms("東京五輪", "ja") == ["東京", "京五", "五輪"]
    assert story_terms("から", "ja") == []
    assert story_terms("Apple新製品", "ja") == ["apple", "新製", "製品"]


def test_arabic_words_are_folded_and_lose_their_article() -> None:
    assert story_terms("والقوات العراقيّة", "ar") == story_terms("القوات العراقية", "ar")
    assert set(story_terms("القوات العراقية", "ar")) & set(story_terms("قوات عراقية", "ar"))


def test_words_keep_points_of_numbers_and_abbreviations() -> None:
    assert words("A 6.1 quake, 4,211 cases at 5:30 in the U.S.") == [
        "A",
        "6.1",
        "quake",
        "4,211",
        "cases",
        "at",
        "5:30",
        "in",
        "the",
        "U.S.",
    ]


def test_no_more_terms_than_asked_for() -> None:
    assert story_terms("Iraq Iran Syria Russia", most=2) == ["iraq", "iran"]
    assert len(story_terms("東京五輪開会式", "ja", most=2)) == 2


@pytest.mark.parametrize("text", ["", " ", "...", "—", "’s", "1,", ",,1", "\u0301", "٣٫٥", "½"])
def test_odd_text_has_terms_or_none_but_no_error(text: str) -> None:
    assert all(term for term in story_terms(text))


def test_a_term_has_bounded_length() -> None:
    assert max(map(len, terms_of("x" * 5000, "en"))) <= 40
    assert max(map(len, terms_of("1" * 5000, "en"))) <= 40
