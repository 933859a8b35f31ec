from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model.feed import FeedState, FreshnessHints, Outcome, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, Gone, NotModified
from aggregator.model.ids import FeedId
from aggregator.polling.schedule import LONGEST_PHASE, after_fetch, body_hash, phase
from aggregator.polling.validators import LONGEST_VALIDATOR
from aggregator.polling.waits import LEAST_INTERVAL, LONGEST_BACK_OFF, PUSHED_INTERVAL, REFUSED_FOR, REPEATS_BELIEVED
from tests.factories import NOON, make_feed

HOUR = timedelta(hours=1)
FEED = make_feed(interval=HOUR)
URL = FEED.url
DOCUMENT = ParsedFeed(format="rss20")
NO_VALIDATORS = ""
"""As an ETag: it counts as none."""
DAY = timedelta(days=1)
NEVER_POLLED = FeedState()
POLLED = FeedState(
    validators=Validators(etag='"old"', last_modified="Mon, 09 Mar 2026 12:00:00 GMT", url=URL),
    body_hash=body_hash(b"old"),
    last_polled_at=NOON - HOUR,
    last_success_at=NOON - HOUR,
    last_outcome=Outcome.FETCHED,
    last_message="not well-formed: mismatched tag",
    next_poll_at=NOON,
)


def fetched(body: bytes = b"new", *, url: str = URL, permanent_url: str | None = None, **headers: str) -> Fetched:
    return Fetched(url=url, permanent_url=permanent_url, headers={"etag": '"new"'} | named(headers), body=body)


def failed(kind: FailureKind = FailureKind.NETWORK, status: int | None = None, **headers: str) -> Failed:
    return Failed(kind=kind, message="it failed", status=status, headers=named(headers))


def status(code: int, **headers: str) -> Failed:
    return failed(FailureKind.STATUS, code, **headers)


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def wait(state: FeedState, *, now: datetime = NOON) -> timedelta:
    assert state.next_poll_at is not None
    return state.next_poll_at - now


def is_about(actual: timedelta, expected: timedelta) -> bool:
    """The expected wait, or longer by the feed's phase: never shorter."""
    return expected <= actual <= expected + min(expected / 10, LONGEST_PHASE) + timedelta(seconds=1)


def test_p11_the_interval_runs_from_the_end_of_the_poll_and_is_never_cut_short() -> None:
    state = after_fetch(FEED, NEVER_POLLED, fetched(), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), HOUR)
    assert state.next_poll_reason == "interval of 60 min"
    assert state.last_polled_at == state.last_success_at == NOON


def test_p16_two_feeds_polled_together_come_apart() -> None:
    offsets = {phase(FeedId(f"feed-{number}"), HOUR) for number in range(50)}
    assert len(offsets) > 40
    assert all(timedelta() <= offset < timedelta(minutes=6) for offset in offsets)


def test_p16_the_phase_of_a_feed_never_changes() -> None:
    assert phase(FeedId("bbc-world"), HOUR) == timedelta(seconds=294)


def test_the_next_poll_is_in_a_whole_second_and_not_early() -> None:
    now = NOON.replace(microsecond=1)
    state = after_fetch(FEED, NEVER_POLLED, fetched(), now=now, document=DOCUMENT)
    assert state.next_poll_at is not None
    assert state.next_poll_at.microsecond == 0
    assert state.next_poll_at >= now + HOUR


def test_p8_max_age_longer_than_the_interval_counts() -> None:
    state = after_fetch(FEED, NEVER_POLLED, fetched(cache_control="max-age=14400"), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), 4 * HOUR)
    assert state.next_poll_reason == "Cache-Control: max-age of 4 h"


def test_p8_max_age_shorter_than_the_interval_does_not() -> None:
    state = after_fetch(FEED, NEVER_POLLED, fetched(cache_control="max-age=60"), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), HOUR)


def test_p8_max_age_counts_after_a_304_too() -> None:
    state = after_fetch(FEED, POLLED, NotModified(headers={"cache-control": "max-age=14400"}), now=NOON)
    assert is_about(wait(state), 4 * HOUR)


def test_p8_the_ttl_of_the_document_outlives_a_304_and_an_unchanged_document() -> None:
    hints = FreshnessHints(ttl=2 * HOUR)
    first = after_fetch(FEED, NEVER_POLLED, fetched(), now=NOON, document=replace(DOCUMENT, hints=hints))
    second = after_fetch(FEED, first, NotModified(), now=NOON)
    third = after_fetch(FEED, second, fetched(), now=NOON, same_document=True)
    assert all(is_about(wait(state), 2 * HOUR) for state in (first, second, third))


