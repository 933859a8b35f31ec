"""Times as people read them."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.cli.wording import counted, skipped, spelt
from tests.factories import NOON

BEIRUT = ZoneInfo("Asia/Beirut")


def test_a_time_is_spelt_in_the_zone_of_the_site_and_names_it() -> None:
    assert spelt(NOON, BEIRUT) == "2026-03-10 14:00 EET"
    assert spelt(NOON + timedelta(days=120), BEIRUT) == "2026-07-08 15:00 EEST"
    assert spelt(NOON, ZoneInfo("UTC")) == "2026-03-10 12:00 UTC"


@pytest.mark.parametrize(("seconds", "said"), [(61, "12:01:01"), (119, "12:01:59"), (120, "12:02"), (7200, "14:00")])
def test_a_time_less_than_two_minutes_away_has_its_seconds(seconds: int, said: str) -> None:
    until = NOON + timedelta(seconds=seconds)
    message = skipped("polled less than a minute ago", until, ZoneInfo("UTC"), now=NOON)
    assert message == f"next allowed at 2026-03-10 {said} UTC: polled less than a minute ago"


def test_a_reason_without_an_end_stands_alone() -> None:
    assert skipped("gone", None, BEIRUT, now=NOON) == "gone"


def test_one_is_not_several() -> None:
    assert [counted(number, "feed") for number in (0, 1, 2)] == ["0 feeds", "1 feed", "2 feeds"]
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]
