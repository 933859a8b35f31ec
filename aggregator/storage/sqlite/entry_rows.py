"""Rows of `entries` and their texts to values, and values to columns. Only here do both names meet."""

from dataclasses import asdict
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
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.storage.sqlite.session import Row, Value, as_json, from_json, moment, seconds

SUMMARY_COLUMNS = """
    e.id, e.copy_set, e.feed_id, e.category, e.url, e.headline, e.teaser, e.language,
    e.published_at, e.first_seen_at, e.changed_at, e.listed_at,
    f.publisher, f.title, f.document_title, f.url AS feed_url
"""
"""Of `entries AS e` and `feeds AS f`: what `summary` reads."""

ENTRY_COLUMNS = f"""{SUMMARY_COLUMNS},
    e.guid, e.author, e.updated_at, e.tags, e.image_url, e.comments_url, e.source, e.enclosures, e.byline,
    t.summary, t.content, t.text
"""
"""And of `entry_texts AS t`: what `entry` reads."""


def known(row: Row) -> KnownEntry:
    """Read what recognising an entry again needs."""
    return KnownEntry(
        id=EntryId(row["id"]),
        guid=row["guid"],
        url=row["url"],
        headline=row["headline"],
        published_at=moment(row["published_at"]),
        fingerprint=row["fingerprint"],
    )


def _summary_fields(row: Row) -> dict[str, Any]:
    return {
        "id": EntryId(row["id"]),
        "copy_set": CopySetId(row["copy_set"]),
        "feed_id": FeedId(row["feed_id"]),
        "feed_title": row["title"] or row["document_title"] or row["feed_url"],
        "publisher": row["publisher"],
        "category": row["category"],
        "url": row["url"],
        "headline": row["headline"],
        "teaser": row["teaser"],
        "language": row["language"],
        "published_at": moment(row["published_at"]),
        "first_seen_at": moment(row["first_seen_at"]),
        "changed_at": moment(row["changed_at"]),
        "listed_at": moment(row["listed_at"]),
    }


def summary(row: Row) -> EntrySummary:
    """Read `SUMMARY_COLUMNS`."""
    return EntrySummary(**_summary_fields(row))


def entry(row: Row) -> Entry:
    """Read `ENTRY_COLUMNS`."""
    source = from_json(row["source"], None)
    return Entry(
        **_summary_fields(row),
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


def _byline(fields: dict[str, Any]) -> Byline:
    lists = {
        "categories": tuple(fields.get("categories", ())),
        "related": tuple(Link(**link) for link in fields.get("related", ())),
    }
    return Byline(**(fields | lists))


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
