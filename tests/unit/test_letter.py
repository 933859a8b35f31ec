"""The checks of published feeds find what is wrong: each of these documents was right but for one thing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError

from tests import letter

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["feed", "stories", "empty"])
@pytest.mark.parametrize("kind", ["atom", "rss", "json"])
def test_what_is_written_passes(name: str, kind: str) -> None:
    letter.check(kind, (GOLDEN / f"{name}.{kind}").read_bytes())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<id>tag:news.example,2026:feed</id>", ""),
        ("<id>tag:news.example,2026:copies/9</id>", "<id>tag:news.example,2026:copies/5</id>"),
        ("<id>tag:news.example,2026:copies/9</id>", "<id>copies/9</id>"),
        ('<title type="text">Related Stories</title>', ""),
        ('<title type="text">Related Stories</title>', '<title type="markdown">Related Stories</title>'),
        ('<title type="text">Related Stories</title>', '<title type="text">Related</title><title>Stories</title>'),
        ('rel="self"', 'rel="start"'),
        ('href="https://news.example/feed.atom"', 'href="/feed.atom"'),
        ("<updated>2026-03-10T12:10:00.000009Z</updated>", ""),
        ("<updated>2026-03-10T12:10:00.000009Z</updated>", "<updated>2026-03-10 12:10</updated>"),
        ("<updated>2026-03-10T12:10:00.000009Z</updated>", "<updated>2026-03-10T12:10:00</updated>"),
        ("<updated>2026-03-10T12:10:00.000009Z</updated>", "<updated>2036-03-10T12:10:00Z</updated>"),
        ('<entry xml:lang="en">', '<entry xml:lang="!">'),
        ('<category term="politics" />', "<category />"),
        ('<category term="politics" />', "<unknown />"),
        ('length="1234"', 'length="-1"'),
        ('type="audio/mpeg"', 'type="mp3"'),
        ("<generator>Aggregator</generator>", "<generator>Aggregator\x9d</generator>"),
        ('rel="next"', 'rel="alternate"'),
        ('rel="next"', 'rel="current"'),
        ("Only a few words</summary>", "Only a few words"),
    ],
)
def test_an_atom_document_with_one_thing_wrong_is_refused(right: str, wrong: str) -> None:
    document = (GOLDEN / "feed.atom").read_text("utf-8")
    assert right in document
    with pytest.raises((AssertionError, SyntaxError)):
        letter.check_atom(document.replace(right, wrong).encode())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('version="2.0"', 'version="0.91"'),
        ('isPermaLink="false"', 'isPermaLink="true"'),
        ("tag:news.example,2026:copies/9", "tag:news.example,2026:copies/5"),
        ("<pubDate>Tue, 10 Mar 2026 12:00:00 +0000</pubDate>", "<pubDate>2026-03-10T12:00:00Z</pubDate>"),
        ("<pubDate>Tue, 10 Mar 2026 12:00:00 +0000</pubDate>", "<pubDate>Tue, 10 Mar 26 12:00:00 GMT</pubDate>"),
        ('<source url="https://example.org/rss.xml">', '<source url="rss.xml">'),
        ('rel="self"', 'rel="related"'),
        ('length="1234"', ""),
        ("<ttl>30</ttl>", "<ttl>0</ttl>"),
        ("<ttl>30</ttl>", "<ttl>30</ttl><webMaster>nobody</webMaster>"),
        ("<description>Only a few words</description>", ""),
        ("<description>Only a few words</description>", "<description>Only &lt;script> words</description>"),
        ("<link>https://news.example/</link>", "<link>/</link>"),
    ],
)
def test_an_rss_document_with_one_thing_wrong_is_refused(right: str, wrong: str) -> None:
    document = (GOLDEN / "feed.rss").read_text("utf-8")
    assert right in document
    with pytest.raises(AssertionError):
        letter.check_rss(document.replace(right, wrong).encode())


def _same_ids(found: Any) -> None:  # noqa: ANN401 - JSON is anything
    found["items"][1]["id"] = found["items"][0]["id"]


def _relative(found: Any) -> None:  # noqa: ANN401
    found["items"][0]["url"] = "/entries/1"


def _null(found: Any) -> None:  # noqa: ANN401
    found["items"][0]["summary"] = None


def _undated(found: Any) -> None:  # noqa: ANN401
    found["items"][0]["date_published"] = "2026-03-10"


def _without_content(found: Any) -> None:  # noqa: ANN401
    del found["items"][0]["content_html"]


def _number(found: Any) -> None:  # noqa: ANN401
    found["items"][0]["id"] = 5


def _unknown(found: Any) -> None:  # noqa: ANN401
    found["items"][0]["author"] = {"name": "of version 1.0"}


def _version(found: Any) -> None:  # noqa: ANN401
    found["version"] = "https://jsonfeed.org/version/1"


def _control(found: Any) -> None:  # noqa: ANN401
    found["items"][0]["title"] = "\x85"


@pytest.mark.parametrize(
    "spoil",
    [_same_ids, _relative, _null, _undated, _without_content, _number, _unknown, _version, _control],
)
def test_a_json_feed_with_one_thing_wrong_is_refused(spoil: Callable[[Any], None]) -> None:
    found = json.loads((GOLDEN / "feed.json").read_text("utf-8"))
    spoil(found)
    with pytest.raises((AssertionError, ValidationError)):
        letter.check_json(json.dumps(found).encode())
