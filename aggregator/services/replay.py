"""Group entries of a file with the engine that groups polled ones: no network, no database."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.errors import InputError
from aggregator.model.copies import CopyCandidate
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.copies import group
from aggregator.text.headline import normalise
from aggregator.text.urls import article_key

CALLED: dict[type, str] = {str: "a string", int: "a whole number", float: "a number"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One entry of the file."""

    name: str | int
    candidate: CopyCandidate


def replay(lines: Iterable[str], *, file: str, window: timedelta) -> Iterator[str]:
    """Say for each entry which one it copies and which story it belongs to.

    Args:
        lines: JSON objects `{"id", "title", "summary"?, "url"?, "publisher"?, "timestamp"}`; timestamps in seconds
            since 1970; blank lines are passed over.
        file: what to call the input in messages.
        window: how far apart two entries of one headline may be to be copies.

    Yields:
        JSON objects `{"id", "copy_of", "story", "related"}` in the order of the input; `story` is the id of the
        lead of the entry's copies.

    Raises:
        InputError: a line is no such object; names the line and what was expected.
    """
    entries = [_read(line, number, file) for number, line in enumerate(lines, 1) if line.strip()]
    _refuse_repeated(entries, file)
    names = {entry.candidate.id: entry.name for entry in entries}
    for assignment in group([entry.candidate for entry in entries], window=window):
        lead = assignment.copy_of
        answer: dict[str, object] = {
            "id": names[assignment.entry_id],
            "copy_of": None if lead is None else names[lead],
            "story": str(names[assignment.entry_id if lead is None else lead]),
            "related": [],
        }
        yield json.dumps(answer)


def _refuse_repeated(entries: list[_Line], file: str) -> None:
    first: dict[str | int, int] = {}
    for entry in entries:
        line = first.setdefault(entry.name, entry.candidate.id)
        if line != entry.candidate.id:
            raise InputError(f"{file}:{entry.candidate.id}: 'id' {entry.name!r} was given in line {line} already")


def _read(line: str, number: int, file: str) -> _Line:
    place = f"{file}:{number}"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not a line of JSON ({error})") from error
    if not isinstance(row, dict):
        raise InputError(f'{place}: expected an object such as {{"id": "1", "title": "...", "timestamp": 1600000000}}')
    name: str | int = _field(row, "id", place, str, int)
    headline: str = _field(row, "title", place, str)
    publisher = _optional_text(row, "publisher")
    candidate = CopyCandidate(
        id=EntryId(number),
        # Without a publisher nothing is known about who repeats whom: each entry stands for a feed of its own.
        feed_id=FeedId(publisher or f"line {number}"),
        url_key=article_key(_optional_text(row, "url") or None),
        headline_key=normalise(headline, [publisher] if publisher else []),
        at=_time(row, place),
        name=str(name),
    )
    return _Line(name=name, candidate=candidate)


def _field(row: dict[str, Any], name: str, place: str, *types: type) -> Any:  # noqa: ANN401 -- JSON; `types` checks it
    value = row.get(name)
    if not isinstance(value, types) or isinstance(value, bool):
        expected = " or ".join(CALLED[kind] for kind in types)
        raise InputError(f"{place}: {name!r} is {json.dumps(value)[:80]}; expected {expected}")
    return value


def _optional_text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _time(row: dict[str, Any], place: str) -> datetime:
    seconds: float = _field(row, "timestamp", place, int, float)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"{place}: 'timestamp' is {seconds}; expected seconds since 1970") from error
