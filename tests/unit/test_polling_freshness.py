from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model.feed import FreshnessHints
from aggregator.polling.freshness import (
    LONGEST,
    LONGEST_RETRY,
    Delay,
    cache_control,
    freshness,
    http_date,
    lifetime,
    outside_skipped,
    renewed_lifetime,
    retry_after,
    skipping,
    spoken,
)
from tests.factories import NOON

NOTHING = FreshnessHints()


def asked(headers: dict[str, str], hints: FreshnessHints) -> Delay | None:
    return freshness(lifetime(headers, now=NOON), headers, hints)


def seconds_fresh(**headers: str) -> int | None:
    delay = asked({name.replace("_", "-"): value for name, value in headers.items()}, NOTHING)
    return int(delay.length.total_seconds()) if delay else None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache_control": "max-age=3600"}, 3600),
        ({"cache_control": "public, Max-Age=3600, must-revalidate"}, 3600),
        ({"cache_control": 'max-age="3600"'}, 3600),
        ({"cache_control": "max-age=3600", "age": "600"}, 3000),
        ({"cache_control": "max-age=3600", "age": "nonsense"}, 3600),
        ({"cache_control": "s-maxage=3600"}, None),
        ({"cache_control": "max-age=-5"}, None),
        ({"cache_control": "max-age=soon"}, None),
        ({"cache_control": "max-age=60, max-age=7200"}, 60),
        ({"cache_control": 'private="set-cookie", max-age=60'}, 60),
        ({"cache_control": 'no-cache="set-cookie", max-age=60'}, 60),
        ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT", "date": "Tue, 10 Mar 2026 12:30:00 GMT"}, 1800),
        ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT"}, 3600),
        ({"expires": "0"}, None),
        ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT", "cache_control": "max-age=60"}, 60),
        ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT", "cache_control": "max-age=soon"}, None),
        ({}, None),
    ],
)
def test_p9_freshness_is_counted_as_rfc_9111_does(headers: dict[str, str], seconds: int | None) -> None:
    assert seconds_fresh(**headers) == seconds


@pytest.mark.parametrize("directive", ["no-cache", "no-store", "NO-CACHE"])
def test_p9_no_cache_and_no_store_leave_no_freshness_to_max_age_or_expires(directive: str) -> None:
    expires = "Tue, 10 Mar 2026 13:00:00 GMT"
    assert seconds_fresh(cache_control=f"max-age=3600, {directive}", expires=expires) is None


FOUR_HOURS = timedelta(hours=4)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 4 * 3600),
        ({"date": "Tue, 10 Mar 2026 12:30:00 GMT", "age": "600"}, 4 * 3600),
        ({"cache-control": "max-age=60"}, 60),
        ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT"}, 3600),
        ({"cache-control": "no-cache"}, None),
        ({"cache-control": "no-store"}, None),
        ({"cache-control": "public"}, None),
        ({"expires": "0"}, None),
    ],
)
def test_p5_a_304_takes_back_only_what_it_speaks_of(headers: dict[str, str], seconds: int | None) -> None:
    life = renewed_lifetime(FOUR_HOURS, headers, now=NOON)
    assert (life.length.total_seconds() if life else None) == seconds


def test_p9_the_age_of_a_304_counts_against_the_lifetime_it_kept() -> None:
    headers = {"age": "3600"}
    delay = freshness(renewed_lifetime(FOUR_HOURS, headers, now=NOON), headers, NOTHING)
    assert delay is not None
    assert delay.length == timedelta(hours=3)
    assert delay.reason == "max-age or Expires of an earlier answer, 4 h"


def test_a_directive_in_quotes_is_not_taken_apart_at_its_comma() -> None:
    assert cache_control('ext="a, max-age=1", max-age=2') == {"ext": "a, max-age=1", "max-age": "2"}


def test_p8_the_longest_wait_that_anyone_asks_for_counts_and_says_why() -> None:
    hints = FreshnessHints(ttl=timedelta(minutes=90), update_period=timedelta(hours=1))
    delay = asked({"cache-control": "max-age=60"}, hints)
    assert delay is not None
    assert delay.length == timedelta(minutes=90)
    assert delay.reason == "the document's ttl of 90 min"


def test_p9_ten_years_are_cut_to_the_cap_and_the_reason_says_so() -> None:
    delay = asked({"cache-control": "max-age=315360000"}, NOTHING)
    assert delay is not None
    assert delay.length == LONGEST
    assert delay.reason == "Cache-Control: max-age of 3650 days, cut to 7 days"


