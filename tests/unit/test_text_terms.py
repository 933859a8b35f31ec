"""Search terms that FTS5 finds again, and the words by which a text is related to others."""

import sqlite3
import unicodedata
from collections.abc import Iterator

import pytest

from aggregator.errors import QueryError
from aggregator.storage.sqlite.search_expression import required
from aggregator.text.search_language import parse
from aggregator.text.terms import MAX_PHRASE_TERMS, phrase, search_terms


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table words using fts5(terms, tokenize = 'unicode61 remove_diacritics 0')")
    database.execute("create virtual table vocabulary using fts5vocab(words, 'row')")
    yield database
    database.close()


def finds(index: sqlite3.Connection, text: str, query: str) -> bool:
    index.execute("delete from words")
    index.execute("insert into words values (?)", (search_terms(text),))
    expression = required(parse(query).words)
    return expression is not None and bool(
        index.execute("select 1 from words where words match ?", (expression,)).fetchall()
    )


# --- search terms -----------------------------------------------------------------------------------------------


def test_words_are_terms() -> None:
    assert search_terms("Trump's visit: e-mail, 5.1% & Zoë_x") == "trump s visit e mail 5 1 zoe x"


def test_the_arabic_article_does_not_count() -> None:
    assert search_terms("العراق والعراق للعراق عراق بالعراق") == " ".join(["عراق"] * 5)
    assert search_terms("والد ال الف") == "والد ال الف"


def test_scripts_without_spaces_become_pairs_and_a_last_character() -> None:
    assert search_terms("東京都 is 京") == "東京 京都 都 is 京"


def test_hangul_is_written_in_words() -> None:
    assert search_terms("한국 뉴스") == "한국 뉴스"


def test_no_text_has_no_terms() -> None:
    assert search_terms(" …!? \u0301 — ") == ""


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Flood waters reach the Müller mill", "muller FLOOD"), ("東京都で会議", "東"), ("東京都で会議", "議"), ("東京都で会議", "京都"), ("東京都で会議", "東京都で会議"),
        ("東京 taxi 2019年", '"東京 taxi"'), ("北東京 taxi", '"京 taxi"'), ("2019年の会議", "年"), ("ภาษาไทยวันนี้", "วันนี้"), ("ภาษาไทย", "ย"), ("الأحداث في العراق", "احداث عراق"),
        ("हिन्दी समाचार", "हिन्दी"), ("한국 뉴스", "한국"), ("say hello world", "“hello world”"), ("x AND y", "and"), ("NEAR miss", "near"),
        ("\U00020000\U00020001", "\U00020001"), ("ᦀᦱ news", "ᦀᦱ"), ("𑄇𑄧 chakma", "𑄇𑄧"), ("C++ and C#", "c++"),
    ],
)  # fmt: skip
def test_what_is_there_is_found(index: sqlite3.Connection, text: str, query: str) -> None:
    assert finds(index, text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("hello new world", '"hello world"'),
        ("東大京", "東京"),
        ("Müller", "mull"),
        ("हिन्दी", "हनद"),
        ("one", "one two"),
        ("会議 東京", '"東京 会議"'),
    ],
)
def test_what_is_not_there_is_not_found(index: sqlite3.Connection, text: str, query: str) -> None:
    assert not finds(index, text, query)


@pytest.mark.slow
def test_every_letter_and_digit_there_is_stays_whole_in_the_index(index: sqlite3.Connection) -> None:
    letters = [chr(point) for point in range(0x30, 0x30000) if unicodedata.category(chr(point))[0] in "LNM"]
    terms = [term for letter in letters for term in search_terms(f"q{letter}q").split()]
    index.execute("insert into words values (?)", (" ".join(terms),))
    assert len(terms) > 100_000
    assert index.execute("select sum(cnt) from vocabulary").fetchone() == (len(terms),)


@pytest.mark.parametrize("query", ["", "   ", '""', '"', "*", "^", "()", "-", "…", "\x00", "\u0301"])
def test_a_text_without_words_is_no_phrase(query: str) -> None:
    assert phrase(query) is None


@pytest.mark.parametrize(
    "query", ["word " * 100_000, '"a" ' * 100_000, "東" * 500_000, "東 " * 250_000, '"' + "word " * 100_000, "a\u0301\u0316" * 160_000]
)  # fmt: skip
def test_half_a_megabyte_is_a_bounded_and_valid_phrase(index: sqlite3.Connection, query: str) -> None:
    asked = phrase(query)
    assert asked is not None
    assert len(asked.terms) <= MAX_PHRASE_TERMS
    expression = f'"{" ".join(asked.terms)}"'
    assert index.execute("select count(*) from words where words match ?", (expression,)).fetchone() == (0,)
    with pytest.raises(QueryError, match="1,000 at most"):
        parse(query)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "東" * 500_000,
        "مُحَمَّد " * 60_000,
        "हिन्दी " * 70_000,
        "A" * 500_000,
        "\ufdfa" * 500_000,
        "㍿" * 200_000,
        "a\u0301\u0316" * 160_000,
    ],
)
def test_half_a_megabyte_of_text_has_a_bounded_index(text: str) -> None:
    assert len(search_terms(text)) <= 12 * len(text)
