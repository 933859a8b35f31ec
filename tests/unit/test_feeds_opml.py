"""Subscription lists, as programs of all ages have written them, and as nobody should."""

import time
from pathlib import Path

import listparser
import pytest

from aggregator.feeds import opml
from aggregator.feeds.opml import FeedList
from aggregator.model.fetch import Failed, FailureKind

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "opml"
LISTS = sorted(REAL.glob("*")) if REAL.exists() else []


def listed(body: str) -> FeedList:
    read = opml.read(f'<?xml version="1.0"?>\n<opml version="2.0"><body>\n{body}\n</body></opml>'.encode())
    assert isinstance(read, FeedList)
    return read


def refused(body: bytes) -> Failed:
    read = opml.read(body)
    assert isinstance(read, Failed)
    return read


@pytest.mark.skipif(not LISTS, reason=f"{REAL} is absent: it holds the real lists")
@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_in_a_real_list_every_feed_is_found_that_the_field_s_reader_finds_and_the_rest_is_named(path: Path) -> None:
    body = path.read_bytes()
    read = opml.read(body)
    if path.name == "bad-00-not-opml.xml":
        assert refused(body).message == "the document is XML with the root element <RelativeLayout>, not OPML"
        return
    assert isinstance(read, FeedList)
    theirs = {feed["url"].casefold().partition("#")[0] for feed in listparser.parse(body).feeds}
    ours = {feed.url.casefold() for feed in read.feeds}
    assert {url for url in theirs if url.startswith("http")} <= ours
    outlines = body.lower().count(b"xmlurl=")
    assert len(read.feeds) + sum("no xmlUrl" not in each.reason for each in read.passed_over) == outlines
    assert bool(read.mended) == path.name.startswith("bad")


def test_a_folder_is_a_category_and_folders_inside_are_tags() -> None:
    (feed,) = listed(
        '<outline text="World"><outline title="Asia &amp; more"><outline type="rss" text="A" xmlUrl="https://a.example/"'
        ' category="/Press/Daily,english" language="en-GB"/></outline></outline>'
    ).feeds
    assert (feed.title, feed.category, feed.tags) == ("A", "World", ("Asia & more", "Press/Daily", "english"))
    assert (feed.language, feed.line) == ("en-GB", 3)


@pytest.mark.parametrize(
    ("outline", "reason", "lost"),
    [
        ('<outline text="x" type="rss"/>', "names no address (no xmlUrl)", True),
        ('<outline text="x" xmlUrl="ftp://a.example/"/>', "'ftp://a.example/' is no http(s) address", True),
        ('<outline text="x" xmlUrl="https://me:pw@a.example/"/>', "holds a user name or password", True),
        ('<outline text="x" type="include" url="https://a.example/l.opml"/>', "put its address below `include`", True),
        ('<outline text="x" type="link" url="https://a.example/"/>', "a link to a page, not a feed", True),
        ('<outline text="x"/>', "names no feed (no xmlUrl), and has none in it", False),
    ],
)
def test_what_is_passed_over_is_named_with_its_line_and_why(outline: str, reason: str, lost: bool) -> None:  # noqa: FBT001
    read = listed(outline)
    (each,) = read.passed_over
    assert (each.line, each.name, each.lost) == (3, "x", lost)
    assert reason in each.reason


def test_a_feed_that_is_listed_twice_counts_once() -> None:
    read = listed('<outline xmlUrl="https://a.example/"/>\n<outline text="again" xmlUrl="HTTPS://A.example/#x"/>')
    assert [feed.url for feed in read.feeds] == ["https://a.example/"]
    (again,) = read.passed_over
    assert (again.line, again.reason, again.lost) == (4, "the same feed as on line 3", False)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("feed://a.example/x", "http://a.example/x"),
        ("feed:https://a.example/x", "https://a.example/x"),
        ("feed://https://a.example/x", "https://a.example/x"),
        (" https://a.example/?a=1&amp;b=2 ", "https://a.example/?a=1&b=2"),
        ("https://a.example/feed://x", "https://a.example/feed://x"),
    ],
)
def test_old_spellings_of_addresses_are_understood(address: str, url: str) -> None:
    assert [feed.url for feed in listed(f'<outline xmlUrl="{address}"/>').feeds] == [url]


