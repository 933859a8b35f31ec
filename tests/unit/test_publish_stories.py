"""What feed readers make of the feeds of stories."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import feedparser

from aggregator.model.story import PublishedStory
from aggregator.publish import atom, rss, stories
from aggregator.publish.site import EMPTY_UPDATED_AT
from tests.factories import NOON
from tests.published import every_story, make_channel, make_entry, make_line, make_overview, make_story

ATOM = "{http://www.w3.org/2005/Atom}"


def _parsed(document: bytes, kind: str) -> Any:  # noqa: ANN401 - feedparser has no types
    found = feedparser.parse(  # noqa: TID251 - a reader's view of what we publish; handed BytesIO as the rule wants
        BytesIO(document), response_headers={"content-type": f"{kind}; charset=utf-8"}, sanitize_html=False
    )
    assert not found.bozo, found.get("bozo_exception")
    return found


def _items(*given: object) -> list[dict[str, Any]]:
    told = [each for each in given if isinstance(each, PublishedStory)]
    items: list[dict[str, Any]] = json.loads(stories.write_json(make_channel(), told))["items"]
    return items


def test_a_story_is_read_back_from_atom_as_it_was_meant() -> None:
    found = _parsed(stories.write_atom(make_channel(origins=[make_overview()]), every_story()), atom.MEDIA_TYPE)
    first, second = found.entries
    assert (first.id, first.link) == ("tag:news.example,2026:stories/6", "https://example.org/7")
    assert first.title == 'Iraq hosts "military chiefs" & <others>'
    assert (first.published, first.updated) == ("2026-03-10T12:00:00Z", "2026-03-10T15:00:00.000006Z")
    assert (first.source.id, first.source.title) == ("https://example.org/rss.xml", "Example News")
    assert [link.href for link in first.links if link.rel == "related"] == [
        "https://news.example/stories/6",
        "https://other.example/8",
        "https://example.org/11",
        "https://ar.example/3",
        "https://example.org/12",
    ]
    assert [tag.term for tag in first.tags] == ["World", "Middle-East", "politics", "Asia"]
    assert (second.id, second.link) == ("tag:news.example,2026:stories/7", "https://news.example/entries/9")


def test_a_story_is_read_back_from_rss_as_it_was_meant() -> None:
    found = _parsed(stories.write_rss(make_channel(origins=[make_overview()]), every_story()), rss.MEDIA_TYPE)
    first, second = found.entries
    assert (first.id, first.guidislink) == ("tag:news.example,2026:stories/6", False)
    assert (first.published, first.updated) == ("Tue, 10 Mar 2026 12:00:00 +0000", "2026-03-10T15:00:00Z")
    assert first.source.href == "https://example.org/rss.xml"
    assert "Also covered by" in first.content[0].value
    assert "Also covered by" not in second.content[0].value


def test_the_text_names_who_else_covers_it_then_what_is_related() -> None:
    (item, _) = _items(*every_story())
    content = item["content_html"]
    covering, related = (re.findall("<li.*?</li>", part) for part in re.split("<h3>Related stories</h3>", content))
    assert [re.sub("<[^>]*>", "", line) for line in covering] == [
        "Other &amp; &lt;Sons&gt;: Iraq: chiefs &lt;meet&gt;, Tue, 10 Mar 2026 14:05",
        "Example (Example - Asia): Iraq hosts chiefs again, Tue, 10 Mar 2026 14:07",
    ]
    assert [re.sub("<[^>]*>", "", line) for line in related] == [
        "قائد الجيش في بغداد - الشرق, Tue, 10 Mar 2026 14:00, 3 publishers",
        "Headline number 12 - Example, Tue, 10 Mar 2026 14:00",
    ]
    assert '2 publishers report this: <a href="https://news.example/stories/6">' in content


def test_json_names_coverage_related_stories_and_events_for_programs() -> None:
    (item, _) = _items(*every_story())
    told = item["_aggregator"]
    assert (told["page"], told["coverage"], told["entries"]) == ("https://news.example/stories/6", 2, 3)
    assert [(other["publisher"], other.get("feed")) for other in told["also_covered_by"]] == [
        ("Other & <Sons>", None),
        ("Example", "Example - Asia"),
    ]
    assert [(other["page"], other["coverage"]) for other in told["related"]] == [
        ("https://news.example/stories/2", 3),
        ("https://news.example/stories/3", 1),
    ]
    assert told["events"] == [
        {"kind": "founded", "date": "2026-03-10T12:00:00Z", "url": "https://example.org/7", "detail": "Example"},
        {
            "kind": "publisher",
            "date": "2026-03-10T12:00:00Z",
            "url": "https://other.example/8",
            "detail": "Other & <Sons>",
        },
        {"kind": "merged", "date": "2026-03-10T15:00:00Z", "detail": "9"},
    ]


def test_another_entry_of_the_same_publisher_does_not_announce_the_story_again() -> None:
    lead, other = make_entry(1), make_entry(2, published_at=NOON + timedelta(minutes=9))
    before, after = (make_story(1, lead, updated_at=NOON), make_story(1, lead, other, updated_at=NOON))
    dates = [[item["id"], item["date_modified"]] for item in _items(before, after)]
    assert dates == [["tag:news.example,2026:stories/1", "2026-03-10T12:00:00Z"]] * 2


def test_a_story_of_hundreds_names_the_first_ones_and_its_page() -> None:
    told = make_story(1, *(make_entry(number, publisher=f"P{number}") for number in range(1, 202)))
    (item,) = _items(told)
    assert item["content_html"].count("<li") == stories.MOST_LISTED + 1
    assert 'and <a href="https://news.example/stories/1">150 more</a>' in item["content_html"]
    assert len(item["_aggregator"]["also_covered_by"]) == 200


def test_headlines_and_publishers_are_escaped_in_the_text() -> None:
    bad = make_entry(2, headline="<script>alert(1)</script>", publisher='"><b>', url='https://example.org/"onclick=')
    (item,) = _items(make_story(1, make_entry(), bad, related=[make_line(5, bad, coverage=2)]))
    assert "<script" not in item["content_html"]
    assert "<b>" not in item["content_html"]
    assert item["content_html"].count('href="https://example.org/&quot;onclick="') == 2


def test_every_story_has_what_rfc_4287_wants_once() -> None:
    root = ET.fromstring(stories.write_atom(make_channel(), every_story()))
    for entry in root.findall(f"{ATOM}entry"):
        for name in ("id", "title", "updated", "published", "author", "content", "source"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1, name
        assert len([link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]) == 1


def test_the_feed_of_stories_changed_when_the_latest_of_them_did() -> None:
    told = every_story()
    assert stories.newest_change(told) == told[0].story.updated_at
    assert stories.newest_change(()) == EMPTY_UPDATED_AT


def test_one_publisher_reports_and_several_report() -> None:
    line = make_line()
    assert stories.report_this(line) == "1 publisher reports this"
    assert stories.report_this(replace(line, coverage=1200)) == "1,200 publishers report this"
