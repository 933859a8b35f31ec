"""Retelling: what happened to a story, as far as it concerns the entries that it has now, by the names that they have now.

Events are kept as they were told. Since then an entry may have left for another story, or have been hidden, and feeds.yaml may call
a publisher otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aggregator.model.ids import EntryId
from aggregator.model.story import EventKind, StoryEvent, StoryMember


def retold(events: Sequence[StoryEvent], members: Sequence[StoryMember]) -> tuple[StoryEvent, ...]:
    """Tell again what happened to a story.

    Who founded it is its earliest entry, where the one that did has left; a publisher none of whose entries is left never came.

    Args:
        events: in the order in which they were told.
        members: its entries that are shown, in order of arrival; at least one.
    """
    publishers = {member.entry.id: member.entry.publisher for member in members}
    first = members[0].entry.id
    told = [now for event in events if (now := _retold(event, publishers, first))]
    founded = {event.entry for event in told if event.kind is EventKind.FOUNDED}
    return tuple(event for event in told if event.kind is not EventKind.PUBLISHER or event.entry not in founded)


def _retold(event: StoryEvent, publishers: Mapping[EntryId, str], first: EntryId) -> StoryEvent | None:
    is_there = event.entry in publishers
    match event.kind:
        case EventKind.FOUNDED:
            return event if is_there else replace(event, entry=first)
        case EventKind.PUBLISHER if event.entry is not None and is_there:
            called = publishers[event.entry]
            return event if called == event.detail else replace(event, detail=called)
        case EventKind.PUBLISHER:
            entry = next((entry for entry, publisher in publishers.items() if publisher == event.detail), None)
            return None if entry is None else replace(event, entry=entry)
        case _:
            return event if is_there or event.entry is None else replace(event, entry=None)
