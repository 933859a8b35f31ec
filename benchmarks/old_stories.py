"""The stories and digests of a batch of old news, as an engine and a morning would have left them. All stories are closed."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from aggregator.model.digest import DAILY, Digest, DigestItem, DigestSection, SectionKind
from aggregator.model.grouping import ClosedStory, Placement, RelatedStory, StoryChanges, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import EventKind, StoryEvent
from benchmarks.old_news import Batch, Item, Paper

RELATED = 4
"""Stories before it that a story is related to."""
_ZONE = ZoneInfo("Asia/Beirut")
_MORNING = timedelta(hours=6)
_SECTIONS = (
    (SectionKind.TOP, "Top stories", 6),
    (SectionKind.CATEGORY, "World", 8),
    (SectionKind.BRIEF, "In brief", 10),
)

Teller = tuple[EntryId, Paper, Item]


def stories(batch: Batch, ids: Sequence[EntryId], *, first: StoryId) -> StoryChanges:
    """Make a story of every event; copies join the one of what they repeat."""
    tellers = _tellers(batch, ids)
    copies: dict[int, list[int]] = {}
    for place, (_, _, item) in enumerate(tellers):
        if item.copy_of is not None:
            copies.setdefault(item.copy_of, []).append(place)
    told = [
        sorted(
            (tellers[each] for place in event for each in (place, *copies.get(place, ()))),
            key=lambda teller: (teller[2].published_at, teller[0]),
        )
        for event in batch.events
    ]
    # In order of founding, as numbers are given.
    told.sort(key=lambda group: group[0][2].published_at)
    named = [(StoryId(first + place), group) for place, group in enumerate(told)]
    return StoryChanges(
        readings=(),
        placements=tuple(place for story, group in named for place in _placements(story, group)),
        merged=(),
        events=tuple(event for story, group in named for event in _events(story, group)),
        states=(),
        related={},
        closed=tuple(_closed(story, group, first) for story, group in named),
        next_story=StoryId(first + len(named)),
        forgotten_before=0,
    )


def _placements(story: StoryId, group: Sequence[Teller]) -> Iterator[Placement]:
    for place, (entry, _, item) in enumerate(group):
        words = tuple(item.headline.split()[:4]) if len(group) > 1 else ()
        yield Placement(entry_id=entry, story=story, score=0.6 if place else 1.0, words=words)


def _events(story: StoryId, group: Sequence[Teller]) -> Iterator[StoryEvent]:
    told: set[str] = set()
    for entry, paper, item in group:
        if paper.publisher not in told:
            kind = EventKind.PUBLISHER if told else EventKind.FOUNDED
            yield StoryEvent(story=story, kind=kind, at=item.published_at, entry=entry, detail=paper.publisher)
        told.add(paper.publisher)


def _closed(story: StoryId, group: Sequence[Teller], first: StoryId) -> ClosedStory:
    state = StoryState(
        id=story,
        review_at=None,
        lead=group[0][0],
        first_at=group[0][2].published_at,
        last_at=group[-1][2].published_at,
        updated_at=max(event.at for event in _events(story, group)),
        publishers=tuple(dict.fromkeys(paper.publisher for _, paper, _ in group)),
        numbers=(),
    )
    # A few of those that were founded lately, and every third has none.
    before = () if story % 3 == 0 else range(max(story - 7 * RELATED, first), story, 7)
    related = tuple(RelatedStory(story=StoryId(each), score=0.1 + each % 7 / 10) for each in before)
    return ClosedStory(state=state, entries=tuple(entry for entry, _, _ in group), related=related)


def digests(batch: Batch, ids: Sequence[EntryId], changes: StoryChanges) -> Iterator[Digest]:
    """Make a digest for every morning between the first and the last poll of a batch."""
    known = {entry: (paper, item) for entry, paper, item in _tellers(batch, ids)}
    most = sorted(changes.closed, key=lambda story: (-len(story.state.publishers), story.state.id))
    mornings = list(_mornings(batch.visits[0].at, batch.visits[-1].at))
    for number, (before, morning) in enumerate(pairwise([batch.visits[0].at - timedelta(days=1), *mornings])):
        start = max(before, morning - timedelta(days=1))
        yield _digest(start, morning, [_item(each, known) for each in most[number :: len(mornings)]])


def _tellers(batch: Batch, ids: Sequence[EntryId]) -> list[Teller]:
    polled = ((visit.paper, item) for visit in batch.visits for item in visit.items)
    return [(entry, paper, item) for entry, (paper, item) in zip(ids, polled, strict=True)]


def _mornings(first: datetime, last: datetime) -> Iterator[datetime]:
    day = first.astimezone(_ZONE).date()
    while True:
        morning = datetime.combine(day, datetime.min.time(), _ZONE) + _MORNING
        if morning >= last:
            return
        if morning >= first:
            yield morning
        day += timedelta(days=1)


def _item(story: ClosedStory, known: dict[EntryId, tuple[Paper, Item]]) -> DigestItem:
    paper, item = known[story.state.lead]
    return DigestItem(
        story=story.state.id,
        entry=story.state.lead,
        headline=item.headline,
        teaser=item.paragraphs[0],
        url=f"https://paper{paper.number}.example/{item.name}.html",
        publisher=paper.publisher,
        others=tuple(each for each in story.state.publishers if each != paper.publisher)[:20],
        category=paper.category,
        language="en",
        at=item.published_at,
    )


def _digest(start: datetime, end: datetime, items: Sequence[DigestItem]) -> Digest:
    sections, rest = [], list(items)
    for kind, title, size in _SECTIONS:
        if rest:
            sections.append(DigestSection(kind=kind, title=title, items=tuple(rest[:size])))
            rest = rest[size:]
    return Digest(
        name=DAILY,
        date=end.date(),
        title="Old News",
        start=start,
        end=end,
        sections=tuple(sections),
        stories=len(items),
        entries=len(items),
        publishers=len({item.publisher for item in items}),
    )
