import json

import pytest

from aggregator.feeds.jsonfeed import is_json, read_feed
from aggregator.feeds.raw import Markup, RawFeed, RawMedia, Title
from aggregator.model.fetch import Failed, FailureKind

V1 = "https://jsonfeed.org/version/1"
V11 = "https://jsonfeed.org/version/1.1"


def feed(version: str = V11, **members: object) -> RawFeed:
    raw = read_feed(json.dumps({"version": version, **members}))
    assert isinstance(raw, RawFeed), raw
    return raw


def failed(text: str) -> Failed:
    raw = read_feed(text)
    assert isinstance(raw, Failed), raw
    return raw


@pytest.mark.parametrize(
    ("text", "expected"), [("{}", True), (" \n\t{", True), ("[]", False), ("<rss>{", False), ("", False)]
)
def test_json_is_recognised_by_its_first_character(text: str, expected: bool) -> None:  # noqa: FBT001  a table
    assert is_json(text) is expected


def test_the_version_names_the_format() -> None:
    assert feed(V1).format == "json1"
    assert feed(V11).format == "json11"
    assert feed("https://jsonfeed.org/version/1.2").format == "json11"


def test_version_1_has_one_author() -> None:
    raw = feed(V1, author={"name": "House"}, items=[{"author": {"name": "Ada"}}, {"author": "bob"}])
    assert raw.author == "House"
    assert [entry.author for entry in raw.entries] == ["Ada", ""]


def test_version_1_1_has_several() -> None:
    assert (
        feed(items=[{"authors": [{"name": "Ada"}, {"name": "Bob"}, {"name": "Ada"}, 5]}]).entries[0].author
        == "Ada, Bob"
    )


def test_a_number_as_id_is_taken_as_a_string() -> None:
    raw = feed(items=[{"id": 17}, {"id": 1.5}, {"id": True}, {"id": ""}, {"id": None}])
    assert [entry.guid for entry in raw.entries] == ["17", "1.5", None, None, None]


def test_html_comes_before_text_and_text_is_text() -> None:
    raw = feed(items=[{"content_text": "a < b", "content_html": "<p>a</p>"}, {"content_text": "a < b"}])
    assert raw.entries[0].content == Markup(value="<p>a</p>", is_html=True)
    assert raw.entries[1].content == Markup(value="a < b", is_html=False)


def test_an_items_own_address_comes_before_the_one_it_is_about() -> None:
    raw = feed(items=[{"url": "/a", "external_url": "https://b.example/"}, {"external_url": "https://b.example/"}])
    assert [entry.link for entry in raw.entries] == ["/a", "https://b.example/"]


def test_a_title_is_text() -> None:
    assert feed(items=[{"title": "<b>"}]).entries[0].title == Title(value="<b>", is_html=False, may_hold_markup=False)


def test_attachments_become_media() -> None:
    raw = feed(
        items=[{"attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5}, {"url": 1}, "x"]}]
    )
    assert raw.entries[0].enclosures == (RawMedia(url="/a.mp3", media_type="audio/mpeg", length=5),)


def test_wrong_types_count_as_missing() -> None:
    item = {
        "id": {"a": 1},
        "url": 5,
        "title": ["t"],
        "content_html": {"x": 1},
        "date_published": 12345,
        "tags": "notalist",
        "authors": "bob",
        "attachments": {"url": 1},
        "image": [],
        "language": 3,
    }
    raw = feed(title=["x"], home_page_url=7, authors=None, items=[item, {}])
    assert raw.entries[0] == raw.entries[1]


def test_items_that_are_no_objects_are_mentioned() -> None:
    raw = feed(items=["str", None, 5, [], {"id": "1"}])
    assert len(raw.entries) == 1
    assert raw.malformed == "4 of 5 items are no objects"


@pytest.mark.parametrize("items", [None, {}, "x", 5])
def test_a_feed_without_items_is_an_empty_feed(items: object) -> None:
    assert feed(items=items).entries == ()


def test_lone_surrogates_and_nuls_do_not_come_through() -> None:
    raw = read_feed(f'{{"version": "{V11}", "items": [{{"id": "a\\ud800b\\u0000c"}}]}}')
    assert isinstance(raw, RawFeed)
    assert raw.entries[0].guid == "abc"


def test_items_beyond_the_limit_are_counted() -> None:
    raw = feed(items=[{"id": str(number)} for number in range(2_010)])
    assert len(raw.entries) == 2_000
    assert raw.dropped == 10


@pytest.mark.parametrize("text", ['{"items": []}', '{"version": "2.0", "swagger": true}', '{"version": 1}'])
def test_json_without_the_version_is_no_feed(text: str) -> None:
    assert failed(text).kind is FailureKind.NOT_A_FEED
    assert "'version'" in failed(text).message


@pytest.mark.parametrize("text", ['{"version": ', "{]", f'{{"a": {"9" * 5000}}}', '{"a": 1} trailing'])
def test_what_begins_like_json_but_is_not_is_no_feed(text: str) -> None:
    assert failed(text).kind is FailureKind.NOT_A_FEED
    assert "begins like JSON" in failed(text).message


@pytest.mark.parametrize("brackets", ["[]", '{"a":|}'])
def test_deep_nesting_is_refused(brackets: str) -> None:
    opening, closing = brackets.split("|") if "|" in brackets else ("[", "]")
    text = f'{{"version": "{V11}", "items": {opening * 100_000}{"1" if "|" in brackets else ""}{closing * 100_000}}}'
    assert failed(text).kind is FailureKind.HOSTILE_DOCUMENT
