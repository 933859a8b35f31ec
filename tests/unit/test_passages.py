"""What is marked of what was found."""

import pytest

from aggregator.text.passages import PASSAGE, Passage, Piece, marked, passage, sought
from aggregator.text.search_language import parse


def shown(query: str, text: str) -> str:
    """Write hits in brackets."""
    return written(marked(text, sought(parse(query), headline=True)))


def around(query: str, text: str) -> Passage:
    return passage(text, sought(parse(query), headline=False))


def written(pieces: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("gale", "GALE closes; gales, gale.", "[GALE] closes; gales, [gale]."),
        ("gal*", "Gales and gallons", "[Gales] and [gallons]"),
        ('"old harbour"', "an old - harbour, the old new harbour", "an [old - harbour], the old new harbour"),
        ("cafe jose", "Le café où José dîne", "Le [café] où [José] dîne"),
        ("café", "cafe\u0301 CAFE", "[cafe\u0301] [CAFE]"),
        ("السعوديه", "السعودية والكويت", "[السعودية] والكويت"),
        ("محمد", "قال مُحَمَّد أمس", "قال [مُحَمَّد] أمس"),
        ("知事", "東京都知事が会見", "東京都[知事]が会見"),
        ("都知事", "東京都知事が会見", "東京[都知事]が会見"),
        ("見", "東京都知事が会見", "東京都知事が会[見]"),
        ("都", "東京都知事", "東京[都]知事"),
        ("東京 大阪", "東京,大阪 OR 京都", "[東京],[大阪] OR 京都"),
        ("समाचार", "हिन्दी समाचार आज", "हिन्दी [समाचार] आज"),
        ("ประเทศ", "ข่าวประเทศไทย", "ข่าว[ประเทศ]ไทย"),
        ("ёлка", "Елка в Москве", "[Елка] в Москве"),
        ("U.S.", "the U.S.-backed us", "the [U.S].-backed us"),
        ("finance", "ﬁnance", "[ﬁnance]"),
        ("iraq OR iran -war", "Iraq, Iran and war", "[Iraq], [Iran] and war"),
        ("title:iraq", "Iraq", "[Iraq]"),
        ('"a b" "b c"', "x a b c", "x [a b c]"),
        ("x", "", ""),
        ("feed:gale", "gale", "gale"),
        ("gale", "<b>gale</b>", "<b>[gale]</b>"),
    ],
)
def test_hits_are_marked_as_they_are_found(query: str, text: str, expected: str) -> None:
    assert shown(query, text) == expected


def test_words_of_the_headline_are_not_marked_in_the_text() -> None:
    assert not around("title:gale", "A gale.").has_hit


def test_a_passage_stands_around_the_first_hit_and_is_cut_between_words() -> None:
    text = "before " * 100 + "the gale came " + "afterwards " * 100
    found = around("gale", text)
    assert found.text in text
    assert found.text.startswith("before ")
    assert found.text.endswith(" afterwards")
    assert (found.begins, found.ends) == (False, False)
    assert PASSAGE - 20 <= len(found.text) <= PASSAGE + 20
    assert "the [gale] came" in written(found.pieces)


def test_a_passage_without_a_hit_is_the_beginning() -> None:
    found = around("gale", "word " * 100)
    assert (found.begins, found.ends, found.has_hit) == (True, False, False)
    assert found.text.startswith("word word")


def test_a_short_text_is_given_whole() -> None:
    found = around("gale", "A gale.")
    assert (found.text, found.begins, found.ends) == ("A gale.", True, True)


def test_no_text_is_an_empty_passage() -> None:
    assert around("gale", "") == Passage((), True, True)  # noqa: FBT003 -- it begins and ends there


def test_a_passage_of_chinese_is_cut_between_characters() -> None:
    found = around("知事", "天" * 1000 + "知事" + "地" * 1000)
    assert len(found.text) <= PASSAGE
    assert "[知事]地" in written(found.pieces)


def test_a_word_without_end_is_cut_and_a_hit_without_end_is_kept() -> None:
    assert len(around("gale", "x" * 1000 + " gale").text) < PASSAGE
    phrase = " ".join(f"w{number}" for number in range(60))
    assert f"[{phrase}]" in written(around(f'"{phrase}"', f"{'before ' * 50}{phrase} after").pieces)
