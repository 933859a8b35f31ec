"""HTML that is tidy already: elements properly nested, attributes in double quotes, nothing that needs a tree.

Most of what feeds hold is: 600 to 1,500 characters of paragraphs, links and emphasis. Of such HTML the parser of the HTML
standard builds the tree that is written there, and its serialiser writes it down again; so what nh3 makes of it can be
said token by token, with the same list of what is allowed, in a fifth of the time that nh3 with its callbacks takes. Whatever
is not certainly so is left to nh3: this module recognises, it never repairs. That both agree is a property test.

Why the tree is what is written (HTML standard, section 13.2.6): paragraphs and headings hold text and inline elements
only, so no start tag closes one; inline elements hold only the like, so none is split by a block; no link is in a link; `li`
stands right in its list. Then every end tag meets its own element as the current node, and nothing is open at the end,
so neither the adoption agency nor the reconstruction of formatting elements has anything to do.
"""

import re
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import Final, NamedTuple

from aggregator.text.marks import combining_marks
from aggregator.text.markup import SEPARATE_WORDS
from aggregator.text.safelist import ATTRIBUTES, REL, Filter, is_shown

_TAG: Final = re.compile("(<[^<>]*>)")
_NAMED: Final = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z-]*="[^"<>]*")*)\s*(/?)>', re.ASCII)
_ATTRIBUTE: Final = re.compile(r'([a-z][a-z-]*)="([^"<>]*)"')
_LINK: Final = re.compile('<a href="([^"<>]*)">')
_REFERENCE: Final = re.compile(
    "&(?:([a-zA-Z][a-zA-Z0-9]{1,30};)|#(?:([0-9]{2,5})|[xX]([0-9a-fA-F]{2,4}));|(?![a-zA-Z#]))"
)
_ANY_REFERENCE: Final = re.compile(
    "&(?:[a-zA-Z][a-zA-Z0-9]{1,30};|#(?:[0-9]{2,5}|[xX][0-9a-fA-F]{2,4});|(?![a-zA-Z#]))"
)
_AMPERSAND: Final = "&amp;"
_COMMON: Final = {
    reference: unescape(reference)
    for reference in (
        "&nbsp; &#160; &quot; &#34; &apos; &#39; &#039; &lt; &gt; &ndash; &mdash; &lsquo; &rsquo; &ldquo; &rdquo; &hellip; "
        "&laquo; &raquo; &bull; &middot; &copy; &#8211; &#8212; &#8216; &#8217; &#8220; &#8221; &#8230; &#x27; &#x2019;"
    ).split()
}
"""References that stand for signs of which no other reference can be made: all of one kind can be replaced at once."""
_COMMON_OR_AMPERSAND: Final = frozenset({*_COMMON, _AMPERSAND})
_SIGNS: Final = ("<", "&", ">", "\xa0", "\r")
"""HTML without these is a text."""
_MANY: Final = 10_000
_DEEPEST: Final = 40
_LONGEST: Final = 10_000
"""Characters of a tag; more could hold more attributes than a parser can take."""
_END, _VOID, _INLINE, _PARAGRAPH, _CONTAINER = range(5)
_KINDS: Final[dict[str, int]] = {
    **dict.fromkeys("br img wbr".split(), _VOID),
    **dict.fromkeys(
        "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u "
        "var".split(),
        _INLINE,
    ),
    **dict.fromkeys("p h1 h2 h3 h4 h5 h6".split(), _PARAGRAPH),
    **dict.fromkeys("blockquote div figcaption figure li ol ul".split(), _CONTAINER),
}
_LISTS: Final = frozenset({"ol", "ul"})
_WANTED: Final = {name: ATTRIBUTES["*"] | wanted for name, wanted in ATTRIBUTES.items()}


class _Token(NamedTuple):
    """A tag, understood."""

    name: str
    kind: int
    """Which of the sets above holds its name, or that it is an end."""
    gap: str
    """What it puts between words."""
    attributes: tuple[tuple[str, str], ...]
    """Those that are allowed at all, values decoded."""
    written: str
    """The whole tag as it is written out, where no attribute is left."""


def tidy(html: str, keep: Filter) -> tuple[str, str] | None:
    """Sanitise tidy HTML.

    Args:
        html: Without characters that XML forbids.
        keep: What becomes of the attributes that are allowed.

    Returns:
        The HTML and its words, not yet on one line; None where a parser has to look at it.
    """
    if not any(sign in html for sign in _SIGNS):
        return html, html
    pieces = _TAG.split(html)
    if html.count("<") != len(pieces) // 2 or _is_unusual(html, pieces):
        return None
    words = pieces.copy()
    if not _write_texts(pieces, words) or not _write_tags(pieces, words, keep):
        return None
    return "".join(pieces), "".join(words)


def _write_tags(pieces: list[str], words: list[str], keep: Filter) -> bool:
    """Write the tags out, as gaps among the words; tell whether each is understood, and stands where it may."""
    opened: list[str] = []
    for at in range(1, len(pieces), 2):
        source = pieces[at]
        token = _remembered(source) if len(source) < _SHORT and '"' not in source else _understood(source)
        if token is None:
            return False
        name, kind, gap, attributes, written = token
        # Between two blocks one gap will do: it is two that had to be folded, which takes longer than to look.
        words[at] = "" if gap and not words[at - 1] and at > 1 and words[at - 2] == gap else gap
        if kind == _END:
            if not opened or opened.pop() != name:
                return False
        elif kind != _VOID:
            if not _may_stand(name, kind, opened):
                return False
            opened.append(name)
        pieces[at] = _written(token, keep) if attributes else written
    return not opened


