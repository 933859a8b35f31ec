"""Rows to values, and values to columns. Only here do both names meet."""

from dataclasses import asdict
from datetime import timedelta
from json import dumps, loads
from typing import Any
from urllib.parse import urlsplit

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
from aggregator.model.feed import Feed, FeedOverview, FeedState, FreshnessHints, Outcome, Validators
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.storage.sqlite.session import Row, Value, moment, seconds

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


def feed(row: Row) -> Feed:
    """Read what feeds.yaml says of a feed."""
    return Feed(
        id=FeedId(row["id"]),
        url=row["url"],
        title=row["title"],
        publisher=row["publisher"],
        category=row["category"],
        tags=tuple(_read(row["tags"], [])),
        language=row["language"],
        interval=timedelta(seconds=row["interval"]),
        allow_private_address=bool(row["allow_private_address"]),
    )


def feed_columns(feed: Feed) -> dict[str, Value]:
    """Give the columns that feeds.yaml decides."""
    return {
        "id": feed.id,
        "url": feed.url,
        "host": host_and_port(feed.url),
        "title": feed.title,
        "publisher": feed.publisher,
        "category": feed.category,
        "tags": _written(feed.tags),
        "language": feed.language,
        "interval": int(feed.interval.total_seconds()),
        "allow_private_address": int(feed.allow_private_address),
    }


def host_and_port(url: str) -> str:
    """Give who is asked for `url`: the unit that politeness counts by."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return url
    return f"{parts.hostname}:{port}"


def state(row: Row) -> FeedState:
    """Read what polls have left behind."""
    return FeedState(
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"], url=row["validators_url"]),
        body_hash=row["body_hash"],
        hints=_hints(_read(row["hints"], {})),
        last_polled_at=moment(row["last_polled_at"]),
        last_success_at=moment(row["last_success_at"]),
        last_outcome=None if row["last_outcome"] is None else Outcome(row["last_outcome"]),
        last_message=row["last_message"],
        failures=row["failures"],
        next_poll_at=moment(row["next_poll_at"]),
        next_poll_reason=row["next_poll_reason"],
        blocked_until=moment(row["blocked_until"]),
        gone=bool(row["gone"]),
    )


def state_columns(state: FeedState) -> dict[str, Value]:
    """Give the columns that a poll decides."""
    return {
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "validators_url": state.validators.url,
        "body_hash": state.body_hash,
        "hints": _written(_hint_fields(state.hints)),
        "last_polled_at": seconds(state.last_polled_at),
        "last_success_at": seconds(state.last_success_at),
        "last_outcome": state.last_outcome,
        "last_message": state.last_message,
        "failures": state.failures,
        "next_poll_at": seconds(state.next_poll_at),
        "next_poll_reason": state.next_poll_reason,
        "blocked_until": seconds(state.blocked_until),
        "gone": int(state.gone),
    }


def _hints(fields: dict[str, Any]) -> FreshnessHints:
    return FreshnessHints(
        ttl=_duration(fields.get("ttl")),
        skip_hours=frozenset(fields.get("skip_hours", ())),
        skip_days=frozenset(fields.get("skip_days", ())),
        update_period=_duration(fields.get("update_period")),
    )


def _hint_fields(hints: FreshnessHints) -> dict[str, Any]:
    fields = {
        "ttl": hints.ttl and int(hints.ttl.total_seconds()),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
        "update_period": hints.update_period and int(hints.update_period.total_seconds()),
    }
    return {name: value for name, value in fields.items() if value}


def _duration(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def overview(row: Row) -> FeedOverview:
    """Read a row of `feeds` that has `newest_entry_at` besides."""
    return FeedOverview(
        feed=feed(row),
        state=state(row),
        document_title=row["document_title"],
        home_url=row["home_url"],
        entries=row["entry_count"],
        newest_entry_at=moment(row["newest_entry_at"]),
    )


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
    source = _read(row["source"], None)
    return Entry(
        **_summary_fields(row),
        guid=row["guid"],
        summary=SafeHtml(row["summary"]),
        content=SafeHtml(row["content"]),
        text=row["text"],
        author=row["author"],
        updated_at=moment(row["updated_at"]),
        tags=tuple(_read(row["tags"], [])),
        image_url=row["image_url"],
        comments_url=row["comments_url"],
        source=None if source is None else Link(**source),
        enclosures=tuple(Enclosure(**enclosure) for enclosure in _read(row["enclosures"], [])),
        byline=_byline(_read(row["byline"], {})),
    )


def _byline(fields: dict[str, Any]) -> Byline:
    lists = {
        "categories": tuple(fields.get("categories", ())),
        "related": tuple(Link(**link) for link in fields.get("related", ())),
    }
    return Byline(**(fields | lists))


def entry_columns(entry: ParsedEntry) -> dict[str, Value]:
    """Give the columns of `entries` that the feed's newest word on an entry replaces."""
    return {
        "url": entry.url,
        "headline": entry.headline,
        "teaser": entry.teaser,
        "author": entry.author,
        "updated_at": seconds(entry.updated_at),
        "language": entry.language,
        "image_url": entry.image_url,
        "comments_url": entry.comments_url,
        "tags": _written(entry.tags),
        "source": _written(entry.source and asdict(entry.source)),
        "enclosures": _written([asdict(enclosure) for enclosure in entry.enclosures]),
        "byline": _written({name: value for name, value in asdict(entry.byline).items() if value}),
        "url_key": entry.url_key,
        "headline_key": entry.headline_key,
        "fingerprint": entry.fingerprint,
    }


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


def _written(value: object) -> str | None:
    """Give a value as JSON, as short as it gets; None where there is nothing."""
    return dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None


def _read(text: str | None, empty: Any) -> Any:  # noqa: ANN401 - JSON
    return loads(text) if text else empty