def test_a_number_with_a_million_digits_is_only_a_large_number() -> None:
    delay = asked({"cache-control": "max-age=" + "9" * 1_000_000}, NOTHING)
    assert delay is not None
    assert delay.length == LONGEST


@pytest.mark.parametrize("hints", [NOTHING, FreshnessHints(ttl=timedelta(0)), FreshnessHints(ttl=timedelta(-1))])
def test_what_asks_for_no_wait_says_nothing(hints: FreshnessHints) -> None:
    assert asked({}, hints) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("Tue, 10 Mar 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Tuesday, 10-Mar-26 13:00:00 GMT", timedelta(hours=1)),
        ("Tue Mar 10 13:00:00 2026", timedelta(hours=1)),
        ("1000000000", LONGEST_RETRY),
        ("Tue, 10 Mar 2037 13:00:00 GMT", LONGEST_RETRY),
    ],
)
def test_p12_t3_retry_after_is_seconds_or_a_date_and_never_more_than_a_day(value: str, expected: timedelta) -> None:
    delay = retry_after({"retry-after": value}, now=NOON)
    assert delay is not None
    assert delay.length == expected


@pytest.mark.parametrize("value", ["", "0", "-120", "soon", "1.5", "Tue, 10 Mar 2026 11:00:00 GMT", "१२०"])
def test_t3_a_retry_after_that_is_over_or_no_time_says_nothing(value: str) -> None:
    assert retry_after({"retry-after": value}, now=NOON) is None


def test_p20_a_skipped_hour_is_waited_out_and_the_minute_stays() -> None:
    at = datetime(2026, 3, 10, 2, 17, 5, tzinfo=UTC)
    assert outside_skipped(at, FreshnessHints(skip_hours=frozenset({2, 3, 4}))) == at.replace(hour=5)


def test_p20_a_skipped_weekend_is_waited_out() -> None:
    saturday = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
    assert outside_skipped(saturday, FreshnessHints(skip_days=frozenset({5, 6}))) == datetime(2026, 3, 16, tzinfo=UTC)


def test_p20_hours_and_days_hold_together() -> None:
    sunday = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)
    hints = FreshnessHints(skip_days=frozenset({6}), skip_hours=frozenset({0, 1}))
    assert outside_skipped(sunday, hints) == datetime(2026, 3, 16, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "hints", [FreshnessHints(skip_hours=frozenset(range(24))), FreshnessHints(skip_days=frozenset(range(7)))]
)
def test_p20_a_document_that_skips_every_hour_or_day_is_not_believed(hints: FreshnessHints) -> None:
    assert outside_skipped(NOON, hints) == NOON


@pytest.mark.parametrize("text", ["", "yesterday", "Tue, 99 Mar 2026 12:00:00 GMT", "10 Mar 999999 12:00:00 +0000"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert http_date(text) is None


def test_a_date_at_the_end_of_time_in_another_zone_does_not_overflow() -> None:
    assert http_date("Fri, 31 Dec 9999 23:59:59 -2300") is None


@pytest.mark.parametrize(
    ("hours", "days", "named"),
    [
        ({12}, set(), "skipHours"),
        (set(), {1}, "skipDays"),
        ({12}, {2}, "skipHours"),
        ({0}, {1}, "skipHours and skipDays"),
        ({*range(12, 22)}, {1}, "skipDays"),
        ({13}, {2}, ""),
        ({*range(24)}, set(), ""),
        ({*range(24)}, {1}, "skipDays"),
    ],
)
def test_p20_what_moves_a_time_is_named(hours: set[int], days: set[int], named: str) -> None:
    """Noon of a Tuesday."""
    assert skipping(NOON, FreshnessHints(skip_hours=frozenset(hours), skip_days=frozenset(days))) == named


def test_p20_where_either_would_do_both_are_named() -> None:
    late = NOON.replace(hour=23)
    assert (
        skipping(late, FreshnessHints(skip_hours=frozenset({23}), skip_days=frozenset({1}))) == "skipHours and skipDays"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (45, "45 s"),
        (60, "60 s"),
        (1800, "30 min"),
        (5400, "90 min"),
        (14400, "4 h"),
        (604800, "7 days"),
        (119, "119 s"),
        (1801, "about 30 min"),
        (7199, "about 2 h"),
        (9999, "about 3 h"),
        (14401, "about 4 h"),
        (604799, "about 7 days"),
    ],
)
def test_durations_are_said_in_units_that_fit(seconds: int, words: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == words
