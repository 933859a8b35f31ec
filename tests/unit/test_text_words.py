"""Words: one line, teasers, and the folding of letters."""

import time
import unicodedata

import pytest

from aggregator.text.letters import MAX_MARKS, fold
from aggregator.text.words import one_line, teaser, xml_safe

# --- one line ---------------------------------------------------------------------------------------------------


def test_s11_every_kind_of_line_break_becomes_one_space() -> None:
    assert one_line(" a\r\n\tb\x0b\x0cc\x85d\u2028e\u2029f\x00g\x1bh\xa0\u3000i ") == "a b c d e f g h i"


def test_what_turns_the_reading_direction_over_goes() -> None:
    assert one_line("\u202egnp.exe\u202c \u2066a\u2069 \ufeffb") == "gnp.exe a b"


def test_piles_of_marks_are_cut() -> None:
    assert one_line("Z" + "\u0301\u0316" * 100_000 + "algo") == "Z" + "\u0301\u0316" * (MAX_MARKS // 2) + "algo"
    assert one_line("a" + "\u0301" * 4 + "b") == "a" + "\u0301" * 4 + "b"


def test_a_pile_that_mixes_planes_and_kinds_is_cut_too() -> None:
    assert len(one_line("x" + "\u302e\u0301\U0001d165" * 1000)) == 1 + MAX_MARKS


def test_joiners_that_persian_and_emoji_need_stay() -> None:
    assert one_line("می\u200cخواهم 👩\u200d🚀") == "می\u200cخواهم 👩\u200d🚀"


def test_lone_surrogates_reach_neither_database_nor_xml() -> None:
    assert one_line("a\ud800b").encode() == b"ab"
    assert xml_safe("a\ud800\x00\x0b\ufffe\tb\n\U0001f600").encode() == "a\tb\n\U0001f600".encode()


# --- teasers ----------------------------------------------------------------------------------------------------


def test_a_short_text_is_its_own_teaser() -> None:
    assert teaser("Three ministers met. ", length=20) == "Three ministers met."


def test_a_teaser_is_cut_between_words() -> None:
    text = "The river rose again on Tuesday, and the lower town was evacuated before nightfall."
    for length in range(8, len(text)):
        cut = teaser(text, length=length)
        assert len(cut) <= length + 1
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
        assert not text[len(cut) - 1].isalnum()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("One, two — three four", "One, two…"), ("One two. Three four", "One two…"), ("One two (three four", "One two…")],
)
def test_a_teaser_does_not_end_in_loose_punctuation(text: str, expected: str) -> None:
    assert teaser(text, length=len(expected) + 3) == expected


def test_a_script_without_spaces_is_cut_between_characters() -> None:
    text = "北京和上海今天举行了会议" * 20
    assert teaser(text, length=50) == text[:50] + "…"


def test_a_character_is_not_torn_from_its_marks() -> None:
    thai = "ที่นี่" * 60
    for length in range(20, 40):
        cut = teaser(thai, length=length)[:-1]
        assert thai.startswith(cut)
        assert not unicodedata.category(thai[len(cut)]).startswith("M")


def test_one_long_word_between_short_ones_is_left_out_whole() -> None:
    assert teaser("See https://news.example/" + "a" * 300, length=50) == "See…"


@pytest.mark.parametrize(
    "text",
    [
        "A" * 500_000,
        "a\u0301" * 250_000,
        "👩\u200d" * 250_000,
        "ก" * 500_000,
        " ." * 250_000,
        "." * 500_000,
        "\u0e34" * 500_000,
    ],
)
def test_a09_half_a_megabyte_has_a_short_teaser(text: str) -> None:
    began = time.process_time()
    assert 0 < len(teaser(text)) <= 151
    assert time.process_time() - began < 1.0


# --- folding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MÜNCHEN", "munchen"), ("Straße", "strasse"), ("Łódź", "lodz"), ("ＡＢＣ１", "abc1"), ("Ístanbul", "istanbul"), ("İstanbul", "istanbul"), ("ё", "е"),
        ("أحمد", "احمد"), ("إيران", "ايران"), ("آسيا", "اسيا"), ("مدرسة", "مدرسه"), ("مصطفى", "مصطفي"), ("مُحَمَّد", "محمد"), ("العـــراق", "العراق"), ("مسؤول", "مسوول"),
        ("کتاب", "كتاب"), ("ﻣﺤﻤﺪ", "محمد"), ("٢٠١٩", "2019"), ("ﬁnance", "finance"), ("ά", "α"),
    ],
)  # fmt: skip
def test_spellings_of_a_letter_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("हिन्दी", "हन्द"), ("กี่", "กา"), ("東", "京")])
def test_letters_that_differ_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)
