"""Which entries of a feed are no longer kept. Pure: whoever prunes asks it, and deletes nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aggregator.model.ids import EntryId
from aggregator.model.wanted import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What deciding about an entry takes."""

    id: EntryId
    listed_at: datetime
    first_seen_at: datetime
    in_document: bool = False
    """It stands in the document that was stored last: deleted, it would come back as new with the next one."""


def expired(entries: Iterable[Stored], retention: Retention, *, now: datetime) -> list[EntryId]:
    """Choose the entries of one feed that may go: too old, or not among the newest so many. In no particular order.

    What the feed's document still holds stays, however old: it would only come back.
    """
    newest_first = sorted(entries, key=lambda entry: (entry.listed_at, entry.id), reverse=True)
    return [
        entry.id
        for place, entry in enumerate(newest_first)
        if not entry.in_document and (_is_beyond(place, retention) or _is_old(entry, retention, now))
    ]


def _is_beyond(place: int, retention: Retention) -> bool:
    return retention.entries is not None and place >= retention.entries


def _is_old(entry: Stored, retention: Retention, now: datetime) -> bool:
    return retention.age is not None and now - entry.first_seen_at > retention.age
