"""What feeds.yaml wants of a document: fewer entries, headlines without what their publisher adds to all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.parse import parse_document
from aggregator.feeds.titles import stripped
from aggregator.feeds.wire import pack_document, unpack_document
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.ids import EntryId
from aggregator.model.imprint import KnownImprints
from tests.documents import Item, rss

ITEMS = [Item(name=str(number), headline=f"WATCH: Headline number {number} | Example") for number in range(5)]


def parsed(document: Document) -> ParsedFeed:
    found = parse_document(document)
    assert isinstance(found, ParsedFeed)
    return found


def document(**wanted: object) -> Document:
    return Document(body=rss(ITEMS), url="https://news.example/feed", **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("WATCH: Fire in Lyon", "Fire in Lyon"),
        ("watch: Fire in Lyon", "Fire in Lyon"),
        ("WATCH: LIVE: Fire in Lyon - The Example", "Fire in Lyon"),
        ("Fire in Lyon - The Example", "Fire in Lyon"),
        ("WATCH:", "WATCH:"),
        ("Fire in Lyon", "Fire in Lyon"),
        ("İstanbul - The Example", "İstanbul"),
    ],
)
def test_the_longest_beginning_and_end_that_fit_are_cut(title: str, expected: str) -> None:
    assert stripped(title, ("WATCH:", "WATCH: LIVE:"), ("- The Example", "Example")) == expected


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=5)), st.lists(st.text(min_size=1, max_size=5)))
def test_what_is_left_is_a_part_and_never_nothing(title: str, prefixes: list[str], suffixes: list[str]) -> None:
    left = stripped(title, tuple(prefixes), tuple(suffixes))
    assert left in title
    assert bool(left) == bool(title)


def test_headlines_are_cleaned_before_keys_are_made_of_them() -> None:
    plain = parsed(Document(body=rss([Item(name="0", headline="Headline number 0")]), url="https://news.example/feed"))
    cleaned = parsed(document(strip_prefix=("WATCH:",), strip_suffix=("| Example",))).entries[0]
    assert cleaned.headline == "Headline number 0"
    assert cleaned.headline_key == plain.entries[0].headline_key


def test_only_the_first_entries_are_read_where_no_more_are_wanted() -> None:
    whole, some = parsed(document()), parsed(document(max_entries=2))
    assert some.entries == whole.entries[:2]
    assert (some.size, some.dropped) == (2, 0)
    assert some.imprints.entries == whole.imprints.entries[:2]


def test_known_entries_count_among_the_first() -> None:
    first = parsed(document())
    made = first.imprints.entries
    known = KnownImprints(context=first.imprints.context, entries=((made[1], EntryId(7)), (made[4], EntryId(9))))
    some = parsed(document(max_entries=3, known=known))
    assert some.known == ((1, EntryId(7)),)
    assert [entry.headline for entry in some.entries] == [first.entries[0].headline, first.entries[2].headline]


def test_other_ends_of_headlines_have_known_entries_read_again() -> None:
    first = parsed(document())
    known = KnownImprints(
        context=first.imprints.context,
        entries=tuple((made, EntryId(number)) for number, made in enumerate(first.imprints.entries, 1)),
    )
    assert len(parsed(document(known=known)).known) == 5
    assert parsed(document(known=known, strip_prefix=("WATCH:",))).known == ()


def test_what_is_wanted_reaches_the_worker() -> None:
    asked = document(max_entries=3, strip_prefix=("A", "B"), strip_suffix=("C",))
    assert unpack_document(pack_document(asked)) == asked
