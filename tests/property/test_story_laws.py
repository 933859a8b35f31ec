"""Laws of the story engine."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from aggregator.model.copies import CopyText
from aggregator.model.grouping import (
    ClosedStory,
    Reading,
    StoryChanges,
    StoryEntry,
    StoryMemory,
    StorySettings,
    StoryState,
)
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.story import Apart, EventKind, Pinned, Ruling, StoryEvent, Together
from aggregator.stories.conflicts import conflict
from aggregator.stories.engine import StoryEngine
from aggregator.stories.near import near_text, shingles
from aggregator.stories.near_window import NearWindow
from aggregator.stories.outlines import outlined, resume
from aggregator.stories.reading import signature
from aggregator.stories.restoring import lean_on, read_again, reopen, restore
from aggregator.text.claims import Claims
from tests.factories import NOON
from tests.story_entries import story_entry

pytestmark = pytest.mark.slow  # seconds each: programs that are started, or laws

WORDS = [
    "Iran",
    "Hormuz",
    "tanker",
    "blockade",
    "Boeing",
    "chief",
    "executive",
    "resigns",
    "storm",
    "Eunice",
    "Japan",
    "Chile",
    "earthquake",
    "6.1",
    "6.4",
    "judge",
    "grants",
    "denies",
    "bail",
    "minister",
    "rises",
    "falls",
    "Monday",
    "Tuesday",
    "June",
    "July",
    "troops",
    "Syria",
    "Mali",
    "rebels",
    "peace",
    "talks",
    "election",
    "vote",
    "bank",
    "Reuters",
]
SETTINGS = StorySettings(
    idle=timedelta(hours=30), span=timedelta(hours=80), memory=timedelta(hours=60), late=timedelta(hours=20)
)
"""Shorter than in earnest, so that few entries see all of it."""


@st.composite
def entries(draw: st.DrawFn, most: int = 24, *, in_order: bool = False) -> list[StoryEntry]:
    """Entries in order of arrival; some are of an earlier time than those before them, a few of long ago."""
    hours = 0.0
    found: list[StoryEntry] = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        hours += draw(st.sampled_from([0.0, 0.2, 0.7, 2.0, 9.0, 31.0]))
        late = 0.0 if in_order else draw(st.sampled_from([0.0, 0.0, 0.0, 0.5, 5.0, 40.0, 300.0]))
        copy_set = draw(st.sampled_from([number, number, number, max(1, number - 1), max(1, number - 3)]))
        found.append(
            story_entry(
                number,
                " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=7))),
                hours=hours - late,
                seen_after=late,
                publisher=draw(st.sampled_from("abc")),
                body=" ".join(draw(st.lists(st.sampled_from(WORDS), max_size=6))),
                copy_set=_first_of(found, copy_set),
            )
        )
    return found


def _first_of(earlier: Sequence[StoryEntry], number: int) -> int:
    """Name a copy set as copies do: by its first entry."""
    return next((entry.copy_set for entry in earlier if entry.id == number), number)


class Stored:
    """What a database would hold."""

    def __init__(self) -> None:
        self.assigned: dict[EntryId, StoryId] = {}
        self.states: dict[StoryId, StoryState] = {}
        self.closed: dict[StoryId, ClosedStory] = {}
        self.redirects: dict[StoryId, StoryId] = {}
        self.readings: dict[int, Reading] = {}
        self.copy_sets: dict[EntryId, CopySetId] = {}
        self.rulings: list[Ruling] = []
        self.events: list[StoryEvent] = []
        self.next_story = StoryId(1)
        self.copy_sets_then: dict[EntryId, CopySetId] = {}
        """`copy_sets` when changes were last taken: those of a decision are stored after the engine has been told of them."""

    def take(self, changes: StoryChanges) -> None:
        self.assigned.update((placement.entry_id, placement.story) for placement in changes.placements)
        self.readings.update((reading.position, stored(reading)) for reading in changes.readings)
        self.readings = {at: one for at, one in self.readings.items() if at >= changes.forgotten_before}
        self.redirects.update(changes.merged)
        for old, _ in changes.merged:
            self.states.pop(old, None)
        for state in changes.states:
            self.states[state.id] = state
            self.closed.pop(state.id, None)
        for story in changes.closed:
            self.states.pop(story.state.id, None)
            self.closed[story.state.id] = story
        self.events += changes.events
        self.next_story = changes.next_story
        self.copy_sets_then = dict(self.copy_sets)

    def answer(self) -> tuple[dict[EntryId, StoryId], dict[StoryId, StoryState], StoryId]:
        return self.assigned, self.states, self.next_story

    def memory(self) -> StoryMemory:
        """Give what `StoryRecords.memory` would."""
        readings = tuple(
            replace(one, entry=replace(one.entry, copy_set=self.copy_sets.get(one.entry.id, one.entry.copy_set)))
            for _, one in sorted(self.readings.items())
        )
        known = {one.entry.id for one in readings}
        return StoryMemory(
            mark=1,
            signature=signature(SETTINGS),
            next_story=self.next_story,
            states=tuple(self.states.values()),
            readings=readings,
            assigned={
                entry: story for entry, story in self.assigned.items() if story in self.states and entry in known
            },
            rulings=tuple(self.rulings),
        )

    def engine(self) -> StoryEngine:
        memory = self.memory()
        made = StoryEngine(SETTINGS, rulings=memory.rulings, next_story=memory.next_story)
        restore(made, memory)
        lean_on(made, Shelves(self))
        return made

    def outlined(self, other: StoryEngine) -> StoryEngine:
        made = StoryEngine(SETTINGS, rulings=self.rulings, next_story=self.next_story)
        lean_on(made, Shelves(self))
        resume(made, sorted(outlined(other)))  # as the store gives its parts
        return made


class Shelves:
    """What `StoryRecords` would look up."""

    def __init__(self, kept: Stored) -> None:
        self._kept = kept

    def open_stories(self, ids: Collection[StoryId]) -> list[tuple[StoryState, list[EntryId]]]:
        members = self._kept.assigned.items()
        return [(self._kept.states[one], [entry for entry, story in members if story == one]) for one in ids]

    def readings(self, positions: Collection[int]) -> list[Reading]:
        found, sets = [self._kept.readings[position] for position in positions], self._kept.copy_sets_then
        return [
            replace(one, entry=replace(one.entry, copy_set=sets.get(one.entry.id, one.entry.copy_set))) for one in found
        ]

    def terms(self, positions: Collection[int]) -> list[list[str]]:
        return [list(self._kept.readings[position].weights) for position in sorted(positions)]


def stored(reading: Reading) -> Reading:
    """Write a reading down and read it back, as a database does: without the text, weights as JSON."""
    weights = json.loads(json.dumps(dict(reading.weights)))
    return replace(reading, entry=replace(reading.entry, body=""), weights=weights)


def run(given_entries: Sequence[StoryEntry], every: int = 1) -> Stored:
    engine, kept = StoryEngine(SETTINGS), Stored()
    for number, entry in enumerate(given_entries, 1):
        engine.add(entry)
        if number % every == 0:
            kept.take(engine.changes())
    kept.take(engine.changes())
    return kept


@given(entries(), st.integers(2, 30))
def test_batches_do_not_matter(found: list[StoryEntry], every: int) -> None:
    assert run(found).answer() == run(found, every).answer()


@given(entries(in_order=True), st.data())
def test_looking_in_between_does_not_matter(found: list[StoryEntry], data: st.DataObject) -> None:
    engine, kept = StoryEngine(SETTINGS), Stored()
    for entry, later in zip(found, [*found[1:], found[-1]], strict=True):
        engine.add(entry)
        engine.advance(entry.at + (later.at - entry.at) * data.draw(st.sampled_from([0.0, 0.5, 1.0])))
        kept.take(engine.changes())
    whole = run(found)
    engine.advance(found[-1].at)
    assert kept.answer() == whole.answer()


@settings(phases=(Phase.generate,))
@given(entries(), st.data())
def test_a_restart_changes_nothing_to_the_last_bit(found: list[StoryEntry], data: st.DataObject) -> None:
    """Nor does an outline in the place of what was read, nor letting go of what can be looked up.

    Whatever else happens in between: entries of earlier times, revisions, rulings, other copies, closed stories taken back.
    """
    lasting, kept = StoryEngine(SETTINGS), Stored()
    restarted = StoryEngine(SETTINGS)
    for number, entry in enumerate(found):
        step = data.draw(st.sampled_from([*_STEPS, *[_nothing] * 6]))
        act = step(data, found[: number + 1], kept)
        for engine in (lasting, restarted):
            engine.add(entry)
            act(engine)
        if data.draw(st.booleans()):
            continue
        changes = lasting.changes()
        assert restarted.changes() == changes
        kept.take(changes)
        match data.draw(st.sampled_from(["restart", "outline", "rest", "nothing"])):
            case "restart":
                restarted = kept.engine()
            case "outline":
                restarted = kept.outlined(restarted)
            case "rest":
                lean_on(restarted, Shelves(kept))
                restarted.rest(data.draw(st.sampled_from([0, 1, 3])))
            case _:
                pass
    assert restarted.changes() == lasting.changes()


Act = Callable[[StoryEngine], None]


def _nothing(_data: st.DataObject, _found: Sequence[StoryEntry], _kept: Stored) -> Act:
    return lambda _engine: None


def _revision(data: st.DataObject, found: Sequence[StoryEntry], kept: Stored) -> Act:
    entry = data.draw(st.sampled_from(found))
    said = " ".join(data.draw(st.lists(st.sampled_from(WORDS), max_size=7)))
    said_now = replace(entry, headline=said, copy_set=kept.copy_sets.get(entry.id, entry.copy_set))
    return lambda engine: engine.revise(said_now)


def _ruling(data: st.DataObject, found: Sequence[StoryEntry], kept: Stored) -> Act:
    ids = st.sampled_from([entry.id for entry in found])
    one, other = data.draw(ids), data.draw(ids)
    both = frozenset({one, other})
    apart = Apart(entries=frozenset({one}), others=both - {one})
    rulings: list[Ruling] = [Together(entries=both), Pinned(entries=both), apart]
    ruling = data.draw(st.sampled_from(rulings))
    kept.rulings.append(ruling)
    return lambda engine: engine.rule(ruling)


def _copies(data: st.DataObject, found: Sequence[StoryEntry], kept: Stored) -> Act:
    ids = st.sampled_from([entry.id for entry in found])
    one, other = sorted([data.draw(ids), data.draw(ids)])
    kept.copy_sets[other] = CopySetId(one)
    return lambda engine: engine.copies_changed({other: CopySetId(one)})


def _reopening(data: st.DataObject, found: Sequence[StoryEntry], kept: Stored) -> Act:
    if not kept.closed:
        return _nothing(data, found, kept)
    story = data.draw(st.sampled_from(list(kept.closed.values())))
    by_id = {entry.id: entry for entry in found}
    again = [
        replace(one, copy_set=kept.copy_sets.get(one.id, one.copy_set)) for one in map(by_id.get, story.entries) if one
    ]
    ruling = Apart(entries=frozenset({story.entries[0]}), others=frozenset(story.entries[1:]))
    kept.rulings.append(ruling)

    def act(engine: StoryEngine) -> None:
        reopen(engine, story.state, again)
        engine.rule(ruling)

    return act


_STEPS = [_revision, _ruling, _copies, _reopening]


@given(entries(), st.integers(0, 24))
def test_reading_again_by_the_same_rules_gives_the_same_stories(found: list[StoryEntry], cut: int) -> None:
    kept = run(found[:cut])
    again = StoryEngine(SETTINGS, next_story=kept.next_story)
    memory = kept.memory()
    remembered = {reading.entry.id for reading in memory.readings}
    read_again(again, memory, [entry for entry in reversed(found[:cut]) if entry.id in remembered])
    taken = again.changes()
    assert (taken.placements, taken.events, taken.states) == ((), (), ())
    assert [reading.entry.id for reading in taken.readings] == [one.entry.id for one in memory.readings]
    assert all(one.position > last for one in taken.readings for last in kept.readings)
    assert set(again.window.story_of) == {entry for entry, story in kept.assigned.items() if story in kept.states}
    if cut == len(found):
        assert {entry: again.story_of(entry) for entry in memory.assigned} == dict(memory.assigned)


@given(entries())
def test_events_are_told_in_order_and_of_stories_that_are(found: list[StoryEntry]) -> None:
    kept = run(found)
    last: dict[StoryId, StoryEvent] = {}
    for event in kept.events:
        assert event.story not in last or last[event.story].at <= event.at
        assert (event.story not in last) == (
            event.kind in {EventKind.FOUNDED, EventKind.SPLIT} and event.story not in last
        )
        last[event.story] = event
    now = {story: state.updated_at for story, state in kept.states.items()}
    now |= {story: one.state.updated_at for story, one in kept.closed.items()}
    assert {story: event.at for story, event in last.items() if story not in kept.redirects} == now
    assert not {event.story for event in kept.events} - now.keys() - kept.redirects.keys()


@given(entries(), st.integers(2, 30))
def test_a_story_that_came_and_went_in_between_leaves_no_trace(found: list[StoryEntry], every: int) -> None:
    engine, told = StoryEngine(SETTINGS), set[StoryId]()
    for number, entry in enumerate(found, 1):
        engine.add(entry)
        if number % every and number < len(found):
            continue
        changes = engine.changes()
        told |= {state.id for state in changes.states} | {story.state.id for story in changes.closed}
        named = {event.story for event in changes.events} | {one.story for one in changes.placements}
        named |= {story for pair in changes.merged for story in pair}
        named |= {veto.story for one in changes.placements for veto in one.vetoes}
        named |= {other.story for one in changes.related.values() for other in one}
        named |= {other.story for story in changes.closed for other in story.related or ()}
        named |= {StoryId(int(event.detail)) for event in changes.events if event.kind in _NUMBERED and event.detail}
        assert named <= told


_NUMBERED = {EventKind.MERGED, EventKind.SPLIT}


@given(entries())
def test_every_entry_is_in_one_story_and_ids_are_given_once(found: list[StoryEntry]) -> None:
    engine, kept = StoryEngine(SETTINGS), Stored()
    given_ids: set[StoryId] = set()
    for entry in found:
        engine.add(entry)
        changes = engine.changes()
        new = {state.id for state in changes.states} - given_ids
        assert all(story not in kept.redirects for story in new)
        assert sorted(new) == sorted(new | set())
        assert all(story > max(given_ids, default=0) for story in new)
        given_ids |= new
        kept.take(changes)
        window = engine.window
        assert sorted(window.story_of) == sorted(one for story in window.stories.values() for one in story.entries)
        for story in window.stories.values():
            assert all(window.story_of[one] == story.id for one in story.entries)
    assert set(kept.assigned) == {entry.id for entry in found}
    assert not set(kept.assigned.values()) & set(kept.redirects)


@given(entries())
def test_open_copies_share_a_story(found: list[StoryEntry]) -> None:
    engine = StoryEngine(SETTINGS)
    for entry in found:
        engine.add(entry)
        for copy_set in {one.copy_set for one in found}:
            assert len(engine.window.copies(CopySetId(copy_set))) <= 1


@given(entries())
def test_no_story_is_longer_than_its_span_or_pauses_for_longer_than_it_may(found: list[StoryEntry]) -> None:
    kept = run([replace(entry, copy_set=CopySetId(entry.id)) for entry in found])
    by_story: dict[StoryId, list[StoryEntry]] = {}
    for entry in sorted(found, key=lambda one: one.at):
        by_story.setdefault(kept.assigned[entry.id], []).append(entry)
    for members in by_story.values():
        assert members[-1].at - members[0].at <= SETTINGS.span
        assert all(later.at - earlier.at <= SETTINGS.idle for earlier, later in pairwise(members))


@given(entries(most=14, in_order=True))
def test_waiting_for_late_entries_changes_nothing_where_none_comes(found: list[StoryEntry]) -> None:
    """But for reviews that another story that closes is still at hand for; without any, nothing at all."""
    never = timedelta(days=99)
    answers = []
    for late in (timedelta(0), SETTINGS.late):
        engine = StoryEngine(replace(SETTINGS, late=late, review_after=never))
        answers.append([engine.add(replace(entry, copy_set=CopySetId(entry.id))) for entry in found])
    assert answers[0] == answers[1]


@given(entries(most=14), st.data())
def test_rulings_are_obeyed_while_stories_are_open(found: list[StoryEntry], data: st.DataObject) -> None:
    alone = [replace(entry, copy_set=CopySetId(entry.id)) for entry in found]
    ids = st.sampled_from([entry.id for entry in found])
    one, other, third = data.draw(ids), data.draw(ids), data.draw(ids)
    rulings: list[Ruling] = [
        Together(entries=frozenset({one, other})),
        Pinned(entries=frozenset({one, other})),
        Apart(entries=frozenset({one}), others=frozenset({third}) - {one}),
    ]
    ruling = data.draw(st.sampled_from(rulings))
    late = data.draw(st.booleans())
    engine = StoryEngine(SETTINGS, rulings=[] if late else [ruling])
    for number, entry in enumerate(alone):
        engine.add(entry)
        if late and number == len(alone) // 2:
            engine.rule(ruling)
        if late and number < len(alone) // 2:
            continue
        at = engine.story_of
        if isinstance(ruling, Apart):
            assert third == one or at(one) is None or at(one) != at(third)
        else:
            assert at(one) is None or at(other) is None or at(one) == at(other)


HEADLINES = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


@given(HEADLINES, HEADLINES)
def test_conflicts_are_symmetric_and_nothing_conflicts_with_itself(one: str, other: str) -> None:
    assert conflict(Claims(one), Claims(other)) == conflict(Claims(other), Claims(one))
    assert conflict(Claims(one), Claims(one)) is None


@given(st.text(max_size=80))
def test_any_text_has_claims_and_terms(text: str) -> None:
    assert conflict(Claims(text), Claims(text)) is None
    StoryEngine(SETTINGS).add(story_entry(1, text, body=text, language=None))


def copy_text(number: int, body: str, *, feed: str = "", hours: float = 0) -> CopyText:
    feed_id = FeedId(feed or f"feed-{number}")
    return CopyText(id=EntryId(number), feed_id=feed_id, headline="", body=body, at=NOON + timedelta(hours=hours))


@st.composite
def copy_texts(draw: st.DrawFn) -> list[CopyText]:
    """Texts, and nearly the same ones of other feeds."""
    bodies = draw(st.lists(st.lists(st.sampled_from(WORDS), min_size=10, max_size=40), min_size=1, max_size=4))
    return [
        copy_text(
            number,
            " ".join(draw(st.sampled_from(bodies))[draw(st.sampled_from([0, 0, 1, 3])) :]),
            feed=draw(st.sampled_from("abcd")),
            hours=draw(st.sampled_from([0, 1, 30, 47, 49, 60])),
        )
        for number in range(1, draw(st.integers(1, 10)) + 1)
    ]


WINDOW = timedelta(hours=48)


def pairs(texts: Sequence[CopyText]) -> list[tuple[EntryId, EntryId]]:
    window = NearWindow(WINDOW, timedelta(hours=24))
    return sorted(pair for text in texts for pair in window.add(text))


@given(copy_texts(), st.data())
def test_texts_that_are_put_away_are_found_as_before(texts: list[CopyText], data: st.DataObject) -> None:
    """Some are said anew, some come after a restart, and some so late that others have been forgotten."""
    texts = [
        replace(text, at=text.at + timedelta(hours=data.draw(st.sampled_from([0, 0, 100, 200])))) for text in texts
    ]
    said = {text.id: text for text in texts}
    lasting = NearWindow(WINDOW, timedelta(hours=24))
    away = NearWindow(WINDOW, timedelta(hours=24), look_up=lambda ids: [said[one] for one in ids])
    for text in texts:
        assert away.add(text) == lasting.add(text)
        if data.draw(st.booleans()):
            other = data.draw(st.sampled_from(texts[: texts.index(text) + 1]))
            said[other.id] = replace(other, body=data.draw(st.sampled_from(texts)).body)
            assert away.revise(said[other.id]) == lasting.revise(said[other.id])
        away.rest(data.draw(st.sampled_from([0, 0, 1, 100])))
        if data.draw(st.booleans()):
            shelves, latest = away.outline(), max(one.at for one in texts[: texts.index(text) + 1])
            away = NearWindow(WINDOW, timedelta(hours=24), look_up=lambda ids: [said[one] for one in ids])
            away.take_up(shelves, latest)
        assert away.remembered == lasting.remembered


@settings(max_examples=40)
@given(copy_texts(), st.randoms(use_true_random=False))
def test_nearly_the_same_text_does_not_depend_on_order_or_company(texts: list[CopyText], random: object) -> None:
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = pairs(texts)
    assert pairs(shuffled) == found
    alone = [pair for one in texts for other in texts if one.id < other.id for pair in pairs([one, other])]
    assert sorted(alone) == found


@given(copy_texts(), st.data())
def test_what_a_text_said_before_ties_nothing(texts: list[CopyText], data: st.DataObject) -> None:
    """A text that is revised makes the pairs that it would make if it came last."""
    revised = data.draw(st.sampled_from(texts))
    said = replace(revised, body=data.draw(st.sampled_from(texts)).body)
    window = NearWindow(WINDOW, timedelta(hours=24))
    for text in texts:
        window.add(text)
    rest = NearWindow(WINDOW, timedelta(hours=24))
    for text in texts:
        if text.id != revised.id:
            rest.add(text)
    assert window.revise(said) == rest.add(said)
    assert window.remembered == rest.remembered


@given(st.lists(st.sampled_from(WORDS), min_size=14, max_size=40))
def test_a_text_is_nearly_the_same_as_itself_elsewhere(words: list[str]) -> None:
    body = " ".join(words)
    twice = [copy_text(number, body) for number in (1, 2)]
    assert bool(pairs(twice)) == bool(near_text(twice[0]).shingles) == bool(shingles("", body))
    assert pairs([copy_text(number, body, feed="one") for number in (1, 2)]) == []