def test_p20_the_next_poll_is_outside_of_skipped_hours() -> None:
    hints = FreshnessHints(skip_hours=frozenset({13, 14}))
    state = after_fetch(FEED, NEVER_POLLED, fetched(), now=NOON, document=replace(DOCUMENT, hints=hints))
    assert state.next_poll_at is not None
    assert state.next_poll_at.hour == 15
    assert state.next_poll_reason == "interval of 60 min, moved out of the document's skipHours"


def test_p20_skipped_days_are_named_after_failures_too() -> None:
    hints = FreshnessHints(skip_hours=frozenset({20}), skip_days=frozenset({1}))
    state = after_fetch(FEED, replace(POLLED, hints=hints), status(500), now=NOON)
    assert state.next_poll_at is not None
    assert state.next_poll_at.day == 11
    assert state.next_poll_reason == "60 min after a failure, moved out of the document's skipDays"


def test_p20_a_time_that_was_not_moved_does_not_say_so() -> None:
    hints = FreshnessHints(skip_hours=frozenset({20}), skip_days=frozenset({5, 6}))
    state = after_fetch(FEED, NEVER_POLLED, fetched(), now=NOON, document=replace(DOCUMENT, hints=hints))
    assert state.next_poll_reason == "interval of 60 min"


def test_p4_a_200_replaces_both_validators() -> None:
    state = after_fetch(FEED, POLLED, fetched(etag='W/"new"', last_modified="today"), now=NOON, document=DOCUMENT)
    assert state.validators == Validators(etag='W/"new"', last_modified="today", url=URL)


def test_p4_a_validator_that_a_200_lacks_is_forgotten() -> None:
    state = after_fetch(FEED, POLLED, fetched(etag='"new"'), now=NOON, document=DOCUMENT)
    assert state.validators == Validators(etag='"new"', last_modified=None, url=URL)


def test_p7_validators_are_bound_to_the_address_that_gave_them() -> None:
    there = "https://elsewhere.example/feed"
    state = after_fetch(FEED, POLLED, fetched(url=there, etag='"new"'), now=NOON, document=DOCUMENT)
    assert state.validators.url == there


def test_a_validator_longer_than_a_kibibyte_is_not_kept() -> None:
    etag = '"' + "x" * LONGEST_VALIDATOR + '"'
    state = after_fetch(FEED, POLLED, fetched(etag=etag), now=NOON, document=DOCUMENT)
    assert state.validators == Validators()


def test_p5_a_304_without_validators_keeps_the_known_ones() -> None:
    state = after_fetch(FEED, POLLED, NotModified(), now=NOON)
    assert state.validators == POLLED.validators
    assert state.last_outcome is Outcome.NOT_MODIFIED


def test_p5_a_304_with_a_validator_renews_that_one() -> None:
    state = after_fetch(FEED, POLLED, NotModified(headers={"etag": '"newer"'}), now=NOON)
    assert state.validators == replace(POLLED.validators, etag='"newer"')


def test_p26_the_same_bytes_are_the_same_document() -> None:
    state = after_fetch(FEED, POLLED, fetched(b"old", etag='"b"'), now=NOON, same_document=True)
    assert state.last_outcome is Outcome.SAME_DOCUMENT
    assert state.body_hash == POLLED.body_hash
    assert state.validators.etag == '"b"'


def test_a_hash_that_is_known_is_not_made_again() -> None:
    state = after_fetch(FEED, POLLED, fetched(b"new"), now=NOON, document=DOCUMENT, hashed="known")
    assert state.body_hash == "known"
    assert after_fetch(FEED, POLLED, fetched(b"new"), now=NOON, document=DOCUMENT).body_hash == body_hash(b"new")


def test_what_was_wrong_with_the_document_is_said_as_long_as_it_stays() -> None:
    same = after_fetch(FEED, POLLED, NotModified(), now=NOON)
    repaired = after_fetch(FEED, same, fetched(), now=NOON, document=DOCUMENT)
    assert same.last_message == POLLED.last_message
    assert repaired.last_message == ""


def test_everything_worth_knowing_about_a_document_is_said() -> None:
    document = ParsedFeed(format="rss20", malformed="mismatched tag", dropped=1500)
    answer = fetched(permanent_url="https://new.example/feed")
    state = after_fetch(FEED, NEVER_POLLED, answer, now=NOON, document=document)
    assert state.last_message == (
        "moved for good to https://new.example/feed; not well-formed: mismatched tag; "
        "1,500 entries beyond the limit left out"
    )


