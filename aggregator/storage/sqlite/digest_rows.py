"""Rows of the tables of digests to values, and values to columns. Only here do both names meet."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from aggregator.model.digest import Digest, DigestItem, DigestLine, DigestLink, DigestSection, SectionKind
from aggregator.model.ids import EntryId, StoryId
from aggregator.storage.sqlite.session import Row, Value, as_json, from_json, moment, seconds

HEADLINES = 3
"""Of the first items: what a list shows of a digest."""
LINE_COLUMNS = "name, date, title, end_at, headlines, told"
"""Of `digests`: what `line` reads, without the sections, which are long."""


def columns(digest: Digest, *, last_entry: int, now: datetime) -> dict[str, Value]:
    """Give the columns of a row of `digests`."""
    items = digest.items
    return {
        "name": digest.name,
        "date": digest.date.isoformat(),
        "title": digest.title,
        "start_at": seconds(digest.start),
        "end_at": seconds(digest.end),
        "stories": digest.stories,
        "entries": digest.entries,
        "publishers": digest.publishers,
        "told": len(items),
        "headlines": as_json([item.headline for item in items[:HEADLINES]]),
        "last_entry": last_entry,
        "sealed_at": seconds(now),
        "sections": as_json([_section_fields(section) for section in digest.sections]),
    }


def item_columns(digest_id: int, place: int, item: DigestItem) -> tuple[Value, ...]:
    """Give the values of a row of `digest_items`, in the order of its columns."""
    publishers = as_json((item.publisher, *item.others))
    return (digest_id, place, item.story, item.entry, item.headline, item.language, publishers)


def digest(row: Row) -> Digest:
    """Read a row of `digests`."""
    return Digest(
        name=row["name"],
        date=date.fromisoformat(row["date"]),
        title=row["title"],
        start=moment(row["start_at"]),
        end=moment(row["end_at"]),
        sections=tuple(map(_section, from_json(row["sections"], ()))),
        stories=row["stories"],
        entries=row["entries"],
        publishers=row["publishers"],
    )


def line(row: Row) -> DigestLine:
    """Read `LINE_COLUMNS`."""
    return DigestLine(
        name=row["name"],
        date=date.fromisoformat(row["date"]),
        title=row["title"],
        end=moment(row["end_at"]),
        headlines=tuple(from_json(row["headlines"], ())),
        stories=row["told"],
    )


def _section_fields(section: DigestSection) -> dict[str, Any]:
    return {"kind": section.kind.value, "title": section.title, "items": [_item_fields(item) for item in section.items]}


def _item_fields(item: DigestItem) -> dict[str, Any]:
    return asdict(item) | {"at": seconds(item.at)}


def _section(fields: Mapping[str, Any]) -> DigestSection:
    return DigestSection(
        kind=SectionKind(fields["kind"]), title=fields["title"], items=tuple(map(_item, fields["items"]))
    )


def _item(fields: Mapping[str, Any]) -> DigestItem:
    read = {
        "story": StoryId(fields["story"]),
        "entry": EntryId(fields["entry"]),
        "others": tuple(fields["others"]),
        "at": moment(int(fields["at"])),
        "related": tuple(DigestLink(**{**link, "story": StoryId(link["story"])}) for link in fields["related"]),
    }
    return DigestItem(**{**fields, **read})
