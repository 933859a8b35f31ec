"""The story engine: entries in, stories out."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from aggregator.model.grouping import StoryEntry, StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, Pinned, Ruling, Together
from aggregator.stories.engine import StoryEngine
from aggregator.stories.placing import RULED
from tests.factories import NOON
from tests.story_entries import placed, story_entry

QUAKE = (
    "Strong earthquake strikes northern Japan, tsunami warning issued",
    "Tsunami warning after strong earthquake hits northern Japan",
    "Japan issues tsunami warning as earthquake strikes north",
)
OTHER = "Parliament passes budget after night of debate"


def test_headlines_of_one_event_become_one_story_and_others_do_not() -> None:
    *quake, other = placed(StoryEngine(), [*QUAKE, OTHER])
    assert len(set(quake)) == 1
    assert other not in quake


def test_an_entry_that_comes_after_72_hours_founds_a_new_story() -> None:
    engine = StoryEngine()
    assert engine.add(story_entry(1, QUAKE[0])) == engine.add(story_entry(2, QUAKE[1], hours=71))
    assert engine.add(story_entry(3, QUAKE[2], hours=71 + 72)) == StoryId(2)


def test_a_story_takes_nothing_after_seven_days() -> None:
    engine = StoryEngine()
    stories = [engine.add(story_entry(number, QUAKE[number % 3], hours=number * 24)) for number in range(9)]
    assert stories == [1] * 7 + [2] * 2


def test_idle_and_span_are_settings() -> None:
    engine = StoryEngine(StorySettings(idle=timedelta(hours=1)))
    assert engine.add(story_entry(1, QUAKE[0])) != engine.add(story_entry(2, QUAKE[1], hours=1))


def test_stories_that_turn_out_to_be_one_are_merged_into_the_older() -> None:
    engine = StoryEngine()
    first = engine.add(story_entry(1, "Airline cancels flights as pilots begin strike"))
    second = engine.add(story_entry(2, "Union walkout grounds Atlantis passengers", hours=0.1))
    assert first != second
    engine.changes()
    bridges = (
        "Atlantis pilots begin strike, union walkout grounds flights",
        "Atlantis flights grounded as pilots begin strike after union walkout",
        "Pilots' union walkout: Atlantis airline cancels flights, passengers grounded",
    )
    for number, headline in enumerate(bridges, 3):
        engine.add(story_entry(number, headline, hours=0.1 * number))
    engine.advance(NOON + timedelta(hours=3))
    assert {engine.story_of(EntryId(number)) for number in range(1, 6)} == {first}
    assert engine.changes().merged == ((second, first),)


def test_what_changed_is_told_once() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE[0]))
    engine.add(story_entry(2, QUAKE[1], hours=1))
    told = engine.changes()
    assert [(placement.entry_id, placement.story) for placement in told.placements] == [(1, 1), (2, 1)]
    assert [state.id for state in told.states] == [1]
    assert told.next_story == 2
    again = engine.changes()
    assert (again.placements, again.states, again.merged, again.closed) == ((), (), (), ())


def test_a_closed_story_is_told_with_its_entries_and_leaves_memory() -> None:
    engine = StoryEngine()
    placed(engine, QUAKE)
    engine.advance(NOON + timedelta(hours=3 + 72) + engine.settings.late - timedelta(seconds=1))
    assert engine.changes().closed == ()
    engine.advance(NOON + timedelta(hours=3 + 72) + engine.settings.late)
    (closed,) = engine.changes().closed
    assert (closed.state.id, closed.state.lead, closed.entries) == (1, 1, (1, 2, 3))
    assert (closed.state.review_at, closed.state.last_at) == (None, NOON + timedelta(hours=3))
    assert engine.window.stories == {}
    assert engine.window.story_of == {}
    assert engine.story_of(EntryId(1)) is None


def test_explaining_names_score_and_shared_words_as_written() -> None:
    engine = StoryEngine()
    placed(engine, [*QUAKE, OTHER])
    first, *_ = engine.explain(StoryId(1))
    assert first.entry_id == 1
    assert 0.3 < first.score <= 1
    assert {"earthquake", "tsunami", "Japan"} <= set(first.words)
    (alone,) = engine.explain(StoryId(2))
    assert (alone.score, alone.words) == (1.0, ())
    assert engine.explain(StoryId(99)) == ()


def test_a_veto_is_told_with_the_placement() -> None:
    engine = StoryEngine()
    placed(engine, ["Oil prices rise as traders watch Iran talks", "Oil prices fall as traders watch Iran talks"])
    *_, last = engine.changes().placements
    assert [(veto.story, veto.reason) for veto in last.vetoes] == [(1, "opposite words")]


def test_copies_share_a_story_whatever_their_words() -> None:
    engine = StoryEngine()
    first = engine.add(story_entry(1, QUAKE[0], copy_set=1))
    assert engine.add(story_entry(2, "Live blog", hours=1, copy_set=1)) == first


def test_stories_of_entries_that_turn_out_to_be_copies_become_one() -> None:
    engine = StoryEngine()
    first = engine.add(story_entry(1, QUAKE[0]))
    second = engine.add(story_entry(2, OTHER, hours=1))
    engine.changes()
    engine.copies_changed({EntryId(2): CopySetId(1)})
    assert engine.story_of(EntryId(2)) == first != second
    assert engine.changes().merged == ((second, first),)


def test_an_entry_of_another_language_joins_only_if_its_words_say_so() -> None:
    engine = StoryEngine()
    first = engine.add(story_entry(1, "Kilmar Abrego Garcia detained again by ICE in Baltimore"))
    italian = "Usa: Kilmar Abrego Garcia nuovamente arrestato a Baltimora dalla polizia Ice"
    assert engine.add(story_entry(2, italian, hours=1, language="it")) == first
    assert engine.add(story_entry(3, "Il parlamento approva la legge di bilancio", hours=2, language="it")) != first


@pytest.mark.parametrize(
    ("language", "headlines"),
    [
        (
            "ar",
            ("القوات العراقية تستعيد السيطرة على مدينة الموصل", "العراق: قوات تستعيد الموصل وتعلن السيطرة على المدينة"),
        ),
        ("ja", ("東京五輪の開会式が国立競技場で行われる", "国立競技場で東京五輪開会式")),
        ("de", ("Schweres Erdbeben erschüttert Norden Japans", "Erdbeben im Norden Japans: schwere Schäden")),
        ("th", ("นายกรัฐมนตรีไทยประกาศยุบสภา", "ประกาศยุบสภาโดยนายกรัฐมนตรีไทย")),
    ],
)
def test_other_languages_and_scripts_are_grouped_by_their_own_words(language: str, headlines: Sequence[str]) -> None:
    engine = StoryEngine()
    stories = [
        engine.add(story_entry(number, headline, hours=number, language=language))
        for number, headline in enumerate(headlines, 1)
    ]
    assert len(set(stories)) == 1


def test_a_link_to_the_other_article_speaks_for_one_story() -> None:
    pair = (
        "Ministers quarrel over ferry contract",
        "Ferry contract: opposition demands inquiry into harbour authority sale",
    )
    plain = [story_entry(1, pair[0]), story_entry(2, pair[1], hours=1)]
    linked = [story_entry(1, pair[0], url_key="a.example/1"), story_entry(2, pair[1], hours=1, links=["a.example/1"])]
    apart, joined = StorySettings(linked=0.0), StorySettings(linked=0.5)
    assert len(set(_added(StoryEngine(joined), linked))) == 1
    assert len(set(_added(StoryEngine(joined), plain))) == 2
    assert len(set(_added(StoryEngine(apart), linked))) == 2


def test_a_review_counts_links_as_placing_does() -> None:
    """What a link holds together is not parted by a review that looks at words alone, and the other way round."""
    engine = StoryEngine(StorySettings(linked=0.5))
    one = story_entry(1, "Harbour inquiry opens in Dover", url_key="site.example/1")
    two = story_entry(2, "Ferry contract questioned at inquiry", hours=0.1)
    assert len(set(_added(engine, [one, two]))) == 2
    linking = story_entry(2, "Ferry contract questioned at open inquiry", hours=0.1, links={"site.example/1"})
    engine.revise(linking)
    engine.advance(NOON + timedelta(hours=3))
    assert engine.story_of(one.id) == engine.story_of(two.id)


def _added(engine: StoryEngine, entries: Sequence[StoryEntry]) -> list[StoryId]:
    return [engine.add(entry) for entry in entries]


# --- rulings -----------------------------------------------------------------------------------------------------


def test_what_a_person_puts_together_stays_together() -> None:
    engine = StoryEngine()
    placed(engine, [QUAKE[0], OTHER])
    engine.rule(Together(entries=frozenset({EntryId(1), EntryId(2)})))
    engine.add(story_entry(3, QUAKE[1], hours=4))
    engine.advance(NOON + timedelta(hours=9))
    assert engine.story_of(EntryId(1)) == engine.story_of(EntryId(2)) == engine.story_of(EntryId(3)) == 1


def test_what_a_person_splits_off_stays_apart_and_the_rest_keeps_the_story() -> None:
    engine = StoryEngine()
    placed(engine, QUAKE)
    engine.rule(Apart(entries=frozenset({EntryId(2)}), others=frozenset({EntryId(1), EntryId(3)})))
    assert [engine.story_of(EntryId(number)) for number in (1, 2, 3)] == [1, 2, 1]
    engine.add(story_entry(4, QUAKE[0], hours=4))
    engine.advance(NOON + timedelta(hours=9))
    assert engine.story_of(EntryId(2)) != engine.story_of(EntryId(1)) == engine.story_of(EntryId(3))


def test_a_ruling_that_is_known_before_the_entry_comes_holds_too() -> None:
    ruling = Apart(entries=frozenset({EntryId(2)}), others=frozenset({EntryId(1)}))
    engine = StoryEngine(rulings=[ruling])
    placed(engine, QUAKE[:2])
    assert engine.story_of(EntryId(1)) != engine.story_of(EntryId(2))
    *_, last = engine.changes().placements
    assert [veto.reason for veto in last.vetoes] == [RULED]


def test_a_pinned_story_is_not_regrouped_and_single_entries_may_join() -> None:
    engine = StoryEngine(rulings=[Pinned(entries=frozenset({EntryId(1), EntryId(2)}))])
    placed(engine, [QUAKE[0], OTHER])
    assert engine.story_of(EntryId(1)) == engine.story_of(EntryId(2))
    assert engine.add(story_entry(3, f"{QUAKE[1]}; {OTHER}", hours=4)) == 1
    engine.advance(NOON + timedelta(hours=9))
    assert engine.story_of(EntryId(3)) == 1


def test_a_later_ruling_outdoes_an_earlier_one() -> None:
    both = frozenset({EntryId(1), EntryId(2)})
    apart = Apart(entries=frozenset({EntryId(1)}), others=frozenset({EntryId(2)}))
    together = Together(entries=both)
    cases: list[tuple[list[Ruling], int]] = [([apart, together], 1), ([together, apart], 2)]
    for rulings, expected in cases:
        engine = StoryEngine(rulings=rulings)
        assert len(set(placed(engine, [QUAKE[0], QUAKE[1]]))) == expected


# --- the lead ----------------------------------------------------------------------------------------------------


def lead_of(engine: StoryEngine) -> EntryId:
    (state,) = engine.changes().states
    return state.lead


def test_the_first_entry_leads_and_a_later_equal_one_does_not_take_over() -> None:
    engine = StoryEngine()
    placed(engine, QUAKE)
    assert lead_of(engine) == 1


def test_a_clearly_more_complete_entry_takes_the_lead() -> None:
    body = (
        "A magnitude 7.1 earthquake struck off northern Japan on Tuesday, shaking buildings in Sendai and prompting officials to "
        "order coastal residents to higher ground while trains stopped and nuclear plants were checked for damage."
    )
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE[0]))
    engine.add(story_entry(2, QUAKE[1], hours=0.2, body=body))
    assert lead_of(engine) == 2


def test_the_publisher_whose_text_others_took_over_leads() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE[0], copy_set=1))
    for number in range(2, 9):
        engine.add(story_entry(number, QUAKE[1], hours=0.01 * number, copy_set=2))
    engine.advance(NOON + timedelta(hours=3))
    assert lead_of(engine) in {1, 2}
    engine.add(story_entry(9, QUAKE[2], hours=4))
    engine.advance(NOON + timedelta(hours=9))
    assert lead_of(engine) in {1, 2}


# --- what is known beyond words ----------------------------------------------------------------------------------


class _Meanings:
    """Tells by the first word what an entry is about, as an embedding might."""

    name = "first words"
    share = 0.7

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        return (1.0, 0.0) if entry.publisher == "a" else (0.0, 1.0)


def test_vectors_beyond_words_join_and_part() -> None:
    pair = ("Ministers quarrel over ferry contract", "Ferry contract: opposition demands harbour inquiry")
    same = [story_entry(1, pair[0], publisher="a"), story_entry(2, pair[1], hours=1, publisher="a")]
    differing = [story_entry(1, QUAKE[0], publisher="a"), story_entry(2, QUAKE[1], hours=1, publisher="b")]
    assert len(set(_added(StoryEngine(vectors=_Meanings()), same))) == 1
    assert len(set(_added(StoryEngine(), same))) == 2
    assert len(set(_added(StoryEngine(vectors=_Meanings()), differing))) == 2
    assert len(set(_added(StoryEngine(), differing))) == 1
