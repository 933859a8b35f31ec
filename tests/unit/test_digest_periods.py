"""When a digest is due, and which time it covers."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from aggregator.digests.periods import Period, last_closed, missing, running
from aggregator.model.digest import DigestLine, DigestPlan

BEIRUT, BERLIN, UTC_ZONE = ZoneInfo("Asia/Beirut"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
DAILY = DigestPlan()
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sealed(period: Period) -> DigestLine:
    return DigestLine(name="daily", date=period.date, title="", end=period.end, headlines=(), stories=0)


def test_a_daily_digest_of_six_covers_from_six_to_six_where_the_site_is() -> None:
    period = last_closed(DAILY, BEIRUT, at("2018-09-02T03:00"))
    assert period == Period(date=date(2018, 9, 2), start=at("2018-09-01T03:00"), end=at("2018-09-02T03:00"))
    assert running(DAILY, BEIRUT, at("2018-09-02T03:00")).start == period.end


def test_a_second_before_its_end_a_period_still_runs() -> None:
    assert running(DAILY, BEIRUT, at("2018-09-02T02:59:59")).date == date(2018, 9, 2)
    assert last_closed(DAILY, BEIRUT, at("2018-09-02T02:59:59")).date == date(2018, 9, 1)


@pytest.mark.parametrize("zone", [BERLIN, BEIRUT], ids=str)
@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 24), ("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25), ("2026-10-26", 24)],
)
def test_the_day_on_which_the_clock_changes_is_an_hour_shorter_or_longer(zone: ZoneInfo, day: str, hours: int) -> None:
    period = last_closed(DAILY, zone, at(f"{day}T12:00"))
    assert period.date == date.fromisoformat(day)
    assert period.end - period.start == hours * HOUR
    assert period.end.astimezone(zone).hour == 6


def test_a_midnight_that_beirut_skips_or_shows_twice_ends_one_period() -> None:
    """Clocks there go from 0 to 1 on 29 March 2026, and from 24 back to 23 on 24 October: midnight is skipped, then 23:30 comes twice."""
    midnight, late = DigestPlan(at=time()), DigestPlan(at=time(23, 30))
    skipped = last_closed(midnight, BEIRUT, at("2026-03-29T12:00"))
    assert (skipped.end, skipped.date) == (at("2026-03-28T22:00"), date(2026, 3, 28))
    assert running(midnight, BEIRUT, at("2026-03-29T12:00")).end - skipped.end == 23 * HOUR
    twice = last_closed(late, BEIRUT, at("2026-10-25T12:00"))
    assert (twice.end, twice.date) == (at("2026-10-24T20:30"), date(2026, 10, 24))
    assert running(late, BEIRUT, at("2026-10-25T12:00")).end - twice.end == 25 * HOUR


def test_a_time_that_the_clock_skips_or_shows_twice_ends_one_period() -> None:
    plan = DigestPlan(at=time(2, 30))
    skipped = last_closed(plan, BERLIN, at("2024-03-31T12:00"))
    assert (skipped.end, skipped.date) == (at("2024-03-31T01:30"), date(2024, 3, 31))
    twice = last_closed(plan, BERLIN, at("2024-10-27T12:00"))
    assert (twice.end, twice.date) == (at("2024-10-27T00:30"), date(2024, 10, 27))


def test_a_weekly_digest_covers_the_seven_days_before() -> None:
    period = last_closed(DigestPlan(weekday=0), UTC_ZONE, at("2024-06-05T12:00"))
    assert period == Period(date=date(2024, 6, 3), start=at("2024-05-27T06:00"), end=at("2024-06-03T06:00"))


def test_a_digest_made_at_midnight_is_of_the_day_that_has_passed() -> None:
    assert last_closed(DigestPlan(at=time()), UTC_ZONE, at("2024-06-05T00:00")).date == date(2024, 6, 4)


def test_a_day_that_a_zone_skipped_has_no_digest() -> None:
    samoa = ZoneInfo("Pacific/Apia")
    first = last_closed(DAILY, samoa, at("2011-12-30T16:00"))
    assert first.date == date(2011, 12, 31)
    assert last_closed(DAILY, samoa, first.end - HOUR).date == date(2011, 12, 29)
    assert first.start == last_closed(DAILY, samoa, first.end - HOUR).end


def test_without_a_digest_the_last_period_alone_is_missing() -> None:
    now = at("2024-06-05T12:00")
    assert missing(DAILY, UTC_ZONE, None, now) == (last_closed(DAILY, UTC_ZONE, now),)


def test_every_period_since_the_newest_digest_is_missing_earliest_first() -> None:
    newest = sealed(last_closed(DAILY, UTC_ZONE, at("2024-06-01T12:00")))
    found = missing(DAILY, UTC_ZONE, newest, at("2024-06-05T12:00"))
    assert [period.date.day for period in found] == [2, 3, 4, 5]
    assert missing(DAILY, UTC_ZONE, sealed(found[-1]), at("2024-06-06T05:59")) == ()


def test_after_a_year_off_one_month_is_made() -> None:
    newest = sealed(last_closed(DAILY, UTC_ZONE, at("2023-06-01T12:00")))
    found = missing(DAILY, UTC_ZONE, newest, at("2024-06-05T12:00"))
    assert len(found) == 31
    assert found[0].start == found[0].end - timedelta(days=1)


def test_nothing_is_missing_while_the_clock_is_set_back() -> None:
    newest = sealed(last_closed(DAILY, UTC_ZONE, at("2024-06-05T12:00")))
    assert missing(DAILY, UTC_ZONE, newest, at("2023-06-05T12:00")) == ()


@pytest.mark.parametrize("hour", [4, 7, 20])
def test_a_changed_time_leaves_no_gap_and_tells_nothing_twice(hour: int) -> None:
    newest = sealed(last_closed(DAILY, UTC_ZONE, at("2024-06-05T12:00")))
    found = missing(DigestPlan(at=time(hour)), UTC_ZONE, newest, at("2024-06-08T23:00"))
    assert found[0].start == newest.end
    assert found[0].date > newest.date
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_daily_digest_that_becomes_weekly_begins_where_the_last_one_ended() -> None:
    newest = sealed(last_closed(DAILY, UTC_ZONE, at("2024-06-05T12:00")))
    (first,) = missing(DigestPlan(weekday=0), UTC_ZONE, newest, at("2024-06-10T12:00"))
    assert (first.start, first.end) == (newest.end, at("2024-06-10T06:00"))