def _is_unusual(html: str, pieces: list[str]) -> bool:
    """Tell what is large enough for its cost to be measured first (`markup.too_complex`), and what line ends change."""
    return "\r" in html or (len(html) > _MANY and (len(pieces) > _MANY or html.count("&") > _MANY))


def _may_stand(name: str, kind: int, opened: list[str]) -> bool:
    """Tell whether an element may begin inside of these without closing one of them."""
    if kind == _INLINE:
        return (name != "a" or "a" not in opened) and len(opened) < _DEEPEST
    if name == "li":
        return bool(opened) and opened[-1] in _LISTS and len(opened) < _DEEPEST
    return not opened or (_KINDS[opened[-1]] == _CONTAINER and len(opened) < _DEEPEST)


def _understood(source: str) -> _Token | None:
    if (link := _LINK.fullmatch(source)) and "&" not in link[1] and len(source) < _LONGEST:
        return _Token("a", _INLINE, "", (("href", link[1]),), "")
    found = _NAMED.fullmatch(source) if len(source) < _LONGEST else None
    kind = _KINDS.get(found[2]) if found else None
    if found is None or kind is None:
        return None
    end, name, attributes, slash = found.groups()
    gap = " " if name in SEPARATE_WORDS else ""
    if end:
        is_plain = not attributes and not slash and kind != _VOID
        return _Token(name, _END, gap, (), f"</{name}>") if is_plain else None
    allowed = _allowed(name, attributes)
    if allowed is None or (slash and kind != _VOID):
        return None
    return _Token(name, kind, gap, allowed, "" if name == "img" else f"<{name}{_rel(name)}>")


_remembered = lru_cache(maxsize=512)(_understood)
"""Of short tags without attributes there are few; addresses occur once."""
_SHORT: Final = 40


def _allowed(name: str, attributes: str) -> tuple[tuple[str, str], ...] | None:
    """Give the attributes that are allowed at all; None where a parser must see to their values."""
    if not attributes:
        return ()
    wanted = _WANTED.get(name, ATTRIBUTES["*"])
    pairs = _ATTRIBUTE.findall(attributes)
    kept = [pair for pair in pairs if pair[0] in wanted]
    if len(pairs) > 1 and len(dict(pairs)) < len(pairs):
        return None
    if "&" in attributes:
        if any(value.count("&") > value.count("&amp;") for _, value in kept):
            return None
        kept = [(key, value.replace("&amp;", "&")) for key, value in kept]
    return tuple(kept)


def _rel(name: str) -> str:
    return f' rel="{REL}"' if name == "a" else ""


def _written(token: _Token, keep: Filter) -> str:
    if len(token.attributes) == 1 and token.name != "img":
        ((name, value),) = token.attributes
        only = keep(token.name, name, value)
        written = "" if only is None else f' {name}="{_escaped(only)}"'
        return f"<{token.name}{written}{_rel(token.name)}>"
    found = [(name, keep(token.name, name, value)) for name, value in token.attributes]
    kept = {name: value for name, value in found if value is not None}
    if token.name == "img" and not is_shown(kept):
        return ""
    written = "".join([f' {name}="{value}"' for name, value in kept.items()])
    return f"<{token.name}{_escaped(written)}{_rel(token.name)}>"


def _escaped(attributes: str) -> str:
    """Write what attributes may hold besides quotes, of which they are free."""
    if "&" in attributes or _NO_BREAK in attributes:
        return attributes.replace("&", "&amp;").replace(_NO_BREAK, "&nbsp;")
    return attributes


# --- text --------------------------------------------------------------------------------------------------------

_NO_BREAK: Final = "\xa0"
_SPELLED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", _NO_BREAK: "&nbsp;"}
_SPECIAL: Final = re.compile("[&<>\xa0]")


def _write_texts(pieces: list[str], words: list[str]) -> bool:
    """Decode the texts and write them out as HTML; tell whether all references in them are certain."""
    for at in range(0, len(pieces), 2):
        text = pieces[at]
        if "&" in text:
            decoded = _decoded(text)
            if decoded is None:
                return False
            text = words[at] = decoded
            pieces[at] = _SPECIAL.sub(_spelled, text) if _SPECIAL.search(text) else text
        elif ">" in text or _NO_BREAK in text:
            pieces[at] = _SPECIAL.sub(_spelled, text)
    return True


def _decoded(text: str) -> str | None:
    """Decode the references in a text; None where one is not certain."""
    found = _ANY_REFERENCE.findall(text)
    if text.count("&") != len(found):
        return None
    different = set(found)
    if different <= _COMMON_OR_AMPERSAND:
        for reference in different - {_AMPERSAND}:
            text = text.replace(reference, _COMMON[reference])
        return text.replace(_AMPERSAND, "&")
    try:
        return _REFERENCE.sub(_character, text)
    except KeyError:
        return None


def _spelled(found: re.Match[str]) -> str:
    return _SPELLED[found[0]]


def _character(found: re.Match[str]) -> str:
    """Decode a reference.

    Raises:
        KeyError: it stands for no ordinary character, or may combine with another.
    """
    name, decimal, hexadecimal = found.groups()
    if name:
        character = html5[name]
    elif decimal or hexadecimal:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        character = chr(code) if _SPACE <= code < _C1 or _NO_BREAK <= chr(code) < _SURROGATES else ""
    else:
        return found[0]
    if len(character) != 1 or character in combining_marks(spacing=True):
        raise KeyError(found[0])
    return character


_SPACE: Final = 0x20
_C1: Final = 0x7F
_SURROGATES: Final = "\ud800"
