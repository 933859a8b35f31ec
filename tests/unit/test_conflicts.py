"""What keeps headlines of one pattern from being one event."""

import pytest

from aggregator.stories.conflicts import DATE, NAME, NUMBER, OPPOSITE, SCORE, conflict
from aggregator.text.claims import Claims, may_be_numbered


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Magnitude 6.1 earthquake strikes off coast of Japan", "Magnitude 6.4 earthquake strikes off coast of Chile", NUMBER),
        ("Strong earthquake strikes off coast of Japan", "Strong earthquake strikes off coast of Chile", NAME),
        ("Micron market value crosses $900 billion", "SK Hynix market value crosses $900 billion", NAME),
        ("Fed raises rates by a quarter point at June meeting", "Fed raises rates by a quarter point at July meeting", DATE),
        ("Snow expected across Alps on Monday", "Snow expected across Alps on Thursday", DATE),
        ("Budget of 2025 passes parliament", "Budget of 2026 passes parliament", DATE),
        ("Judge grants bail to former minister", "Judge denies bail to former minister", OPPOSITE),
        ("Oil prices rise as traders watch Iran", "Oil prices fall as traders watch Iran", OPPOSITE),
        ("Lakers 101-99 Rockets recap", "Lakers 120-95 Rockets recap", SCORE),
        ("Lakers win third game of series", "Lakers win fourth game of series", NUMBER),
        ("Apple releases iOS 7.1 update", "Apple releases iOS 8.2 update", NUMBER),
    ],
)  # fmt: skip
def test_headlines_of_one_pattern_conflict_in_what_differs(one: str, other: str, expected: str) -> None:
    assert conflict(Claims(one), Claims(other)) == expected
    assert conflict(Claims(other), Claims(one)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bus crash kills 12 in Peru", "Bus crash kills 15 in Peru"),
        ("Magnitude 6.1 earthquake strikes off Japan", "Magnitude 6.2 earthquake strikes off Japan"),
        ("Judge blocks cuts for more than 30 cities", "Judge blocks cuts for 34 cities"),
        ("Mamdani beats Cuomo in New York primary", "Cuomo loses to Mamdani in New York primary"),
        ("Boeing names new chief executive", "Boeing picks new CEO"),
        ("Filipino rebels become officials", "Philippines swears in rebels as officials"),
        ("President declares emergency on border", "Trump declares national emergency over border"),
        ("Stocks rise and fall", "Stocks rise"),
        ("May to resign as prime minister", "Theresa May resigns as prime minister in June"),
        ("Iraq hosts military chiefs", "Café owners protest 4 new taxes on Monday"),
        ("", ""),
    ],
)
def test_other_words_for_one_event_do_not_conflict(one: str, other: str) -> None:
    assert conflict(Claims(one), Claims(other)) is None


@pytest.mark.parametrize(
    ("headline", "figures"),
    [
        ("Bus crash kills twelve in Peru", ("12",)),
        ("Toll rises to 1,015 as 90mph storm of 2026 moves on, 6.1 million without power", ("6.1", "90", "1015")),
        ("No one knows when the second talks begin", ()),
        ("", ()),
    ],
)
def test_a_headline_says_these_numbers_from_the_least(headline: str, figures: tuple[str, ...]) -> None:
    assert Claims(headline).figures == figures
    assert may_be_numbered(headline) or not figures


def test_numbers_and_dates_of_different_patterns_are_not_compared() -> None:
    one = Claims("Twelve dead as 6.1 quake hits Japan on Monday, 300 houses gone")
    assert conflict(one, Claims("Japan rate decision on Tuesday: 0.5 per cent")) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Covid-19: 11 new cases in Auckland", "Covid-19: 20 new cases in Auckland"),
        ("Boeing 737 order: airline buys 150 jets", "Boeing 737 order: airline buys 300 jets"),
        ("Artemis 2 crew orbits moon 5 times", "Artemis 2 crew orbits moon 9 times"),
    ],
)
def test_a_number_in_a_name_does_not_make_up_for_numbers_that_differ(one: str, other: str) -> None:
    assert conflict(Claims(one), Claims(other)) == NUMBER
