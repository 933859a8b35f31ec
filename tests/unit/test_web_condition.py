"""How a feed is doing, in words."""

from datetime import timedelta

import pytest

from aggregator.web.pages.condition import roughly

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), "1 min"),
        (89 * MINUTE, "89 min"),
        (3 * HOUR, "3 h"),
        (35.9 * HOUR, "36 h"),
        (36 * HOUR, "2 days"),
        (59 * DAY, "59 days"),
        (61 * DAY, "2 months"),
        (365 * DAY, "12 months"),
        (731 * DAY, "2 years"),
        (1095 * DAY, "3 years"),
    ],
)
def test_a_duration_is_rounded_to_what_a_person_would_say(length: timedelta, said: str) -> None:
    assert roughly(length) == said
