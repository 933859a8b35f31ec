"""P17: permanent redirects, from the first sight to the new address and back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.feed import FeedState, Move, Outcome, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.polling.moves import (
    FAILURES_TO_GIVE_UP,
    POLLS_TO_BELIEVE,
    Owners,
    owner_of,
    owners,
    twin_address,
)
from aggregator.polling.schedule import after_fetch
from tests.factories import NOON, make_feed

FEED = make_feed(url="https://old.example/rss")
NEW = "https://new.example/rss"
NEWER = "https://newer.example/rss"
HOUR = timedelta(hours=1)
DOCUMENT = ParsedFeed(format="rss20")
POLLED = FeedState(validators=Validators(etag='"a"', url=NEW), last_outcome=Outcome.FETCHED)
ADOPTED = replace(POLLED, move=Move(address=NEW, since=NOON))


def document(to: str | None) -> Fetched:
    return Fetched(url=to or FEED.url, permanent_url=to, headers={"etag": '"a"'}, body=b"x")


def unchanged(to: str | None) -> NotModified:
    return NotModified(permanent_url=to)


def status(code: int) -> Failed:
    return Failed(kind=FailureKind.STATUS, message=f"HTTP {code} from {NEW}", status=code, url=NEW)


def failure(kind: FailureKind) -> Failed:
    return Failed(kind=kind, message="it failed")


def polls(state: FeedState, *outcomes: FetchOutcome, taken: Owners | None = None) -> FeedState:
    """Poll once an hour, from noon on."""
    for hour, outcome in enumerate(outcomes):
        state = after_fetch(FEED, state, outcome, now=NOON + hour * HOUR, document=DOCUMENT, taken=taken or {})
    return state


def test_p17_three_polls_that_end_at_one_address_make_it_the_feeds() -> None:
    after = [polls(POLLED, *[document(NEW)] * count).move for count in (1, 2, 3)]
    assert after == [
        Move(candidate=NEW, seen=1, since=NOON),
        Move(candidate=NEW, seen=2, since=NOON),
        Move(address=NEW, since=NOON),
    ]


def test_p17_a_304_at_the_end_of_the_redirects_counts() -> None:
    assert polls(POLLED, document(NEW), unchanged(NEW), unchanged(NEW)).move.address == NEW


def test_p17_a_failure_between_neither_counts_nor_takes_back() -> None:
    outcomes = document(NEW), failure(FailureKind.TIMEOUT), document(NEW)
    assert polls(POLLED, *outcomes).move == Move(candidate=NEW, seen=2, since=NOON)


def test_p17_another_address_begins_the_count_again() -> None:
    move = polls(POLLED, document(NEW), document(NEW), document(NEWER)).move
    assert move == Move(candidate=NEWER, seen=1, since=NOON)


def test_p17_an_answer_of_the_old_address_itself_ends_it() -> None:
    assert polls(POLLED, document(NEW), document(NEW), document(None)).move == Move()


@pytest.mark.parametrize("outcome", [document(None), unchanged(None)])
def test_p17_temporary_redirects_leave_no_trace(outcome: FetchOutcome) -> None:
    """`permanent_url` is None after 302, 303 and 307."""
    assert polls(POLLED, *[outcome] * 5).move == Move()


def test_p17_the_new_address_stays_while_it_answers() -> None:
    assert polls(ADOPTED, unchanged(None), document(None), unchanged(None)).move == ADOPTED.move


def test_p17_a_new_address_that_moves_on_is_followed_by_the_same_rule() -> None:
    assert polls(ADOPTED, document(NEWER)).move == Move(address=NEW, candidate=NEWER, seen=1, since=NOON)
    assert polls(ADOPTED, *[document(NEWER)] * 3).move == Move(address=NEWER, since=NOON)
    assert polls(ADOPTED, document(NEWER), document(None)).move == ADOPTED.move


def test_p17_a_new_address_that_leads_back_is_given_up_at_once() -> None:
    assert polls(ADOPTED, document(FEED.url)).move == Move()


@pytest.mark.parametrize(
    "outcome",
    [status(404), status(410), Gone(), failure(FailureKind.NETWORK), failure(FailureKind.REFUSED_ADDRESS)],
)
def test_p17_a_new_address_that_fails_like_a_wrong_one_is_given_up(outcome: FetchOutcome) -> None:
    state = polls(ADOPTED, outcome)
    assert state.move == Move(since=NOON)
    assert not state.gone
    assert state.last_outcome is Outcome.FAILED
    assert state.last_message.endswith("; the feed had moved there, now its address in feeds.yaml is asked again")


OTHERWISE = [status(500), status(403), failure(FailureKind.TIMEOUT), failure(FailureKind.NOT_A_FEED)]
"""Failures that a right address has as well: an expired one answers with any of them."""


@pytest.mark.parametrize("outcome", [*OTHERWISE, status(429)])
def test_p17_a_new_address_survives_other_failures(outcome: FetchOutcome) -> None:
    assert polls(ADOPTED, *[outcome] * (FAILURES_TO_GIVE_UP - 1)).move == ADOPTED.move


@pytest.mark.parametrize("outcome", OTHERWISE)
def test_p17_a_new_address_that_fails_ten_times_in_a_row_is_given_up_however_it_fails(outcome: FetchOutcome) -> None:
    state = polls(ADOPTED, *[outcome] * FAILURES_TO_GIVE_UP)
    assert state.move == Move(since=NOON)
    assert state.last_message.endswith("now its address in feeds.yaml is asked again")


def test_p17_failures_between_which_a_new_address_answers_are_not_added_up() -> None:
    outcomes: list[FetchOutcome] = [*[status(500)] * (FAILURES_TO_GIVE_UP - 1), unchanged(None)] * 2
    assert polls(ADOPTED, *outcomes).move == ADOPTED.move


def test_p17_since_when_a_feed_moved_outlives_a_relapse() -> None:
    relapsed = polls(ADOPTED, status(404))
    later = replace(relapsed, move=replace(relapsed.move))
    assert polls(later, *[document(NEW)] * 3).move == Move(address=NEW, since=NOON)
    assert polls(later, document(None)).move == Move()


def test_p18_a_410_of_the_configured_address_is_final() -> None:
    assert polls(POLLED, Gone()).gone


def test_p17_validators_belong_to_the_address_that_gave_them() -> None:
    assert polls(POLLED, *[document(NEW)] * 3).validators == Validators(etag='"a"', url=NEW)


def test_p17_where_it_moved_is_said_as_long_as_it_is_so() -> None:
    broken = replace(DOCUMENT, malformed="mismatched tag")
    first = after_fetch(FEED, POLLED, document(NEW), now=NOON, document=broken)
    same = after_fetch(FEED, first, unchanged(NEW), now=NOON)
    back = after_fetch(FEED, same, unchanged(None), now=NOON)
    assert first.last_message == same.last_message == f"moved for good to {NEW}; not well-formed: mismatched tag"
    assert back.last_message == "not well-formed: mismatched tag"


OTHERS = owners([make_feed("other", url="https://me:secret@NEW.example/rss#top"), FEED])
TWIN = Move(candidate=NEW, seen=POLLS_TO_BELIEVE, since=NOON)


def test_p27_the_address_of_another_feed_is_not_adopted_however_that_is_spelt() -> None:
    assert polls(POLLED, *[document(NEW)] * 5, taken=OTHERS).move == TWIN
    assert polls(ADOPTED, *[document(NEWER)] * 3, taken=OTHERS).move.address == NEWER


@pytest.mark.parametrize("outcome", [document(None), unchanged(None)])
def test_p27_an_adopted_address_that_another_feed_has_by_now_is_left_to_it(outcome: FetchOutcome) -> None:
    assert polls(ADOPTED, outcome, taken=OTHERS).move == TWIN


def test_p27_it_is_known_where_not_to_go_until_the_other_feed_is_removed() -> None:
    assert twin_address(TWIN, feed=FEED, taken=OTHERS) == NEW
    assert twin_address(TWIN, feed=FEED, taken={}) is None
    assert twin_address(replace(TWIN, seen=2), feed=FEED, taken=OTHERS) is None
    assert twin_address(TWIN, feed=make_feed("other", url=NEW), taken=OTHERS) is None
    assert polls(replace(POLLED, move=TWIN), document(NEW)).move == ADOPTED.move


def test_p27_a_redirect_that_was_not_followed_changes_nothing_and_an_answer_ends_it() -> None:
    twin = replace(POLLED, move=TWIN)
    assert polls(twin, *[status(301)] * 12, taken=OTHERS).move == TWIN
    assert polls(twin, document(None), taken=OTHERS).move == Move()


@pytest.mark.parametrize(
    "url", ["http://a.example", "http://A.example/", "http://a.example:80/#x", "http://u@a.example"]
)
def test_p27_an_address_has_an_owner_however_it_is_spelt(url: str) -> None:
    assert owner_of("http://a.example/", owners([make_feed("a", url=url)])) == "a"
