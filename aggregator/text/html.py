"""HTML: from whatever a feed holds to `SafeHtml`, and from HTML to words.

Theory of operation. nh3 (ammonia, html5ever) decides what is safe; nothing here replaces it. Around it:

1.  Before: a tokenizer of our own measures what the tree builder would have to do. Building is quadratic in the depth
    of nesting (100,000 `<div>`: 38 s), in open formatting elements, and in attributes of one tag, so what nests deeper
    than 500 elements or costs more than its size warrants becomes plain text instead (`text.markup.too_complex`).
2.  Inside: an attribute filter resolves every address and drops those that are no web address or our own.
3.  After: images without an address and 1x1 pixels go. nh3 writes a regular language (attributes in double quotes,
    `<`, `>` and `&` escaped everywhere else), so this and the other readers of `SafeHtml` need no parser.
"""

import re
from collections.abc import Collection
from html import escape, unescape

import nh3

from aggregator.model.entry import NO_HTML, Link, SafeHtml
from aggregator.text.letters import bounded_marks
from aggregator.text.markup import NAMED_ATTRIBUTE, SEPARATE_WORDS, TOKEN, UNREADABLE, too_complex
from aggregator.text.urls import host, origin, web_url
from aggregator.text.words import one_line, xml_safe

MAX_LENGTH = 512 * 1024
"""Characters of HTML that are looked at; 5 MB of `&amp;` keep nh3 busy for 10 s."""

# --- sanitising ------------------------------------------------------------------------------------------------

_TAGS = frozenset(
    "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn dir div dl dt em figcaption figure "
    "font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
_ATTRIBUTES_OF = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_NUMBERS = frozenset({"width", "height", "start", "value", "colspan", "rowspan"})
_NUMBER = re.compile(r"\s*(-?\d{1,5})(?:\.\d*)?\s*(?:px)?\s*", re.ASCII)
_SCHEMES = {"http", "https", "mailto"}
_MAILTO = re.compile(r"mailto:[^\s\x00-\x1f\"'<>]{3,320}", re.IGNORECASE)
_CLEANED_OUT = frozenset("script style template iframe noembed noframes svg math xmp".split())
_REL = "noopener noreferrer nofollow ugc"


def sanitise(html: str, *, base_url: str | None = None, own_origins: Collection[str] = ()) -> SafeHtml:
    """Make HTML safe to put into a page or feed. Never raises; linear in the length of `html`.

    Kept: text markup, lists, tables, links, images, `dir` and `lang`. Addresses become absolute against `base_url`; those
    that can't, that are no http(s) or mailto address, or whose origin is one of `own_origins` are dropped: a foreign page must
    not make a reader's browser ask ours for anything (FreshRSS, CVE-2025-31482). Frames, videos and sounds become links.
    Images without an address and tracking pixels (1x1) go. What is too long or too complex becomes escaped plain text.

    Args:
        html: What the feed holds; a lone surrogate in it does no harm.
        base_url: Where the document came from. None: relative addresses are dropped.
        own_origins: Our site as `scheme://host[:port]`.
    """
    legal = xml_safe(html)
    if len(legal) > MAX_LENGTH or too_complex(legal):
        return from_text(plain_text(legal[:MAX_LENGTH]))
    own = frozenset(origin(address) for address in own_origins)

    def attribute(tag: str, name: str, value: str) -> str | None:  # noqa: ARG001 - nh3 calls it with three
        if name in {"href", "src"}:
            return _address(value, base_url, own, mail=name == "href")
        return _attribute(name, value)

    cleaner = nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_CLEANED_OUT),
        attributes=_ATTRIBUTES_OF,
        attribute_filter=attribute,
        link_rel=_REL,
        url_schemes=_SCHEMES,
    )
    cleaned = cleaner.clean(_prepared(legal, base_url))
    # Control characters and piles of marks may have come as references (`&#1;`), hence only now.
    return SafeHtml(_IMAGE.sub(_without_pixel, bounded_marks(xml_safe(cleaned))).strip())


def _address(value: str, base_url: str | None, own: Collection[str], *, mail: bool) -> str | None:
    if mail and _MAILTO.fullmatch(value):
        return value
    url = web_url(value, base=base_url)
    return None if url is None or origin(url) in own else url


def _attribute(name: str, value: str) -> str | None:
    if name in _NUMBERS:
        match = _NUMBER.fullmatch(value)
        return match[1] if match else None
    if name == "dir":
        return value.lower() if value.lower() in {"ltr", "rtl", "auto"} else None
    return value


