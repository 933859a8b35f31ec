"""Stories put into a database through the protocol, without an engine: what pages and feeds are tested with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.grouping import Placement, RelatedStory, StoryChanges, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import StoryEvent, Veto
from aggregator.ports import Store
from tests.factories import NOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story as a test wants it."""

    id: int
    entries: Sequence[EntryId]
    """The first one leads."""
    updated_at: datetime = NOON
    events: Sequence[StoryEvent] = ()
    related: Mapping[int, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    vetoes: tuple[Veto, ...] = ()


async def tell(store: Store, *told: Told, merged: Mapping[int, int] | None = None) -> None:
    """Save stories, and which have become which."""
    changes = StoryChanges(
        readings=(),
        placements=tuple(placement for each in told for placement in _placements(each)),
        merged=tuple((StoryId(old), StoryId(new)) for old, new in (merged or {}).items()),
        events=tuple(event for each in told for event in each.events),
        states=tuple(map(_state, told)),
        related={StoryId(each.id): _related(each) for each in told},
        closed=(),
        next_story=StoryId(max((each.id for each in told), default=0) + 1),
        forgotten_before=0,
    )
    await store.write(lambda tx: tx.stories.save(changes, signature=""))


def _placements(told: Told) -> list[Placement]:
    return [
        Placement(
            entry_id=each,
            story=StoryId(told.id),
            score=1.0 if number == 0 else 0.625,
            words=told.words,
            vetoes=told.vetoes,
        )
        for number, each in enumerate(told.entries)
    ]


def _state(told: Told) -> StoryState:
    return StoryState(
        id=StoryId(told.id),
        review_at=None,
        lead=told.entries[0],
        first_at=NOON,
        last_at=NOON,
        updated_at=told.updated_at,
        publishers=(),
        numbers=(),
    )


def _related(told: Told) -> tuple[RelatedStory, ...]:
    return tuple(RelatedStory(story=StoryId(other), score=score) for other, score in told.related.items())
