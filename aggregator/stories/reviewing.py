"""Reviewing: grouping a story and those near to it anew, as if all their entries had come in at once.

What came in one by one was placed by what was known then. Half a story later two small ones turn out to be one, an early entry
to belong elsewhere, a rare word to be frequent. Taken apart and put together again by average link, with today's
words, they come within 0.005 of BCubed F1 of the whole window grouped in one go (`benchmarks/stories.md`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import Final

from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.stories.agglomerate import agglomerate
from aggregator.stories.items import Item
from aggregator.stories.likeness import SLIGHT, dot, likeness
from aggregator.stories.placing import Judge
from aggregator.stories.vectors import product, square
from aggregator.stories.vetoes import are_opposed
from aggregator.stories.window import OpenStory, Window

NEIGHBOURS: Final = 6
"""Stories that are looked at together with one."""
SMALL: Final = 8
"""Entries up to which one more may change what a story is."""
POOLED: Final = 30
"""Entries that are grouped anew at once, unless the story and the one nearest to it have more: all pairs are compared."""
DISSOLVED: Final = 24
"""Entries up to which a story is taken apart; a larger one only grows: what is like sixty entries is not there by chance."""
SAMPLE: Final = 8
"""Entries of either side that are asked for conflicts."""


def pool(story: OpenStory, window: Window, judge: Judge) -> list[OpenStory]:
    """Give a story and those near to it, the nearest first, without what a person has pinned; nothing where all is well."""
    if judge.constraints.is_pinned(story.each_entry()):
        return []
    found = window.like_story(story, judge.settings.near * (1.0 - judge.share))
    nearest = sorted(found, key=lambda other: (-found[other], other))
    others = (window.stories[other] for other in nearest)
    free = (
        other for other in others if _meet(story, other, judge) and not judge.constraints.is_pinned(other.each_entry())
    )
    nearby = _few(story, islice(free, NEIGHBOURS))
    return [] if _is_settled(story, nearby, found, judge) else [story, *nearby]


def has_grown(size: int) -> bool:
    """Tell whether a story that has come to this size is worth a look: small ones always, others when they have grown by an eighth or so."""
    return size % max(1, size // SMALL) == 0


def _few(story: OpenStory, others: Iterable[OpenStory]) -> list[OpenStory]:
    """Take the first of some stories, as far as they have together no more entries than are grouped anew at once."""
    left = POOLED - min(len(story.items), DISSOLVED)
    taken: list[OpenStory] = []
    for other in others:
        left -= min(len(other.items), DISSOLVED)
        if taken and left < 0:
            break
        taken.append(other)
    return taken


def _meet(story: OpenStory, other: OpenStory, judge: Judge) -> bool:
    """Tell whether no pause lies between two stories that is longer than a story may make."""
    idle = judge.settings.idle
    return other.first_at - story.last_at < idle and story.first_at - other.last_at < idle


def _is_settled(story: OpenStory, others: Sequence[OpenStory], means: Mapping[StoryId, float], judge: Judge) -> bool:
    """Tell whether nothing would change: no two are alike enough to be one, and no entry is more like another story than its own.

    Three in four reviews find that, in a tenth of the time of grouping anew.
    """
    if judge.share or _are_linked([story, *others]):
        return False
    size, own = len(story.items), _means_with_rest(story, judge)
    if 1 < size <= DISSOLVED and min(own) < judge.threshold(1, size - 1):
        return False
    return not any(
        means[other.id] >= judge.threshold(size, len(other.items))
        or _prefer(story, own, other)
        or _prefer(other, _means_with_rest(other, judge), story)
        for other in others
    )


def _are_linked(stories: Sequence[OpenStory]) -> bool:
    """Tell whether an entry may be tied to another by a link: what that adds to a likeness, sums of words do not say."""
    items = [item for story in stories for item in story.items]
    links = [link for item in items for link in item.entry.links]
    return len(set(links)) < len(links) or not {item.entry.url_key for item in items}.isdisjoint(links)


def _prefer(story: OpenStory, own: Sequence[float], other: OpenStory) -> bool:
    """Tell whether any entry of a story that may be taken apart is more like another story than its own, given `_means_with_rest`."""
    size = len(other.items)
    return any(_sum_with(item, other) > size * mean for item, mean in zip(story.items, own, strict=False))


def _means_with_rest(story: OpenStory, judge: Judge) -> list[float]:
    """Give for each entry of a story that may be taken apart how like it is to the others, to which it stays; nothing for one that is alone."""
    rest, staying = len(story.items) - 1, judge.settings.staying
    if not 0 < rest < DISSOLVED:
        return []
    return [(_sum_with(item, story) - square(item.weights)) / rest + staying for item in story.items]


def _sum_with(item: Item, story: OpenStory) -> float:
    return product(item.weights, story.sums)


def regroup(stories: Sequence[OpenStory], judge: Judge) -> list[list[Item]]:
    """Put the entries of some stories into groups, which are in order of their first entry."""
    shown = {story.id: _shown(story, stories, judge) for story in stories}
    items = sorted((item for story in stories for item in shown[story.id]), key=_order)
    found = agglomerate(
        _likenesses(items, {item.position: story.id for story in stories for item in story.items}, judge),
        _fixed(items, stories, judge),
        thresholds=[judge.threshold(size or 1, size or 1) for size in range(len(items) + 1)],
        may_join=lambda ones, others: _may_join([items[at] for at in ones], [items[at] for at in others], judge),
    )
    groups = [[items[at] for at in group] for group in found]
    _complete(groups, [story for story in stories if len(shown[story.id]) < len(story.items)])
    return sorted((part for group in groups for part in _without_pauses(group, judge)), key=lambda part: part[0].order)


def _shown(story: OpenStory, stories: Sequence[OpenStory], judge: Judge) -> list[Item]:
    """Give the entries of a story by which it is compared: all, or of a very large one so many as stand for it.

    It stays together, so its entries need not be compared with one another: all pairs of 600 took half a second. With what ties an
    entry to others, or keeps it apart, it is always shown.
    """
    if len(story.items) <= DISSOLVED:
        return story.items
    others = {item.entry.copy_set for other in stories if other is not story for item in other.items}
    every = -(-len(story.items) // DISSOLVED)
    return [
        item
        for at, item in enumerate(story.items)
        if at % every == 0 or item.entry.copy_set in others or judge.constraints.concern(item.entry.id)
    ]


def _complete(groups: Sequence[list[Item]], large: Iterable[OpenStory]) -> None:
    """Put those entries of large stories that were not shown to those that were: to most of them, where a ruling parts these."""
    for story in large:
        entries = {item.entry.id: item for item in story.items}
        own = max(groups, key=lambda group: sum(item.entry.id in entries for item in group))
        grouped = {item.entry.id for group in groups for item in group}
        own += (item for entry, item in entries.items() if entry not in grouped)
        own.sort(key=_order)


def _likenesses(items: Sequence[Item], story_of: Mapping[int, StoryId], judge: Judge) -> list[dict[int, float]]:
    rows: list[dict[int, float]] = []
    staying = judge.settings.staying
    stories = [story_of[item.position] for item in items]
    for at, item in enumerate(items):
        row: dict[int, float] = {}
        own, known = stories[at], judge.judged_before(item)
        for place, other in enumerate(items[:at]):
            found = known.get(other.position)
            if found is None:
                found = known[other.position] = _judged(item, other, judge)
            if stories[place] == own:
                found += staying
            if found:
                row[place] = rows[place][at] = found
        rows.append(row)
    return rows


def _judged(item: Item, other: Item, judge: Judge) -> float:
    judge.effort.pairs += 1
    cosine = dot(item, other)
    if cosine > SLIGHT or judge.share or item.entry.links or other.entry.links:
        return likeness(item, other, cosine, judge.settings, judge.share)
    return cosine


def _fixed(items: Sequence[Item], stories: Sequence[OpenStory], judge: Judge) -> list[list[int]]:
    """Give what is together whatever its likeness: what a person ruled, copies that no person ruled apart, and very large stories."""
    place = {item.entry.id: at for at, item in enumerate(items)}
    groups: list[list[int]] = []
    for item in items:
        ruled = judge.constraints.group(item.entry.id)
        if ruled:
            groups.append([place[entry] for entry in sorted(ruled) if entry in place])
    copies: defaultdict[CopySetId, list[int]] = defaultdict(list)
    for at, item in enumerate(items):
        copies[item.entry.copy_set].append(at)
    groups += [group for group in copies.values() if len(group) > 1]
    groups += [
        [place[entry] for entry in story.entries if entry in place] for story in stories if len(story.items) > DISSOLVED
    ]
    return _joined(groups, [item.entry.id for item in items], judge) if groups else [[at] for at in range(len(items))]


def _joined(groups: Iterable[Sequence[int]], entries: Sequence[EntryId], judge: Judge) -> list[list[int]]:
    """Put groups that share a member together, the first ones first, but for what a person ruled apart."""
    of = {member: [member] for member in range(len(entries))}
    are_apart = judge.constraints.are_apart
    for group in groups:
        for one, other in pairwise(group):
            mine, theirs = of[one], of[other]
            if mine is theirs or are_apart([entries[at] for at in mine], [entries[at] for at in theirs]):
                continue
            mine += theirs
            of.update(dict.fromkeys(theirs, mine))
    return list({id(members): members for members in of.values()}.values())


def _may_join(ones: Sequence[Item], others: Sequence[Item], judge: Judge) -> bool:
    times = [item.entry.at for item in (*ones, *others)]
    if max(times) - min(times) > judge.settings.span:
        return False
    if judge.constraints.are_apart([item.entry.id for item in ones], [item.entry.id for item in others]):
        return False
    mine, theirs = ones[:: -(-len(ones) // SAMPLE)], others[:: -(-len(others) // SAMPLE)]
    return not are_opposed(mine, theirs)


def _without_pauses(group: Sequence[Item], judge: Judge) -> Iterable[list[Item]]:
    """Part a group where it paused for longer than a story may: what stood between has gone elsewhere.

    A person's ruling and copies outlast a pause.
    """
    timely = sorted(group, key=lambda item: (item.entry.at, item.order))
    start = 0
    for at, (earlier, later) in enumerate(pairwise(timely), 1):
        if later.entry.at - earlier.entry.at > judge.settings.idle and not _tied(timely[:at], timely[at:], judge):
            yield sorted(timely[start:at], key=_order)
            start = at
    yield sorted(timely[start:], key=_order)


def _order(item: Item) -> int:
    return item.order


def _tied(earlier: Sequence[Item], later: Sequence[Item], judge: Judge) -> bool:
    ruled = {entry for item in later for entry in judge.constraints.group(item.entry.id)}
    copies = {item.entry.copy_set for item in later}
    return any(item.entry.id in ruled or item.entry.copy_set in copies for item in earlier)
