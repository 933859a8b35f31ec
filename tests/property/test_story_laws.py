"""Laws of the story engine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model.grouping import StoryChanges, StoryEntry, StorySettings, StoryState
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, Pinned, Ruling, Together
from aggregator.stories.conflicts import conflict
from aggregator.stories.engine import StoryEngine
from aggregator.stories.near import near_pairs, near_text, shingles
from aggregator.stories.restoring import restore
from aggregator.text.claims import Claims
from tests.factories import NOON
from tests.story_entries import story_entry

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
SETTINGS = StorySettings(idle=timedelta(hours=30), span=timedelta(hours=80), memory=timedelta(hours=60))
"""Shorter than in earnest, so that few entries see all of it."""


@st.composite
def entries(draw: st.DrawFn, most: int = 24) -> list[StoryEntry]:
    hours = 0.0
    found: list[StoryEntry] = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        hours += draw(st.sampled_from([0.0, 0.2, 0.7, 2.0, 9.0, 31.0]))
        words = draw(st.lists(st.sampled_from(WORDS), min_size=0, max_size=7))
        copy_set = draw(st.sampled_from([number, number, number, max(1, number - 1), max(1, number - 3)]))
        found.append(
            story_entry(
                number,
                " ".join(words),
                hours=hours,
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
        self.redirects: dict[StoryId, StoryId] = {}
        self.next_story = StoryId(1)

    def take(self, changes: StoryChanges) -> None:
        self.assigned.update((placement.entry_id, placement.story) for placement in changes.placements)
        self.redirects.update(changes.merged)
        for old, _ in changes.merged:
            self.states.pop(old, None)
        self.states.update((state.id, state) for state in changes.states)
        for story in changes.closed:
            self.states.pop(story.id, None)
        self.next_story = changes.next_story

    def answer(self) -> tuple[dict[EntryId, StoryId], dict[StoryId, StoryState], StoryId]:
        return self.assigned, self.states, self.next_story


def run(given_entries: Sequence[StoryEntry], every: int = 1) -> Stored:
    engine, stored = StoryEngine(SETTINGS), Stored()
    for number, entry in enumerate(given_entries, 1):
        engine.add(entry)
        if number % every == 0:
            stored.take(engine.changes())
    stored.take(engine.changes())
    return stored


@given(entries(), st.integers(2, 30))
def test_batches_do_not_matter(found: list[StoryEntry], every: int) -> None:
    assert run(found).answer() == run(found, every).answer()


@given(entries(), st.data())
def test_looking_in_between_does_not_matter(found: list[StoryEntry], data: st.DataObject) -> None:
    engine, stored = StoryEngine(SETTINGS), Stored()
    for entry, later in zip(found, [*found[1:], found[-1]], strict=True):
        engine.add(entry)
        engine.advance(entry.at + (later.at - entry.at) * data.draw(st.sampled_from([0.0, 0.5, 1.0])))
        stored.take(engine.changes())
    whole = run(found)
    engine.advance(found[-1].at)
    assert stored.answer() == whole.answer()


@given(entries(), st.integers(0, 24))
def test_a_restart_changes_nothing(found: list[StoryEntry], cut: int) -> None:
    before, after = found[:cut], found[cut:]
    stored = run(before)
    restored = StoryEngine(SETTINGS, next_story=stored.next_story)
    restore(restored, before, stored.assigned, list(stored.states.values()))
    for entry in after:
        restored.add(entry)
    stored.take(restored.changes())
    assert stored.answer() == run(found).answer()


@given(entries())
def test_every_entry_is_in_one_story_and_ids_are_given_once(found: list[StoryEntry]) -> None:
    engine, stored = StoryEngine(SETTINGS), Stored()
    given_ids: set[StoryId] = set()
    for entry in found:
        engine.add(entry)
        changes = engine.changes()
        new = {state.id for state in changes.states} - given_ids
        assert all(story not in stored.redirects for story in new)
        assert sorted(new) == sorted(new | set())
        assert all(story > max(given_ids, default=0) for story in new)
        given_ids |= new
        stored.take(changes)
        window = engine.window
        assert sorted(window.story_of) == sorted(one for story in window.stories.values() for one in story.entries)
        for story in window.stories.values():
            assert all(window.story_of[one] == story.id for one in story.entries)
    assert set(stored.assigned) == {entry.id for entry in found}
    assert not set(stored.assigned.values()) & set(stored.redirects)


@given(entries())
def test_open_copies_share_a_story(found: list[StoryEntry]) -> None:
    engine = StoryEngine(SETTINGS)
    for entry in found:
        engine.add(entry)
        for copy_set in {one.copy_set for one in found}:
            assert len(engine.window.copies(CopySetId(copy_set))) <= 1


@given(entries())
def test_no_story_is_longer_than_its_span_or_pauses_for_longer_than_it_may(found: list[StoryEntry]) -> None:
    stored = run(found)
    by_story: dict[StoryId, list[StoryEntry]] = {}
    for entry in found:
        by_story.setdefault(stored.assigned[entry.id], []).append(entry)
    for members in by_story.values():
        assert members[-1].at - members[0].at <= SETTINGS.span
        if len({member.copy_set for member in members}) == len(members):
            assert all(later.at - earlier.at <= SETTINGS.idle for earlier, later in pairwise(members))


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


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=10, max_size=40), max_size=8), st.randoms(use_true_random=False)
)
def test_nearly_the_same_text_does_not_depend_on_order_or_company(texts: list[list[str]], random: object) -> None:
    made = [near_text(EntryId(number), "", " ".join(words), NOON) for number, words in enumerate(texts, 1)]
    made += [near_text(EntryId(100 + text.id), "", " ".join(texts[text.id - 1][1:]), NOON) for text in made]
    shuffled = list(made)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    window = timedelta(hours=48)
    found = near_pairs(made, window=window)
    assert near_pairs(shuffled, window=window) == found
    alone = [
        pair for one in made for other in made if one.id < other.id for pair in near_pairs([one, other], window=window)
    ]
    assert sorted(alone) == found


@given(st.lists(st.sampled_from(WORDS), min_size=14, max_size=40))
def test_a_text_is_nearly_the_same_as_itself(words: list[str]) -> None:
    body = " ".join(words)
    pair = [near_text(EntryId(number), "", body, NOON) for number in (1, 2)]
    assert bool(near_pairs(pair, window=timedelta(0))) == bool(shingles("", body))
