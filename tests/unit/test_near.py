"""Nearly the same text."""

from datetime import timedelta

import pytest

from aggregator.model.ids import EntryId
from aggregator.stories.near import NearText, are_near, bands, near_pairs, near_text, shingles
from tests.factories import NOON

AGENCY = (
    "BAGHDAD: Senior Iraqi military commanders hosted their counterparts from Iran, Russia and Syria on Saturday to discuss "
    "security along the border and the sharing of intelligence against what is left of the extremist group, officials said, "
    "adding that a joint centre would open in the capital before the end of the year."
)
WINDOW = timedelta(hours=48)


def text(number: int, headline: str, body: str, *, hours: float = 0) -> NearText:
    return near_text(EntryId(number), headline, body, NOON + timedelta(hours=hours))


def test_an_agency_text_under_another_headline_is_a_copy() -> None:
    one = text(1, "Iraq hosts military chiefs from Iran, Russia and Syria", AGENCY)
    other = text(2, "Military chiefs meet in Baghdad", AGENCY.replace("BAGHDAD: Senior", "Senior") + " More soon.")
    assert near_pairs([one, other], window=WINDOW) == [(EntryId(1), EntryId(2))]


def test_a_report_with_as_much_that_is_new_is_none() -> None:
    longer = (
        f"{AGENCY} Witnesses in the capital told reporters that two convoys had left the airport before dawn under heavy guard, "
        "and a minister who asked not to be named said the talks had nearly failed over who would pay for the new centre."
    )
    assert near_pairs([text(1, "Iraq hosts chiefs", AGENCY), text(2, "Iraq hosts chiefs", longer)], window=WINDOW) == []


def test_a_headline_alone_is_never_nearly_the_same() -> None:
    headline = (
        "Senior Iraqi military commanders hosted their counterparts from Iran and Russia and Syria on Saturday again"
    )
    assert near_pairs([text(1, headline, ""), text(2, headline, "")], window=WINDOW) == []
    assert shingles(headline, "") == frozenset()
    assert bands(frozenset()) == ()


def test_texts_of_one_template_that_say_another_number_are_no_copies() -> None:
    one = text(1, "Coronavirus: 4,211 new cases reported in Italy on Tuesday", AGENCY)
    other = text(2, "Coronavirus: 3,986 new cases reported in Italy on Wednesday", AGENCY)
    assert not are_near(one, other)


@pytest.mark.parametrize(("hours", "found"), [(48, 1), (49, 0)])
def test_texts_far_apart_in_time_are_no_copies(hours: float, found: int) -> None:
    pair = [text(1, "Iraq hosts chiefs", AGENCY), text(2, "Chiefs meet", AGENCY, hours=hours)]
    assert len(near_pairs(pair, window=WINDOW)) == found
