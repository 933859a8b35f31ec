"""Small steps that the XML writers share: elements are put together, then written down.

Not with ElementTree, which looks at every name for a namespace, goes over the whole three times and writes it in Python,
too: a feed of fifty entries, a thousand elements, took 16 ms, and takes 4. Prefixes are written out (`atom:link`) and declared on the root.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape

from aggregator.text.dates import rfc822, rfc3339

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
"""Of RFC 5005; declared where it is used."""


class Element:
    """An element with either a text or children. Its attributes stand in the order in which they were given."""

    __slots__ = ("_attributes", "_children", "_name", "_text")

    def __init__(self, name: str, attributes: Mapping[str, str | None], text: str = "") -> None:
        self._name = name
        self._attributes = _attributes_text(attributes)
        self._text = text
        self._children: list[Element | Written] = []

    def set(self, name: str, value: str) -> None:
        """Give it one attribute more."""
        self._attributes += _attributes_text({name: value})

    def append(self, child: "Element | Written") -> None:
        """Put another one into it, behind those that are there."""
        self._children.append(child)

    def write(self, lines: list[str], indent: str = "") -> None:
        """Add its lines: one, or one for each of those in it between two of its own."""
        if self._children:
            lines.append(f"{indent}<{self._name}{self._attributes}>")
            for child in self._children:
                child.write(lines, indent + " ")
            lines.append(f"{indent}</{self._name}>")
        elif self._text:
            text = _spelled(self._text) if self._is_text else _escaped(self._text)
            lines.append(f"{indent}<{self._name}{self._attributes}>{text}</{self._name}>")
        else:
            lines.append(f"{indent}<{self._name}{self._attributes} />")

    @property
    def _is_text(self) -> bool:
        """Tell a text from HTML."""
        return self._name in _TEXTS and (self._attributes in _OF_TEXTS or self._attributes.startswith(" domain="))


class Written:
    """An element that has been written down, to be put into several documents."""

    __slots__ = ("_text",)

    def __init__(self, element: Element, indent: str) -> None:
        lines: list[str] = []
        element.write(lines, indent)
        self._text = "\n".join(lines)

    def write(self, lines: list[str], _: str) -> None:
        """Add it as it is."""
        lines.append(self._text)


_TEXTS = frozenset(["title", "subtitle", "summary", "content", "name", "description", "category"])
_OF_TEXTS = frozenset(["", ' type="text"'])


def _spelled(text: str) -> str:
    """Spell `&` and `<` of texts as the profile of RSS asks for titles: `&#x26;` and `&#x3C;`.

    Equal as XML, and not taken for HTML by readers that guess, nor by the W3C's validator ("&nbsp;" in a text).
    """
    return text.replace("&", "&#x26;").replace("<", "&#x3C;").replace(">", "&gt;")


def _attributes_text(attributes: Mapping[str, str | None]) -> str:
    written = "".join([f' {name}="{_quoted(value)}"' for name, value in attributes.items() if value is not None])
    if "&" in written and written.startswith(_RELATED):  # the one whose attributes are texts
        return written.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;")
    return written


_RELATED = ' rel="related"'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    return _escaped(text).translate(_IN_QUOTES) if _UNQUOTABLE.search(text) else text


_UNQUOTABLE = re.compile(r'[&<>"\r\n\t]')
_IN_QUOTES = str.maketrans({'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"})
"""A parser would take a line end in an attribute for a space."""


def add(parent: Element, name: str, text: str = "", /, **attributes: str | None) -> Element:
    """Append an element; attributes that are None are left out, `xml_lang` becomes `xml:lang`."""
    if "xml_lang" in attributes:
        attributes = {"xml:lang": attributes.pop("xml_lang"), **attributes}
    element = Element(name, attributes, text)
    parent.append(element)
    return element


def add_text(parent: Element, name: str, text: str) -> None:
    """Append a text construct (RFC 4287 section 3.1): as HTML where an end tag makes it look like that, else as text.

    Either says the same, but readers that guess, and the W3C's validator with them, then need not.
    """
    if _END_TAG.search(text):
        add(parent, name, escape(text, quote=False), type="html")
    else:
        add(parent, name, text, type="text")


_END_TAG = re.compile("</[a-zA-Z]")


def add_rfc3339(parent: Element, name: str, at: datetime) -> None:
    """Append a date as Atom writes it."""
    add(parent, name, rfc3339(at))


def add_moment(parent: Element, name: str, at: datetime) -> None:
    """Append a date as Atom writes it, to the microsecond where it has any."""
    add(parent, name, at.astimezone(UTC).isoformat().replace("+00:00", "Z"))


def add_rfc822(parent: Element, name: str, at: datetime) -> None:
    """Append a date as RSS writes it."""
    add(parent, name, rfc822(at))


def document(root: Element, *, stylesheet: str | None = None) -> bytes:
    """Write the document: declaration, stylesheet for those who open it in a browser, one element a line."""
    style = f'<?xml-stylesheet type="text/css" href="{stylesheet}"?>\n' if stylesheet else ""
    lines: list[str] = []
    root.write(lines)
    body = "\n".join(lines)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{style}{body}\n'.encode("utf-8", "xmlcharrefreplace")
