"""What a document is that is no feed, in words for a person."""

import re
from typing import Final

from aggregator.feeds.discover import announced
from aggregator.feeds.titles import plain_name
from aggregator.model.fetch import Failed, FailureKind

_LOOKED_AT: Final = 256 * 1024
_HTML_DOCTYPE: Final = re.compile(r"<!doctype\s+html\b", re.IGNORECASE)
_HTML_ROOTS: Final = frozenset(
    ("html", "head", "body", "title", "meta", "script", "div", "p", "br", "h1", "center", "table")
)
_BINARY: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_ROOT: Final = re.compile(r"<([A-Za-z_][\w:.-]{0,60})")
_TITLE: Final = re.compile(r"<title\b[^<>]{0,500}>([^<]{0,1000})", re.IGNORECASE)
_FEED_ROOT: Final = re.compile(r"<(?:rss|feed|rdf:rdf|channel)\b", re.IGNORECASE)
_SHOWN: Final = 60


def is_page(text: str) -> bool:
    """Tell an HTML page that holds no feed: the parser need not look at it."""
    root = _ROOT.search(text[:_LOOKED_AT])
    return root is not None and root[1].lower() == "html" and not _FEED_ROOT.search(text)


def not_a_feed(text: str, url: str) -> Failed:
    """Say what the document is instead of a feed, and which feed it names."""
    return Failed(kind=FailureKind.NOT_A_FEED, message=_description(text[:_LOOKED_AT], url))


def _description(text: str, url: str) -> str:
    if not text.strip("\ufeff\0 \t\r\n"):
        return "the document is empty"
    root = _ROOT.search(text)
    if _HTML_DOCTYPE.search(text[:4096]) or (root and root[1].lower() in _HTML_ROOTS):
        return f"the document is an HTML page{_page_title(text)}, not a feed{_named_feed(text, url)}"
    if root and not _BINARY.search(text[:_SHOWN]):
        return f"the document is XML with the root element <{root[1]}>, not a feed"
    if _BINARY.search(text[:_SHOWN]):
        return "the document is binary data, not a feed"
    return f"the document is text that begins {_beginning(text)!r}, not a feed"


def _page_title(text: str) -> str:
    found = _TITLE.search(text)
    title = plain_name(found[1]) if found else ""
    return f" (title {title[:_SHOWN]!r})" if title else ""


def _named_feed(text: str, url: str) -> str:
    """Give the first feed the page announces."""
    found = announced(text, url)
    return f"; it names a feed at {found[0].url}" if found else ""


def _beginning(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SHOWN]).strip()
