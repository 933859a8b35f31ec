"""What feed readers make of our documents: read back with feedparser and the standard library."""

import json
import re
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from aggregator.model.entry import Byline
from aggregator.publish import atom, jsonfeed, opml, rss
from tests.factories import NOON
from tests.published import everything, glance_of, make_channel, make_entry, make_overview, make_published, make_site

ATOM = "{http://www.w3.org/2005/Atom}"


def _parsed(document: bytes, kind: str) -> Any:  # noqa: ANN401 - feedparser has no types
    found = feedparser.parse(  # noqa: TID251 - a reader's view of what we publish; handed BytesIO as the rule wants
        BytesIO(document), response_headers={"content-type": f"{kind}; charset=utf-8"}, sanitize_html=False
    )
    assert not found.bozo, found.get("bozo_exception")
    return found


def test_atom_is_read_back_as_it_was_meant() -> None:
    entries = everything()
    found = _parsed(atom.write(make_channel(entries, origins=[make_overview()]), entries), atom.MEDIA_TYPE)
    assert found.version == "atom10"
    assert found.feed.id == "tag:news.example,2026:feed"
    assert found.feed.updated == "2026-03-10T14:00:00.000005Z"
    assert {link.rel: link.href for link in found.feed.links} == {
        "self": "https://news.example/feed.atom",
        "alternate": "https://news.example/",
    }
    first = found.entries[0]
    assert (first.id, first.link) == ("tag:news.example,2026:copies/5", "https://example.org/7")
    assert (first.published, first.updated) == ("2026-03-10T12:00:00Z", "2026-03-10T14:00:00.000005Z")
    assert (first.author, first.source.title) == ("A. Writer", "Example News")
    assert (first.source.id, first.source.link) == ("https://example.org/rss.xml", "https://example.org/")
    assert [link.href for link in first.links if link.rel == "related"] == [
        "https://news.example/entries/7",
        "https://news.example/stories/4",
        "https://other.example/5",
        "https://ar.example/3",
    ]
    assert [link.href for link in first.links if link.rel == "enclosure"] == [
        "https://example.org/7.mp3",
        "https://example.org/7.ogg",
    ]