def test_p19_back_off_doubles_up_to_a_day_and_never_ends() -> None:
    state, waits = POLLED, []
    for _ in range(8):
        state = after_fetch(FEED, state, failed(), now=NOON)
        waits.append(round(wait(state) / HOUR))
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert state.failures == 8
    assert not state.gone


def test_p19_a_thousand_failures_are_counted_without_overflow() -> None:
    state = after_fetch(FEED, replace(POLLED, failures=10_000), failed(), now=NOON)
    assert is_about(wait(state), LONGEST_BACK_OFF)


def test_back_off_is_never_shorter_than_a_long_interval() -> None:
    weekly = make_feed(interval=timedelta(days=7))
    assert is_about(wait(after_fetch(weekly, POLLED, failed(), now=NOON)), timedelta(days=7))


def test_a_success_ends_back_off_block_and_message() -> None:
    bad = replace(POLLED, failures=5, last_outcome=Outcome.FAILED, blocked_until=NOON + HOUR, gone=True)
    state = after_fetch(FEED, bad, NotModified(), now=NOON)
    assert (state.failures, state.last_message, state.blocked_until, state.gone) == (0, "", None, False)


@pytest.mark.parametrize("kind", list(FailureKind))
def test_p7_no_failure_touches_what_belongs_to_the_stored_document(kind: FailureKind) -> None:
    polled = replace(POLLED, hints=FreshnessHints(ttl=HOUR))
    state = after_fetch(FEED, polled, failed(kind, etag='"new"'), now=NOON)
    assert state.validators == polled.validators
    assert (state.body_hash, state.hints) == (polled.body_hash, polled.hints)
    assert (state.last_success_at, state.last_polled_at) == (polled.last_success_at, NOON)
    assert (state.last_outcome, state.last_message) == (Outcome.FAILED, "it failed")


@pytest.mark.parametrize("code", [429, 503])
def test_p12_retry_after_blocks_the_feed_until_then(code: int) -> None:
    state = after_fetch(FEED, POLLED, status(code, retry_after="7200"), now=NOON)
    assert state.blocked_until == NOON + 2 * HOUR
    assert is_about(wait(state), 2 * HOUR)
    assert state.next_poll_reason == "Retry-After of 120 min"


def test_p12_a_short_retry_after_does_not_shorten_the_interval() -> None:
    state = after_fetch(FEED, POLLED, status(503, retry_after="60"), now=NOON)
    assert state.blocked_until == NOON + timedelta(minutes=1)
    assert is_about(wait(state), HOUR)


def test_a23_a_forged_retry_after_costs_a_day_at_most() -> None:
    state = after_fetch(FEED, POLLED, status(429, retry_after="1000000000"), now=NOON)
    assert state.blocked_until == NOON + timedelta(hours=24)


@pytest.mark.parametrize("code", [301, 400, 404, 420, 500, 502, 504])
def test_p12_retry_after_is_obeyed_beside_every_other_status(code: int) -> None:
    state = after_fetch(FEED, POLLED, status(code, retry_after="72000"), now=NOON)
    assert state.blocked_until == NOON + 20 * HOUR
    assert is_about(wait(state), 20 * HOUR)
    assert state.next_poll_reason == "Retry-After of 20 h"


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize(("asked", "blocked"), [("60", REFUSED_FOR), ("72000", 20 * HOUR), ("900000", DAY)])
def test_p12_p18_a_401_or_403_lasts_four_hours_or_as_long_as_it_says(asked: str, blocked: timedelta, code: int) -> None:
    state = after_fetch(FEED, POLLED, status(code, retry_after=asked), now=NOON)
    assert state.blocked_until == NOON + blocked
    assert is_about(wait(state), blocked)


@pytest.mark.parametrize("outcome", [fetched(retry_after="72000"), NotModified(headers={"retry-after": "72000"})])
def test_p8_retry_after_beside_a_document_or_a_304_is_a_lifetime(outcome: Fetched | NotModified) -> None:
    state = after_fetch(FEED, POLLED, outcome, now=NOON, document=DOCUMENT)
    assert is_about(wait(state), 20 * HOUR)
    assert state.next_poll_reason == "Retry-After of 20 h"
    assert (state.fresh_until, state.blocked_until) == (NOON + 20 * HOUR, None)


