"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) to `RawFeed`.

A value of a wrong type counts as missing; an item that is no object has nothing to keep and is only mentioned.
"""

import json
import marshal
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aggregator.feeds.imprints import Lookup, imprint
from aggregator.feeds.limits import MAX_ENTRIES
from aggregator.feeds.raw import Markup, RawEntry, RawFeed, RawMedia, Title
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints
from aggregator.text.words import xml_safe

_VERSION: Final = "jsonfeed.org/version/"

Fields = Mapping[str, object]


def is_json(text: str) -> bool:
    """Tell by its first character whether a document is JSON, whatever its media type and name are."""
    return text[:4096].lstrip().startswith("{")


def read_feed(text: str, known: KnownImprints = NOTHING_KNOWN) -> RawFeed | Failed:
    """Read a JSON document but for the entries that are known, or say why it is no JSON Feed."""
    try:
        value = json.loads(text)
    except RecursionError:
        return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message="the document is JSON nested too deeply to be read")
    except ValueError as error:
        return Failed(kind=FailureKind.NOT_A_FEED, message=f"the document begins like JSON but is not: {error}")
    feed = _fields(value)
    version = _string(feed, "version")
    if _VERSION not in version:
        return Failed(
            kind=FailureKind.NOT_A_FEED,
            message="the document is JSON, not a feed: it has no 'version' that names jsonfeed.org",
        )
    return _feed(feed, "json1" if version.rstrip("/").endswith("/1") else "json11", Lookup(known))


def _feed(feed: Fields, version: str, lookup: Lookup) -> RawFeed:
    values = _list(feed, "items")
    items = [item for item in values if isinstance(item, dict)]
    skipped = len(values) - len(items)
    # How marshal writes a value depends on the value alone: version 2 does not look whether it occurred before.
    imprints = tuple([imprint(marshal.dumps(item, 2)) for item in items[:MAX_ENTRIES]])
    known = tuple([(place, found) for place, made in enumerate(imprints) if (found := lookup.take(made)) is not None])
    passed = {place for place, _ in known}
    return RawFeed(
        format=version,
        title=_title(feed, "title"),
        home=_string(feed, "home_page_url") or None,
        # `icon` is meant for timelines, 512 pixels and more; `favicon` for lists of feeds.
        icon=_string(feed, "favicon") or None,
        author=_authors(feed),
        language=_string(feed, "language") or None,
        hubs=tuple(_hubs(feed)),
        topic=_string(feed, "feed_url") or None,
        entries=tuple([_entry(item) for place, item in enumerate(items[:MAX_ENTRIES]) if place not in passed]),
        dropped=max(0, len(items) - MAX_ENTRIES),
        malformed=f"{skipped} of {len(values)} items are no objects" if skipped else "",
        imprints=imprints,
        known=known,
    )


def _entry(item: Fields) -> RawEntry:
    summary, text, html = (_string(item, key) for key in ("summary", "content_text", "content_html"))
    return RawEntry(
        guid=_id(item),
        # `url` is the page of the item; `external_url` is another page that it is about.
        link=_string(item, "url") or _string(item, "external_url") or None,
        title=_title(item, "title"),
        summary=Markup(value=summary, is_html=False) if summary else None,
        content=Markup(value=html or text, is_html=bool(html)) if html or text else None,
        author=_authors(item),
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
        tags=tuple(tag for tag in map(_clean, _list(item, "tags")) if tag),
        language=_string(item, "language") or None,
        images=tuple(image for key in ("image", "banner_image") if (image := _string(item, key))),
        enclosures=tuple(_attachments(item)),
    )


def _fields(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def _list(fields: Fields, key: str) -> Sequence[object]:
    value = fields.get(key)
    return value if isinstance(value, list) else ()


def _clean(value: object) -> str:
    """Give a string without what JSON can escape and XML and SQLite can't hold, lone surrogates first of all."""
    return xml_safe(value) if isinstance(value, str) else ""


def _string(fields: Fields, key: str) -> str:
    return _clean(fields.get(key))


def _id(item: Fields) -> str | None:
    """Give the id; version 1.1 asks readers to take a number as a string."""
    value = item.get("id")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return _clean(value) or None


def _title(fields: Fields, key: str) -> Title | None:
    value = _string(fields, key)
    return Title(value=value, is_html=False, may_hold_markup=False) if value else None


def _authors(fields: Fields) -> str:
    """Join the names of `authors` (1.1), else take that of `author` (1.0)."""
    authors = [_fields(author) for author in _list(fields, "authors")] or [_fields(fields.get("author"))]
    names = [_string(author, "name") for author in authors]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _hubs(feed: Fields) -> Iterator[str]:
    """Give the hubs that speak WebSub; version 1.1 leaves room for other kinds."""
    for value in _list(feed, "hubs"):
        hub = _fields(value)
        if _string(hub, "type").lower() == "websub" and (url := _string(hub, "url")):
            yield url


def _attachments(item: Fields) -> Iterator[RawMedia]:
    for value in _list(item, "attachments"):
        attachment = _fields(value)
        if url := _string(attachment, "url"):
            yield RawMedia(url=url, media_type=_string(attachment, "mime_type"), length=attachment.get("size_in_bytes"))
