"""What is a copy of what."""

from datetime import timedelta

import pytest

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.copies import group
from tests.factories import NOON

WINDOW = timedelta(hours=48)
EVENT = "iraq hosts military chiefs from iran russia and syria"


def candidate(
    number: int,
    *,
    feed: str | None = None,
    headline: str = EVENT,
    url: str | None = None,
    hours: float = 0,
    near: tuple[int, ...] = (),
) -> CopyCandidate:
    return CopyCandidate(
        id=EntryId(number),
        feed_id=FeedId(feed or f"feed-{number}"),
        url_key=url or f"site.example/{number}",
        headline_key=headline,
        at=NOON + timedelta(hours=hours),
        name=f"guid-{number}",
        near=frozenset(map(EntryId, near)),
    )


def sets(assignments: list[CopyAssignment]) -> list[set[int]]:
    found: dict[int, set[int]] = {}
    for assignment in assignments:
        found.setdefault(assignment.copy_set, set()).add(assignment.entry_id)
    return list(found.values())


def test_one_headline_of_two_publishers_within_two_days_is_one_piece_of_news() -> None:
    assert sets(group([candidate(1), candidate(2, hours=48)], window=WINDOW)) == [{1, 2}]


def test_one_headline_more_than_two_days_apart_is_two_pieces_of_news() -> None:
    assert sets(group([candidate(1), candidate(2, hours=48.01)], window=WINDOW)) == [{1}, {2}]


def test_one_address_is_one_piece_of_news_whatever_the_headline_and_the_time() -> None:
    first = candidate(1, url="site.example/a")
    second = candidate(2, url="site.example/a", headline="military chiefs meet in baghdad", hours=1000)
    assert sets(group([first, second], window=WINDOW)) == [{1, 2}]


def test_copies_of_copies_are_copies() -> None:
    one = candidate(1, url="site.example/a", headline="military chiefs meet in baghdad")
    two = candidate(2, url="site.example/a")
    assert sets(group([one, two, candidate(3)], window=WINDOW)) == [{1, 2, 3}]


def test_different_headlines_and_addresses_stay_apart() -> None:
    assert sets(group([candidate(1), candidate(2, headline="rebels become officials")], window=WINDOW)) == [{1}, {2}]


def test_the_earliest_leads_and_the_others_name_it_and_why() -> None:
    late, early = group([candidate(1, hours=3), candidate(2)], window=WINDOW)
    assert (early.copy_of, early.reason) == (None, "same headline")
    assert (late.copy_of, late.reason) == (2, "same headline")


def test_a_set_is_named_after_its_first_arrival_although_a_later_one_leads() -> None:
    assert {assignment.copy_set for assignment in group([candidate(1, hours=3), candidate(2)], window=WINDOW)} == {1}


