"""feedparser, for whatever is not well-formed or not familiar. This module is the only one that calls it."""

import xml.sax
from io import BytesIO
from typing import Any

import feedparser
import feedparser.api

from aggregator.feeds.prepass import Prepared
from aggregator.feeds.titles import cut_line
from aggregator.model.fetch import Failed, FailureKind

# drv_libxml2, feedparser's first choice where it is installed, opens the files a DTD names (kurtmckee/feedparser#107).
feedparser.api.PREFERRED_XML_PARSERS = []

# feedparser resolves guids against xml:base even with resolve_relative_uris=False; a guid is a name and stays as it is.
for _parser in (feedparser.api.StrictFeedParser, feedparser.api.LooseFeedParser):
    _parser.can_be_relative_uri = _parser.can_be_relative_uri - {"id"}


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


def complaint_of(parsed: dict[str, Any], prepared: Prepared) -> str:
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
