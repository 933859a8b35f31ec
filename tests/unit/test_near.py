"""Nearly the same text."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from aggregator.model.copies import CopyText
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.near import are_near, near_text, shingles
from aggregator.stories.near_window import NearWindow
from tests.factories import NOON

AGENCY = (
    "BAGHDAD: Senior Iraqi military commanders hosted their counterparts from Iran, Russia and Syria on Saturday to discuss "
    "security along the border and the sharing of intelligence against what is left of the extremist group, officials said, "
    "adding that a joint centre would open in the capital before the end of the year."
)
WINDOW = timedelta(hours=48)


def text(number: int, headline: str, body: str, *, hours: float = 0, feed: str = "") -> CopyText:
    return CopyText(
        id=EntryId(number),
        feed_id=FeedId(feed or f"feed-{number}"),
        headline=headline,
        body=body,
        at=NOON + timedelta(hours=hours),
    )


def near_pairs(texts: Iterable[CopyText]) -> list[tuple[EntryId, EntryId]]:
    window = NearWindow(WINDOW, timedelta(hours=72))
    return [pair for each in texts for pair in window.add(each)]


def test_an_agency_text_under_another_headline_is_a_copy() -> None:
    one = text(1, "Iraq hosts military chiefs from Iran, Russia and Syria", AGENCY)
    other = text(2, "Military chiefs meet in Baghdad", AGENCY.replace("BAGHDAD: Senior", "Senior") + " More soon.")
    assert near_pairs([one, other]) == [(EntryId(1), EntryId(2))]


def test_a_report_with_as_much_that_is_new_is_none() -> None:
    longer = (
        f"{AGENCY} Witnesses in the capital told reporters that two convoys had left the airport before dawn under heavy guard, "
        "and a minister who asked not to be named said the talks had nearly failed over who would pay for the new centre."
    )
    assert near_pairs([text(1, "Iraq hosts chiefs", AGENCY), text(2, "Iraq hosts chiefs", longer)]) == []


def test_a_headline_alone_is_never_nearly_the_same() -> None:
    headline = (
        "Senior Iraqi military commanders hosted their counterparts from Iran and Russia and Syria on Saturday again"
    )
    assert near_pairs([text(1, headline, ""), text(2, headline, "")]) == []
    assert shingles(headline, "") == set()


def test_texts_of_one_template_that_say_another_number_are_no_copies() -> None:
    one = text(1, "Coronavirus: 4,211 new cases reported in Italy on Tuesday", AGENCY)
    other = text(2, "Coronavirus: 3,986 new cases reported in Italy on Wednesday", AGENCY)
    assert not are_near(near_text(one), near_text(other))


@pytest.mark.parametrize(("hours", "found"), [(48, 1), (49, 0)])
def test_texts_far_apart_in_time_are_no_copies(hours: float, found: int) -> None:
    pair = [text(1, "Iraq hosts chiefs", AGENCY), text(2, "Chiefs meet", AGENCY, hours=hours)]
    assert len(near_pairs(pair)) == found


def test_what_one_feed_says_twice_is_its_template() -> None:
    assert near_pairs([text(number, "Iraq hosts chiefs", AGENCY, feed="one") for number in (1, 2)]) == []


def test_what_lies_too_long_before_the_latest_is_forgotten() -> None:
    window = NearWindow(WINDOW, timedelta(hours=72))
    window.add(text(1, "Iraq hosts chiefs", AGENCY))
    window.add(text(2, "Chiefs meet", AGENCY, hours=120))
    assert window.add(text(3, "Late", AGENCY, hours=1)) == [(1, 3)]
    window.add(text(4, "Another", f"{AGENCY} More.", hours=121.5))
    assert window.remembered == 2
    assert window.add(text(5, "Late", AGENCY, hours=100)) == [(2, 5), (4, 5)]


def test_what_a_text_says_now_counts_instead_of_what_it_said() -> None:
    window = NearWindow(WINDOW, timedelta(hours=72))
    window.add(text(1, "Iraq hosts chiefs", AGENCY))
    assert window.revise(text(1, "Iraq hosts chiefs", AGENCY[::-1])) == []
    assert window.add(text(2, "Chiefs meet", AGENCY)) == []
    assert window.revise(text(1, "Iraq hosts chiefs", AGENCY)) == [(1, 2)]
    assert window.remembered == 2


def test_texts_that_are_put_away_are_forgotten_one_by_one_as_their_time_comes() -> None:
    """The one at which forgetting stopped was passed over the next time."""
    window = NearWindow(WINDOW, timedelta(hours=72))
    for number in range(1, 41):
        window.add(text(number, f"Report {number}", AGENCY, hours=number, feed="one"))
    window.rest(0)
    for hours in range(41, 200):
        window.recall(text(hours, f"Report {hours}", AGENCY, hours=hours, feed="one"))
        assert window.remembered == min(hours, 48 + 72 + 1)
