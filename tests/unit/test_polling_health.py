"""Which feeds a person should look at, and what is said of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model.feed import FeedOverview, FeedState, Move
from aggregator.polling.health import (
    FAILED_POLLS,
    FAILED_POLLS_FOR_A_PERSON,
    FAILED_POLLS_FROM_THE_FIRST,
    FeedProblem,
    ProblemKind,
    problems,
)
from tests.factories import NOON, make_feed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WELL = FeedState(last_polled_at=NOON, last_success_at=NOON)
NEW = "https://new.example/rss"


def overview(
    state: FeedState = WELL,
    *,
    feed_id: str = "news-example",
    newest_entry_at: datetime | None = None,
    rhythm: timedelta | None = None,
) -> FeedOverview:
    return FeedOverview(
        feed=make_feed(feed_id),
        state=state,
        document_title="",
        home_url=None,
        entries=0,
        newest_entry_at=newest_entry_at,
        rhythm=rhythm,
    )


def found(state: FeedState) -> list[FeedProblem]:
    return problems([overview(state)], now=NOON)


def the_only(state: FeedState) -> FeedProblem:
    (problem,) = found(state)
    return problem


def silent(*, newest: timedelta, rhythm: timedelta, state: FeedState = WELL) -> list[FeedProblem]:
    return problems([overview(state, newest_entry_at=NOON - newest, rhythm=rhythm)], now=NOON)


@pytest.mark.parametrize("state", [FeedState(), WELL, replace(WELL, failures=1, failing_since=NOON - HOUR)])
def test_a_feed_that_is_new_well_or_failed_once_is_no_problem(state: FeedState) -> None:
    assert found(state) == []


def test_p18_a_gone_feed_is_told_with_the_way_out_and_nothing_else_of_it() -> None:
    state = replace(WELL, gone=True, failing_since=NOON - 9 * DAY, failures=40, malformed_since=NOON - DAY)
    problem = the_only(state)
    assert (problem.kind, problem.since) == (ProblemKind.GONE, NOON - 9 * DAY)
    assert "remove it from feeds.yaml" in problem.message


def test_p17_a_moved_feed_is_told_with_what_to_write_into_feeds_yaml() -> None:
    problem = the_only(replace(WELL, move=Move(address=NEW, since=NOON - DAY)))
    assert (problem.kind, problem.since) == (ProblemKind.MOVED, NOON - DAY)
    assert f"write 'url: {NEW}', and 'id: news-example' beside it" in problem.message


def test_p17_a_redirect_that_is_not_believed_yet_is_no_problem() -> None:
    assert found(replace(WELL, move=Move(candidate=NEW, seen=2, since=NOON))) == []


MOVED_TO_ANOTHER = replace(WELL, move=Move(candidate=NEW, seen=3, since=NOON - DAY), failures=20, failing_since=NOON)


def test_p27_a_feed_that_moved_to_another_feeds_address_is_told_as_its_duplicate_and_not_as_failing() -> None:
    other = replace(overview(feed_id="other"), feed=make_feed("other", url=NEW))
    (problem,) = problems([overview(MOVED_TO_ANOTHER), other], now=NOON)
    assert (problem.kind, problem.since) == (ProblemKind.DUPLICATE, NOON - DAY)
    assert problem.message.startswith("news-example is the same feed as other: ")
    assert "Remove one of the two" in problem.message


def test_p27_a_duplicate_is_told_on_its_own_page_too() -> None:
    assert f"has moved for good to {NEW}" in the_only(MOVED_TO_ANOTHER).message
    assert "the same feed as another one in feeds.yaml" in the_only(MOVED_TO_ANOTHER).message


def test_a_malformed_document_is_told_since_when_and_why() -> None:
    problem = the_only(replace(WELL, malformed_since=NOON - DAY, last_message="not well-formed: mismatched tag"))
    assert (problem.kind, problem.since) == (ProblemKind.MALFORMED, NOON - DAY)
    assert problem.message.endswith("Tell its publisher. The last poll said: not well-formed: mismatched tag.")


@pytest.mark.parametrize(
    ("failures", "lasted", "told"),
    [(9, 3 * DAY, False), (9, 3 * DAY + HOUR, True), (FAILED_POLLS, HOUR, True), (1, HOUR, False)],
)
def test_p19_failures_are_told_after_three_days_or_ten_polls(failures: int, lasted: timedelta, *, told: bool) -> None:
    state = replace(WELL, failures=failures, failing_since=NOON - lasted)
    assert [problem.kind for problem in found(state)] == [ProblemKind.FAILING] * told


@pytest.mark.parametrize(
    "message",
    [
        "the document is an HTML page, not a feed",
        "HTTP 401 Unauthorized from https://news-example.example/rss.xml",
        "HTTP 403 Forbidden from https://news-example.example/rss.xml",
        "HTTP 404 Not Found from https://news-example.example/rss.xml",
        "10.0.0.7 is private: not dialled; `allow_private_address` opens private addresses for one feed",
        "the name news-example.example could not be resolved: Name or service not known",
    ],
)
def test_what_only_a_person_can_mend_is_told_after_two_failures(message: str) -> None:
    state = replace(WELL, failing_since=NOON - HOUR, last_message=message)
    kinds = [[problem.kind for problem in found(replace(state, failures=failures))] for failures in (1, 2)]
    assert kinds == [[], [ProblemKind.FAILING]]
    assert FAILED_POLLS_FOR_A_PERSON == 2


@pytest.mark.parametrize(
    "message", ["HTTP 500 from here", "TLS: certificate refused (here)", "here was not done within 20 s"]
)
def test_p19_what_may_mend_itself_waits_for_ten_failures_unless_nothing_ever_came(message: str) -> None:
    state = replace(WELL, failing_since=NOON - HOUR, last_message=message, failures=FAILED_POLLS_FROM_THE_FIRST)
    assert found(state) == []
    never = replace(state, last_success_at=None)
    assert the_only(never).kind is ProblemKind.FAILING
    assert found(replace(never, failures=FAILED_POLLS_FROM_THE_FIRST - 1)) == []


def test_a_failing_feed_is_told_what_to_do_and_below_an_hour_not_for_how_long() -> None:
    state = replace(WELL, failures=2, failing_since=NOON - HOUR / 2, last_message="HTTP 404 Not Found from here")
    assert the_only(state).message == (
        "The last 2 polls of https://news-example.example/rss.xml failed. Nothing is there: look on its site for the feed's "
        "new address. The last poll said: HTTP 404 Not Found from here."
    )
    since_an_hour = the_only(replace(state, failing_since=NOON - HOUR)).message
    assert "failed, for 60 min by now." in since_an_hour


def test_a_failing_feed_is_told_how_long_and_with_what() -> None:
    state = replace(WELL, failures=12, failing_since=NOON - 4 * DAY, last_message="HTTP 500 from here")
    assert the_only(state).message == (
        "The last 12 polls of https://news-example.example/rss.xml failed, for 4 days by now. "
        "Look whether its address in feeds.yaml is still right. The last poll said: HTTP 500 from here."
    )


def test_five_rhythms_of_silence_are_told() -> None:
    (problem,) = silent(newest=6 * DAY, rhythm=DAY)
    assert (problem.kind, problem.since) == (ProblemKind.SILENT, NOON - 6 * DAY)
    assert "nothing new for 6 days; it used to bring an entry every 24 h" in problem.message


def test_less_than_five_rhythms_or_two_days_of_silence_are_not() -> None:
    assert silent(newest=4 * DAY, rhythm=DAY) == []
    assert silent(newest=47 * HOUR, rhythm=timedelta(minutes=10)) == []
    assert silent(newest=49 * HOUR, rhythm=timedelta(minutes=10)) != []


def test_a_feed_without_a_rhythm_can_not_break_it() -> None:
    assert problems([overview(newest_entry_at=NOON - 900 * DAY)], now=NOON) == []


def test_a_feed_is_not_silent_while_nobody_polled_it() -> None:
    away = replace(WELL, last_success_at=NOON - 9 * DAY)
    assert silent(newest=10 * DAY, rhythm=DAY, state=away) == []


def test_of_a_failing_feed_it_is_not_said_that_it_is_silent() -> None:
    state = replace(WELL, failures=10, failing_since=NOON)
    assert [problem.kind for problem in silent(newest=30 * DAY, rhythm=DAY, state=state)] == [ProblemKind.FAILING]


def test_a_feed_can_have_several_problems_and_the_newest_comes_first() -> None:
    moved = replace(WELL, move=Move(address=NEW, since=NOON - DAY), malformed_since=NOON - HOUR)
    gone = replace(WELL, gone=True, failing_since=NOON - 2 * HOUR)
    listed = problems([overview(moved), overview(gone, feed_id="other")], now=NOON)
    assert [(problem.overview.feed.id, problem.kind) for problem in listed] == [
        ("news-example", ProblemKind.MALFORMED),
        ("other", ProblemKind.GONE),
        ("news-example", ProblemKind.MOVED),
    ]


def test_no_time_passing_changes_when_a_problem_began() -> None:
    state = replace(WELL, failures=12, failing_since=NOON - 4 * DAY)
    overviews = [overview(state, newest_entry_at=NOON - 40 * DAY, rhythm=DAY)]
    assert {p.since for p in problems(overviews, now=NOON)} == {p.since for p in problems(overviews, now=NOON + DAY)}
