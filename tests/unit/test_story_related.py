"""Related stories: which are listed, how many, in what order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.entry import EntrySummary
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.story import StoryLine
from aggregator.stories.engine import StoryEngine
from aggregator.stories.related import Candidate, choose, shown
from tests.factories import NOON
from tests.story_entries import placed, story_entry


def candidate(number: int, likeness: float = 0.5, *, publisher: str = "", hours: float = 0) -> Candidate:
    return Candidate(
        story=StoryId(number),
        likeness=likeness,
        publisher=publisher or f"publisher {number}",
        first_at=NOON - timedelta(hours=hours),
        last_at=NOON - timedelta(hours=hours),
    )


def test_at_most_twelve_newest_first() -> None:
    found = choose([candidate(number, hours=number) for number in range(20)], NOON)
    assert [other.story for other in found] == list(range(12))


def test_at_most_three_of_a_publisher_but_any_number_of_unknown_ones() -> None:
    of_one = [candidate(number, publisher="one") for number in range(5)]
    unknown = [
        Candidate(story=StoryId(number), likeness=0.5, publisher="", first_at=NOON, last_at=NOON)
        for number in range(10, 15)
    ]
    found = [other.story for other in choose([*of_one, *unknown], NOON)]
    assert sorted(found) == [0, 1, 2, 10, 11, 12, 13, 14]


def test_a_list_is_not_padded_with_what_is_not_like() -> None:
    assert choose([candidate(1, 0.05), candidate(2, 0.6)], NOON) == choose([candidate(2, 0.6)], NOON)


def test_what_is_long_past_counts_for_less() -> None:
    new, old = candidate(1, 0.25), candidate(2, 0.25, hours=24 * 7)
    assert [other.story for other in choose([new, old], NOON)] == [1]
    assert [(other.story, other.score) for other in choose([replace(old, likeness=0.4)], NOON)] == [(2, 0.4)]


def test_what_goes_on_is_not_long_past_however_long_it_goes_on() -> None:
    week = timedelta(days=7)
    around = replace(candidate(1, 0.2), first_at=NOON - week, last_at=NOON + week)
    assert [
        other.story for other in choose([around, replace(around, story=StoryId(2), last_at=NOON - week)], NOON)
    ] == [1]


def lead(number: int, publisher: str) -> EntrySummary:
    return EntrySummary(
        id=EntryId(number),
        copy_set=CopySetId(number),
        feed_id=FeedId("feed"),
        feed_title="Feed",
        publisher=publisher,
        category="World",
        url=None,
        headline="Headline",
        teaser="",
        language="en",
        published_at=NOON,
        first_seen_at=NOON,
        changed_at=NOON,
        listed_at=NOON,
    )


def line(number: int, *, publisher: str, hours: float = 0) -> StoryLine:
    return StoryLine(
        id=StoryId(number),
        lead=lead(number, publisher),
        coverage=1,
        size=1,
        first_at=NOON - timedelta(hours=hours),
        last_at=NOON - timedelta(hours=hours),
        updated_at=NOON,
    )


def test_a_list_that_is_shown_is_chosen_from_stored_scores_newest_first() -> None:
    rows = [(line(number, publisher="one", hours=number), 0.5 - number / 100) for number in range(5)]
    rows += [(line(9, publisher="two", hours=-5), 0.3), (line(10, publisher="two"), 0.1)]
    assert [each.id for each in shown(rows, NOON, 12)] == [9, 0, 1, 2]
    assert [each.id for each in shown(rows, NOON, 2)] == [0, 1]


def test_stories_on_one_subject_are_related_and_others_are_not() -> None:
    engine = StoryEngine()
    first, second, third = placed(
        engine,
        [
            "Killer blast strikes market in Idlib as regime troops advance on rebel towns",
            "Hayat Tahrir Al-Sham digs trenches around Idlib and rebel villages before winter",
            "Hope fades for miners trapped underground",
        ],
    )
    found = engine.changes().related
    assert {story: [other.story for other in others] for story, others in found.items()} == {
        first: [],  # nothing was there yet; what is stored is read both ways
        second: [first],
        third: [],
    }


def test_a_big_subject_stays_one_however_much_is_said_of_it() -> None:
    """One entry in twenty says "Halloran": by then that is no rare word, nor is "recall"."""
    engine = StoryEngine()
    for number in range(1, 801):
        name = "Halloran recall" if number % 20 == 0 else "Ordinary matters"
        words = " ".join(f"{letters}{number}x{letters}" for letters in ("ab", "cd"))
        engine.add(story_entry(number, f"{name} {words}", hours=number / 60))
    story = engine.add(story_entry(999, "Auditors put price on Halloran recall", hours=16))
    found = engine.changes().related[story]
    assert len(found) >= 5
    assert all("Halloran" in engine.window.stories[other.story].lead.entry.headline for other in found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dam failure in Kerrow: what we know so far", "Election in Lestria: what we know so far"),
        ("In pictures: tulips bloom along the Varn", "In pictures: divers clean the harbour of Ostmark"),
        ("Fierce blaze guts warehouse on September 17", "Choir rehearses for gala on September 17"),
        ("Albania opens coastal railway museum", "Albania bans plastic bags in bakeries"),
    ],
)
def test_a_phrase_a_date_or_one_country_makes_no_subject(one: str, other: str) -> None:
    engine = StoryEngine()
    stories = placed(engine, [one, other])
    found = engine.changes().related
    assert len(set(stories)) == 2
    assert [found[story] for story in stories] == [(), ()]


def test_two_names_in_headlines_are_a_subject_though_all_else_differs() -> None:
    engine = StoryEngine()
    first, second = placed(
        engine,
        [
            "Former minister Tarnquist questioned for six hours over Selmark harbour contract",
            "Prosecutors widen inquiry as Selmark mayor denies ever meeting Tarnquist in private",
        ],
    )
    found = engine.changes().related
    assert first == second or [other.story for other in found[second]] == [first]
