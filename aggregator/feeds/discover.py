"""Which feeds a page names, and where one usually lies on a site that names none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import urldefrag

from aggregator.feeds.titles import plain_name
from aggregator.text.urls import origin_of, web_url

LOOKED_AT: Final = 256 * 1024
"""Characters of a page: the head, and of most pages all."""
MOST: Final = 8
"""Feeds of one page: WordPress names one for the comments of each article."""

_LINK: Final = re.compile(r"<link\b([^<>]{1,2000})>", re.IGNORECASE)
_ANCHOR: Final = re.compile(r"<a\b([^<>]{1,2000})>([^<]{0,200})", re.IGNORECASE)
_BASE: Final = re.compile(r"<base\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"""([a-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_FEED_TYPE: Final = re.compile(r"application/(?:rss|atom|rdf)\+xml|application/(?:feed\+)?json", re.IGNORECASE)
_LOOKS_LIKE_ONE: Final = re.compile(
    r"\.(?:rss|atom|rdf)\b|/(?:rss|atom|feeds?)(?:[/?#.]|$)|(?:rss|atom|feed|index)\.(?:xml|json)\b|[?&](?:feed|format)=(?:rss|atom)",
    re.IGNORECASE,
)
_GUESSES: Final = ("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss")
"""Where WordPress, Ghost, Jekyll, Hugo and their like put theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that is probably a feed's."""

    url: str
    title: str = ""
    """What the page calls it."""


def announced(text: str, url: str) -> list[Candidate]:
    """Give the feeds that the head of a page announces (HTML section 4.6.7.1, rel=alternate), in its order."""
    return _first(_announced(text[:LOOKED_AT], url))


def linked(text: str, url: str) -> list[Candidate]:
    """Give what a page links to that has a feed's usual address, in its order."""
    return _first(_linked(text[:LOOKED_AT], url))


def guesses(url: str) -> list[Candidate]:
    """Give the few places where a site that names no feed may have one."""
    site = origin_of(url)
    return [Candidate(url=site + path) for path in _GUESSES] if site else []


def _announced(text: str, url: str) -> Iterator[Candidate]:
    base = _base(text, url)
    for link in _LINK.finditer(text):
        attributes = _attributes(link[1])
        is_feed = _FEED_TYPE.match(attributes.get("type", "").strip())
        if is_feed and "alternate" in attributes.get("rel", "").lower().split():
            yield from _candidate(attributes.get("href", ""), base, attributes.get("title", ""))


def _linked(text: str, url: str) -> Iterator[Candidate]:
    base = _base(text, url)
    for anchor in _ANCHOR.finditer(text):
        address = _attributes(anchor[1]).get("href", "")
        if _LOOKS_LIKE_ONE.search(address):
            yield from _candidate(address, base, anchor[2])


def _candidate(address: str, base: str, title: str) -> Iterator[Candidate]:
    found = web_url(unescape(address), base=base)
    if found:
        yield Candidate(url=urldefrag(found).url, title=plain_name(title))


def _base(text: str, url: str) -> str:
    found = _BASE.search(text)
    return (web_url(unescape(_attributes(found[1]).get("href", "")), base=url) if found else None) or url


def _attributes(inside: str) -> dict[str, str]:
    return {name.lower(): double or single or bare for name, double, single, bare in _ATTRIBUTE.findall(inside)}


def _first(found: Iterator[Candidate]) -> list[Candidate]:
    by_address: dict[str, Candidate] = {}
    for candidate in found:
        by_address.setdefault(candidate.url, candidate)
        if len(by_address) == MOST:
            break
    return list(by_address.values())
