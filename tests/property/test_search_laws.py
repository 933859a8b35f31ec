"""Laws of searching: of the language, and of what is marked."""

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import QueryError
from aggregator.storage.sqlite.search_expression import any_term, required
from aggregator.text.passages import marked, passage, sought
from aggregator.text.search_language import parse
from aggregator.text.terms import search_terms

ATOMS = (
    "iraq", "café", "東京都", "ข่าว", "السعودية", "U.S.", "e-mail", '"prime minister"', "“peace talks”", "minist*", '"a minist"*', "OR", "-sport", '-"x y"',
    "title:quake", 'headline:"a b"', "publisher:bbc", 'category:"Middle East"', "-feed:x", "after:2018-09", "before:2020-01-31", "after:", '"', "&", "*", "-", ":", "x:y", "½", "\u202e", "\x00", "\ud800",
)  # fmt: skip
queries = st.lists(st.sampled_from(ATOMS), max_size=8).map(" ".join) | st.text(
    st.sampled_from('ab OR"*-:東京é\u0301 \x00titlefd'), max_size=30
)
texts = st.lists(
    st.sampled_from(
        ["iraq", "Café,", "cafe\u0301", "東京都知事", "都", "ข่าวไทย", "والسعودية", "U.S.", "ﬁn", "½", "prime", "minister", "“a”", "<b>", "&", "\n", "e-mail", "x" * 50]
    ),
    max_size=60,
).map(" ".join) | st.text(max_size=200)  # fmt: skip


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table words using fts5(headline, tokenize = 'unicode61 remove_diacritics 0')")
    yield database
    database.close()


@given(queries | st.text(max_size=60))
def test_any_text_is_a_search_or_refused_in_words(text: str) -> None:
    said, search = "", None
    try:
        search = parse(text)
    except QueryError as error:
        said = str(error)
    if search is None:
        assert "expected" in said or "no word to search for" in said or "did you mean" in said
    else:
        assert parse(str(search)) == search
        assert str(parse(str(search))) == str(search)


@given(query=queries)
def test_every_search_is_a_question_the_index_understands(index: sqlite3.Connection, query: str) -> None:
    try:
        search = parse(query)
    except QueryError:
        return
    for expression in (required(search.words), any_term(search.without)):
        if expression:
            index.execute("select rowid from words where words match ?", (expression,)).fetchall()


@given(query=queries, text=texts)
def test_a_passage_is_a_part_of_its_text_and_pieces_are_all_of_it(query: str, text: str) -> None:
    try:
        search = parse(query)
    except QueryError:
        return
    found = passage(text, sought(search, headline=False))
    assert found.text in text
    assert text.strip().startswith(found.text) or not found.begins
    assert "".join(piece.text for piece in marked(text, sought(search, headline=True))) == text


@given(query=st.sampled_from([atom for atom in ATOMS if atom[0] not in '-":*&O' and ":" not in atom]), text=texts)
def test_what_the_index_finds_is_what_is_marked(index: sqlite3.Connection, query: str, text: str) -> None:
    try:
        search = parse(query)
    except QueryError:
        return
    index.execute("delete from words")
    index.execute("insert into words values (?)", (search_terms(text),))
    hits = index.execute("select 1 from words where words match ?", (required(search.words),)).fetchall()
    assert any(piece.is_hit for piece in marked(text, sought(search, headline=True))) == bool(hits)


@given(
    query=queries,
    text=st.text(st.sampled_from("abIRAQ iraq prime minister-.'9\n"), max_size=80)
    | st.sampled_from(["x" * 70, "iraq" * 20]),
)
def test_in_ascii_the_same_is_marked_as_beside_a_sign_that_is_none(query: str, text: str) -> None:
    try:
        search = parse(query)
    except QueryError:
        return
    asked = sought(search, headline=True)
    alone, beside = marked(text, asked), marked(f"{text} …", asked)
    assert [piece for piece in alone if piece.is_hit] == [piece for piece in beside if piece.is_hit]