def test_p8_of_what_a_document_and_its_answer_ask_for_the_longest_counts() -> None:
    answer = fetched(retry_after="7200", cache_control="max-age=36000")
    state = after_fetch(FEED, NEVER_POLLED, answer, now=NOON, document=DOCUMENT)
    assert state.next_poll_reason == "Cache-Control: max-age of 10 h"


@pytest.mark.parametrize("code", [429, 401, 403])
def test_p12_p18_a_ban_without_a_time_lasts_four_hours(code: int) -> None:
    state = after_fetch(FEED, POLLED, status(code), now=NOON)
    assert state.blocked_until == NOON + REFUSED_FOR
    assert is_about(wait(state), REFUSED_FOR)


@pytest.mark.parametrize("code", [401, 403])
def test_p18_four_hours_that_nobody_asked_for_are_not_said_to_be_the_servers_wish(code: int) -> None:
    state = after_fetch(FEED, POLLED, status(code), now=NOON)
    assert state.next_poll_reason == f"its server refused us (HTTP {code}); we wait 4 h"


def test_p13_a_429_doubles_the_interval_and_successes_take_it_back_by_and_by() -> None:
    state = after_fetch(FEED, POLLED, status(429), now=NOON)
    assert state.slowdown == 4
    waits = []
    for _ in range(5):
        state = after_fetch(FEED, state, NotModified(), now=NOON)
        waits.append(state.next_poll_reason)
    assert waits == [
        "interval of 60 min, slowed down to 101 min by HTTP 429",
        "interval of 60 min, slowed down to 85 min by HTTP 429",
        "interval of 60 min, slowed down to 72 min by HTTP 429",
        "interval of 60 min",
        "interval of 60 min",
    ]
    assert state.slowdown == 0


def test_p13_429s_in_a_row_slow_down_to_a_day_and_no_further() -> None:
    state = POLLED
    for _ in range(50):
        state = after_fetch(FEED, state, status(429), now=NOON)
    answered = after_fetch(FEED, state, NotModified(), now=NOON)
    assert state.slowdown == 19  # 2 ** (19 / 4) hours are the first to exceed a day
    assert is_about(wait(answered), timedelta(minutes=1358))


def test_p13_only_a_429_slows_down() -> None:
    assert after_fetch(FEED, POLLED, status(503), now=NOON).slowdown == 0
    assert after_fetch(FEED, replace(POLLED, slowdown=7), status(503), now=NOON).slowdown == 7


def test_p13_a_feed_of_a_daily_interval_is_slow_enough() -> None:
    daily = make_feed(interval=DAY)
    assert after_fetch(daily, POLLED, status(429), now=NOON).slowdown == 0


def test_p8_a_429_that_carries_max_age_is_taken_at_its_word() -> None:
    state = after_fetch(FEED, POLLED, status(429, cache_control="max-age=36000"), now=NOON)
    assert is_about(wait(state), 10 * HOUR)


def test_a_404_that_may_be_cached_for_a_year_is_looked_at_again_within_a_day() -> None:
    state = after_fetch(FEED, POLLED, status(404, cache_control="max-age=31536000"), now=NOON)
    assert is_about(wait(state), LONGEST_BACK_OFF)


def test_p18_a_404_backs_off_and_does_not_stop() -> None:
    state = after_fetch(FEED, POLLED, status(404), now=NOON)
    assert is_about(wait(state), HOUR)
    assert not state.gone


def test_p18_a_410_stops_the_feed_and_keeps_what_is_known() -> None:
    state = after_fetch(FEED, POLLED, Gone(), now=NOON)
    assert state.gone
    assert state.last_outcome is Outcome.GONE
    assert state.validators == POLLED.validators
    assert "410" in state.last_message
    assert wait(state) > timedelta()


def test_s1_a_refused_address_is_not_tried_again_soon() -> None:
    often = make_feed(interval=timedelta(minutes=10))
    state = after_fetch(often, POLLED, failed(FailureKind.REFUSED_ADDRESS), now=NOON)
    assert is_about(wait(state), REFUSED_FOR)


def test_a_block_survives_a_forced_poll_that_fails_otherwise() -> None:
    blocked = replace(POLLED, blocked_until=NOON + 3 * HOUR)
    state = after_fetch(FEED, blocked, failed(), now=NOON)
    assert state.blocked_until == NOON + 3 * HOUR
    assert is_about(wait(state), 3 * HOUR)
    assert state.next_poll_reason == "the server's earlier wish to be left alone"


