"""Rows of `entries` and their texts to values, and values to columns. Only here do both names meet."""

from dataclasses import asdict, fields
from typing import Any

from aggregator.model.copies import CopyCandidate
from aggregator.model.entry import (
    Byline,
    Enclosure,
    Entry,
    EntrySummary,
    KnownEntry,
    Link,
    ParsedEntry,
    Revision,
    SafeHtml,
)
from aggregator.model.ids import EntryId, FeedId
from aggregator.storage.sqlite.session import Row, Value, as_json, from_json, moment, seconds

SUMMARY_COLUMNS = """
    e.id, e.copy_set, e.feed_id, e.category, e.url, e.headline, e.teaser, e.language,
    e.published_at, e.first_seen_at, e.changed_at, e.listed_at,
    f.publisher, f.title, f.document_title, f.url AS feed_url
"""
"""Of `entries AS e` and `feeds AS f`: what `summary` reads. They stand before all others of a row: a page reads
five hundred of these, and a row that is asked for a column by its name goes through the names of all."""
_SUMMARISED = 16

ENTRY_COLUMNS = f"""{SUMMARY_COLUMNS},
    e.guid, e.author, e.updated_at, e.tags, e.image_url, e.comments_url, e.source, e.enclosures, e.byline,
    t.summary, t.content, t.text
"""
"""And of `entry_texts AS t`: what `entry` reads."""


KNOWN_COLUMNS = "id, guid, url, headline, published_at, fingerprint"
"""Of `entries`: what `known` reads."""


def known(row: Row) -> KnownEntry:
    """Read `KNOWN_COLUMNS`, what recognising an entry again needs."""
    values: tuple[Any, ...] = tuple(row)  # as in `summary`; sixty of them are read for a document that changed
    entry_id, guid, url, headline, published_at, fingerprint = values
    return KnownEntry(
        id=entry_id,
        guid=guid,
        url=url,
        headline=headline,
        published_at=moment(published_at),
        fingerprint=fingerprint,
    )


def summary(row: Row) -> EntrySummary:
    """Read `SUMMARY_COLUMNS`, with which the row begins."""
    values: tuple[Any, ...] = tuple(row)  # a `sqlite3.Row` gives values, not names
    (
        entry_id, copy_set, feed_id, category, url, headline, teaser, language,
        published_at, first_seen_at, changed_at, listed_at, publisher, title, document_title, feed_url,
    ) = values[:_SUMMARISED]  # fmt: skip
    return EntrySummary(
        id=entry_id,
        copy_set=copy_set,
        feed_id=feed_id,
        feed_title=title or document_title or feed_url,
        publisher=publisher,
        category=category,
        url=url,
        headline=headline,
        teaser=teaser,
        language=language,
        published_at=moment(published_at),
        first_seen_at=moment(first_seen_at),
        changed_at=moment(changed_at),
        listed_at=moment(listed_at),
    )


def entry(row: Row) -> Entry:
    """Read `ENTRY_COLUMNS`, with which the row begins."""
    source = from_json(row["source"], None)
    brief = summary(row)
    return Entry(
        **{name: getattr(brief, name) for name in _BRIEF},
        guid=row["guid"],
        summary=SafeHtml(row["summary"]),
        content=SafeHtml(row["content"]),
        text=row["text"],
        author=row["author"],
        updated_at=moment(row["updated_at"]),
        tags=tuple(from_json(row["tags"], [])),
        image_url=row["image_url"],
        comments_url=row["comments_url"],
        source=None if source is None else Link(**source),
        enclosures=tuple(Enclosure(**enclosure) for enclosure in from_json(row["enclosures"], [])),
        byline=_byline(from_json(row["byline"], {})),
    )


_BRIEF = tuple(field.name for field in fields(EntrySummary))


def _byline(given: dict[str, Any]) -> Byline:
    if not given:
        return _NO_BYLINE
    lists = {
        "categories": tuple(given.get("categories", ())),
        "related": tuple(Link(**link) for link in given.get("related", ())),
    }
    return Byline(**(given | lists))


SAID_COLUMNS = (
    "url", "headline", "teaser", "author", "updated_at", "language", "image_url", "comments_url",
    "tags", "source", "enclosures", "byline", "url_key", "headline_key", "fingerprint",
)  # fmt: skip
"""The columns of `entries` that the feed's newest word on an entry replaces."""


def said(entry: ParsedEntry) -> tuple[Value, ...]:
    """Give the values of `SAID_COLUMNS`.

    What most entries do not have is not looked into: `asdict` of an empty byline alone took as long as all the rest.
    """
    return (
        entry.url,
        entry.headline,
        entry.teaser,
        entry.author,
        seconds(entry.updated_at),
        entry.language,
        entry.image_url,
        entry.comments_url,
        as_json(entry.tags),
        as_json(asdict(entry.source)) if entry.source else None,
        as_json([asdict(enclosure) for enclosure in entry.enclosures]) if entry.enclosures else None,
        None if entry.byline == _NO_BYLINE else _byline_json(entry.byline),
        entry.url_key,
        entry.headline_key,
        entry.fingerprint,
    )


_NO_BYLINE = Byline()


def _byline_json(byline: Byline) -> str | None:
    return as_json({name: value for name, value in asdict(byline).items() if value})


def revision(row: Row) -> Revision:
    """Read a row of `revisions`."""
    return Revision(
        entry_id=EntryId(row["entry_id"]),
        replaced_at=moment(row["replaced_at"]),
        headline=row["headline"],
        url=row["url"],
        summary=SafeHtml(row["summary"]),
        content=SafeHtml(row["content"]),
    )


def candidate(row: Row) -> CopyCandidate:
    """Read what deciding about copies needs."""
    return CopyCandidate(
        id=EntryId(row["id"]),
        feed_id=FeedId(row["feed_id"]),
        url_key=row["url_key"],
        headline_key=row["headline_key"],
        at=moment(row["listed_at"]),
        name=row["guid"] or row["url"] or row["headline"],
    )
