"""Laws of published documents, whatever publishers write."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish import atom, jsonfeed, opml, rss
from aggregator.publish.listed import UNTITLED, plain
from tests.published import make_channel, make_entry, make_overview, make_published, make_site

ATOM = "{http://www.w3.org/2005/Atom}"

anything = st.text(st.characters(exclude_categories=()))
"""Also half surrogate pairs, NUL and what else no XML may hold."""


@given(headline=anything.filter(str.strip))
def test_any_headline_makes_well_formed_atom_that_reads_back_equal(headline: str) -> None:
    document = atom.write(make_channel(), [make_published(make_entry(headline=headline))])
    assert ET.fromstring(document).findtext(f"{ATOM}entry/{ATOM}title") == (plain(headline) or UNTITLED)


@given(headline=anything.filter(str.strip))
def test_any_headline_makes_well_formed_rss_that_reads_back_equal(headline: str) -> None:
    document = rss.write(make_channel(), [make_published(make_entry(headline=headline))])
    assert ET.fromstring(document).findtext("channel/item/title") == (plain(headline) or UNTITLED)


@given(headline=anything.filter(str.strip))
def test_any_headline_makes_json_that_reads_back_equal(headline: str) -> None:
    document = jsonfeed.write(make_channel(), [make_published(make_entry(headline=headline))])
    assert json.loads(document)["items"][0]["title"] == (plain(headline) or UNTITLED)


@given(text=anything)
def test_any_text_in_any_field_keeps_every_document_well_formed(text: str) -> None:
    entry = make_entry(
        headline=text, teaser=text, content=text, author=text, publisher=text, category=text, tags=[text], language=text
    )
    entries = [make_published(entry, also=[make_entry(2, publisher=text)], related=[make_entry(3, headline=text)])]
    overview = make_overview(title=text, category=text, tags=[text], language=text)
    channel = make_channel(entries, origins=[overview])
    ET.fromstring(atom.write(channel, entries))
    ET.fromstring(rss.write(channel, entries))
    json.loads(jsonfeed.write(channel, entries))
    ET.fromstring(opml.write(make_site(), [overview]))


@given(content=anything)
def test_content_reads_back_with_its_line_ends_as_xml_has_them(content: str) -> None:
    """XML 1.0 section 2.11: a parser turns CR LF and CR into LF, so nothing else may be promised."""
    document = atom.write(make_channel(), [make_published(make_entry(content=content))])
    found = ET.fromstring(document).findtext(f"{ATOM}entry/{ATOM}content") or ""
    (item,) = json.loads(jsonfeed.write(make_channel(), [make_published(make_entry(content=content))]))["items"]
    assert found == item["content_html"]


@pytest.mark.parametrize("write", [atom.write, rss.write, jsonfeed.write])
def test_equal_entries_make_equal_bytes(write: object) -> None:
    assert callable(write)
    entries = [make_published(make_entry(number)) for number in range(5)]
    assert write(make_channel(entries), entries) == write(make_channel(entries), entries)
