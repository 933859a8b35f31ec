"""Documents and what became of them as bytes, for the way into a worker process and back.

`marshal` writes plain tuples and strings in half the time that `pickle` takes for the same values in dataclasses, and
unlike it names no code to be run, whatever became of the worker that wrote it. Both ends run the same interpreter. Byline,
source and the like are left out where there is none, as there is none in most entries.
"""

import marshal
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from aggregator.model.entry import Byline, Enclosure, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import Document, FreshnessHints, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.imprint import Imprints, KnownImprints

_VERSION: Final = 2
"""Of marshal's format: the last one that does not look whether each value occurred before, which takes longest of all."""
_FAILED, _FEED = 0, 1
_NO_HINTS: Final = FreshnessHints()
_NO_BYLINE: Final = Byline()


def pack_document(document: Document) -> bytes:
    """Write a document."""
    settings, known = _packed_settings(document.publisher_names, document.own_origins), document.known
    said = (document.body, document.url, document.content_type, document.language)
    wanted = (document.max_entries, document.strip_prefix, document.strip_suffix)
    return marshal.dumps((*said, *wanted, settings, known.context, known.entries), _VERSION)


def unpack_document(packed: bytes) -> Document:
    """Read what `pack_document` wrote."""
    body, url, content_type, language, *wanted, settings, context, entries = marshal.loads(packed)  # noqa: S302  of our own process
    max_entries, strip_prefix, strip_suffix = wanted
    publisher_names, own_origins = _unpacked_settings(settings)
    return Document(
        body=body,
        url=url,
        content_type=content_type,
        language=language,
        publisher_names=publisher_names,
        own_origins=own_origins,
        known=KnownImprints(context=context, entries=entries),
        max_entries=max_entries,
        strip_prefix=strip_prefix,
        strip_suffix=strip_suffix,
    )


@lru_cache(maxsize=1)
def _packed_settings(*settings: tuple[str, ...]) -> bytes:
    """Write what is the same for all documents; there is a name for every feed in it."""
    return marshal.dumps(settings, _VERSION)


@lru_cache(maxsize=1)
def _unpacked_settings(packed: bytes) -> tuple[tuple[str, ...], ...]:
    settings: tuple[tuple[str, ...], ...] = marshal.loads(packed)  # noqa: S302  of our own process
    return settings


def pack_outcome(outcome: ParsedFeed | Failed) -> bytes:
    """Write what became of a document."""
    if isinstance(outcome, Failed):
        whole: tuple[Any, ...] = (
            *(_FAILED, str(outcome.kind), outcome.message),
            *(outcome.status, dict(outcome.headers), outcome.url),
        )
        return marshal.dumps(whole, _VERSION)
    head = (
        *(outcome.format, outcome.title, outcome.home_url, outcome.icon_url),
        *(outcome.dropped, outcome.hubs, outcome.topic),
    )
    entries = [_packed(entry) for entry in outcome.entries]
    imprints = (outcome.known, outcome.imprints.context, outcome.imprints.entries)
    return marshal.dumps((_FEED, *head, outcome.malformed, _packed_hints(outcome.hints), entries, *imprints), _VERSION)


def unpack_outcome(packed: bytes | memoryview) -> ParsedFeed | Failed:
    """Read what `pack_outcome` wrote."""
    kind, *parts = marshal.loads(packed)  # noqa: S302  of our own worker
    if kind == _FAILED:
        failure, message, status, headers, url = parts
        return Failed(kind=FailureKind(failure), message=message, status=status, headers=headers, url=url)
    name, title, home, icon, dropped, hubs, topic, malformed, hints, entries, known, context, imprints = parts
    return ParsedFeed(
        format=name,
        title=title,
        home_url=home,
        icon_url=icon,
        dropped=dropped,
        hubs=hubs,
        topic=topic,
        malformed=malformed,
        hints=_unpacked_hints(hints),
        entries=tuple([_unpacked(entry) for entry in entries]),
        known=known,
        imprints=Imprints(context=context, entries=imprints),
    )


# --- entries -----------------------------------------------------------------------------------------------------


def _packed(entry: ParsedEntry) -> tuple[Any, ...]:
    return (
        *(entry.guid, entry.url, entry.headline, entry.summary, entry.content, entry.text, entry.teaser, entry.author),
        *(_seconds(entry.published_at), _seconds(entry.updated_at), entry.tags, entry.language, entry.image_url),
        *(entry.comments_url, entry.url_key, entry.headline_key, entry.fingerprint),
        entry.source and (entry.source.url, entry.source.text),
        [(file.url, file.media_type, file.length) for file in entry.enclosures],
        None if entry.byline == _NO_BYLINE else astuple(entry.byline),
    )


def _unpacked(packed: tuple[Any, ...]) -> ParsedEntry:
    guid, url, headline, summary, content, text, teaser, author, published, updated, *others = packed
    tags, language, image, comments, url_key, headline_key, fingerprint, source, files, byline = others
    return ParsedEntry(
        guid=guid,
        url=url,
        headline=headline,
        summary=SafeHtml(summary),
        content=SafeHtml(content),
        text=text,
        teaser=teaser,
        author=author,
        published_at=_time(published),
        updated_at=_time(updated),
        tags=tags,
        language=language,
        image_url=image,
        comments_url=comments,
        source=source and Link(url=source[0], text=source[1]),
        enclosures=tuple([Enclosure(url=url, media_type=kind, length=size) for url, kind, size in files]),
        byline=_byline(byline),
        url_key=url_key,
        headline_key=headline_key,
        fingerprint=fingerprint,
    )


def _byline(packed: tuple[Any, ...] | None) -> Byline:
    if packed is None:
        return _NO_BYLINE
    author, source_id, dated, categories, related, dateline = packed
    return Byline(
        author=author,
        source_id=source_id,
        dated=dated,
        categories=categories,
        related=tuple(Link(url=url, text=text) for url, text in related),
        dateline=dateline,
    )


# --- times -------------------------------------------------------------------------------------------------------

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _seconds(at: datetime | None) -> int | None:
    """Give whole seconds since 1970: times of entries have no fractions."""
    return None if at is None else int(at.timestamp())


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else _EPOCH + timedelta(seconds=seconds)


def _packed_hints(hints: FreshnessHints) -> tuple[Any, ...] | None:
    if hints == _NO_HINTS:
        return None
    return (_length(hints.ttl), hints.skip_hours, hints.skip_days, _length(hints.update_period))


def _unpacked_hints(packed: tuple[Any, ...] | None) -> FreshnessHints:
    if packed is None:
        return _NO_HINTS
    ttl, hours, days, period = packed
    return FreshnessHints(ttl=_period(ttl), skip_hours=hours, skip_days=days, update_period=_period(period))


_UNIT: Final = timedelta(microseconds=1)


def _length(period: timedelta | None) -> int | None:
    return None if period is None else period // _UNIT


def _period(length: int | None) -> timedelta | None:
    return None if length is None else length * _UNIT
