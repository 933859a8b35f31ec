"""Bytes in, `ParsedFeed` or `Failed` out.

    unpack -> decode -> JSON? ── yes ── jsonfeed ───────────────────────┐
                          └──── no ─── prepare -> feedparser -> xmlfeed ┴─> normalise -> ParsedFeed

Meant to run inside a worker process that can be killed: some documents get the better of feedparser's clock and
memory whatever is done before.
"""

from dataclasses import replace

from aggregator.feeds import jsonfeed, wellformed, xmlfeed
from aggregator.feeds.charset import decode
from aggregator.feeds.identify import is_page, not_a_feed
from aggregator.feeds.imprints import Marks, mark
from aggregator.feeds.normalise import normalise
from aggregator.feeds.prepass import Prepared, begin_of_sound, prepare, unpack
from aggregator.feeds.raw import RawFeed
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints


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
    from aggregator.feeds.lenient import complaint_of, run_feedparser  # noqa: PLC0415 -- 40 ms of CPU that few documents need

    parsed = wellformed.read(prepared.text) or run_feedparser(prepared.text)
    if isinstance(parsed, Failed):
        return parsed
    if not parsed.get("version") and not parsed.get("entries"):
        return not_a_feed(text, url)
    complaints = (complaint, prepared.complaint, complaint_of(parsed, prepared))
    return xmlfeed.read_feed(parsed, prepared.text, malformed="; ".join(filter(None, complaints)))
