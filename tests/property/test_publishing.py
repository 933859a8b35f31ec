"""Laws of published documents, whatever publishers write."""

import json
import random
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model.entry import Byline, Enclosure
from aggregator.model.ids import StoryId
from aggregator.model.story import EventKind, StoryEvent
from aggregator.publish import atom, jsonfeed, notices, opml, rss, stories
from aggregator.publish.listed import UNTITLED, plain
from aggregator.publish.xml import Element, document
from tests import letter
from tests.factories import NOON
from tests.published import (
    every_story,
    glance_of,
    make_channel,
    make_entry,
    make_line,
    make_overview,
    make_published,
    make_site,
    make_story,
)

ATOM = "{http://www.w3.org/2005/Atom}"

anything = st.text(st.characters(exclude_categories=()))
"""Also half surrogate pairs, NUL and what else no XML may hold."""


@given(headline=anything.filter(str.strip))
def test_any_headline_makes_well_formed_atom_that_reads_back_equal(headline: str) -> None:
    document = atom.write(make_channel(), [make_published(make_entry(headline=headline))])
    entry = ET.fromstring(document).find(f"{ATOM}entry")
    assert entry is not None
    assert shown(entry, "title") == (plain(headline) or UNTITLED)


@given(headline=anything.filter(str.strip))
def test_any_headline_makes_well_formed_rss_that_reads_back_equal(headline: str) -> None:
    document = rss.write(make_channel(), [make_published(make_entry(headline=headline))])
    assert ET.fromstring(document).findtext("channel/item/title") == (plain(headline) or UNTITLED)


@given(headline=anything.filter(str.strip))
def test_any_headline_makes_json_that_reads_back_equal(headline: str) -> None:
    document = jsonfeed.write(make_channel(), [make_published(make_entry(headline=headline))])
    assert json.loads(document)["items"][0]["title"] == (plain(headline) or UNTITLED)


hostile = anything | st.lists(
    st.sampled_from(
        ["<b>", "</b>", "&nbsp;", "&#1;", "]]>", "<!--", "<?xml?>", "\x00", "\x85", "\ufdd0", "\u202e", '"', "\r\n"]
    ),
    max_size=6,
).map("".join)
"""Also what looks like markup."""


@settings(max_examples=50)  # each is written, checked by a grammar and read back in three formats
@given(text=hostile)
def test_any_text_in_any_field_keeps_every_document_valid_to_the_letter(text: str) -> None:
    media = [Enclosure(url=f"https://example.org/{n}", media_type=text) for n in range(2)]
    entry = make_entry(
        headline=text,
        teaser=text,
        content=text,
        author=text,
        publisher=text,
        feed_title=text,
        category=text,
        tags=[text],
        language=text,
        enclosures=media,
        byline=Byline(author=text, categories=(text,)),
    )
    entries = [make_published(entry, also=[make_entry(2, publisher=text)], related=[make_entry(3, headline=text)])]
    overview = make_overview(title=text, category=text, tags=[text], language=text)
    site = replace(make_site(description=text), title=f"Site {text}")
    channel = make_channel(entries, site=site, origins=[overview])
    letter.check_atom(atom.write(channel, entries))
    letter.check_rss(rss.write(channel, entries))
    letter.check_json(jsonfeed.write(channel, entries))
    ET.fromstring(opml.write(site, [glance_of(overview)]))


@settings(max_examples=50)  # each is written, checked by a grammar and read back in three formats
@given(text=hostile)
def test_any_text_in_any_field_of_a_story_keeps_every_document_valid_to_the_letter(text: str) -> None:
    lead = make_entry(
        headline=text, teaser=text, content=text, author=text, publisher=text, category=text, tags=[text], language=text
    )
    other = make_entry(2, headline=text, publisher=f"{text}!", category=text, url=None)
    events = [StoryEvent(story=StoryId(1), kind=EventKind.NUMBER, at=NOON, detail=text)]
    told = [make_story(1, lead, other, related=[make_line(2, lead, coverage=2)], events=events)]
    channel = make_channel(origins=[make_overview(title=text)])
    letter.check_atom(stories.write_atom(channel, told))
    letter.check_rss(stories.write_rss(channel, told))
    document = stories.write_json(channel, told)
    letter.check_json(document)
    (item,) = json.loads(document)["items"]
    assert item["_aggregator"]["coverage"] == 2


