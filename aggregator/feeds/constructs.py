"""What an element holds: text, addresses, and texts with a type, each as feedparser gives it."""

import re
from contextlib import suppress
from html import escape
from typing import Final
from urllib.parse import urljoin

from aggregator.feeds.elements import Element, Names, UnfamiliarError
from aggregator.feeds.feedparser_names import HANDLED, looks_like_html

XHTML: Final = "application/xhtml+xml"
_TYPES: Final = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "xhtml": XHTML}
_XML: Final = "http://www.w3.org/XML/1998/namespace "
_BASE: Final = _XML + "base"
_SLASHES: Final = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")
_C1: Final = re.compile("[\x80-\x9f]")
_CP1252: Final = {
    code: letter for code in range(0x80, 0xA0) if (letter := bytes([code]).decode("cp1252", "ignore"))
}  # fmt: skip
_MAY_BE_HTML: Final = re.compile(r"</|&")


def raw_text(element: Element) -> str:
    """Give the text of an element that holds nothing else, without white space around it.

    Raises:
        UnfamiliarError: there are elements in it.
    """
    inside = element[2]
    if not inside:
        return ""
    try:
        return (inside[0] if len(inside) == 1 else "".join(inside)).strip()  # type: ignore[arg-type,union-attr]  # tried
    except (TypeError, AttributeError):
        raise UnfamiliarError(f"elements inside of {element[0]}") from None


def mended(text: str) -> str:
    """Undo UTF-8 that was taken for Latin-1 and encoded again, and Windows-1252 that was."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_CP1252) if _C1.search(text) else text


def text_of(element: Element) -> str:
    """Give the text of an element as feedparser keeps it."""
    text = raw_text(element)
    return text if text.isascii() else mended(text)


def resolved(base: str, address: str) -> str:
    """Resolve an address; without a base it stays as it is, but for slashes too many."""
    if ":///" in address:
        address = _SLASHES.sub(r"\1", address)
    if not base:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def media_type(name: str) -> str:
    """Spell out Atom's short names of types."""
    return _TYPES.get(name, name)


def construct(
    element: Element, attributes: dict[str, str], names: Names, default: str, *, version: str
) -> tuple[str, str]:
    """Read a title, summary or content.

    Returns:
        What it says, and its media type; where RSS leaves it open whether a text is HTML, feedparser's guess.

    Raises:
        UnfamiliarError: it is in base64, or has elements inside where the type says that there are none.
    """
    kind = media_type(attributes.get("type", default).lower())
    if "mode" in attributes or not (kind.startswith("text/") or kind.endswith(("+xml", "/xml"))):
        raise UnfamiliarError(f"type {kind}")
    text = _inline(element, names, unwrap=version == "atom10") if kind == XHTML else raw_text(element)
    if kind == "text/plain" and not version.startswith("atom") and _MAY_BE_HTML.search(text):
        kind = "text/html" if looks_like_html(text) else kind
    return mended(text), kind


# --- elements inside of a text -----------------------------------------------------------------------------------


def _inline(element: Element, names: Names, *, unwrap: bool) -> str:
    """Write what is inside of a text of type XHTML; Atom's `div` around it goes (RFC 4287 section 3.1.1.3)."""
    inside = [part for part in element[2] if not (isinstance(part, str) and not part.strip())]
    pieces: list[str] = []
    whole = inside if unwrap and len(inside) == 1 and not isinstance(inside[0], str) else element[2]
    _write(whole, names, pieces)
    if unwrap and len(whole) == 1 and len(pieces) > 1 and (pieces[0] == "<div>" or pieces[0].startswith("<div ")):
        pieces = pieces[1:-1]
    return "".join(pieces).strip()


def _write(inside: "list[Element | str]", names: Names, pieces: list[str], depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise UnfamiliarError("deep nesting")
    for part in inside:
        if isinstance(part, str):
            pieces.append(escape(part, quote=False))
        else:
            name = _inline_name(part, names)
            pieces.append(f"<{name}{_attributes(part, names)}>")
            _write(part[2], names, pieces, depth + 1)
            pieces.append(f"</{name}>")


def _attributes(element: Element, names: Names) -> str:
    if any(" " in name and not name.startswith(_XML) for name in element[1]):
        raise UnfamiliarError("attributes of a namespace inside of a text")
    return "".join(f' {key}="{_quoted(value)}"' for key, value in names.attributes(element).items())


def _quoted(value: str) -> str:
    """Write a value as `xml.sax.saxutils` does, which would bring `urllib.request` along: 20 ms of every start."""
    return escape(value, quote=False).replace('"', "&quot;")


_DEEPEST: Final = 200
_DRAWINGS: Final = frozenset({"svg", "math"})


def _inline_name(element: Element, names: Names) -> str:
    """Name an element of a text; at the end of one that it has a handler for, feedparser runs that, and all is lost."""
    local = element[0].rpartition(" ")[2].lower()
    if names.element(element[0]) in HANDLED or local in _DRAWINGS:
        raise UnfamiliarError(f"{local} inside of a text")
    return local


# --- bases -------------------------------------------------------------------------------------------------------


def bases(root: Element) -> dict[int, str]:
    """Tell the base that feedparser has in force at each element, by its `id`.

    That is not quite XML Base: where nothing around an element has a base, its own stays in force after its end.

    Raises:
        UnfamiliarError: a base is no absolute address.
    """
    found: dict[int, str] = {}
    current = ""
    outer: list[str] = []
    waiting: list[Element | None] = [root]
    while waiting:
        element = waiting.pop()
        if element is None:
            outer.pop()
            current = outer[-1] if outer and outer[-1] else current
            continue
        current = _base_at(element[1], current)
        found[id(element)] = current
        outer.append(current)
        waiting.append(None)
        waiting.extend(part for part in reversed(element[2]) if not isinstance(part, str))
    return found


def _base_at(attributes: dict[str, str], current: str) -> str:
    own = attributes.get(_BASE, attributes.get("base"))
    if not own:
        return current
    from feedparser.urls import make_safe_absolute_uri  # noqa: PLC0415 -- 40 ms that documents without a base can do without

    base = make_safe_absolute_uri(current, own) or current if current else resolved("", own)
    if "://" not in base:
        raise UnfamiliarError(f"base {base}")
    return str(base)
