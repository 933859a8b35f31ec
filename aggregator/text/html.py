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
from collections.abc import Callable, Collection
from functools import lru_cache
from html import escape, unescape

import nh3

from aggregator.model.entry import NO_HTML, Link, SafeHtml
from aggregator.text.letters import bounded_marks, is_plain
from aggregator.text.markup import NAMED_ATTRIBUTE, SEPARATE_WORDS, TOKEN, UNREADABLE, too_complex
from aggregator.text.safelist import ATTRIBUTES, REL, SCHEMES, TAGS, Filter, attribute_filter, is_shown
from aggregator.text.tidy import tidy
from aggregator.text.urls import host, web_url
from aggregator.text.words import one_line, unmarked_line, xml_safe

MAX_LENGTH = 512 * 1024
"""Characters of HTML that are looked at; 5 MB of `&amp;` keep nh3 busy for 10 s."""

# --- sanitising ------------------------------------------------------------------------------------------------

_CLEANED_OUT = frozenset("script style template iframe noembed noframes svg math xmp".split())


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
    return clean(html, base_url=base_url, own_origins=own_origins)[0]


def clean(html: str, *, base_url: str | None = None, own_origins: Collection[str] = ()) -> tuple[SafeHtml, str]:
    """Make HTML safe as `sanitise` does, and give the `plain_text` of what it has become beside it."""
    plain = is_plain(html)
    legal = html if plain else xml_safe(html)
    keep = attribute_filter(base_url, tuple(own_origins))
    if len(legal) <= MAX_LENGTH and (done := tidy(legal, keep)) is not None:
        written, words = done
        # What is in the words is in the HTML too, and a reference to a mark is not tidy: one look for marks does for all.
        return (_safe(written), unmarked_line(words)) if plain else (_safe(bounded_marks(written)), one_line(words))
    if len(legal) > MAX_LENGTH or too_complex(legal):
        safe = from_text(plain_text(legal[:MAX_LENGTH]))
    else:
        cleaned = _cleaner(keep).clean(_prepared(legal, base_url))
        # Control characters and piles of marks may have come as references (`&#1;`), hence only now.
        safe = _safe(_IMAGE.sub(_without_pixel, bounded_marks(xml_safe(cleaned))))
    return safe, plain_text(safe)


def _safe(html: str) -> SafeHtml:
    return SafeHtml(html.strip())


@lru_cache(maxsize=16)
def _cleaner(keep: Filter) -> nh3.Cleaner:
    """Make a cleaner; that takes longer than to clean a text."""
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_CLEANED_OUT),
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        link_rel=REL,
        url_schemes=SCHEMES,
    )


_PARTS = frozenset(
    "address article aside dialog fieldset footer form header hgroup legend main menu nav section".split()
)
"""Blocks that are not kept. Without them a heading would stand in one line with the text that follows it."""
_PREPARED = re.compile(f"<(?:/?(?:noscript|{'|'.join(sorted(_PARTS))})|iframe|video|audio|source|embed)", re.IGNORECASE)


def _prepared(html: str, base_url: str | None) -> str:
    """Put a link before every embedded document or medium, and open `noscript`, where lazy pages keep the real image.

    What parts a document has become `div`.
    """
    if not _PREPARED.search(html):
        return html

    def replaced(token: re.Match[str]) -> str:
        name = (token["name"] or "").lower()
        if name == "noscript":
            return ""
        if name in _PARTS and token["torn"] is None:
            return "</div>" if token["end"] else f"<div{token['attributes']}>"
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
    at = html.find("<img")
    return (
        None
        if at < 0
        else next((src for image in _IMAGE.finditer(html, at) if (src := _attributes(image[1]).get("src"))), None)
    )


def without_images(html: SafeHtml) -> SafeHtml:
    """Put the alternative text of each image in its place; one without such text goes."""
    if not html:
        return NO_HTML
    return SafeHtml(_IMAGE.sub(lambda match: _text_of(_attributes(match[1])), html))


Relink = Callable[[str], str | None]
"""Takes the address of an image, gives the one under which a page may load it; None: it may not."""


def with_images(html: SafeHtml, relink: Relink) -> SafeHtml:
    """Give every image the address that `relink` makes of its own; the text of one that gets none stands in its place.

    Size, text and language of images stay; they load when a reader comes near them.
    """
    if "<img" not in html:
        return html

    def replaced(image: re.Match[str]) -> str:
        attributes = _attributes(image[1])
        address = relink(attributes.get("src", ""))
        return _text_of(attributes) if address is None else _image({**attributes, "src": address})

    return SafeHtml(_IMAGE.sub(replaced, html))


def _image(attributes: dict[str, str]) -> str:
    # Without `alt`, what reads a page aloud reads the address, which is a page long here.
    whole = {"alt": "", **attributes, "loading": "lazy", "decoding": "async"}
    written = (f' {name}="{escape(value)}"' for name, value in whole.items())
    return f"<img{''.join(written)}>"


def _text_of(image: dict[str, str]) -> str:
    return escape(image.get("alt", "").strip(), quote=False)


def _attributes(source: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _SAFE_ATTRIBUTE.findall(source)}


def _without_pixel(image: re.Match[str]) -> str:
    return image[0] if is_shown(_attributes(image[1])) else ""
