"""What holds of periods and of sections, whatever the zone, the clock and the news."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digests.changed import changes
from aggregator.digests.periods import last_closed, missing, running
from aggregator.digests.select import OF_A_CATEGORY, OF_A_PUBLISHER, TOP, most, select
from aggregator.model.digest import DigestCandidate, DigestLine, DigestPlan, DigestSection, SectionKind
from aggregator.text.sentences import first_sentences
from aggregator.text.words import one_line
from tests.digest_candidates import END, START, make_candidate, make_told

ZONES = (
    "UTC", "Asia/Beirut", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia",
    "Africa/Casablanca", "Asia/Kathmandu", "America/Nuuk",
)  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
plans = st.builds(
    DigestPlan,
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0))
    | st.sampled_from([time(), time(2, 30), time(0, 30)]),
    weekday=st.none() | st.integers(0, 6),
)
moments = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001 -- the zone is put in next
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@given(plans, zones, moments)
def test_periods_tile_time(plan: DigestPlan, zone: ZoneInfo, now: datetime) -> None:
    period = running(plan, zone, now)
    assert period.start <= now < period.end
    for _ in range(4):
        following = running(plan, zone, period.end)
        assert following.start == period.end
        assert following.date > period.date
        assert last_closed(plan, zone, period.end) == period
        period = following


@given(zones, moments)
def test_a_day_lasts_about_a_day(zone: ZoneInfo, now: datetime) -> None:
    period = running(DigestPlan(), zone, now)
    # Samoa once had a day less, in which nothing was lost: the date went, not the time.
    assert timedelta(hours=22) <= period.end - period.start <= timedelta(hours=26)


@given(plans, plans, zones, moments, st.integers(0, 60 * 24 * 40))
def test_what_is_missing_follows_what_is_sealed_without_gap_or_overlap(
    before: DigestPlan, after: DigestPlan, zone: ZoneInfo, now: datetime, minutes: int
) -> None:
    first = last_closed(before, zone, now)
    newest = DigestLine(name="daily", date=first.date, title="", end=first.end, headlines=(), stories=0)
    later = now + timedelta(minutes=minutes)
    found = missing(after, zone, newest, later)
    ends = [newest.end, *(period.end for period in found)]
    dates = [newest.date, *(period.date for period in found)]
    assert ends == sorted(set(ends))
    assert dates == sorted(set(dates))
    assert all(period.start >= end for period, end in zip(found, ends, strict=False))
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(later - timedelta(days=31) < period.end <= later for period in found)
    if found and minutes < 60 * 24 * 20 and after.weekday is None:
        assert found[0].start == newest.end


names = st.sampled_from(["A", "B", "C", "D", "E"])


@st.composite
def stories(draw: st.DrawFn, number: int) -> DigestCandidate:
    told = draw(
        st.none() | st.builds(make_told, st.just("Ferry sinks"), st.lists(names, min_size=1, max_size=3, unique=True))
    )
    return make_candidate(
        number,
        draw(st.lists(names, min_size=1, max_size=5)),
        headline=draw(st.sampled_from(["Ferry sinks", "Captain arrested in port", f"News {number}"])),
        category=draw(st.sampled_from(["World", "Sport", "Arts"])),
        at=START + timedelta(hours=draw(st.integers(-30, 23))),
        pace=draw(st.sampled_from([0.1, 1.0, 3.0, 90.0])),
        told=told,
        related=draw(st.lists(st.integers(1, 60), max_size=3)),
    )


@st.composite
def news(draw: st.DrawFn) -> list[DigestCandidate]:
    return [draw(stories(number)) for number in range(1, draw(st.integers(0, 30)) + 1)]


def chosen(candidates: Sequence[DigestCandidate]) -> tuple[DigestSection, ...]:
    return select(candidates, DigestPlan(), start=START, end=END, categories=["Sport", "World"])


@pytest.mark.slow
@given(news(), st.randoms(use_true_random=False))
def test_candidates_in_whatever_order_make_the_same_digest(candidates: list[DigestCandidate], random: object) -> None:
    before = chosen(candidates)
    shuffled = sorted(candidates, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert repr(chosen(shuffled)) == repr(before)


@pytest.mark.slow
@given(news())
def test_a_story_stands_once_and_no_section_is_empty(candidates: list[DigestCandidate]) -> None:
    sections = chosen(candidates)
    told = [item.story for section in sections for item in section.items]
    assert len(told) == len(set(told))
    named = [link.story for section in sections for item in section.items for link in set(item.related)]
    assert set(told).isdisjoint(named)
    assert len(named) == len(set(named))
    assert all(section.items for section in sections)
    order = list(SectionKind)
    places = [order.index(section.kind) for section in sections]
    assert places == sorted(places)


@pytest.mark.slow
@given(news())
def test_no_publisher_and_no_category_takes_the_top(candidates: list[DigestCandidate]) -> None:
    top = next((section.items for section in chosen(candidates) if section.kind is SectionKind.TOP), ())
    assert len(top) <= TOP
    # As many as it takes where there are few kinds; each kind that stands there is one of those.
    publishers, categories = Counter(item.publisher for item in top), Counter(item.category for item in top)
    assert all(count <= most(TOP, OF_A_PUBLISHER, 1) for count in publishers.values())
    assert len(publishers) < 4 or max(publishers.values()) <= OF_A_PUBLISHER
    assert len(categories) < 3 or max(categories.values()) <= OF_A_CATEGORY


@pytest.mark.slow
@given(news())
def test_only_what_has_changed_is_told_again_and_says_so(candidates: list[DigestCandidate]) -> None:
    known = {one.story.id: one for one in candidates}
    for section in chosen(candidates):
        for item in section.items:
            told = known[item.story].told
            assert (section.kind is SectionKind.DEVELOPING) == (told is not None) == bool(item.changed)
            assert told is None or item.changed == changes(known[item.story], told, start=START)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=600) | st.text("aB .!?。…[]\n", max_size=300),
    st.integers(20, 300),
)
def test_a_teaser_is_the_beginning_of_its_text(text: str, length: int) -> None:
    said = first_sentences(text, length=length)
    assert len(said) <= length + 1
    assert "\n" not in said
    assert one_line(text).startswith(said.removesuffix("…"))