def test_an_interval_of_nothing_is_still_a_minute() -> None:
    state = after_fetch(make_feed(interval=timedelta()), POLLED, fetched(), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), timedelta(minutes=1))


def test_p10_a_server_without_validators_is_asked_once_a_day() -> None:
    state = after_fetch(FEED, NEVER_POLLED, fetched(etag=NO_VALIDATORS), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), DAY)
    assert state.next_poll_reason == (
        "interval of 24 h, because the server gives neither ETag nor Last-Modified, "
        "so every poll costs the whole document"
    )


def test_p10_one_validator_is_enough() -> None:
    answer = fetched(etag=NO_VALIDATORS, last_modified="today")
    assert is_about(wait(after_fetch(FEED, NEVER_POLLED, answer, now=NOON, document=DOCUMENT)), HOUR)


def test_p10_a_person_may_know_better() -> None:
    own = make_feed(interval=HOUR, unconditional_interval=HOUR)
    state = after_fetch(own, NEVER_POLLED, fetched(etag=NO_VALIDATORS), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), HOUR)
    assert state.next_poll_reason == "interval of 60 min"


def test_p10_a_failure_does_not_bring_the_next_whole_document_closer() -> None:
    state = after_fetch(FEED, NEVER_POLLED, fetched(etag=NO_VALIDATORS), now=NOON, document=DOCUMENT)
    failing = after_fetch(FEED, state, failed(), now=NOON + 5 * HOUR)
    assert is_about(wait(failing), DAY)


def test_p10_a_feed_that_never_brought_a_document_is_tried_again_after_its_interval() -> None:
    assert is_about(wait(after_fetch(FEED, NEVER_POLLED, failed(), now=NOON)), HOUR)


def repeat(state: FeedState) -> FeedState:
    return after_fetch(FEED, state, fetched(b"old"), now=NOON, same_document=True)


def test_p26_a_server_that_repeats_itself_three_times_counts_as_one_without_validators() -> None:
    waits, state = [], POLLED
    for _ in range(5):
        state = repeat(state)
        waits.append(round(wait(state) / HOUR))
    assert waits == [1, 1, 24, 24, 24]
    assert state.repeats == REPEATS_BELIEVED
    assert state.next_poll_reason.endswith("sends the same document again although only a newer one was asked for")


def test_p26_a_304_makes_up_for_all_repetitions() -> None:
    state = after_fetch(FEED, replace(POLLED, repeats=3), NotModified(), now=NOON)
    assert state.repeats == 0
    assert is_about(wait(state), HOUR)


def test_p26_a_new_document_gives_the_server_another_try() -> None:
    state = after_fetch(FEED, replace(POLLED, repeats=3), fetched(), now=NOON, document=DOCUMENT)
    assert is_about(wait(state), HOUR)
    assert is_about(wait(repeat(state)), DAY)


@pytest.mark.parametrize("known", [Validators(), Validators(etag='"a"', url="https://elsewhere.example/")])
def test_p26_a_repetition_that_could_not_be_avoided_is_not_held_against_the_server(known: Validators) -> None:
    assert repeat(replace(POLLED, validators=known)).repeats == 0


def test_p5_p8_a_304_that_says_nothing_keeps_the_max_age_of_the_document() -> None:
    state = after_fetch(FEED, NEVER_POLLED, fetched(cache_control="max-age=14400"), now=NOON, document=DOCUMENT)
    later = after_fetch(FEED, state, NotModified(), now=NOON)
    assert state.lifetime == later.lifetime == 4 * HOUR
    assert is_about(wait(later), 4 * HOUR)
    assert later.next_poll_reason == "max-age or Expires of an earlier answer, 4 h"


def test_p5_a_document_without_max_age_ends_that_of_the_one_before() -> None:
    polled = replace(POLLED, lifetime=4 * HOUR)
    assert after_fetch(FEED, polled, fetched(), now=NOON, document=DOCUMENT).lifetime is None


def test_p5_a_failure_neither_gives_nor_takes_a_lifetime() -> None:
    polled = replace(POLLED, lifetime=4 * HOUR)
    assert after_fetch(FEED, polled, status(404, cache_control="max-age=60"), now=NOON).lifetime == 4 * HOUR


def test_p28_what_server_and_document_ask_for_holds_for_persons_too() -> None:
    answer = fetched(cache_control="max-age=600")
    hints = FreshnessHints(ttl=timedelta(minutes=30))
    state = after_fetch(FEED, NEVER_POLLED, answer, now=NOON, document=replace(DOCUMENT, hints=hints))
    assert state.fresh_until == NOON + timedelta(minutes=30)


