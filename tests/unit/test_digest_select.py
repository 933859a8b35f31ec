"""Which stories stand in a digest, in which section and order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.digests.select import select
from aggregator.model.digest import DigestCandidate, DigestItem, DigestPlan, DigestSection, SectionKind
from tests.digest_candidates import END, START, make_candidate, make_told


def chosen(
    *candidates: DigestCandidate, plan: DigestPlan | None = None, categories: Sequence[str] = ()
) -> tuple[DigestSection, ...]:
    return select(candidates, plan or DigestPlan(), start=START, end=END, categories=categories)


def section(sections: Sequence[DigestSection], kind: SectionKind) -> list[int]:
    return [item.story for one in sections if one.kind is kind for item in one.items]


def only(sections: Sequence[DigestSection]) -> DigestItem:
    ((item,),) = (one.items for one in sections)
    return item


def papers(number: int) -> list[str]:
    return [f"Paper {letter}" for letter in "ABCDEFGH"[:number]]


def test_what_more_publishers_have_comes_first() -> None:
    sections = chosen(*(make_candidate(number, papers(number)) for number in (2, 3, 4, 5)), make_candidate(1))
    assert section(sections, SectionKind.TOP)[0] == 5


def test_publishers_that_copy_count_for_less_than_those_that_write() -> None:
    copied = make_candidate(1, papers(4), copies=True)
    written = make_candidate(2, ["Q", "R", "S", "T"])
    third = make_candidate(3, ["U", "V"])
    assert section(chosen(copied, written, third), SectionKind.TOP) == [2, 1, 3]


def test_of_two_that_are_covered_alike_the_one_that_grew_in_the_period_comes_first() -> None:
    old = make_candidate(1, papers(3), before=papers(3)[:2])
    new = make_candidate(2, ["Q", "R", "S"], at=END - timedelta(hours=6))
    assert section(chosen(old, new, make_candidate(3, ["U", "V"])), SectionKind.TOP)[0] == 2


def test_of_two_alike_the_fresher_comes_first_and_of_two_equal_ones_the_lower_number() -> None:
    early, late = END - timedelta(hours=20), END - timedelta(hours=2)
    sections = chosen(
        make_candidate(1, ["A", "B"], at=early),
        make_candidate(3, ["C", "D"], at=late),
        make_candidate(2, ["E", "F"], at=late),
    )
    assert section(sections, SectionKind.TOP) == [2, 3, 1]


def test_a_category_weighs_what_the_plan_says() -> None:
    candidates = [
        make_candidate(n, [f"A{n}", f"B{n}"], category=name) for n, name in enumerate(["World", "Sport", "Arts"])
    ]
    sections = chosen(*candidates, plan=DigestPlan(weights={"Arts": 3.0, "World": 0.1}))
    assert section(sections, SectionKind.TOP) == [2, 1, 0]


def test_a_single_story_of_a_quiet_feed_weighs_more_than_one_of_a_busy_feed() -> None:
    busy = [make_candidate(n, [f"Busy {n}"], pace=80.0, at=END - timedelta(hours=1)) for n in range(1, 10)]
    quiet = make_candidate(99, ["Blog"], pace=0.1, at=END - timedelta(hours=20))
    assert section(chosen(*busy, quiet), SectionKind.TOP)[0] == 99


def test_top_stories_are_those_that_several_have_and_the_rest_stands_in_its_category() -> None:
    shared = [make_candidate(n, [f"A{n}", f"B{n}"]) for n in range(1, 5)]
    single = make_candidate(9, ["Blog"], pace=9.0)
    sections = chosen(*shared, single)
    assert section(sections, SectionKind.TOP) == [1, 2, 3, 4]
    assert section(sections, SectionKind.CATEGORY) == [9]


@pytest.mark.parametrize(
    "column", ["Letters", "Morning Briefing", "Quiz of the week", "News in pictures", "Les titres du matin"]
)
def test_what_comes_every_day_whatever_happens_stands_in_its_category_and_not_on_top(column: str) -> None:
    shared = [make_candidate(n, [f"A{n}", f"B{n}"]) for n in range(1, 5)]
    sections = chosen(*shared, make_candidate(9, papers(4), headline=column))
    assert section(sections, SectionKind.TOP) == [1, 2, 3, 4]
    assert section(sections, SectionKind.CATEGORY) == [9]


def test_a_live_blog_is_on_top_where_several_report_what_it_is_about() -> None:
    alone = make_candidate(1, ["Blog"], headline="Your Monday briefing: a vote, a storm", pace=0.1)
    others = [make_candidate(n, [f"Paper {n}"]) for n in range(2, 6)]
    assert 1 not in section(chosen(alone, *others), SectionKind.TOP)
    storm = make_candidate(6, papers(3), headline="Storm Ciara: latest updates")
    shared = [make_candidate(n, [f"A{n}", f"B{n}"]) for n in range(7, 10)]
    assert section(chosen(storm, *shared), SectionKind.TOP)[0] == 6


def test_a_subject_stands_once_on_top_and_its_other_stories_in_their_category() -> None:
    sections = chosen(
        make_candidate(1, papers(4), related=[2]),
        make_candidate(2, ["Q", "R", "S"]),
        make_candidate(3, ["U", "V"]),
        make_candidate(4, ["W", "X"]),
    )
    assert section(sections, SectionKind.TOP) == [1, 3, 4]
    assert section(sections, SectionKind.CATEGORY) == [2]


def test_what_one_publisher_has_stands_below_the_story_it_is_related_to_and_nowhere_else() -> None:
    sections = chosen(
        make_candidate(1, papers(4), related=[2, 3]),
        make_candidate(2, ["Q"]),
        make_candidate(3, ["R", "S"]),
        make_candidate(4, ["U"]),
        make_candidate(5, ["W", "X"]),
        make_candidate(6, ["Y", "Z"]),
    )
    assert section(sections, SectionKind.TOP) == [1, 5, 6]
    assert section(sections, SectionKind.CATEGORY) == [3, 4]
    assert [link.story for link in sections[0].items[0].related] == [2]


def test_a_related_story_is_named_once() -> None:
    sections = chosen(
        make_candidate(1, papers(4), related=[7]),
        make_candidate(2, papers(3), related=[7, 8]),
        make_candidate(3, papers(2)),
    )
    assert [[link.story for link in item.related] for item in sections[0].items] == [[7], [8], []]


def test_a_subject_is_developing_once() -> None:
    told = make_told("Ferry sinks", ["A"])
    first = make_candidate(1, ["A", *papers(5)], headline="Ferry sinks", told=told, related=[2])
    second = make_candidate(2, ["A", "Q", "R"], headline="Ferry sinks", told=told, related=[1])
    sections = chosen(first, second)
    assert section(sections, SectionKind.DEVELOPING) == [1]
    assert [link.story for link in sections[0].items[0].related] == [2]


def test_one_publisher_leads_two_top_stories_at_most() -> None:
    candidates = [make_candidate(n, ["Same", f"B{n}"]) for n in range(1, 8)]
    others = [make_candidate(n, [f"C{n}", f"D{n}"], at=START) for n in range(10, 16)]
    top = section(chosen(*candidates, *others), SectionKind.TOP)
    assert len([story for story in top if story < 10]) == 2
    assert len(top) == 7


def test_one_category_has_three_top_stories_at_most_where_there_are_others() -> None:
    war = [make_candidate(n, [f"A{n}", f"B{n}", f"C{n}"], category="War") for n in range(1, 8)]
    rest = [make_candidate(n, [f"D{n}", f"E{n}"], category=f"C{n % 3}") for n in range(10, 20)]
    top = section(chosen(*war, *rest), SectionKind.TOP)
    assert len([story for story in top if story < 10]) == 3
    assert len(top) == 7


def test_where_there_is_one_category_it_may_fill_the_top() -> None:
    assert len(section(chosen(*(make_candidate(n, [f"A{n}", f"B{n}"]) for n in range(20))), SectionKind.TOP)) == 7


def test_sections_stand_in_the_order_of_feeds_yaml_between_top_and_quiet() -> None:
    candidates = [make_candidate(n, [f"P{n}"], category=name) for n, name in enumerate(["B", "A", "C"] * 5, 1)]
    quiet = [make_candidate(n, [f"Blog {n}"], category="D", pace=0.2) for n in range(50, 60)]
    told = make_told("Old words", ["Z"])
    developing = make_candidate(90, ["Z", "Y", "X"], told=told)
    sections = chosen(*candidates, *quiet, developing, categories=["C", "A", "B"])
    assert [(one.kind.value, one.title) for one in sections[:5]] == [
        ("top", "Top stories"),
        ("developing", "Developing"),
        ("category", "C"),
        ("category", "A"),
        ("category", "B"),
    ]
    assert sections[-1].kind in {SectionKind.QUIET, SectionKind.BRIEF}


def test_feeds_of_more_than_thirty_entries_a_month_are_not_quiet() -> None:
    candidates = [make_candidate(n, [f"P{n}"], pace=1.01 if n % 2 else 1.0) for n in range(1, 21)]
    quiet = section(chosen(*candidates), SectionKind.QUIET)
    assert quiet
    assert all(story % 2 == 0 for story in quiet)


def test_of_each_quiet_feed_one_story_stands_among_them() -> None:
    talkative = [make_candidate(n, ["Talkative"], pace=0.5, at=END - timedelta(hours=1)) for n in range(1, 9)]
    others = [make_candidate(n, [f"Blog {n}"], pace=0.9, at=START) for n in range(20, 30)]
    (quiet,) = [one for one in chosen(*talkative, *others) if one.kind is SectionKind.QUIET]
    assert len(quiet.items) == 5
    assert len({item.publisher for item in quiet.items}) == 5


def test_in_brief_are_headlines_alone() -> None:
    candidates = [make_candidate(n, [f"P{n}"], text="A text. Of two sentences.") for n in range(1, 30)]
    (brief,) = [one for one in chosen(*candidates) if one.kind is SectionKind.BRIEF]
    assert len(brief.items) == 12
    assert {(item.teaser, item.related) for item in brief.items} == {("", ())}


def test_a_story_that_was_told_and_has_not_changed_is_left_out() -> None:
    candidate = make_candidate(1, ["A", "B"], headline="Words", told=make_told("Words", ["A", "B"]))
    assert chosen(candidate) == ()


def test_a_story_that_was_told_and_has_changed_is_developing_and_says_what_changed() -> None:
    candidate = make_candidate(1, ["A", "B", "C"], headline="Words", told=make_told("Words", ["A"]))
    sections = chosen(candidate)
    assert [one.kind for one in sections] == [SectionKind.DEVELOPING]
    assert only(sections).changed == "2 more publishers: B, C"


def test_only_stories_of_the_wanted_categories_and_tags_are_told() -> None:
    plan = DigestPlan(categories=("Sport",), tags=("local",))
    wanted = make_candidate(1, category="Sport", tags=["local"])
    others = [make_candidate(2, category="Sport"), make_candidate(3, tags=["local"])]
    assert only(chosen(wanted, *others, plan=plan)).story == 1


def test_a_story_stands_in_the_wanted_category_when_its_lead_is_of_another() -> None:
    candidate = make_candidate(1, category="World", categories=["World", "Sport"])
    assert only(chosen(candidate, plan=DigestPlan(categories=("Sport",)))).category == "Sport"


def test_an_entry_without_words_is_not_told() -> None:
    candidate = make_candidate(1)
    empty = replace(candidate.story.lead, headline="", teaser="")
    assert chosen(replace(candidate, story=replace(candidate.story, lead=empty))) == ()


def test_an_item_says_who_has_it_and_what_it_is_in_two_sentences() -> None:
    text = "Rain fell all night. Rivers rose, Mr. Smith said. Nobody was hurt."
    item = only(chosen(make_candidate(7, ["A", "B", "A"], text=text, related=[5, 6, 8, 9])))
    assert (item.publisher, item.others, item.coverage) == ("A", ("B",), 2)
    assert item.teaser == "Rain fell all night. Rivers rose, Mr. Smith said."
    assert [link.story for link in item.related] == [5, 6, 8]


def test_a_teaser_does_not_repeat_the_headline() -> None:
    text = "FLOODS IN THE NORTH - Rain fell all night. Rivers rose."
    assert only(chosen(make_candidate(1, headline="Floods in the north", text=text))).teaser.startswith("Rain fell")
    assert only(chosen(make_candidate(1, headline="Floods in the north", text="Floods in the north."))).teaser == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("September 19, 2021 8:51 AM SINGAPORE - It rained. It stopped.", "SINGAPORE - It rained. It stopped."),
        ("May 2, 2021 was a Sunday. It rained.", "May 2, 2021 was a Sunday. It rained."),
        ("\u2022 Rare photos show the early years of the shuttle \u2022 Watch the launch", ""),
    ],
)
def test_a_teaser_is_neither_a_date_nor_a_list_of_other_articles(text: str, expected: str) -> None:
    assert only(chosen(make_candidate(1, text=text))).teaser == expected
