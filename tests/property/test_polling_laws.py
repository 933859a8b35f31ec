"""What holds for every document and every answer."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import FeedState, FreshnessHints, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.polling.freshness import LONGEST
from aggregator.polling.plan import plan
from aggregator.polling.schedule import LONGEST_BACK_OFF, LONGEST_PHASE, after_fetch
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
outcomes: st.SearchStrategy[FetchOutcome] = st.one_of(
    st.builds(Fetched, url=st.just("https://a.example/feed"), headers=headers, body=st.binary(max_size=3)),
    st.builds(NotModified, headers=headers),
    st.builds(Gone, headers=headers),
    st.builds(
        Failed,
        kind=few(list(FailureKind)),
        message=st.just("it failed"),
        status=few([None, 400, 401, 403, 404, 410, 429, 500, 503]),
        headers=headers,
    ),
)
intervals = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=30))
states = st.builds(
    FeedState,
    validators=st.builds(Validators, etag=few([None, '"a"']), last_modified=few([None, "then"])),
    hints=hints,
    failures=st.integers(0, 100),
    blocked_until=st.none() | few([NOON - timedelta(hours=1), NOON + timedelta(hours=30)]),
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


@given(states, outcomes, intervals, st.none() | documents_read)
def test_the_next_poll_is_later_than_now_but_never_out_of_reach(
    state: FeedState, outcome: FetchOutcome, interval: timedelta, document: ParsedFeed | None
) -> None:
    after = after_fetch(make_feed(interval=interval), state, outcome, now=NOON, document=document)
    assert after.next_poll_at is not None
    assert after.next_poll_reason
    longest = max(interval, LONGEST, LONGEST_BACK_OFF, timedelta(hours=30))
    skipped = timedelta(days=8)
    assert NOON < after.next_poll_at <= NOON + longest + LONGEST_PHASE + skipped


@given(states, outcomes, intervals)
def test_a_feed_is_never_due_while_it_is_blocked(state: FeedState, outcome: FetchOutcome, interval: timedelta) -> None:
    after = after_fetch(make_feed(interval=interval), state, outcome, now=NOON)
    assert after.next_poll_at is not None
    if after.blocked_until is not None:
        assert NOON < after.blocked_until <= after.next_poll_at


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
        assert after.gone
    elif isinstance(outcome, Fetched | NotModified):
        assert not after.gone
    else:
        assert after.gone == state.gone