@pytest.mark.parametrize("outcome", [fetched(), NotModified(), Gone(), failed()])
def test_p28_nobody_asks_twice_within_a_minute(outcome: Fetched | NotModified | Gone | Failed) -> None:
    assert after_fetch(FEED, POLLED, outcome, now=NOON).fresh_until == NOON + LEAST_INTERVAL


def test_p8_p28_a_failure_that_may_be_cached_is_not_asked_for_before() -> None:
    state = after_fetch(FEED, POLLED, status(404, cache_control="max-age=36000"), now=NOON)
    assert state.fresh_until == NOON + 10 * HOUR


def test_p8_a_failed_poll_takes_back_nothing_that_was_said_before() -> None:
    state = after_fetch(FEED, replace(POLLED, fresh_until=NOON + 5 * HOUR), failed(), now=NOON)
    assert state.fresh_until == NOON + 5 * HOUR
    assert is_about(wait(state), 5 * HOUR)


def test_p8_p20_the_ttl_of_the_document_delays_polls_after_failures_too() -> None:
    state = after_fetch(FEED, replace(POLLED, hints=FreshnessHints(ttl=3 * HOUR)), failed(), now=NOON)
    assert is_about(wait(state), 3 * HOUR)


def test_p19_a_document_that_asks_for_a_week_is_asked_again_a_day_after_a_failure() -> None:
    state = after_fetch(FEED, replace(POLLED, hints=FreshnessHints(ttl=7 * DAY)), failed(), now=NOON)
    assert is_about(wait(state), DAY)


def test_p18_since_when_it_fails_is_known_until_it_does_no_more() -> None:
    first = after_fetch(FEED, POLLED, status(404), now=NOON)
    second = after_fetch(FEED, first, failed(), now=NOON + HOUR)
    repaired = after_fetch(FEED, second, NotModified(), now=NOON + 3 * HOUR)
    assert (first.failing_since, second.failing_since, repaired.failing_since) == (NOON, NOON, None)


def test_p18_a_feed_is_gone_since_the_410_however_long_it_failed_before() -> None:
    failing = after_fetch(FEED, POLLED, status(404), now=NOON)
    gone = after_fetch(FEED, failing, Gone(), now=NOON + HOUR)
    again = after_fetch(FEED, gone, Gone(), now=NOON + DAY)
    assert gone.failing_since == again.failing_since == NOON + HOUR


def test_since_when_a_document_is_malformed_is_known_until_it_is_mended() -> None:
    broken = replace(DOCUMENT, malformed="mismatched tag")
    first = after_fetch(FEED, NEVER_POLLED, fetched(), now=NOON, document=broken)
    same = after_fetch(FEED, first, NotModified(), now=NOON + HOUR)
    changed = after_fetch(FEED, same, fetched(b"other"), now=NOON + 2 * HOUR, document=broken)
    mended = after_fetch(FEED, changed, fetched(b"good"), now=NOON + 3 * HOUR, document=DOCUMENT)
    assert [state.malformed_since for state in (first, same, changed, mended)] == [NOON, NOON, NOON, None]


@pytest.mark.parametrize("outcome", [fetched(), NotModified(), failed()])
def test_p30_while_a_hub_sends_polls_come_every_twelve_hours(outcome: Fetched | NotModified | Failed) -> None:
    state = after_fetch(FEED, replace(POLLED, pushed_until=NOON + 9 * DAY), outcome, now=NOON, document=DOCUMENT)
    assert is_about(wait(state), PUSHED_INTERVAL)
    assert state.next_poll_reason == "interval of 12 h at least while a hub sends what is new"
    assert state.pushed_until == NOON + 9 * DAY


def test_p30_polls_are_themselves_again_when_the_hub_stops_sending() -> None:
    ending = after_fetch(FEED, replace(POLLED, pushed_until=NOON + 3 * HOUR), NotModified(), now=NOON)
    ended = after_fetch(FEED, replace(POLLED, pushed_until=NOON), NotModified(), now=NOON)
    assert is_about(wait(ending), 3 * HOUR)
    assert is_about(wait(ended), HOUR)


def test_a_block_that_a_wrong_clock_wrote_is_believed_for_a_day() -> None:
    state = after_fetch(FEED, replace(POLLED, blocked_until=NOON + 400 * DAY), failed(), now=NOON)
    assert state.blocked_until == NOON + DAY
