"""What holds for every document and every answer."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import DueFeed, FeedState, FreshnessHints, Move, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.model.ids import FeedId
from aggregator.polling.freshness import LONGEST, LONGEST_RETRY
from aggregator.polling.groups import rate_group
from aggregator.polling.moves import FAILURES_TO_GIVE_UP, POLLS_TO_BELIEVE, owners
from aggregator.polling.plan import plan
from aggregator.polling.schedule import LONGEST_PHASE, after_fetch, next_poll, pause, phase
from aggregator.polling.waits import LEAST_INTERVAL, LONGEST_BACK_OFF, REPEATS_BELIEVED
from tests.factories import NOON, known_from, make_feed

# Few values, so that entries share guids, addresses, headlines and whole texts all the time.
few = st.sampled_from
entries = st.builds(
    ParsedEntry,
    guid=few([None, "", "a", "b"]),
    url=few([None, "https://a.example/", "https://b.example/"]),
    headline=few(["", "One", "Two"]),
    published_at=few([None, NOON]),
    fingerprint=few(["", "x", "y"]),
)
documents = st.lists(entries, max_size=12)

HOURS = st.frozensets(st.integers(0, 23), max_size=24)
DAYS = st.frozensets(st.integers(0, 6), max_size=7)
DURATIONS = st.none() | st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=4000))
hints = st.builds(FreshnessHints, ttl=DURATIONS, skip_hours=HOURS, skip_days=DAYS, update_period=DURATIONS)
numbers = st.integers(-10, 10**12).map(str)
dates = few(["Tue, 10 Mar 2026 18:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT", "Mon, 01 Jan 1990 00:00:00 GMT"])
headers = st.fixed_dictionaries(
    {},
    optional={
        "cache-control": few(["no-cache", "no-store, max-age=9"]) | numbers.map("public, max-age={}".format),
        "age": numbers | st.text(max_size=5),
        "expires": dates | st.text(max_size=30),
        "date": dates,
        "retry-after": numbers | dates | st.text(max_size=10),
        "etag": few(['"a"', 'W/"b"', "", "x" * 5000]),
        "last-modified": dates | st.text(max_size=10),
    },
)
ADDRESSES = ["https://news-example.example/rss.xml", "https://a.example/feed", "https://b.example/feed"]
moved_to = st.none() | few(ADDRESSES)
outcomes: st.SearchStrategy[FetchOutcome] = st.one_of(
    st.builds(Fetched, url=few(ADDRESSES), permanent_url=moved_to, headers=headers, body=st.binary(max_size=3)),
    st.builds(NotModified, permanent_url=moved_to, headers=headers),
    st.builds(Gone, headers=headers),
    st.builds(
        Failed,
        kind=few(list(FailureKind)),
        message=st.just("it failed"),
        status=few([None, 400, 401, 403, 404, 410, 429, 500, 503]),
        headers=headers,
        url=few(["", *ADDRESSES]),
    ),
)
intervals = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=30))
times = st.none() | st.integers(-(10**6), 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))
states = st.builds(
    FeedState,
    validators=st.builds(Validators, etag=few([None, '"a"']), last_modified=few([None, "then"])),
    hints=hints,
    lifetime=st.none() | st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000)),
    last_success_at=times,
    failures=st.integers(0, 100),
    failing_since=times,
    repeats=st.integers(0, 5),
    slowdown=st.integers(0, 100),
    move=st.builds(Move, address=moved_to, candidate=moved_to, seen=st.integers(0, 2), since=times),
    fresh_until=times,
    blocked_until=times,
    pushed_until=times,
    gone=st.booleans(),
)
documents_read = st.builds(ParsedFeed, format=st.just("rss20"), hints=hints)


@given(documents, documents)
def test_every_entry_of_a_document_is_new_changed_or_unchanged(
    before: list[ParsedEntry], now: list[ParsedEntry]
) -> None:
    decided = plan(known_from(before), now)
    assert len(decided.new) + len(decided.changed) + decided.unchanged == len(now)


@given(documents)
def test_a_document_that_was_just_stored_brings_nothing(document: list[ParsedEntry]) -> None:
    decided = plan(known_from(document), document)
    assert (decided.new, decided.changed) == ((), ())


@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_a_document_means_nothing(document: list[ParsedEntry], random: Random) -> None:
    shuffled = list(document)
    random.shuffle(shuffled)
    decided = plan(known_from(document), shuffled)
    assert (decided.new, decided.changed) == ((), ())


@given(documents, documents)
def test_no_stored_entry_becomes_two(before: list[ParsedEntry], now: list[ParsedEntry]) -> None:
    changed = [entry_id for entry_id, _ in plan(known_from(before), now).changed]
    assert len(changed) == len(set(changed))


@given(documents, entries, st.integers(min_value=0))
def test_one_more_entry_is_exactly_one_new(document: list[ParsedEntry], entry: ParsedEntry, place: int) -> None:
    longer = list(document)
    longer.insert(place % (len(document) + 1), entry)
    decided = plan(known_from(document), longer)
    assert len(decided.new) == 1
    assert decided.changed == ()


@given(documents, st.data())
def test_entries_that_fall_out_of_a_document_change_nothing(document: list[ParsedEntry], data: st.DataObject) -> None:
    kept = [entry for entry in document if data.draw(st.booleans())]
    decided = plan(known_from(document), kept)
    assert (decided.new, decided.changed) == ((), ())


SKIPPED = timedelta(days=8)
"""The longest way out of skipped hours and days."""


@given(states, outcomes, intervals, intervals, st.none() | documents_read, st.booleans())
def test_the_next_poll_is_later_than_now_but_never_out_of_reach(
    state: FeedState,
    outcome: FetchOutcome,
    interval: timedelta,
    unconditional: timedelta,
    document: ParsedFeed | None,
    same: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    feed = make_feed(interval=interval, unconditional_interval=unconditional)
    after = after_fetch(feed, state, outcome, now=NOON, document=document, same_document=same)
    assert after.next_poll_at is not None
    assert after.next_poll_reason
    longest = max(interval, unconditional, LONGEST)
    assert NOON < after.next_poll_at <= NOON + longest + LONGEST_PHASE + SKIPPED


@given(states, outcomes, intervals)
def test_p8_a_feed_is_never_due_while_it_is_blocked_or_fresh(
    state: FeedState, outcome: FetchOutcome, interval: timedelta
) -> None:
    after = after_fetch(make_feed(interval=interval), state, outcome, now=NOON)
    assert after.next_poll_at is not None
    assert after.fresh_until is not None
    assert NOON + LEAST_INTERVAL <= after.fresh_until <= min(after.next_poll_at, NOON + LONGEST)
    if after.blocked_until is not None:
        assert NOON < after.blocked_until <= min(after.next_poll_at, NOON + LONGEST_RETRY)


failures = st.builds(
    Failed,
    kind=few(list(FailureKind)),
    message=st.just("it failed"),
    status=few([None, 401, 403, 404, 410, 429, 500, 503]),
    headers=headers,
    url=few(["", *ADDRESSES]),
)


@given(st.lists(failures, min_size=1, max_size=30), few([timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)]))
def test_p19_however_often_it_fails_a_feed_is_asked_again_within_two_days(
    answers: list[Failed], interval: timedelta
) -> None:
    state, feed = FeedState(), make_feed(interval=interval)
    for failed in answers:
        now = state.next_poll_at or NOON
        state = after_fetch(feed, state, failed, now=now)
        assert state.next_poll_at is not None
        assert state.next_poll_at - now <= 2 * LONGEST_BACK_OFF


@given(st.lists(outcomes, max_size=30), intervals)
def test_p11_p12_a_feed_that_is_polled_when_due_obeys_at_every_step(
    answers: list[FetchOutcome], interval: timedelta
) -> None:
    state, feed = FeedState(), make_feed(interval=interval)
    for outcome in answers:
        now = state.next_poll_at or NOON
        assert state.blocked_until is None or state.blocked_until <= now
        assert state.fresh_until is None or state.fresh_until <= now
        state = after_fetch(feed, state, outcome, now=now)
        assert 0 <= state.repeats <= REPEATS_BELIEVED
        assert (state.failing_since is None) == (isinstance(outcome, Fetched | NotModified))


@given(st.lists(outcomes, max_size=30), few([timedelta(minutes=1), timedelta(hours=1), timedelta(days=30)]))
def test_p13_slowing_down_is_bounded_and_ends(answers: list[FetchOutcome], interval: timedelta) -> None:
    state, feed = FeedState(), make_feed(interval=interval)
    for outcome in answers:
        state = after_fetch(feed, state, outcome, now=NOON)
        assert 0 <= state.slowdown <= 42  # a minute has doubled to a day after 10.5 doublings
    for _ in range(42):
        state = after_fetch(feed, state, NotModified(), now=NOON)
    assert state.slowdown == 0


@given(st.lists(st.tuples(moved_to, st.booleans()), max_size=12))
def test_p17_an_address_is_only_adopted_after_so_many_permanent_redirects_in_a_row(
    redirects: list[tuple[str | None, bool]],
) -> None:
    state, feed = FeedState(), make_feed()
    for step, (address, unchanged) in enumerate(redirects, start=1):
        before = state.move.address
        outcome = (
            NotModified(permanent_url=address)
            if unchanged
            else Fetched(url=address or feed.url, permanent_url=address, body=b"")
        )
        state = after_fetch(feed, state, outcome, now=NOON)
        if state.move.address not in {None, before}:
            last = [seen for seen, _ in redirects[max(step - POLLS_TO_BELIEVE, 0) : step]]
            assert last == [state.move.address] * POLLS_TO_BELIEVE


@given(st.lists(st.tuples(moved_to, st.booleans()), max_size=12), few(ADDRESSES[1:]), states)
def test_p27_no_feed_stays_at_the_address_of_another(
    redirects: list[tuple[str | None, bool]], taken: str, state: FeedState
) -> None:
    feed, others = make_feed(), owners([make_feed("other", url=taken)])
    for address, unchanged in [(None, True), *redirects]:
        outcome = (
            NotModified(permanent_url=address)
            if unchanged
            else Fetched(url=address or feed.url, permanent_url=address, body=b"")
        )
        state = after_fetch(feed, state, outcome, now=NOON, taken=others)
        assert state.move.address != taken


@given(st.lists(failures, max_size=30), st.sampled_from(ADDRESSES[1:]))
def test_p17_no_adopted_address_outlives_ten_failures_in_a_row(answers: list[Failed], address: str) -> None:
    state, feed = FeedState(move=Move(address=address, since=NOON)), make_feed()
    for count, failed in enumerate(answers, start=1):
        state = after_fetch(feed, state, failed, now=NOON)
        assert state.move.address is None or count < FAILURES_TO_GIVE_UP


@given(outcomes, states)
def test_p14_only_a_429_of_a_public_host_pauses_its_group_until_the_feeds_block_ends(
    outcome: FetchOutcome, state: FeedState
) -> None:
    feed = make_feed()
    due = DueFeed(feed=feed, state=replace(state, blocked_until=None), group=rate_group(feed.url), lease=1)
    paused = pause(due.feed.id, outcome, now=NOON)
    limited = isinstance(outcome, Failed) and outcome.status == 429 and outcome.url != ""
    assert (paused is not None) == limited
    if paused is not None and isinstance(outcome, Failed):
        assert paused.group == rate_group(outcome.url)
        assert paused.until == after_fetch(feed, due.state, outcome, now=NOON).blocked_until
        assert NOON < paused.until <= NOON + LONGEST_RETRY


@given(st.from_regex(r"[a-z0-9-]{1,80}", fullmatch=True).map(FeedId), st.timedeltas(timedelta(), timedelta(days=30)))
def test_p16_a_phase_is_the_feeds_own_never_negative_and_a_tenth_of_the_wait_at_most(
    feed_id: FeedId, wait: timedelta
) -> None:
    assert phase(feed_id, wait) == phase(feed_id, wait)
    assert timedelta() <= phase(feed_id, wait) <= min(wait / 10, LONGEST_PHASE)


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=30)), hints)
def test_p20_a_skipped_hour_or_day_is_not_polled_in(wait: timedelta, asked: FreshnessHints) -> None:
    at = next_poll(FeedId("news"), wait, asked, now=NOON)
    assert at >= NOON + wait
    if len(asked.skip_hours) < 24 and len(asked.skip_days) < 7:
        assert at.hour not in asked.skip_hours
        assert at.weekday() not in asked.skip_days


@given(states, outcomes, intervals.filter(lambda interval: interval >= timedelta(minutes=1)))
def test_p11_no_poll_comes_before_the_interval_is_over(
    state: FeedState, outcome: FetchOutcome, interval: timedelta
) -> None:
    after = after_fetch(make_feed(interval=interval), state, outcome, now=NOON)
    assert after.next_poll_at is not None
    assert after.next_poll_at >= NOON + min(interval, LONGEST_BACK_OFF)


@given(outcomes, intervals)
def test_the_same_answer_to_the_same_state_later_gives_the_same_wait(
    outcome: FetchOutcome, interval: timedelta
) -> None:
    feed, state = make_feed(interval=interval), FeedState()
    dated = {"expires", "date", "retry-after"}
    if not isinstance(outcome, Fetched | NotModified | Gone | Failed):
        raise TypeError(outcome)
    timeless = replace(outcome, headers={n: v for n, v in outcome.headers.items() if n not in dated})
    waits = set()
    for now in (NOON, NOON + timedelta(days=3, seconds=7)):
        after = after_fetch(feed, state, timeless, now=now)
        assert after.next_poll_at is not None
        waits.add(after.next_poll_at - now)
    assert len(waits) == 1


@given(states, outcomes)
def test_only_a_410_makes_a_feed_gone_and_any_success_brings_it_back(state: FeedState, outcome: FetchOutcome) -> None:
    after = after_fetch(make_feed(), state, outcome, now=NOON)
    if isinstance(outcome, Gone):
        assert after.gone or state.move.address is not None
    elif isinstance(outcome, Fetched | NotModified):
        assert not after.gone
    else:
        assert after.gone == state.gone
