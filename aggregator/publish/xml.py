"""Small steps over ElementTree that the XML writers share.

Prefixes are written out (`atom:link`) and declared on the root: ElementTree's own table of prefixes is global.
"""

from datetime import datetime
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


def add_rfc3339(parent: Element, name: str, at: datetime) -> None:
    """Append a date as Atom writes it."""
    add(parent, name, rfc3339(at))


def add_rfc822(parent: Element, name: str, at: datetime) -> None:
    """Append a date as RSS writes it."""
    add(parent, name, rfc822(at))


def document(root: Element, *, stylesheet: str | None = None) -> bytes:
    """Write the document: declaration, stylesheet for those who open it in a browser, one element a line."""
    ET.indent(root, " ")
    style = f'<?xml-stylesheet type="text/css" href="{stylesheet}"?>\n' if stylesheet else ""
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=False)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{style}'.encode() + body + b"\n"