@pytest.mark.parametrize(
    ("outline", "title"),
    [
        ('<outline text="Business & Economy" xmlUrl="https://a.example/?a=1&b=2"/>', "Business & Economy"),
        ('<outline text="The "Daily" News" xmlUrl="https://a.example/?a=1&b=2" />', 'The "Daily" News'),
        ('<outline text="a" description="<p>x</p> <p>y</p>" xmlUrl="https://a.example/?a=1&b=2"/>', "a"),
        ('<outline text="a &nbsp; b" text="twice" xmlUrl=\'https://a.example/?a=1&b=2\'></outline>', "a b"),
        ('<outline text="a\x0bb" xmlUrl="https://a.example/?a=1&amp;b=2"/>', "a b"),
        ('<outline text="open xmlUrl="https://a.example/?a=1&b=2"/>', "open"),
    ],
)
def test_what_can_mean_one_thing_only_is_mended(outline: str, title: str) -> None:
    read = listed(outline)
    assert [(feed.url, feed.title, feed.line) for feed in read.feeds] == [("https://a.example/?a=1&b=2", title, 3)]
    assert read.mended
    assert not read.passed_over


def test_of_a_list_that_breaks_off_what_came_before_counts_and_that_is_said() -> None:
    read = opml.read(b'<opml><body>\n<outline xmlUrl="https://a.example/"/>\n<outline text="b"><outl')
    assert isinstance(read, FeedList)
    assert [feed.url for feed in read.feeds] == ["https://a.example/"]
    assert [(each.line, each.lost) for each in read.passed_over] == [(3, True)]
    assert "from here on the list can't be read" in read.passed_over[0].reason


@pytest.mark.parametrize("broken", ['<outline ">', "<outline\n'\n/>", '<outline <p "/>'])
def test_an_outline_without_any_attribute_costs_no_other_one(broken: str) -> None:
    read = listed(f'{broken}\n<outline text="A & B" xmlUrl="https://a.example/"/>')
    assert [(feed.title, feed.url) for feed in read.feeds] == [("A & B", "https://a.example/")]
    assert read.mended


def test_blank_lines_before_the_declaration_do_not_shift_lines() -> None:
    read = opml.read(b'\n\n<?xml version="1.0"?>\n<opml><body><outline xmlUrl="https://a.example/"/></body></opml>')
    assert isinstance(read, FeedList)
    assert read.feeds[0].line == 4


BOMB = (
    b'<!DOCTYPE o [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><opml><body>&b;</body></opml>'
)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (BOMB, FailureKind.HOSTILE_DOCUMENT, "declares a DTD"),
        (b'<!-- <a --><!DOCTYPE o SYSTEM "file:///etc/passwd"><opml/>', FailureKind.HOSTILE_DOCUMENT, "declares a DTD"),
        (b"<opml><body>" + b"<outline text='a'>" * 100_000, FailureKind.HOSTILE_DOCUMENT, "more than 50 levels"),
        (b"<opml><body>" + b"<outline/>" * 30_000, FailureKind.HOSTILE_DOCUMENT, "more than 20,000 outlines"),
        (b" " * (opml.MAX_BYTES + 1), FailureKind.TOO_LARGE, "longer than 5 MiB"),
        (b"<html><body>no</body></html>", FailureKind.NOT_A_FEED, "root element <html>, not OPML"),
        (b"", FailureKind.NOT_A_FEED, "the file is empty"),
        (b"just text", FailureKind.NOT_A_FEED, "the document is not OPML"),
    ],
)
def test_s10_what_would_do_harm_or_is_no_list_is_refused(body: bytes, kind: FailureKind, said: str) -> None:
    found = refused(body)
    assert found.kind is kind
    assert said in found.message


@pytest.mark.parametrize(
    "piece", ["<outline ", '<outline a="', '"  ', "<outline " + '" ' * 9000, "&", 'a="', '<outline a=" '], ids=len
)
def test_s10_no_list_takes_longer_than_its_length(piece: str) -> None:
    started = time.process_time()
    opml.read(b"<opml><body>" + (piece * (2_000_000 // len(piece))).encode())
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "file:///etc/passwd", "//[bad", "feed:javascript:x"],
)
def test_a11_no_address_of_a_list_is_anything_but_http(address: str) -> None:
    read = listed(f'<outline text="x" xmlUrl="{address}" htmlUrl="{address}"/>')
    assert read.feeds == ()
    assert [each.lost for each in read.passed_over] == [True]


def test_a11_titles_and_folders_of_a_list_are_words_on_one_line() -> None:
    bad = "&lt;img src=x onerror=alert(1)&gt;&lt;b&gt;News&lt;/b&gt;&#10;- url: https://evil.example/&#x202e;"
    (feed,) = listed(
        f'<outline text="{bad}"><outline text="{bad}"><outline text="{bad}" category="{bad}" xmlUrl="https://a.example/"/></outline></outline>'
    ).feeds
    for text in (feed.title, feed.category, *feed.tags):
        assert "\n" not in text
        assert "<b>" not in text
        assert "\u202e" not in text
