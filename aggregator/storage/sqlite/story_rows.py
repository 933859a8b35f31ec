"""Rows of the tables of stories to values, and values to columns. Only here do both names meet."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from json import dumps, loads
from struct import pack, unpack
from sys import intern
from typing import Any, Final

from aggregator.model.grouping import Placement, Reading, StoryEntry, StoryState
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, EventKind, Pinned, Ruling, StoryEvent, StoryMember, Together, Veto
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.session import Row, Value, as_json, from_json, moment, seconds
from aggregator.text.urls import article_key

BODY: Final = 2000
"""Characters of a text that grouping looks at: news says at its beginning what it is about."""
LINKS: Final = 100
"""Different addresses of a text that are looked at: a page that links to more is a list."""

_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')
"""In what `text.html.sanitise` wrote."""

# --- entries as the engine looks at them ---

ENTRY_COLUMNS = f"""
    e.id, e.copy_set, e.headline, e.teaser, e.url_key, e.listed_at, e.changed_at,
    coalesce(e.language, f.language) AS language, f.publisher, substr(t.text, 1, {BODY}) AS beginning,
    CASE WHEN t.content <> '' THEN t.content ELSE t.summary END AS html
"""
"""Of `entries AS e`, `feeds AS f` and `entry_texts AS t`: what `story_entry` reads."""


def story_entry(row: Row) -> StoryEntry:
    """Read `ENTRY_COLUMNS`."""
    return StoryEntry(
        id=EntryId(row["id"]),
        publisher=intern(row["publisher"]),
        headline=row["headline"],
        body=max(row["teaser"][:BODY], row["beginning"], key=len),
        url_key=row["url_key"],
        links=links(row["html"]) - {row["url_key"]},
        language=row["language"],
        at=moment(row["listed_at"]),
        seen_at=moment(row["changed_at"]),
        copy_set=CopySetId(row["copy_set"]),
    )


def links(html: str) -> frozenset[str]:
    """Give the `article_key` of each of the first `LINKS` addresses that sanitised HTML links to."""
    if "href" not in html:
        return frozenset()
    addresses = list(dict.fromkeys(_LINK.findall(html)))[:LINKS]
    keys = (article_key(address.replace("&amp;", "&")) for address in addresses)
    return frozenset(key for key in keys if key is not None)


# --- what an engine is made of ---


def state(row: Row) -> StoryState:
    """Read a row of `stories`."""
    return StoryState(
        id=StoryId(row["id"]),
        review_at=moment(row["review_at"]),
        lead=EntryId(row["lead"]),
        first_at=moment(row["first_at"]),
        last_at=moment(row["last_at"]),
        updated_at=moment(row["updated_at"]),
        publishers=tuple(from_json(row["publishers"], ())),
        numbers=tuple(from_json(row["numbers"], ())),
    )


STATE_COLUMNS = (
    "id", "lead", "first_at", "last_at", "updated_at", "publishers", "numbers", "open", "review_at",
)  # fmt: skip


def state_columns(state: StoryState, *, is_open: bool) -> tuple[Value, ...]:
    """Give the values of `STATE_COLUMNS`."""
    return (
        state.id,
        state.lead,
        seconds(state.first_at),
        seconds(state.last_at),
        seconds(state.updated_at),
        as_json(state.publishers),
        as_json(state.numbers),
        int(is_open),
        seconds(state.review_at) if is_open else None,
    )


def placement_columns(placement: Placement) -> tuple[Value, ...]:
    """Give the values of a row of `story_entries`, in the order of its columns."""
    vetoes = as_json([(veto.story, veto.reason) for veto in placement.vetoes]) if placement.vetoes else None
    return (placement.entry_id, placement.story, placement.score, as_json(placement.words), vetoes)


def reading(row: Row) -> Reading:
    """Read a row of `story_readings` with the `copy_set` and the `present_publisher` of its entry."""
    headline, body = loads(row["terms"])
    # One string for each term, not one for each time that it was read: a term stands in hundreds of readings.
    headline_terms, body_terms = tuple(map(intern, headline)), tuple(map(intern, body))
    names = loads(row["weighed"]) if row["weighed"] else dict.fromkeys((*headline_terms, *body_terms))
    return Reading(
        position=row["position"],
        entry=_entry_read(row),
        language=row["language"],
        headline_terms=headline_terms,
        body_terms=body_terms,
        weights=dict(zip(names, _floats(row["weights"]), strict=True)),
        meaning=None if row["meaning"] is None else _floats(row["meaning"]),
    )


def weighed(row: Row) -> list[str]:
    """Read which terms are weighed in a row of `story_readings`."""
    return loads(row["weighed"]) if row["weighed"] else list(dict.fromkeys(chain.from_iterable(loads(row["terms"]))))


def _entry_read(row: Row) -> StoryEntry:
    """Give the entry as it was read, but for its copy set and publisher, which are those of today.

    A publisher that is called otherwise now in `feeds.yaml` is no other one: its next entry is not one more publisher's.
    Of an entry that was deleted, the copy set is itself.
    """
    return StoryEntry(
        id=EntryId(row["entry_id"]),
        publisher=row["publisher"] if row["present_publisher"] is None else row["present_publisher"],
        headline=row["headline"],
        url_key=row["url_key"],
        links=frozenset(from_json(row["links"], ())),
        language=row["given_language"],
        at=moment(row["at"]),
        seen_at=moment(row["seen_at"]),
        copy_set=CopySetId(row["entry_id"] if row["copy_set"] is None else row["copy_set"]),
    )


READING_COLUMNS = (
    "position", "entry_id", "at", "seen_at", "publisher", "headline", "given_language", "url_key", "links",
    "language", "terms", "weighed", "weights", "meaning",
)  # fmt: skip


def reading_columns(reading: Reading) -> tuple[Value, ...]:
    """Give the values of `READING_COLUMNS`.

    Weights go in as they lie in memory, 8 bytes each, so that they come out as exactly what they were. As JSON,
    45 of them took 40 us to write, and again to read, against less than 1 us, and 2.4 times the place. Terms are named a second time
    only where not all of them are weighed.
    """
    entry, weights = reading.entry, reading.weights
    terms = list(dict.fromkeys((*reading.headline_terms, *reading.body_terms)))
    return (
        reading.position,
        entry.id,
        seconds(entry.at),
        seconds(entry.seen_at),
        entry.publisher,
        entry.headline,
        entry.language,
        entry.url_key,
        as_json(sorted(entry.links)),
        reading.language,
        as_json((reading.headline_terms, reading.body_terms)),
        None if list(weights) == terms else dumps(list(weights)),
        _bytes(list(weights.values())),
        None if reading.meaning is None else _bytes(reading.meaning),
    )


def _bytes(numbers: Sequence[float]) -> bytes:
    return pack(f"<{len(numbers)}d", *numbers)


def _floats(packed: bytes) -> tuple[float, ...]:
    return unpack(f"<{len(packed) // 8}d", packed)


# --- rulings ---


def ruling_columns(ruling: Ruling) -> dict[str, Value]:
    """Give the columns of a row of `story_rulings`."""
    others = sorted(ruling.others) if isinstance(ruling, Apart) else None
    return {"kind": _KINDS[type(ruling)], "entries": dumps(sorted(ruling.entries)), "others": as_json(others)}


_KINDS: Final[dict[type[Ruling], str]] = {Together: "together", Apart: "apart", Pinned: "pinned"}


def ruling(row: Row) -> Ruling:
    """Read a row of `story_rulings`."""
    entries = _entry_ids(loads(row["entries"]))
    match row["kind"]:
        case "together":
            return Together(entries=entries)
        case "apart":
            return Apart(entries=entries, others=_entry_ids(from_json(row["others"], ())))
        case _:
            return Pinned(entries=entries)


def _entry_ids(numbers: Iterable[int]) -> frozenset[EntryId]:
    return frozenset(map(EntryId, numbers))


# --- what pages show ---


MEMBER_COLUMNS = "p.score, p.words, p.vetoes"


def member(row: Row) -> StoryMember:
    """Read the `SUMMARY_COLUMNS` of an entry, and `MEMBER_COLUMNS` behind them."""
    values: tuple[Any, ...] = tuple(row)
    score, words, vetoes = values[-3:]
    return StoryMember(
        entry=entry_rows.summary(row),
        score=score,
        words=tuple(from_json(words, ())) if words else (),
        vetoes=tuple(Veto(story=StoryId(story), reason=reason) for story, reason in from_json(vetoes, ()))
        if vetoes
        else (),
    )


EVENT_COLUMNS = "story_id, kind, at, entry_id, detail"


def event(row: Row) -> StoryEvent:
    """Read `EVENT_COLUMNS`."""
    values: tuple[Any, ...] = tuple(row)  # a `sqlite3.Row` gives values, not names
    story, kind, at, entry, detail = values
    return StoryEvent(story=StoryId(story), kind=_EVENT_KINDS[kind], at=moment(at), entry=entry, detail=detail)


_EVENT_KINDS: Final = {kind.value: kind for kind in EventKind}
