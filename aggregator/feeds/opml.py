"""Read a subscription list: OPML 1.0, 1.1 and 2.0 (opml.org/spec2.opml), as programs of all ages have written it.

    text -> expat, no DTD -> outlines, each with its line -> feeds, and what was passed over and why
              | not well-formed
              +-> mended (`opml_mend`) -> once more; where that breaks off, what came before it counts, and that is said

Our own walk over expat, for a person has to be told of every outline that was left out, with its line; listparser, which
the field uses, knows neither. Both find the same feeds in 24 real lists, of which ten are not well-formed; a test compares.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Final
from urllib.parse import urldefrag
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, InputSource, Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from aggregator.feeds.charset import decode
from aggregator.feeds.opml_mend import mended
from aggregator.feeds.titles import plain_name
from aggregator.model.fetch import Failed, FailureKind
from aggregator.text import languages
from aggregator.text.urls import web_url

MAX_BYTES: Final = 5 * 1024 * 1024
"""The largest of 118 lists of a popular collection has 176 kB."""
MAX_DEPTH: Final = 50
MAX_OUTLINES: Final = 20_000

_SCHEMES: Final = (
    (re.compile(r"feed:(?://)?(?=https?:)", re.IGNORECASE), ""),
    (re.compile("feed://", re.IGNORECASE), "http://"),
)
"""`feed:https://host/` and `feed://host/`: what browsers once sent feed readers."""
_LOGIN: Final = re.compile(r"https?://[^/?#]*@", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """A feed of the list."""

    url: str
    line: int
    title: str = ""
    category: str = ""
    """The outermost folder that it lies in; empty: it lies in none."""
    tags: tuple[str, ...] = ()
    """The folders inside that one, and its `category` attribute."""
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """An outline that brought no feed."""

    line: int
    name: str
    reason: str
    lost: bool = True
    """It may have been meant as a feed; False: nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """A subscription list."""

    title: str
    feeds: tuple[ListedFeed, ...]
    """In the order of the document, each address once."""
    passed_over: tuple[PassedOver, ...]
    mended: str = ""
    """Why the document is not well-formed, where it was read all the same; empty where it is."""


def read(body: bytes, content_type: str = "") -> FeedList | Failed:
    """Read a list.

    Returns:
        The list; or, as `Failed`, in a sentence for people: it is no list (`NOT_A_FEED`), too large (`TOO_LARGE`), or
        nothing that is safe to read (`HOSTILE_DOCUMENT`).
    """
    if len(body) > MAX_BYTES:
        return Failed(kind=FailureKind.TOO_LARGE, message=f"the list is longer than {MAX_BYTES // 1024**2} MiB")
    text, _ = decode(body, content_type)
    try:
        return _read(text)
    except DefusedXmlException:
        message = "the list declares a DTD or entities, which are not read: no subscription list needs them"
        return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message=message)
    except _TooMuch as error:
        return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message=str(error))


def _read(text: str) -> FeedList | Failed:
    walk = _Walk()
    complaint = _parse(text, walk)
    if complaint:
        walk = _Walk()
        if rest := _parse(mended(text), walk):
            walk.broken(rest)
    if not walk.is_list:
        return _not_a_list(text, walk, complaint)
    mended_because = _said(complaint) if complaint else ""
    return FeedList(
        title=plain_name(walk.title),
        feeds=tuple(walk.feeds),
        passed_over=tuple(walk.passed_over),
        mended=mended_because,
    )


def _parse(text: str, walk: "_Walk") -> SAXParseException | None:
    """Walk over a document; give what broke it off, None where nothing did."""
    source = InputSource()
    source.setCharacterStream(StringIO(text))
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(walk)
    try:
        parser.parse(source)
    except SAXParseException as error:
        return error
    return None


def _said(error: SAXParseException) -> str:
    return f"line {error.getLineNumber()}, column {(error.getColumnNumber() or 0) + 1}: {error.getMessage()}"


def _not_a_list(text: str, walk: "_Walk", complaint: SAXParseException | None) -> Failed:
    if not text.strip():
        what = "the file is empty"
    elif walk.root and not complaint:
        what = f"the document is XML with the root element <{walk.root[:60]}>, not OPML"
    else:
        what = f"the document is not OPML ({_said(complaint)})" if complaint else "the document is not OPML"
    return Failed(kind=FailureKind.NOT_A_FEED, message=what)


class _TooMuch(Exception):
    """The document would cost too much to read."""


