"""Small steps over ElementTree that the XML writers share.

Prefixes are written out (`atom:link`) and declared on the root: ElementTree's own table of prefixes is global.
"""

import re
from datetime import UTC, datetime
from html import escape
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from aggregator.text.dates import rfc822, rfc3339

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
"""Of RFC 5005; declared where it is used."""


def add(parent: Element, name: str, text: str = "", /, **attributes: str | None) -> Element:
    """Append an element; attributes that are None are left out, `xml_lang` becomes `xml:lang`."""
    given = {key.replace("xml_", "xml:"): value for key, value in attributes.items() if value is not None}
    element = SubElement(parent, name, given)
    element.text = text or None
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


_TEXT = re.compile(
    rb'<(?:(?:(?:sub)?title|summary|content)(?: type="text")?>|(?:name|description|category(?: domain="[^"]*")?)>'
    rb'|(?:atom:)?link rel="related" )[^<]*'
)


def texts_spelled(written: bytes) -> bytes:
    """Spell `&` and `<` of texts as the profile of RSS asks for titles: `&#x26;` and `&#x3C;`.

    Equal as XML, and not taken for HTML by readers that guess, nor by the W3C's validator ("&nbsp;" in a text).
    """
    return _TEXT.sub(_hexadecimal, written)


def _hexadecimal(text: re.Match[bytes]) -> bytes:
    return text[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def document(root: Element, *, stylesheet: str | None = None) -> bytes:
    """Write the document: declaration, stylesheet for those who open it in a browser, one element a line."""
    ET.indent(root, " ")
    style = f'<?xml-stylesheet type="text/css" href="{stylesheet}"?>\n' if stylesheet else ""
    # As bytes it would be encoded piece by piece, eight thousand of them for a feed of stories: twice the time.
    body: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{style}{body}\n'.encode("utf-8", "xmlcharrefreplace")
