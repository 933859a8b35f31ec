"""Rewrite the links of what the application answers. Strings in, strings out.

Pages are rewritten tag by tag and not parsed: templates and the sanitiser write every attribute in double quotes and every
"<" of a text as "&lt;", so that what looks like a tag is one, and all bytes but those of links stay as they are.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from posixpath import dirname, relpath
from urllib.parse import SplitResult, urlsplit

from aggregator.publish.site import Site

Rewrite = Callable[[SplitResult], str | None]
"""Takes a link into the site, its path below the site's address; gives what to write, None to leave it as it is."""

_TAG = re.compile(r"""<[a-zA-Z][a-zA-Z0-9-]*(?:\s+[^\s=<>"']+(?:="[^"]*")?)+\s*/?>""")
_ATTRIBUTE = re.compile(r"""(\s)([^\s=<>"']+)="([^"]*)\"""")
_LINKING = frozenset({"href", "src", "action"})
_STYLE = re.compile(r'(<\?xml-stylesheet\b[^>]*?\bhref=")([^"]*)(")')
_XML_LINK = re.compile(r'\n *<(?:atom:)?link\b[^<>]*?\bhref="([^"]*)"[^<>]*/>')
_JSON_NEXT = re.compile(r'\s*"next_url": "([^"]*)",')


def within(site: Site, link: str) -> SplitResult | None:
    """Take a link into the site apart, its path made one below the site's address; None for all others."""
    for begin in (site.address(), site.link()):
        if link.startswith(begin) and not link.startswith("//"):
            parts = urlsplit("/" + link[len(begin) :].lstrip("/"))  # with the slash, nothing in it looks like a scheme
            return parts._replace(path=parts.path[1:])
    return None


def relative(file: str, *, beside: str) -> str:
    """Give the link from one file to another."""
    return relpath(file, dirname(beside) or ".")


def in_page(html: str, site: Site, rewrite: Rewrite) -> str:
    """Rewrite the links of a page."""

    def attribute(found: re.Match[str]) -> str:
        space, name, value = found.groups()
        link = within(site, unescape(value)) if name in _LINKING else None
        written = rewrite(link) if link else None
        return found[0] if written is None else f'{space}{name}="{escape(written)}"'

    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), html)


def in_document(text: str, site: Site, rewrite: Rewrite, *, style: Rewrite) -> str:
    """Rewrite the links of a document for programs: absolute addresses, wherever they stand, texts included.

    A link to a document that continues this one is taken out where `rewrite` leaves it: on a static host its query would be
    ignored, and readers of the history would go round in circles.

    Args:
        text: of the document.
        site: whose addresses they are.
        rewrite: of absolute addresses.
        style: of the style sheet for browsers.
    """

    def without(found: re.Match[str]) -> str:
        link = within(site, unescape(found[1]))
        return "" if link and link.query and rewrite(link) is None else found[0]

    def address(found: re.Match[str]) -> str:
        link = within(site, found[0])
        return (rewrite(link) if link else None) or found[0]

    def sheet(found: re.Match[str]) -> str:
        link = within(site, unescape(found[2]))
        return f"{found[1]}{(style(link) if link else None) or found[2]}{found[3]}"

    for pattern in (_XML_LINK, _JSON_NEXT):
        text = pattern.sub(without, text)
    return _absolute(site).sub(address, _STYLE.sub(sheet, text))


def _absolute(site: Site) -> re.Pattern[str]:
    """Make the pattern of an address of ours: not one that is a parameter of another."""
    return re.compile(rf"""(?<![^\s"'<>();]){re.escape(site.address())}[^\s"'<>\\&()]*""")
