"""Documents that use every field, and exactly what they must become."""

from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.feeds.parse import parse_document
from aggregator.model.feed import Document, ParsedFeed
from aggregator.text import headline
from tests.golden import atom10, jsonfeed11, rdf, rss20

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


@pytest.mark.parametrize(
    ("name", "document", "expected"),
    [
        ("rss20.xml", rss20.DOCUMENT, rss20.EXPECTED),
        ("atom10.xml", atom10.DOCUMENT, atom10.EXPECTED),
        ("rdf.xml", rdf.DOCUMENT, rdf.EXPECTED),
        ("jsonfeed11.json", jsonfeed11.DOCUMENT, jsonfeed11.EXPECTED),
    ],
)
def test_a_document_with_every_field_becomes_what_is_written_beside_it(
    name: str, document: Document, expected: ParsedFeed
) -> None:
    parsed = parse_document(replace(document, body=(GOLDEN / name).read_bytes()))
    assert isinstance(parsed, ParsedFeed)
    names, title = document.publisher_names, expected.title
    keys = [headline.normalise(entry.headline, names, title=title) for entry in expected.entries]
    assert [entry.headline_key for entry in parsed.entries] == keys
    entries = tuple(replace(entry, fingerprint="", headline_key="") for entry in parsed.entries)
    for entry, wanted in zip(entries, expected.entries, strict=True):
        assert entry == wanted
    assert replace(parsed, entries=()) == replace(expected, entries=())
    fingerprints = {entry.fingerprint for entry in parsed.entries}
    assert len(fingerprints) == len(parsed.entries)
    assert all(len(fingerprint) == 32 for fingerprint in fingerprints)
