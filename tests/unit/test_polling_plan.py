from collections.abc import Sequence
from datetime import timedelta

from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import EntryId
from aggregator.polling.plan import plan
from tests.factories import NOON, known_from, make_parsed_entry


def numbers(changed: Sequence[tuple[EntryId, ParsedEntry]]) -> list[int]:
    return [entry_id for entry_id, _ in changed]


def test_in_an_empty_database_everything_is_new() -> None:
    entries = [make_parsed_entry("1"), make_parsed_entry("2")]
    decided = plan([], entries)
    assert decided.new == tuple(entries)
    assert (decided.changed, decided.unchanged) == ((), 0)


def test_a_known_entry_that_says_the_same_is_unchanged() -> None:
    entry = make_parsed_entry("1")
    assert plan(known_from([entry]), [entry]).unchanged == 1


def test_a_new_headline_under_the_same_guid_is_a_change() -> None:
    before, after = make_parsed_entry("1"), make_parsed_entry("1", headline="Rewritten")
    decided = plan(known_from([before]), [after])
    assert decided.changed == ((EntryId(1), after),)
    assert decided.new == ()


def test_a_new_address_under_the_same_guid_is_a_change() -> None:
    before, after = make_parsed_entry("1"), make_parsed_entry("1", url="https://news.example/moved")
    assert numbers(plan(known_from([before]), [after]).changed) == [1]


def test_without_guid_the_address_is_the_identity() -> None:
    before = make_parsed_entry("1", guid=None)
    after = make_parsed_entry("1", guid=None, headline="Rewritten")
    assert numbers(plan(known_from([before]), [after]).changed) == [1]


def test_without_guid_and_address_headline_and_time_are_the_identity() -> None:
    before = make_parsed_entry("1", guid=None, url=None, text="Old.")
    after = make_parsed_entry("1", guid=None, url=None, text="New.")
    later = make_parsed_entry("1", guid=None, url=None, published_at=NOON + timedelta(days=1))
    assert numbers(plan(known_from([before]), [after]).changed) == [1]
    assert plan(known_from([before]), [later]).new == (later,)


def test_entries_without_any_name_are_known_by_what_they_say() -> None:
    first, second = (ParsedEntry(text=text, fingerprint=text) for text in ("It rains.", "It rains no more."))
    decided = plan(known_from([first]), [second, first])
    assert decided.new == (second,)
    assert decided.unchanged == 1


def test_one_guid_on_different_entries_does_not_make_them_one() -> None:
    entries = [make_parsed_entry(name, guid="0") for name in ("1", "2", "3")]
    fourth = make_parsed_entry("4", guid="0")
    decided = plan(known_from(entries), [fourth, *entries])
    assert decided.new == (fourth,)
    assert decided.unchanged == 3


def test_under_a_shared_guid_the_address_says_which_entry_changed() -> None:
    entries = [make_parsed_entry(name, guid="0") for name in ("1", "2")]
    rewritten = make_parsed_entry("2", guid="0", headline="Rewritten")
    decided = plan(known_from(entries), [rewritten, entries[0]])
    assert decided.changed == ((EntryId(2), rewritten),)
    assert decided.unchanged == 1


def test_under_a_shared_guid_the_headline_decides_where_the_address_does_not() -> None:
    entries = [make_parsed_entry(name, guid="0") for name in ("1", "2")]
    moved = make_parsed_entry("2", guid="0", url="https://news.example/moved")
    assert numbers(plan(known_from(entries), [entries[0], moved]).changed) == [2]


def test_an_entry_that_a_document_lists_twice_is_kept_twice_and_then_known_twice() -> None:
    entry = make_parsed_entry("1")
    assert len(plan([], [entry, entry]).new) == 2
    assert plan(known_from([entry, entry]), [entry, entry]).unchanged == 2


def test_twins_that_differ_in_text_stay_unchanged_in_any_order() -> None:
    twins = [make_parsed_entry("1", text="One."), make_parsed_entry("1", text="Two.")]
    assert plan(known_from(twins), twins[::-1]).unchanged == 2


def test_a_feed_that_begins_to_give_guids_brings_nothing_new() -> None:
    before, after = make_parsed_entry("1", guid=None), make_parsed_entry("1", guid="tag:1", headline="Rewritten")
    assert numbers(plan(known_from([before]), [after]).changed) == [1]


def test_a_feed_that_ceases_to_give_guids_brings_nothing_new() -> None:
    before, after = make_parsed_entry("1", guid="tag:1"), make_parsed_entry("1", guid=None)
    assert plan(known_from([before]), [after]).unchanged == 1


def test_another_guid_at_the_same_address_is_another_entry() -> None:
    before, after = make_parsed_entry("1", guid="live-1"), make_parsed_entry("1", guid="live-2")
    assert plan(known_from([before]), [after]).new == (after,)


def test_an_entry_with_guid_does_not_take_the_place_of_one_without_that_is_still_there() -> None:
    old, also = make_parsed_entry("1", guid=None), make_parsed_entry("1", guid="tag:1", headline="Another")
    decided = plan(known_from([old]), [also, old])
    assert decided.new == (also,)
    assert decided.unchanged == 1


def test_new_entries_come_in_the_order_of_the_document() -> None:
    entries = [make_parsed_entry(str(number)) for number in range(20)]
    assert plan(known_from(entries[5:7]), entries).new == (*entries[:5], *entries[7:])