def test_an_entry_alone_has_neither_lead_nor_reason() -> None:
    assert group([candidate(7)], window=WINDOW) == [
        CopyAssignment(entry_id=EntryId(7), copy_set=7, copy_of=None, reason="")  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize("headline", ["", "weather forecast", "morning briefing", "news in pictures", "obama speaks"])
def test_a_short_or_generic_headline_alone_makes_no_copy(headline: str) -> None:
    together = [candidate(1, headline=headline), candidate(2, headline=headline)]
    assert sets(group(together, window=WINDOW)) == [{1}, {2}]


def test_a_short_headline_at_one_address_is_still_a_copy() -> None:
    together = [candidate(n, headline="weather forecast", url="site.example/weather") for n in (1, 2)]
    assert sets(group(together, window=WINDOW)) == [{1, 2}]


def test_a_headline_that_a_feed_prints_every_day_makes_no_copy_not_even_across_publishers() -> None:
    monday = candidate(1, feed="a", headline="minister answers parliament about borders")
    tuesday = candidate(2, feed="a", headline="minister answers parliament about borders", hours=24)
    elsewhere = candidate(3, feed="b", headline="minister answers parliament about borders", hours=1)
    assert sets(group([monday, elsewhere], window=WINDOW)) == [{1, 3}]
    assert sets(group([monday, elsewhere, tuesday], window=WINDOW)) == [{1}, {2}, {3}]


def test_two_things_that_a_feed_lists_under_one_headline_are_both_kept_in_sight() -> None:
    flats = [candidate(n, feed="a", headline="quiet flat with a view of the harbour") for n in (1, 2)]
    assert sets(group(flats, window=WINDOW)) == [{1}, {2}]


def test_what_a_feed_printed_weeks_ago_does_not_make_a_headline_recur() -> None:
    long_ago = candidate(1, feed="a")
    again = candidate(2, feed="a", hours=24 * 30)
    elsewhere = candidate(3, feed="b", hours=24 * 30 + 1)
    assert sets(group([long_ago, again, elsewhere], window=WINDOW)) == [{1}, {2, 3}]
    assert sets(group([again, elsewhere], window=WINDOW)) == [{2, 3}]


def test_an_address_of_many_headlines_in_one_feed_is_a_page_and_no_article() -> None:
    releases = [
        candidate(n, feed="a", url="site.example/changes.html", headline=f"release {n} of the big program is out")
        for n in (1, 2, 3)
    ]
    assert sets(group(releases, window=WINDOW)) == [{1}, {2}, {3}]


def test_entries_without_address_are_not_taken_for_copies_of_one_another() -> None:
    bare = [
        CopyCandidate(
            id=EntryId(n),
            feed_id=FeedId("a"),
            url_key=None,
            headline_key=f"entry number {n} of this feed",
            at=NOON,
            name=str(n),
        )
        for n in (1, 2)
    ]
    assert sets(group(bare, window=WINDOW)) == [{1}, {2}]


def near_pair(*, feeds: tuple[str, str] = ("one", "two"), hours: float = 1) -> list[CopyCandidate]:
    return [
        candidate(1, feed=feeds[0], near=(2,)),
        candidate(2, feed=feeds[1], near=(1,), headline="military chiefs meet in baghdad", hours=hours),
    ]


def test_nearly_the_same_text_of_two_feeds_is_one_piece_of_news() -> None:
    assert [(placed.copy_of, placed.reason) for placed in group(near_pair(), window=WINDOW)] == [
        (None, "nearly the same text"),
        (1, "nearly the same text"),
    ]


def test_nearly_the_same_text_of_one_feed_or_far_apart_in_time_ties_nothing() -> None:
    assert sets(group(near_pair(feeds=("one", "one")), window=WINDOW)) == [{1}, {2}]
    assert sets(group(near_pair(hours=48), window=WINDOW)) == [{1, 2}]
    assert sets(group(near_pair(hours=48.01), window=WINDOW)) == [{1}, {2}]


def test_a_text_that_is_not_at_hand_ties_nothing() -> None:
    assert sets(group([candidate(1, near=(7,))], window=WINDOW)) == [{1}]


def test_one_headline_is_a_better_reason_than_nearly_the_same_text() -> None:
    pair = [candidate(1, near=(2,)), candidate(2, near=(1,), hours=1)]
    assert {placed.reason for placed in group(pair, window=WINDOW)} == {"same headline"}


def test_a_template_does_not_make_two_articles_of_one_feed_copies_through_another_feed() -> None:
    one = candidate(1, feed="flats", headline="flat in the old town with a view", near=(3,))
    two = candidate(2, feed="flats", headline="flat by the river with a garden", near=(3,))
    elsewhere = candidate(3, feed="homes", headline="homes to rent in baghdad this week", near=(1, 2))
    assert sets(group([one, two, elsewhere], window=WINDOW)) == [{1}, {2}, {3}]


def test_a_headline_that_recurs_does_not_tie_what_nearly_the_same_text_does() -> None:
    twice = [candidate(1, feed="one"), candidate(2, feed="one", hours=1)]
    elsewhere = candidate(3, feed="two", near=(4,), hours=2)
    other = candidate(4, feed="three", headline="military chiefs meet in baghdad", near=(3,), hours=2)
    assert sets(group([*twice, elsewhere, other], window=WINDOW)) == [{1}, {2}, {3, 4}]
