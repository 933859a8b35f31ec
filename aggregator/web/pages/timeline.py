"""What happened to a story, in order: who reported it when, whose headline changed, what merged and parted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.entry import EntrySummary
from aggregator.model.ids import StoryId
from aggregator.model.story import EventKind, Story, StoryLine
from aggregator.services.read_stories import WholeStory
from aggregator.web.rendering import earlier_headlines


class MomentKind(StrEnum):
    """What happened, as the page says it."""

    FIRST = "first reported by"
    JOINED = "joined"
    HEADLINE = "headline changed"
    LEAD = "now led by"
    NUMBER = "another number in the headline"
    MERGED = "merged"
    SPLIT = "split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of a timeline."""

    at: datetime
    kind: MomentKind
    entry: EntrySummary | None = None
    """Whose; None where it is no single entry's, or one that is not shown any more."""
    was: str = ""
    """The headline before, or the numbers in it."""
    other: StoryLine | None = None
    """The story that it parted from or that parted from it; None where that has nothing to show any more."""


_TOLD = {
    EventKind.LEAD: MomentKind.LEAD,
    EventKind.NUMBER: MomentKind.NUMBER,
    EventKind.MERGED: MomentKind.MERGED,
    EventKind.SPLIT: MomentKind.SPLIT,
}
"""Events that no entry's coming in tells of: founding and further publishers are where their entries are."""


def timeline(whole: WholeStory) -> list[Moment]:
    """Put together what happened to a story, earliest first; of one time, entries before what they brought.

    It is first reported by the earliest of its entries that are shown, whichever founded it: that one may have left, or another have
    come in late.
    """
    changes = list(_changed_headlines(whole))
    moments = [*_reports(whole.published.story), *changes, *_events(whole, changes)]
    # Of stories that were regrouped together, several may merge at a time: that is one line.
    return sorted(dict.fromkeys(moments), key=lambda moment: moment.at)


def _reports(story: Story) -> Iterator[Moment]:
    for position, member in enumerate(story.members):
        kind = MomentKind.JOINED if position else MomentKind.FIRST
        yield Moment(at=member.entry.listed_at, kind=kind, entry=member.entry)


def _changed_headlines(whole: WholeStory) -> Iterator[Moment]:
    for member in whole.published.story.members:
        entry = member.entry
        revisions = [(each.headline, each.replaced_at) for each in whole.revisions.get(entry.id, ())]
        for was, at in earlier_headlines(entry.headline, revisions):
            yield Moment(at=at, kind=MomentKind.HEADLINE, entry=entry, was=was)


def _events(whole: WholeStory, changes: Sequence[Moment]) -> Iterator[Moment]:
    story = whole.published.story
    entries = {member.entry.id: member.entry for member in story.members}
    shown = {moment.entry.id for moment in changes if moment.entry}
    shown |= {event.entry for event in story.events if event.kind is EventKind.LEAD and event.entry}
    for event in story.events:
        # Another number is seen in the headline that changed, or in that of the new lead.
        if event.kind not in _TOLD or event.of_unknown or (event.kind is EventKind.NUMBER and event.entry in shown):
            continue
        yield Moment(
            at=event.at,
            kind=_TOLD[event.kind],
            entry=entries.get(event.entry) if event.entry else None,
            was=event.detail if event.kind is EventKind.NUMBER else "",
            other=_other(whole, event.detail) if event.kind is EventKind.SPLIT else None,
        )


def _other(whole: WholeStory, number: str) -> StoryLine | None:
    return whole.named.get(StoryId(int(number))) if number.isdecimal() else None
