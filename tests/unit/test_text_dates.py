"""Dates: every form seen in feeds, and none that could mean two days."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aggregator.text.dates import parse, rfc822, rfc3339

MOMENT = datetime(2019, 2, 20, 5, 59, tzinfo=UTC)
DAY = datetime(2019, 2, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 20 Feb 2019 05:59:00 GMT", "Wed, 20 Feb 2019 05:59:00 +0000", "Wed, 20 Feb 2019 05:59:00 Z", "20 Feb 2019 05:59", "Wed, 20 Feb 19 05:59",
        "Wed, 20 Feb 2019 00:59:00 EST", "Tue, 19 Feb 2019 22:59:00 PDT", "Wed, 20 Feb 2019 00:59:00 -0500 (EST)", "Wed, 20 Feb 2019 06:59 (CET)",
        "Thu, 20 Feb 2019 05:59:00 GMT", "wed, 20 february 2019 05:59:00 gmt", "Wed,20 Feb 2019 05:59:00 GMT", " Wed, 20  Feb 2019\n05:59:00 GMT ",
        "Wed, 20 Feb 2019 05:59:00 XYZ", "Wed, 20 Feb 2019 05:59:00 +9999", "Wed, 20 Feb 2019 06:59:00 GMT+1", "Wed, 20 Feb 2019 06:59:00 UTC+01:00",
        "Wed Feb 20 05:59:00 2019", "Wed Feb 20 05:59:00 UTC 2019", "February 20, 2019 5:59 AM", "Feb 20, 2019, 05:59", "Wednesday, February 20th, 2019 at 5:59 am",
        "2019-02-20T05:59:00Z", "2019-02-20T05:59Z", "2019-02-20t05:59:00z", "2019-02-20T06:59:00.123+01:00", "2019-02-19T21:59:00-0800", "2019-02-20 05:59",
        "Wed, 2019-02-20 05:59", "2019-02-20 05:59:00 UTC", "20190220T055900Z", "20190220055900", "2019/02/20 05:59", "20.02.2019 05:59", "20.2.2019, 5:59",
        "20/02/2019 05:59", "02/20/2019 05:59", "2019年02月20日 05:59", "2019년 2월 20일 05:59",
        "Mi, 20 Feb 2019 06:59:00 +0100", "20. Februar 2019 05:59", "mer., 20 févr. 2019 06:59:00 +0100", "20 de febrero de 2019 05:59",
        "Ср, 20 фев 2019 08:59:00 +0300", "20 февраля 2019 г. 05:59", "الأربعاء, فبراير 20, 2019 - 05:59", "20 شباط 2019 05:59",
        "1550642340", "1550642340000", "1550642340.5",
    ],
)  # fmt: skip
def test_a_moment_is_read(text: str) -> None:
    assert parse(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-20",
        "20190220",
        "2019-W08-3",
        "2019-051",
        "20 Feb 2019",
        "02/20/2019",
        "20.02.2019",
        "2019年2月20日",
        "20 février 2019",
    ],
)
def test_a_day_without_a_time_begins_at_midnight(text: str) -> None:
    assert parse(text) == DAY


def test_midnight_at_the_end_of_a_day_and_leap_seconds_exist() -> None:
    assert parse("Wed, 20 Feb 2019 24:00:00 GMT") == DAY + timedelta(days=1)
    assert parse("2019-02-20T24:00:00Z") == DAY + timedelta(days=1)
    assert parse("Wed, 20 Feb 2019 23:59:60 GMT") == DAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "hour"), [("Feb 20, 2019 12:00 AM", 0), ("Feb 20, 2019 12:00 pm", 12), ("Feb 20, 2019 1:00 p.m.", 13)]
)
def test_hours_of_half_a_day(text: str, hour: int) -> None:
    assert parse(text) == DAY + timedelta(hours=hour)


@pytest.mark.parametrize(("year", "expected"), [("49", 2049), ("70", 1970), ("99", 1999), ("00", 2000)])
def test_two_digits_mean_a_year_near_us(year: str, expected: int) -> None:
    found = parse(f"20 Feb {year} 05:59")
    assert found is not None
    assert found.year == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "-1", "0", "tomorrow", "Wed", "2019", "Wed, 30 Feb 2019 10:00:00 GMT", "Wed, 20 Feb 2019 25:00:00 GMT", "Wed, 20 Feb 2019 24:30:00 GMT",
        "Wed, 20 Feb 2019 10:60:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -0500", "Mon, 01 Jan 0001 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +0500", "Sat, 01 Jan 10000 00:00:00 GMT", "20 Feb 2562 10:00", "03/04/2019", "18/01/30 00:00", "20 Foo 2019", "2019-13-01",
        "2019-02-30", "99999999999999", "9999999999999", "\x00", "\ud800", "A" * 500_000, "1" * 500_000, "20 Feb 2019 " * 40_000, "0" * 99,
    ],
)  # fmt: skip
def test_what_is_no_date_or_could_be_two_is_none(text: str) -> None:
    assert parse(text) is None


def test_the_beginning_of_the_epoch_is_a_date() -> None:
    assert parse("Thu, 01 Jan 1970 00:00:00 GMT") == datetime(1970, 1, 1, tzinfo=UTC)


def test_dates_are_written_in_utc_and_whole_seconds() -> None:
    at = datetime(2019, 2, 20, 7, 59, 0, 999, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(at) == "2019-02-20T05:59:00Z"
    assert rfc822(at) == "Wed, 20 Feb 2019 05:59:00 +0000"
