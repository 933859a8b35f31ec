"""What is told of a story's past: by the names, and of the entries, that it has now."""

import pytest

from aggregator.model.entry import EntrySummary
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.story import EventKind, StoryEvent, StoryMember
from aggregator.stories.retelling import retold
from tests.factories import NOON


def member(number: int, publisher: str) -> StoryMember:
    entry = EntrySummary(
        id=EntryId(number),
        copy_set=CopySetId(number),
        feed_id=FeedId("feed"),
        feed_title="Feed",
        publisher=publisher,
        category="World",
        url=None,
        headline="Headline",
        teaser="",
        language="en",
        published_at=NOON,
        first_seen_at=NOON,
        changed_at=NOON,
        listed_at=NOON,
    )
    return StoryMember(entry=entry, score=1.0, words=(), vetoes=())


def event(kind: EventKind, entry: int | None = None, detail: str = "") -> StoryEvent:
    return StoryEvent(
        story=StoryId(1), kind=kind, at=NOON, entry=None if entry is None else EntryId(entry), detail=detail
    )


FOUNDED = event(EventKind.FOUNDED, 1)
JOINED = event(EventKind.PUBLISHER, 2, "two")


def test_what_still_holds_is_told_as_it_was() -> None:
    events = (FOUNDED, JOINED, event(EventKind.LEAD, 2), event(EventKind.MERGED, detail="7"))
    assert retold(events, [member(1, "one"), member(2, "two")]) == events


def test_a_publisher_is_told_by_the_name_that_it_has_now() -> None:
    _, joined = retold((FOUNDED, JOINED), [member(1, "one"), member(2, "Two Weekly")])
    assert joined.detail == "Two Weekly"


def test_a_story_whose_founder_has_left_was_founded_by_its_earliest_entry() -> None:
    (founded,) = retold((FOUNDED, JOINED), [member(2, "two"), member(3, "two")])
    assert (founded.kind, founded.entry) == (EventKind.FOUNDED, 2)


@pytest.mark.parametrize(("left", "told"), [("two", [(EventKind.PUBLISHER, 3)]), ("three", [])])
def test_a_publisher_is_told_as_long_as_an_entry_of_it_is_left(left: str, told: list[tuple[EventKind, int]]) -> None:
    _, *others = retold((FOUNDED, JOINED), [member(1, "one"), member(3, left)])
    assert [(each.kind, each.entry) for each in others] == told


def test_of_an_entry_that_has_left_only_what_happened_is_told() -> None:
    _, led = retold((FOUNDED, event(EventKind.LEAD, 2)), [member(1, "one")])
    assert (led.kind, led.entry) == (EventKind.LEAD, None)