def test_atom_has_exactly_one_of_what_rfc_4287_wants_once() -> None:
    entries = everything()
    root = ET.fromstring(atom.write(make_channel(entries), entries))
    for element in (root, *root.findall(f"{ATOM}entry"), *root.iterfind(f"{ATOM}entry/{ATOM}source")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, (element.tag, name)
    for entry in root.findall(f"{ATOM}entry"):
        assert len(entry.findall(f"{ATOM}author")) == 1
        assert len([link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]) == 1


def test_rss_is_read_back_as_it_was_meant() -> None:
    entries = everything()
    found = _parsed(rss.write(make_channel(entries, suffix="rss", origins=[make_overview()]), entries), rss.MEDIA_TYPE)
    assert found.version == "rss20"
    assert (found.feed.link, found.feed.ttl) == ("https://news.example/", "30")
    first, second = found.entries
    assert (first.id, first.guidislink, first.link) == (
        "tag:news.example,2026:copies/5",
        False,
        "https://example.org/7",
    )
    assert first.published == "Tue, 10 Mar 2026 12:00:00 +0000"
    assert (first.source.href, first.source.title) == ("https://example.org/rss.xml", "Example News")
    assert [enclosure.href for enclosure in first.enclosures] == ["https://example.org/7.mp3"]
    assert "Also published by" in first.content[0].value
    assert (second.title, second.link) == ("Only a few words", "https://news.example/entries/9")


def test_json_feed_names_copies_and_related_entries_for_programs() -> None:
    entries = everything()
    found = json.loads(jsonfeed.write(make_channel(entries, suffix="json"), entries))
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    first, second = found["items"]
    assert (first["id"], first["url"]) == ("tag:news.example,2026:copies/5", "https://example.org/7")
    assert first["_aggregator"]["page"] == "https://news.example/entries/7"
    assert first["_aggregator"]["also_published_by"] == [
        {
            "publisher": "Other",
            "title": "Iraq hosts military chiefs",
            "url": "https://other.example/5",
            "date_published": "2026-03-10T12:00:00Z",
        }
    ]
    assert [other["title"] for other in first["_aggregator"]["related"]] == ["قائد الجيش في بغداد"]
    assert first["_aggregator"]["story"] == {"page": "https://news.example/stories/4", "publishers": 3, "entries": 4}
    assert [file["mime_type"] for file in first["attachments"]] == ["audio/mpeg", "application/octet-stream"]
    assert "language" not in second


def test_every_other_entry_is_listed_those_of_one_publisher_with_their_feeds() -> None:
    also = [
        make_entry(2, publisher="Agency", feed_title="Agency - World"),
        make_entry(3, publisher="Agency", feed_title="Agency - Asia"),
        make_entry(4, publisher="Paper", feed_title="Paper - Asia"),
        make_entry(5, publisher="Paper", feed_title="Paper"),
    ]
    entries = [make_published(make_entry(1, publisher="Paper", feed_title="Paper - World"), also=also)]
    shown = ["Agency", "Agency", "Paper (Paper - Asia)", "Paper"]
    (item,) = json.loads(jsonfeed.write(make_channel(entries), entries))["items"]
    rows = re.findall(r"</a> - (.*?), Tue", item["content_html"])
    assert rows == shown
    named = item["_aggregator"]["also_published_by"]
    assert [(other["publisher"], other.get("feed")) for other in named] == [
        ("Agency", None),
        ("Agency", None),
        ("Paper", "Paper - Asia"),
        ("Paper", None),
    ]
    links = ET.fromstring(atom.write(make_channel(entries), entries)).findall(f"{ATOM}entry/{ATOM}link")
    titles = [link.get("title", "") for link in links if link.get("rel") == "related"][1:]
    assert titles == [f"Headline number {number} - {name}" for number, name in zip(range(2, 6), shown, strict=True)]


def test_a_json_feed_without_entries_still_has_its_list() -> None:
    assert json.loads(jsonfeed.write(make_channel(), ()))["items"] == []


def test_the_id_stays_when_another_copy_comes_to_lead() -> None:
    first, second = make_entry(5), make_entry(8, copy_set=5, url="https://other.example/8")
    before = atom.write(make_channel(), [make_published(first, also=[second])])
    after = atom.write(make_channel(), [make_published(second, also=[first])])
    ids = [ET.fromstring(document).findtext(f"{ATOM}entry/{ATOM}id") for document in (before, after)]
    assert ids == ["tag:news.example,2026:copies/5"] * 2


def test_two_entries_of_one_set_of_copies_are_one_entry_of_the_document() -> None:
    entries = [make_published(make_entry(8, copy_set=5)), make_published(make_entry(5)), make_published(make_entry(4))]
    found = json.loads(jsonfeed.write(make_channel(), entries))
    assert [item["_aggregator"]["page"].rpartition("/")[2] for item in found["items"]] == ["8", "4"]


@pytest.mark.parametrize(
    ("author", "byline", "shown"),
    [("admin", "AFP", "AFP"), ("A", None, "A"), (None, "B", "B"), (None, None, "Example"), ("", None, "Example")],
)
def test_every_entry_has_an_author(author: str | None, byline: str | None, shown: str) -> None:
    entry = make_entry(author=author, byline=Byline(author=byline))
    (found,) = json.loads(jsonfeed.write(make_channel(), [make_published(entry)]))["items"]
    assert found["authors"] == [{"name": shown}]


def test_headlines_in_lists_of_the_content_are_escaped() -> None:
    other = make_entry(2, headline="<script>alert(1)</script>", publisher="A & B", url='https://example.org/"onclick=')
    (found,) = json.loads(jsonfeed.write(make_channel(), [make_published(related=[other])]))["items"]
    assert "<script" not in found["content_html"]
    assert "&lt;script&gt;" in found["content_html"]
    assert 'href="https://example.org/&quot;onclick="' in found["content_html"]


def test_opml_lists_every_feed_in_the_folder_of_its_category() -> None:
    feeds = [make_overview("a"), make_overview("b", category="Sport"), make_overview("c", title="")]
    body = ET.fromstring(opml.write(make_site(), list(map(glance_of, feeds)))).find("body")
    assert body is not None
    assert {folder.get("text"): [each.get("text") for each in folder] for folder in body} == {
        "World": ["Example News", "Example: all the news"],
        "Sport": ["Example News"],
    }


def test_opml_of_a_feed_with_a_password_does_not_tell_it() -> None:
    assert b"secret" not in opml.write(make_site(), [glance_of(make_overview(url="https://me:secret@example.org/f"))])


def test_an_entry_dated_into_the_future_is_published_when_it_was_seen() -> None:
    entries = [make_published(make_entry(published_at=NOON + timedelta(days=30)))]
    channel = make_channel(entries)
    as_atom = _parsed(atom.write(channel, entries), atom.MEDIA_TYPE).entries[0]
    as_rss = _parsed(rss.write(channel, entries), rss.MEDIA_TYPE).entries[0]
    as_json = json.loads(jsonfeed.write(channel, entries))["items"][0]
    assert (as_atom.published, as_json["date_published"]) == ("2026-03-10T12:10:00Z", "2026-03-10T12:10:00Z")
    assert as_rss.published == "Tue, 10 Mar 2026 12:10:00 +0000"


@pytest.mark.parametrize(
    ("changed_at", "updated"),
    [
        (NOON + timedelta(minutes=10), "2017-12-22T12:00:00.000001Z"),
        (NOON + timedelta(days=1), "2026-03-11T12:00:00.000001Z"),
    ],
)
def test_an_old_entry_is_not_updated_by_our_seeing_it_but_by_its_feed_changing_it(
    changed_at: datetime, updated: str
) -> None:
    entries = [make_published(make_entry(published_at=NOON - timedelta(days=3000), changed_at=changed_at))]
    document = atom.write(make_channel(entries), entries)
    assert _parsed(document, atom.MEDIA_TYPE).entries[0].updated == updated
