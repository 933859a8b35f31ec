"""Bytes in, `ParsedFeed` or `Failed` out.

    unpack -> decode -> JSON? ── yes ── jsonfeed ───────────────────────┐
                          └──── no ─── prepare -> feedparser -> xmlfeed ┴─> normalise -> ParsedFeed

Meant to run inside a worker process that can be killed: some documents get the better of feedparser's clock and
memory whatever is done before. This module is the only one that calls feedparser.
"""

import xml.sax
from dataclasses import replace
from io import BytesIO
from typing import Any

import feedparser
import feedparser.api

from aggregator.feeds import jsonfeed, wellformed, xmlfeed
from aggregator.feeds.charset import decode
from aggregator.feeds.identify import is_page, not_a_feed
from aggregator.feeds.imprints import Marks, mark
from aggregator.feeds.normalise import normalise
from aggregator.feeds.prepass import Prepared, begin_of_sound, prepare, unpack
from aggregator.feeds.raw import RawFeed
from aggregator.feeds.titles import cut_line
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints

# drv_libxml2, feedparser's first choice where it is installed, opens the files a DTD names (kurtmckee/feedparser#107).
feedparser.api.PREFERRED_XML_PARSERS = []

# feedparser resolves guids against xml:base even with resolve_relative_uris=False; a guid is a name and stays as it is.
for _parser in (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser):
    _parser.can_be_relative_uri = _parser.can_be_relative_uri - {"id"}


def parse_document(document: Document) -> ParsedFeed | Failed:
    """Read a feed of any format.

    Returns:
        The feed; or, as `Failed`, in a sentence for people: the document is no feed (`NOT_A_FEED`), is too large
        (`TOO_LARGE`), broken gzip (`BAD_RESPONSE`), or nothing that is safe to read (`HOSTILE_DOCUMENT`).
    """
    try:
        return _parse(document)
    except MemoryError:
        return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message="the document took too much memory to read")


def _parse(document: Document) -> ParsedFeed | Failed:
    body = unpack(document.body)
    if isinstance(body, Failed):
        return body
    text, complaint = decode(body, document.content_type)
    parsed = _read(text, document, complaint)
    if isinstance(parsed, ParsedFeed) and parsed.known and parsed.imprints.context != document.known.context:
        # What is known was read in another context: the feed has a new title, or the program new rules.
        return _read(text, replace(document, known=NOTHING_KNOWN), complaint)
    return parsed


def _read(text: str, document: Document, complaint: str) -> ParsedFeed | Failed:
    is_json = jsonfeed.is_json(text)
    raw = jsonfeed.read_feed(text, document.known) if is_json else _read_xml(text, document, complaint)
    return raw if isinstance(raw, Failed) else normalise(raw, document)


def _read_xml(text: str, document: Document, complaint: str) -> RawFeed | Failed:
    sound = begin_of_sound(text)
    raw = _read_sound(sound, document.known, complaint) if sound else None
    if raw is not None:
        return raw
    prepared = prepare(text)
    if isinstance(prepared, Failed):
        return prepared
    if is_page(prepared.text):
        return not_a_feed(text, document.url)
    return _read_prepared(prepared, text, document.url, complaint)


def _read_sound(sound: str, known: KnownImprints, complaint: str) -> RawFeed | None:
    """Read a document without the entries that are known; if it can't be read so, whole."""
    marked = mark(sound, known)
    if marked and (parsed := wellformed.read(marked.text, Marks(marked))):
        raw = xmlfeed.read_feed(parsed, sound, malformed=complaint)
        return replace(raw, imprints=marked.imprints, known=marked.known, around=parsed["around"])
    whole = wellformed.read(sound)
    return None if whole is None else xmlfeed.read_feed(whole, sound, malformed=complaint)


def _read_prepared(prepared: Prepared, text: str, url: str, complaint: str) -> RawFeed | Failed:
    parsed = wellformed.read(prepared.text) or run_feedparser(prepared.text)
    if isinstance(parsed, Failed):
        return parsed
    if not parsed.get("version") and not parsed.get("entries"):
        return not_a_feed(text, url)
    complaints = (complaint, prepared.complaint, _complaint(parsed, prepared))
    return xmlfeed.read_feed(parsed, prepared.text, malformed="; ".join(filter(None, complaints)))


def run_feedparser(text: str) -> dict[str, Any] | Failed:
    """Call feedparser on text that went through the pre-pass.

    BytesIO, because handed str or bytes it opens files and addresses of that name. No headers: the text is UTF-8 by
    now, and `content-location` would make it rewrite addresses.
    """
    try:
        stream = BytesIO(text.encode("utf-8", "replace"))
        result: dict[str, Any] = feedparser.parse(  # noqa: TID251  this is the one place
            stream, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  4.3 % of mutated feeds raise: KeyError, ValueError, TypeError, ...
        reason = cut_line(f"{type(error).__name__}: {error}")[:200]
        return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message=f"the parser gave up on the document ({reason})")
    return result


def _complaint(parsed: dict[str, Any], prepared: Prepared) -> str:
    """Say why the document is not well-formed, with the line and column a person finds in it."""
    error = parsed.get("bozo_exception")
    if not parsed.get("bozo") or error is None:
        return ""
    if isinstance(error, xml.sax.SAXParseException):
        # feedparser puts an XML declaration on a line of its own in front.
        line, column = (error.getLineNumber() or 1) - 1, (error.getColumnNumber() or 0) + 1
        column += prepared.skipped_columns if line == 1 else 0
        return f"line {line + prepared.skipped_lines}, column {column}: {error.getMessage()}"
    return cut_line(str(error))[:200]
