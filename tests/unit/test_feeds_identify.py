import pytest

from aggregator.feeds.identify import is_page, not_a_feed
from aggregator.model.fetch import FailureKind

URL = "https://site.example/news/"


def message(text: str) -> str:
    failed = not_a_feed(text, URL)
    assert failed.kind is FailureKind.NOT_A_FEED
    return failed.message


def test_a_page_is_named_by_its_title_and_the_feed_it_names() -> None:
    page = (
        "<!DOCTYPE html><html><head><title> Log\n in </title>"
        '<link rel="stylesheet" href="/style.css"><link rel="alternate" hreflang="fr" href="/fr">'
        "<link href='../feed?a=1&amp;b=2' type='application/rss+xml' rel='alternate'></head></html>"
    )
    assert message(page) == (
        "the document is an HTML page (title 'Log in'), not a feed; it names a feed at https://site.example/feed?a=1&b=2"
    )


def test_a_page_may_have_neither_title_nor_feed() -> None:
    assert message("<html><body>hm</body></html>") == "the document is an HTML page, not a feed"


def test_a_feed_address_that_is_none_is_not_recommended() -> None:
    assert "names" not in message(
        '<html><link rel=alternate type=application/rss+xml href="javascript:alert(1)"></html>'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the document is empty"),
        ("\ufeff \n", "the document is empty"),
        ('<?xml version="1.0"?><opml version="2.0"/>', "the document is XML with the root element <opml>, not a feed"),
        ("Error: no database\n", "the document is text that begins 'Error: no database', not a feed"),
        ("\x1f\x8b\x08\x00", "the document is binary data, not a feed"),
        ("<br>\n<b>Fatal error</b>", "the document is an HTML page, not a feed"),
        ("<opml><head><title>t</title></head></opml>", "the document is XML with the root element <opml>, not a feed"),
    ],
)
def test_other_things_are_named_too(text: str, expected: str) -> None:
    assert message(text) == expected


def test_a_page_that_holds_a_feed_is_left_to_the_parser() -> None:
    assert is_page("<html><body>x</body></html>")
    assert not is_page("<html><body><rss><channel/></rss></body></html>")
    assert not is_page("<rss><html/></rss>")


def test_a_monstrous_page_is_described_in_no_time() -> None:
    assert "HTML page" in message("<html>" + "<title" * 30_000 + "<link " * 30_000 + 'rel="' * 50_000)
