"""The head of an XML document, before its first entry: what neither parser tells of it is read from the text.

feedparser mixes `image` of RSS up with `itunes:image`, which is of another size, and the fast path passes it over.
"""

import re
from html import unescape
from typing import Final

from aggregator.feeds.prepass import without_sections

_LENGTH: Final = 64 * 1024
_ITEM: Final = re.compile(r"<(?:item|entry)\b", re.IGNORECASE)
_VALUE: Final = r"([^<]{1,2000}|\s*<!\[CDATA\[.{1,2000}?\]\]>\s*)</"
_ICON: Final = re.compile(rf"<(?:[\w.-]{{1,40}}:)?icon(?:\s[^>]{{0,1000}})?>{_VALUE}", re.DOTALL)
_PART: Final = re.compile(rf"<(url|width|height)\s*>{_VALUE}", re.DOTALL)
_CDATA: Final = re.compile(r"\s*<!\[CDATA\[(.*?)\]\]>\s*", re.DOTALL)

_SIDE: Final = re.compile("[0-9]{1,4}")
_WIDEST: Final = 144
"""Pixels: as wide as RSS 2.0 lets an image be. What is said to be higher or wider is a picture, not an icon."""
_LONGEST: Final = 1.5
"""Of the longer side to the shorter one: a banner of 88x31 is nothing when it is 16 pixels wide."""


def head_of(text: str) -> str:
    """Cut a document where its first entry begins, and leave comments out."""
    item = _ITEM.search(text, 0, _LENGTH)
    return without_sections(text[: item.start() if item else _LENGTH], "<!--", "-->")


def named_icon(text: str) -> str | None:
    """Find the address of an icon in a document.

    That is `atom:icon`, which is meant for that and is square (RFC 4287 section 4.2.5), or one of another vocabulary
    (`webfeeds:icon`); else the `image` of an RSS channel, if it says that it is small and about square. Most do not say
    how large they are, and what they are then is a banner.

    Args:
        text: the document, as the parser saw it.
    """
    head = head_of(text)
    if found := _ICON.search(head):
        return _value(found[1]) or None
    image = head.partition("<image>")[2].partition("</image")[0]
    parts = {name: _value(value) for name, value in _PART.findall(image)}
    return parts.get("url") if _is_small(parts.get("width", ""), parts.get("height", "")) else None


def _value(text: str) -> str:
    """Give the text of an element."""
    section = _CDATA.fullmatch(text)
    return (section[1] if section else unescape(text)).strip()


def _is_small(width: str, height: str) -> bool:
    if not (_SIDE.fullmatch(width) and _SIDE.fullmatch(height)):
        return False
    shorter, longer = sorted((int(width), int(height)))
    return 0 < longer <= min(_WIDEST, _LONGEST * shorter)
