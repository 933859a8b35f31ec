from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.ids import EntryId
from aggregator.model.wanted import Retention
from aggregator.polling.retention import Stored, expired
from tests.factories import NOON

DAY = timedelta(days=1)


def stored(number: int, *, days: int = 0, in_document: bool = False) -> Stored:
    at = NOON - days * DAY
    return Stored(id=EntryId(number), listed_at=at, first_seen_at=at, in_document=in_document)


def test_without_retention_everything_is_kept() -> None:
    assert expired([stored(1, days=5000)], Retention(), now=NOON) == []


def test_what_is_older_than_the_age_goes_and_what_is_as_old_stays() -> None:
    entries = [stored(1, days=31), stored(2, days=30), stored(3)]
    assert expired(entries, Retention(age=30 * DAY), now=NOON) == [1]


def test_of_entries_the_newest_stay() -> None:
    entries = [stored(1), stored(2, days=2), stored(3, days=1), stored(4)]
    assert set(expired(entries, Retention(entries=2), now=NOON)) == {2, 3}


def test_what_the_document_still_holds_stays_for_it_would_only_come_back() -> None:
    entries = [stored(1, days=90, in_document=True), stored(2, days=90)]
    assert expired(entries, Retention(age=DAY, entries=1), now=NOON) == [2]


@given(
    st.lists(
        st.builds(stored, st.integers(1, 99), days=st.integers(0, 60), in_document=st.booleans()),
        unique_by=lambda e: e.id,
    ),
    st.builds(
        Retention, age=st.none() | st.integers(1, 60).map(lambda n: n * DAY), entries=st.none() | st.integers(1, 20)
    ),
)
def test_pruning_twice_is_pruning_once(entries: list[Stored], retention: Retention) -> None:
    gone = set(expired(entries, retention, now=NOON))
    assert expired([entry for entry in entries if entry.id not in gone], retention, now=NOON) == []