@settings(max_examples=50)  # each is written, checked by a grammar and read back in three formats
@given(text=hostile)
def test_any_text_of_a_problem_keeps_every_document_valid_to_the_letter(text: str) -> None:
    told = [
        notices.Notice(id=f"tag:news.example,2026:{n}", title=plain(text) or "?", url="https://news.example/feeds/a",
                       at=NOON, text=plain(text) or "?", category=plain(text) or "?")
        for n in range(2)
    ]  # fmt: skip
    letter.check_atom(notices.write_atom(make_channel(), told))
    letter.check_rss(notices.write_rss(make_channel(), told))
    letter.check_json(notices.write_json(make_channel(), told))


@given(headline=hostile, teaser=hostile)
def test_what_feed_readers_show_of_a_headline_is_the_headline(headline: str, teaser: str) -> None:
    """Whatever way it is declared or spelled: `type="text"`, `type="html"`, `&#x26;`."""
    document = atom.write(make_channel(), [make_published(make_entry(headline=headline, teaser=teaser, content="-"))])
    entry = ET.fromstring(document).find(f"{ATOM}entry")
    assert entry is not None
    assert shown(entry, "title") == (plain(make_entry(headline=headline, teaser=teaser).label) or UNTITLED)
    assert shown(entry, "summary") == plain(teaser)


def shown(entry: ET.Element, name: str) -> str:
    element = entry.find(f"{ATOM}{name}")
    text = "" if element is None else element.text or ""
    return unescape(text) if element is not None and element.get("type") == "html" else text


@given(headline=anything.filter(str.strip), entries=st.integers(1, 60), order=st.randoms(use_true_random=False))
def test_a_story_is_one_entry_of_one_name_whoever_leads_it(headline: str, entries: int, order: random.Random) -> None:
    members = [make_entry(number, headline=headline, publisher=f"P{number}") for number in range(1, entries + 1)]
    order.shuffle(members)
    root = ET.fromstring(stories.write_atom(make_channel(), [make_story(5, *members)]))
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == "tag:news.example,2026:stories/5"
    (link,) = [each for each in entry.findall(f"{ATOM}link") if each.get("rel") == "alternate"]
    assert link.get("href") == members[0].url


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


@pytest.mark.parametrize("write", [stories.write_atom, stories.write_rss, stories.write_json])
def test_equal_stories_make_equal_bytes(write: object) -> None:
    assert callable(write)
    assert write(make_channel(), every_story()) == write(make_channel(), every_story())


names = st.sampled_from(["entry", "link", "id", "dc:creator", "source"])
"""Of elements whose texts are spelled as XML spells them."""
attributes = st.dictionaries(st.sampled_from(["href", "xml:lang", "term"]), st.text("ab<>&\"'\n\r\t é"), max_size=3)
trees: st.SearchStrategy[Any] = st.recursive(
    st.tuples(names, attributes, st.text("ab<>&\"' é")).map(lambda leaf: (*leaf, [])),
    lambda inner: st.tuples(names, attributes, st.just(""), st.lists(inner, max_size=3)),
    max_leaves=8,
)
Tree = tuple[str, dict[str, str], str, list["Tree"]]


@given(tree=trees)
def test_an_element_is_written_as_the_standard_library_would(tree: Tree) -> None:
    expected = _standard(tree)
    ET.indent(expected, " ")
    written = document(_ours(tree)).decode()
    assert written == f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(expected, encoding="unicode")}\n'


def _ours(tree: Tree) -> Element:
    name, given_attributes, text, children = tree
    element = Element(name, given_attributes, text)
    for child in children:
        element.append(_ours(child))
    return element


def _standard(tree: Tree) -> ET.Element:
    name, given_attributes, text, children = tree
    element = ET.Element(name, given_attributes)
    element.text = text or None
    element.extend([_standard(child) for child in children])
    return element


def test_a_story_that_changed_is_written_anew_and_one_that_did_not_as_before() -> None:
    told = every_story()
    for write in (stories.write_atom, stories.write_rss, stories.write_json):
        before = write(make_channel(), told)
        changed = [replace(told[0], lead=replace(told[0].lead, headline="Another headline")), *told[1:]]
        assert write(make_channel(), told) == before
        assert b"Another headline" in write(make_channel(), changed)
        assert b"Another headline" not in write(make_channel(), told)