_PREPARED = re.compile("<(?:/?noscript|iframe|video|audio|source|embed)", re.IGNORECASE)


def _prepared(html: str, base_url: str | None) -> str:
    """Put a link before every embedded document or medium, and open `noscript`, where lazy pages keep the real image."""
    if not _PREPARED.search(html):
        return html

    def replaced(token: re.Match[str]) -> str:
        name = (token["name"] or "").lower()
        if name == "noscript":
            return ""
        return token[0] if token["end"] or name not in _EMBEDDING else _link_to(token, base_url) + token[0]

    return TOKEN.sub(replaced, html)


_EMBEDDING = frozenset({"iframe", "video", "audio", "source", "embed"})


def _link_to(token: re.Match[str], base_url: str | None) -> str:
    for attribute in NAMED_ATTRIBUTE.finditer(token["attributes"]):
        if attribute["name"].lower() == "src":
            value = attribute["double"] or attribute["single"] or attribute["bare"] or ""
            url = web_url(decoded(value), base=base_url)
            if url and url.startswith("https://"):
                return f'<a href="{escape(url)}">{escape(host(url))}</a> '
    return ""


def from_text(text: str) -> SafeHtml:
    """Make paragraphs of plain text: an empty line separates them, a single line break stays one."""
    paragraphs = (part.strip() for part in _EMPTY_LINES.split(xml_safe(text).replace("\r\n", "\n").replace("\r", "\n")))
    return SafeHtml(
        "".join(f"<p>{escape(part, quote=False)}</p>".replace("\n", "<br>\n") for part in paragraphs if part)
    )


_EMPTY_LINES = re.compile(r"\n[ \t]*+\n\s*+")

# --- reading ---------------------------------------------------------------------------------------------------

_LONG_REFERENCE = re.compile(r"&#(?:x[0-9a-f]{7,}+|[0-9]{8,}+);?", re.IGNORECASE | re.ASCII)
_NUL_REFERENCE = "\ufffd"


def decoded(text: str) -> str:
    """Decode character references once, as HTML does. Lone surrogates and NULs become U+FFFD.

    `html.unescape` raises ValueError for a number of more than 4,300 digits; no character has more than seven.
    """
    return unescape(_LONG_REFERENCE.sub(_NUL_REFERENCE, text)) if "&" in text else text


def plain_text(html: str) -> str:
    """Give the words of HTML on one line: references decoded, markup dropped, block elements separating words.

    Linear in the length of `html` and independent of nesting. Scripts, styles and embedded drawings have no words.
    """
    readable = UNREADABLE.sub(" ", html) if "<" in html else html
    return one_line(decoded(TOKEN.sub(_gap, readable)))


def _gap(token: re.Match[str]) -> str:
    return " " if (token["name"] or "").lower() in SEPARATE_WORDS else ""


_SAFE_ATTRIBUTES = r'(?: [a-z]+="[^"]*+")*+'
_IMAGE = re.compile(f"<img({_SAFE_ATTRIBUTES})>")
_ANCHOR = re.compile(f"<a({_SAFE_ATTRIBUTES})>(.*?)</a>", re.DOTALL)
_SAFE_ATTRIBUTE = re.compile(' ([a-z]+)="([^"]*+)"')


def links(html: SafeHtml) -> tuple[Link, ...]:
    """List the links to web pages, in order, with the words they stand on (empty for a bare image)."""
    found = ((_attributes(match[1]).get("href", ""), match[2]) for match in _ANCHOR.finditer(html))
    return tuple(Link(url=url, text=plain_text(inner)) for url, inner in found if url.startswith("http"))


def first_image(html: SafeHtml) -> str | None:
    """Give the address of the first image."""
    return next((src for image in _IMAGE.finditer(html) if (src := _attributes(image[1]).get("src"))), None)


def without_images(html: SafeHtml) -> SafeHtml:
    """Put the alternative text of each image in its place; one without such text goes."""
    if not html:
        return NO_HTML
    return SafeHtml(_IMAGE.sub(lambda match: escape(_attributes(match[1]).get("alt", "").strip(), quote=False), html))


def _attributes(source: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _SAFE_ATTRIBUTE.findall(source)}


def _without_pixel(image: re.Match[str]) -> str:
    attributes = _attributes(image[1])
    sizes = [int(attributes[name]) for name in ("width", "height") if name in attributes]
    is_pixel = bool(sizes) and max(sizes) <= 1
    return "" if is_pixel or "src" not in attributes else image[0]
