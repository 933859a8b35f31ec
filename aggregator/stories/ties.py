"""Ties: the stories in which rulings and copies have an entry, whatever its words."""

from collections.abc import Collection, Iterable

from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.stories.items import Item
from aggregator.stories.rulings import Constraints
from aggregator.stories.window import Window


def tied(item: Item, window: Window, constraints: Constraints) -> list[StoryId]:
    """Give the open stories that an entry belongs to, oldest first: they are one now. Of pinned ones the oldest, and that alone."""
    story_of, group = window.story_of, constraints.group(item.entry.id)
    if not group and not window.has_copies(item.entry.copy_set):
        return []
    ruled = {story_of[entry] for entry in group if entry in story_of}
    found = _with_copies(item.entry.copy_set, window, constraints, entries=[item.entry.id], ruled=ruled)
    pinned = [one for one in found if constraints.is_pinned(window.stories[one].entries)]
    return pinned[:1] or found


def to_unite(copy_set: CopySetId, window: Window, constraints: Constraints) -> list[StoryId]:
    """Give the open stories that a copy set makes one, oldest first; none where there is only one, or a person pinned one of them."""
    found = _with_copies(copy_set, window, constraints)
    is_pinned = any(constraints.is_pinned(window.stories[one].entries) for one in found)
    return found if len(found) > 1 and not is_pinned else []


def _with_copies(
    copy_set: CopySetId,
    window: Window,
    constraints: Constraints,
    *,
    entries: Collection[EntryId] = (),
    ruled: Iterable[StoryId] = (),
) -> list[StoryId]:
    """Give the open stories that a copy set ties, oldest first.

    Args:
        copy_set: the set.
        window: the open stories.
        constraints: what keeps some of them apart from others, or from `entries`; the older ones come first then.
        entries: who joins them.
        ruled: stories that are tied by a person's ruling.
    """
    found, among = set(ruled), list(entries)
    for story_id in found:
        among += window.stories[story_id].entries
    for story_id in window.copies(copy_set):
        theirs = window.stories[story_id].entries
        if story_id not in found and not constraints.are_apart(among, theirs):
            found.add(story_id)
            among += theirs
    return sorted(found)
