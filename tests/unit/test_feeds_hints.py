from datetime import timedelta

import pytest

from aggregator.feeds.hints import read_hints


@pytest.mark.parametrize(
    ("ttl", "expected"),
    [
        ("60", timedelta(hours=1)),
        (" 5\n", timedelta(minutes=5)),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("9" * 9, timedelta(days=365)),
        ("9" * 5000, None),
        (None, None),
        (["60"], None),
    ],
)
def test_ttl_is_in_minutes_and_at_most_a_year(ttl: object, expected: timedelta | None) -> None:
    assert read_hints({"ttl": ttl}, "").ttl == expected


@pytest.mark.parametrize(
    ("period", "frequency", "expected"),
    [
        ("hourly", "2", timedelta(minutes=30)),
        ("Hourly ", None, timedelta(hours=1)),
        (None, "4", timedelta(hours=6)),
        ("weekly", "1", timedelta(weeks=1)),
        ("fortnightly", "1", None),
        ("daily", "0", None),
        ("daily", "often", None),
        (None, None, None),
    ],
)
def test_the_update_period_is_divided_by_its_frequency(
    period: str | None, frequency: str | None, expected: timedelta | None
) -> None:
    assert read_hints({"sy_updateperiod": period, "sy_updatefrequency": frequency}, "").update_period == expected


def test_every_hour_and_day_is_read() -> None:
    hints = read_hints(
        {},
        "<rss><channel><skipHours><hour>3</hour> <hour> 24 </hour><hour>77</hour></skipHours>"
        "<skipDays><day>Monday</day><day>SUNDAY</day><day>Someday</day></skipDays></channel></rss>",
    )
    assert hints.skip_hours == {0, 3}
    assert hints.skip_days == {0, 6}


def test_what_stands_in_a_comment_or_in_an_item_is_no_hint() -> None:
    hints = read_hints(
        {},
        "<rss><channel><!-- <skipHours><hour>3</hour></skipHours> -->"
        "<item><skipHours><hour>4</hour></skipHours></item></channel></rss>",
    )
    assert hints.skip_hours == frozenset()
