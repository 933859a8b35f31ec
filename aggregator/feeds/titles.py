"""Titles and names to one line of plain text.

RSS 2.0 does not say whether a title is text or HTML, and feeds do both: "x < y" and "AT&amp;amp;T <b>falls</b>".
What cannot be told is treated so that nothing a reader needs is lost: a known tag is a tag, everything else is text.
"""

import re
from html import unescape
from html.entities import html5
from typing import Final

from aggregator.feeds.limits import MAX_FIELD, MAX_LINE
from aggregator.feeds.raw import Title
from aggregator.text.encodings import encoded_once
from aggregator.text.html import plain_text
from aggregator.text.words import one_line

_INLINE: Final = "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike"
_INLINE_MORE: Final = "strong|sub|sup|tt|u|var|wbr"
_BLOCK: Final = "br|blockquote|center|div|h[1-6]|hr|img|li|ol|p|pre|ul"
_ATTRIBUTES: Final = r"""(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?"""
_INLINE_TAG: Final = re.compile(rf"</?(?:{_INLINE}|{_INLINE_MORE}){_ATTRIBUTES}>", re.IGNORECASE)
_BLOCK_TAG: Final = re.compile(rf"</?(?:{_BLOCK}){_ATTRIBUTES}>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")


def plain_title(title: Title | None) -> str:
    """Give a title as plain text on one line, of at most `MAX_LINE` characters."""
    if title is None:
        return ""
    value = encoded_once(title.value[:MAX_FIELD])
    if title.is_html:
        return cut_line(plain_text(value))
    return cut_line(_tolerant_text(value) if title.may_hold_markup else value)


def plain_name(text: str) -> str:
    """Give a name (author, tag) as plain text on one line: entities decoded, known tags dropped."""
    return cut_line(_tolerant_text(encoded_once(text[:MAX_FIELD])))


def stripped(title: str, prefixes: tuple[str, ...], suffixes: tuple[str, ...]) -> str:
    """Cut one of these beginnings and one of these ends from a headline, the longest that fits, whatever its case.

    A headline that is nothing else stays whole.
    """
    if not (prefixes or suffixes):
        return title
    start = max((len(each) for each in prefixes if _same(title[: len(each)], each)), default=0)
    end = max((len(each) for each in suffixes if _same(title[-len(each) :], each)), default=0)
    return title[start : len(title) - end].strip() or title


def _same(part: str, wanted: str) -> bool:
    return part.casefold() == wanted.casefold()


def cut_line(text: str) -> str:
    """Fold to one line and cut to `MAX_LINE` characters, an ellipsis being the last."""
    line = one_line(text)
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1].rstrip() + "…"


def _tolerant_text(text: str) -> str:
    if "<" in text:
        text = _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", text))
    return _ENTITY.sub(_decoded, text) if "&" in text else text


def _decoded(found: re.Match[str]) -> str:
    """Decode what HTML defines; `html.unescape` alone makes "&notable;" a "¬able;"."""
    name = found[1]
    return unescape(found[0]) if name is None or f"{name};" in html5 else found[0]
