"""Group entries of a file with the engine that groups polled ones: no network, no database.

    line  ->  read  ->  copies  ->  stories  ->  wait until nothing can change any more  ->  answer

What is held is what is open: the file is never in memory whole.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Final, NamedTuple

from aggregator.errors import InputError
from aggregator.model.copies import CopyCandidate, CopyText
from aggregator.model.grouping import StoryEntry, StorySettings
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.stories.copy_window import CopyWindow
from aggregator.stories.engine import StoryEngine
from aggregator.stories.related import Candidate, choose
from aggregator.text.headline import normalise
from aggregator.text.urls import article_key

CALLED: dict[type, str] = {str: "a string", int: "a whole number", float: "a number"}
ASKED: Final = 256
"""Entries between two looks at which answers are final."""
BODY: Final = 2000
"""Characters of a summary that are looked at."""
_END: Final = datetime.max.replace(tzinfo=UTC)


class _Line(NamedTuple):
    """One entry of the file."""

    name: str | int
    candidate: CopyCandidate
    entry: StoryEntry

    @property
    def text(self) -> CopyText | None:
        """What may be nearly the same elsewhere; a headline alone never is."""
        if not self.entry.body:
            return None
        return CopyText(
            id=self.entry.id,
            feed_id=self.candidate.feed_id,
            headline=self.entry.headline,
            body=self.entry.body,
            at=self.entry.at,
        )


class _Known(NamedTuple):
    """What answers may say of an entry."""

    at: datetime
    name: str | int
    publisher: str


class _Story(NamedTuple):
    """A closed story."""

    key: str
    """Id of its first entry."""
    noted: datetime
    """The latest time of an entry, when it was seen to be closed."""
    publisher: str
    first_at: datetime
    last_at: datetime

    def candidate(self, story: StoryId, likeness: float) -> Candidate:
        """Make what is chosen from, for the lists of others."""
        return Candidate(
            story=story, likeness=likeness, publisher=self.publisher, first_at=self.first_at, last_at=self.last_at
        )


def replay(
    lines: Iterable[str], *, file: str, window: timedelta, settings: StorySettings | None = None
) -> Iterator[str]:
    """Say for each entry which one it copies, which story it belongs to, and which stories are related to that.

    Args:
        lines: JSON objects `{"id", "title", "summary"?, "url"?, "publisher"?, "timestamp"}` in order of time; timestamps
            in seconds since 1970; blank lines are passed over.
        file: what to call the input in messages.
        window: how far apart two entries of one headline or text may be to be copies.
        settings: what the story engine goes by; in order of time nothing comes late, so nothing is waited for.

    Yields:
        JSON objects `{"id", "copy_of", "story", "related"}` in the order of the input, as soon as they are final; `story`
        and `related` name stories by the id of their first entry.

    Raises:
        InputError: a line is no such object, or has the id of one that is not answered yet; names the line and what
            was expected.
    """
    answers = _Answers(window, replace(settings or StorySettings(), late=timedelta(0)))
    for number, line in enumerate(lines, 1):
        if line.strip():
            answers.take(_read(line, number, file), file)
            if number % ASKED == 0:
                yield from answers.final()
    yield from answers.rest()


class _Answers:
    """Entries that are not answered yet, and what answers may still name."""

    def __init__(self, window: timedelta, settings: StorySettings) -> None:
        self._copies = CopyWindow(window)
        self._engine = StoryEngine(settings, relates=False)
        self._kept_for = self._copies.reach + 3 * settings.span
        """What is older is named by no answer: an entry waits for its story, and that for those related to it."""
        self._waiting: deque[_Line] = deque()
        self._lines: dict[str | int, int] = {}
        self._known: dict[EntryId, _Known] = {}
        self._leads: dict[EntryId, EntryId | None] = {}
        self._story_of: dict[EntryId, StoryId] = {}
        self._closed: dict[StoryId, _Story] = {}
        self._merged: dict[StoryId, tuple[datetime, StoryId]] = {}
        self._related: dict[StoryId, dict[StoryId, float]] = {}

    def take(self, line: _Line, file: str) -> None:
        """Decide about an entry.

        Raises:
            InputError: its id is that of an entry that is not answered yet.
        """
        number = line.entry.id
        first = self._lines.setdefault(line.name, number)
        if first != number:
            raise InputError(f"{file}:{number}: 'id' {line.name!r} was given in line {first} already")
        self._waiting.append(line)
        self._known[number] = _Known(at=line.entry.at, name=line.name, publisher=line.entry.publisher)
        placed = {assignment.entry_id: assignment for assignment in self._copies.add(line.candidate, line.text)}
        self._leads.update((entry, assignment.copy_of) for entry, assignment in placed.items())
        mine = placed.pop(number).copy_set
        if placed:
            self._engine.copies_changed({entry: assignment.copy_set for entry, assignment in placed.items()})
        self._engine.add(line.entry if mine == line.entry.copy_set else replace(line.entry, copy_set=mine))

    def final(self) -> Iterator[str]:
        """Answer what nothing can change any more: the story is closed, those related are, and copies are decided."""
        if not self._waiting:
            return
        latest = self._waiting[-1].entry.at
        self._note(latest)
        while self._waiting and latest - self._waiting[0].entry.at > self._copies.reach:
            answer = self._answer(self._waiting[0])
            if answer is None:
                break
            yield answer
            self._release()
        self._forget(latest - self._kept_for)

    def rest(self) -> Iterator[str]:
        """Answer everything: no more entries come."""
        if not self._waiting:
            return
        self._engine.advance(_END)
        self._note(self._waiting[-1].entry.at)
        while self._waiting:
            yield self._answer(self._waiting[0]) or ""
            self._release()

    def _note(self, now: datetime) -> None:
        """Take down what has merged and closed. What is related to a story is so the other way round, too."""
        closed, merged = self._engine.closings()
        for old, new in merged:
            self._merged[old] = (now, new)
            for other, score in self._related.pop(old, {}).items():
                self._relate(new, other, score)
        for story in closed:
            state, key = story.state, str(self._known[story.entries[0]].name)
            self._story_of.update(dict.fromkeys(story.entries, state.id))
            publisher = self._known[state.lead].publisher
            self._closed[state.id] = _Story(key, now, publisher, state.first_at, state.last_at)
            for near in story.related or ():
                self._relate(state.id, near.story, near.score)
                self._relate(self._current(near.story), state.id, near.score)

    def _relate(self, story: StoryId, other: StoryId, score: float) -> None:
        scores = self._related.setdefault(story, {})
        scores[other] = max(score, scores.get(other, 0.0))

    def _answer(self, line: _Line) -> str | None:
        """Answer an entry; None where its story, or one related to it, is still open."""
        story_id = self._story_of.get(line.entry.id)
        if story_id is None:
            return None
        scores: dict[StoryId, float] = {}
        for other, score in self._related.get(story_id, {}).items():
            current = self._current(other)
            if current not in self._closed:
                return None
            scores[current] = max(score, scores.get(current, 0.0))
        scores.pop(story_id, None)
        story = self._closed[story_id]
        others = [self._closed[other].candidate(other, score) for other, score in scores.items()]
        related = choose(others, story.last_at)
        lead = self._leads[line.entry.id]
        return json.dumps(
            {
                "id": line.name,
                "copy_of": None if lead is None else self._known[lead].name,
                "story": story.key,
                "related": [self._closed[other.story].key for other in related],
            }
        )

    def _current(self, story: StoryId) -> StoryId:
        while story in self._merged:
            story = self._merged[story][1]
        return story

    def _release(self) -> None:
        line = self._waiting.popleft()
        del self._lines[line.name], self._leads[line.entry.id], self._story_of[line.entry.id]

    def _forget(self, before: datetime) -> None:
        """Drop what no answer will name. All of it is in order of time."""
        for entry in list(takewhile(lambda one: self._known[one].at < before, self._known)):
            del self._known[entry]
        for story in list(takewhile(lambda one: self._closed[one].noted < before, self._closed)):
            del self._closed[story]
            self._related.pop(story, None)
        for story in list(takewhile(lambda one: self._merged[one][0] < before, self._merged)):
            del self._merged[story]


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
    publisher, url_key = _optional_text(row, "publisher"), article_key(_optional_text(row, "url") or None)
    at = _time(row, place)
    candidate = CopyCandidate(
        id=EntryId(number),
        # Without a publisher nothing is known about who repeats whom: each entry stands for a feed of its own.
        feed_id=FeedId(publisher or f"line {number}"),
        url_key=url_key,
        headline_key=normalise(headline, [publisher] if publisher else []),
        at=at,
        name=str(name),
    )
    entry = StoryEntry(
        id=EntryId(number),
        publisher=publisher,
        headline=headline,
        body=_optional_text(row, "summary")[:BODY],
        url_key=url_key,
        at=at,
        seen_at=at,
        copy_set=CopySetId(number),
    )
    return _Line(name=name, candidate=candidate, entry=entry)


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