@dataclass(slots=True)
class _Folder:
    """An outline that is open."""

    name: str
    line: int
    is_feed: bool
    children: int = 0


@dataclass(slots=True)
class _Outline:
    """The attributes of an outline, names in lower case."""

    values: dict[str, str]
    line: int

    def get(self, name: str) -> str:
        return self.values.get(name, "").strip()

    @property
    def name(self) -> str:
        return plain_name(self.get("title") or self.get("text"))


class _Walk(ContentHandler):
    """Takes outlines as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.feeds: list[ListedFeed] = []
        self.passed_over: list[PassedOver] = []
        self.title = ""
        self.root = ""
        self.is_list = False
        self._lines: dict[str, int] = {}
        self._open: list[_Folder] = []
        self._depth = self._outlines = 0
        self._in_title = False
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 -- the name that SAX calls
        """Take what tells the line."""
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 -- the name that SAX calls
        self.root = self.root or name
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooMuch(f"the list is nested more than {MAX_DEPTH} levels deep")
        self.is_list = self.is_list or name.lower() in {"opml", "outline"}
        self._in_title = name.lower() == "title" and not self.title
        if name.lower() == "outline":
            values = {key.lower(): str(value) for key, value in attrs.items()}
            self._outline(_Outline(values, self._line()))

    def endElement(self, name: str) -> None:  # noqa: N802 -- as above
        self._depth -= 1
        self._in_title = False
        if name.lower() == "outline":
            self._close()

    def characters(self, content: str) -> None:
        if self._in_title and len(self.title) < 1000:  # noqa: PLR2004 -- no title is longer
            self.title += content

    def broken(self, error: SAXParseException) -> None:
        """Take note that the rest can't be read."""
        reason = f"from here on the list can't be read: {error.getMessage()}"
        self.passed_over.append(PassedOver(line=error.getLineNumber() or 0, name="", reason=reason))

    def _line(self) -> int:
        return self._locator.getLineNumber() or 0 if self._locator else 0

    def _outline(self, outline: _Outline) -> None:
        self._outlines += 1
        if self._outlines > MAX_OUTLINES:
            raise _TooMuch(f"the list has more than {MAX_OUTLINES:,} outlines")
        if self._open:
            self._open[-1].children += 1
        address = outline.get("xmlurl")
        is_feed = bool(address) or outline.get("type").lower() in {"rss", "atom", "include", "link"}
        if is_feed:
            self._feed(outline, address)
        self._open.append(_Folder(outline.name, outline.line, is_feed))

    def _close(self) -> None:
        folder = self._open.pop()
        if not folder.is_feed and not folder.children:
            reason = "names no feed (no xmlUrl), and has none in it"
            self.passed_over.append(PassedOver(line=folder.line, name=folder.name, reason=reason, lost=False))

    def _feed(self, outline: _Outline, address: str) -> None:
        url, reason = _address(outline, address)
        if url and url in self._lines:
            reason = f"the same feed as on line {self._lines[url]}"
        if url is None or reason:
            lost = url is None
            self.passed_over.append(PassedOver(line=outline.line, name=outline.name, reason=reason, lost=lost))
            return
        self._lines[url] = outline.line
        folders = [folder.name for folder in self._open if folder.name and not folder.is_feed]
        tags = [*folders[1:], *_categories(outline.get("category"))]
        self.feeds.append(
            ListedFeed(
                url=url,
                line=outline.line,
                title="" if outline.name in {url, address} else outline.name,
                category=folders[0] if folders else "",
                tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
                language=languages.tag(outline.get("language")),
            )
        )


def _address(outline: _Outline, address: str) -> tuple[str | None, str]:
    """Give the address, or why there is none."""
    kind = outline.get("type").lower()
    if not address:
        if kind == "include":
            return None, "another list, which is not looked into: put its address below `include` of feeds.yaml"
        return None, "a link to a page, not a feed" if kind == "link" else "names no address (no xmlUrl)"
    candidate = address
    for scheme, meant in _SCHEMES:
        candidate = scheme.sub(meant, candidate, count=1) if scheme.match(candidate) else candidate
    if _LOGIN.match(candidate):
        return None, "its address holds a user name or password, which would show up on pages and in logs"
    url = web_url(candidate)
    return (urldefrag(url).url, "") if url else (None, f"{address[:60]!r} is no http(s) address")


def _categories(attribute: str) -> Iterator[str]:
    """Read the `category` attribute: comma-separated, each perhaps a path with slashes in front."""
    for category in attribute.split(","):
        yield plain_name(category.strip().lstrip("/"))
