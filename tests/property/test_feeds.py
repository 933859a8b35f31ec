"""Laws of reading feeds, whatever the bytes are."""

import json
import pickle
from io import BytesIO

import feedparser
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aggregator.feeds.charset import decode
from aggregator.feeds.parse import parse_document
from aggregator.feeds.prepass import Prepared, prepare
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed

URL = "https://feeds.example/feed"

texts = st.text(max_size=60)
fragments = st.sampled_from(
    [
        *(
            '<?xml version="1.0"?>',
            '<!DOCTYPE rss [<!ENTITY a "x">]>',
            "<!DOCTYPE rss>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
        ),
        *(
            '<rss version="2.0">',
            "</rss>",
            "<channel>",
            "</channel>",
            "<item>",
            "</item>",
            "<title>",
            "</title>",
            "<link/>",
        ),
        *(
            '<feed xmlns="http://www.w3.org/2005/Atom">',
            "</feed>",
            "<entry>",
            "</entry>",
            '<content type="xhtml">',
            "<guid>",
        ),
        *(
            "&a;",
            "&#xD800;",
            "&#0;",
            "&amp;",
            "&nbsp;",
            "&#",
            "<",
            ">",
            '"',
            "'",
            "]",
            "[",
            "<a href='x",
            "\x00",
            "\ufeff",
        ),
        *(
            "<pubDate>Tue, 10 Mar 2026 12:00:00 GMT</pubDate>",
            "<enclosure url='/x' length='-1'/>",
            "<image>",
            "<source>",
        ),
        *("<description>", "</description>", "&lt;p&gt;", "<media:group>", "<div>", "<textInput>", "<georss:where>"),
    ]
)
documents = st.one_of(
    st.binary(max_size=200),
    st.lists(st.one_of(fragments, texts), max_size=25).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
    st.lists(st.one_of(fragments, texts), max_size=25).map(
        lambda parts: "".join(parts).encode("utf-16", "surrogatepass")
    ),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
members = st.sampled_from(
    [
        *("id", "url", "external_url", "title", "summary", "content_html", "content_text", "image", "date_published"),
        *("date_modified", "tags", "authors", "author", "language", "attachments"),
    ]
)


def is_clean(text: str | None) -> bool:
    """Tell whether XML and SQLite can hold the text."""
    return text is None or all(letter in "\t\n\r" or " " <= letter <= "\ud7ff" or letter >= "\ue000" for letter in text)


def is_sound(entry: ParsedEntry) -> bool:
    strings = (
        entry.guid,
        entry.url,
        entry.headline,
        entry.summary,
        entry.content,
        entry.text,
        entry.author,
        entry.language,
    )
    addresses = (entry.url, entry.image_url, entry.comments_url, *(file.url for file in entry.enclosures))
    times = (entry.published_at, entry.updated_at)
    return (
        all(map(is_clean, strings))
        and all(address is None or address.startswith(("http://", "https://")) for address in addresses)
        and all(time is None or (time.tzinfo is not None and not time.microsecond) for time in times)
        and "\n" not in entry.headline
    )


@settings(max_examples=200, deadline=None)
@given(
    documents, st.sampled_from(["", "text/xml; charset=utf-8", "text/html", "x/y; charset=utf-16", "a;charset=idna"])
)
@example(b"", "")
@example(b"\xff\xfe", "")
@example(b"{", "")
@example(b"\x1f\x8b\x08", "")
def test_no_bytes_make_it_raise_and_what_comes_out_is_sound(body: bytes, content_type: str) -> None:
    parsed = parse_document(Document(body=body, url=URL, content_type=content_type))
    if isinstance(parsed, Failed):
        assert parsed.message
        assert is_clean(parsed.message)
    else:
        assert all(map(is_sound, parsed.entries))
        assert pickle.loads(pickle.dumps(parsed)) == parsed


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(members, values, max_size=6), max_size=4))
def test_every_object_of_a_json_feed_becomes_an_entry(items: list[dict[str, object]]) -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}).encode()
    parsed = parse_document(Document(body=body, url=URL))
    assert isinstance(parsed, ParsedFeed)
    assert len(parsed.entries) == len(items)
    assert all(map(is_sound, parsed.entries))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(fragments.filter(lambda part: "DOCTYPE" not in part), max_size=6), max_size=4))
@example([["<textInput>", "<link/>"]])
@example([["<", "&#0;", ">"]])
def test_there_are_as_many_entries_as_feedparser_finds(items: list[list[str]]) -> None:
    inside = "".join(f"<item>{''.join(parts)}</item>" for parts in items)
    body = f'<rss version="2.0"><channel>{inside}</channel></rss>'.encode()
    try:
        expected = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)  # noqa: TID251  the yardstick
    except (UnicodeEncodeError, KeyError):
        # A reference to a lone surrogate costs feedparser the whole feed, where the pre-pass takes it out; so does a
        # <link> in a <textInput>, which our parser says as a failure.
        assume(False)  # noqa: FBT003  hypothesis' own signature
    parsed = parse_document(Document(body=body, url=URL))
    if isinstance(parsed, ParsedFeed):
        assert len(parsed.entries) == len(expected.entries)


@given(st.text(), st.sampled_from(["utf-8", "utf-16-le", "utf-32-be", "utf-8-sig"]))
def test_what_is_encoded_well_is_decoded_well(text: str, encoding: str) -> None:
    whole = f"<a>{text}"
    assert decode(whole.encode(encoding)) == (whole, "")


@given(st.lists(st.one_of(fragments, texts)).map("".join))
def test_the_parser_never_sees_an_internal_subset(text: str) -> None:
    prepared = prepare(text)
    if isinstance(prepared, Prepared):
        head = (
            prepared.text.partition("<!DOCTYPE")[2].partition(">")[0] if prepared.text.startswith("<!DOCTYPE") else ""
        )
        assert "[" not in head
        assert "<" not in head


@given(st.lists(st.one_of(fragments, texts)).map("".join))
def test_preparing_twice_changes_nothing_more(text: str) -> None:
    prepared = prepare(text)
    if isinstance(prepared, Prepared):
        again = prepare(prepared.text)
        assert isinstance(again, Prepared)
        assert again.text == prepared.text
