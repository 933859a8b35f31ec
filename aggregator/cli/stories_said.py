"""A story in words for people, and as JSON for programs."""

from collections.abc import Iterator
from datetime import tzinfo

from aggregator.cli.wording import counted, spelt
from aggregator.model.entry import EntrySummary
from aggregator.model.story import EventKind, PublishedStory, Story, StoryEvent, StoryLine

_HAPPENED = {
    EventKind.FOUNDED: ("first reported", " by {}"),
    EventKind.PUBLISHER: ("one more publisher has it", ": {}"),
    EventKind.LEAD: ("another report leads it", "; before: {}"),
    EventKind.NUMBER: ("its headline says another number", "; before: {}"),
    EventKind.MERGED: ("another story turned out to be this one", ": {}"),
    EventKind.SPLIT: ("it was split", "; the other part is story {}"),
}
"""What is said of an event, and what is added where it has a detail."""


def said(published: PublishedStory, zone: tzinfo) -> Iterator[str]:
    """Tell of a story, line by line; times in `zone`."""
    story = published.story
    yield from headed(story, zone)
    yield ""
    for member in story.members:
        yield from entry_lines(member.entry, zone)
    yield ""
    yield "What happened:"
    for event in story.events:
        if not event.of_unknown:
            yield f"  {spelt(event.at, zone)}  {happened(event, story.publishers[0])}"
    if published.related:
        yield ""
        yield "Related stories:"
    for line in published.related:
        yield f"  {line.id}  {line.lead.label}"
        yield f"      {line.lead.publisher}, {spelt(line.last_at, zone)}"


def headed(story: Story, zone: tzinfo) -> Iterator[str]:
    """Begin to tell of a story: what, who has it, and when."""
    yield f"{story.id}  {story.lead.label}"
    covered = f"{counted(story.coverage, 'publisher')}, {counted(story.size, 'entry', 'entries')}"
    state = "open" if story.is_open else "closed"
    yield f"{covered}, {spelt(story.first_at, zone)} to {spelt(story.last_at, zone)}; {state}{', pinned' * story.is_pinned}"


def entry_lines(entry: EntrySummary, zone: tzinfo) -> Iterator[str]:
    """Tell of an entry in a story."""
    yield f"  {entry.id}  {entry.label}"
    yield f"      {entry.publisher}, {spelt(entry.listed_at, zone)}{f'  {entry.url}' if entry.url else ''}"


def happened(event: StoryEvent, first: str) -> str:
    """Say what happened; `first` is who has the earliest entry of the story, for the one that founded it may have left."""
    sentence, more = _HAPPENED[event.kind]
    detail = first if event.kind is EventKind.FOUNDED else event.detail
    return sentence + (more.format(detail) if detail else "")


def as_json(published: PublishedStory) -> dict[str, object]:
    """Give a story for programs; times in UTC."""
    story = published.story
    return {
        **line_as_json(story),
        "open": story.is_open,
        "pinned": story.is_pinned,
        "entries": [entry_as_json(member.entry) for member in story.members],
        "events": [
            {"at": event.at.isoformat(), "kind": event.kind, "entry_id": event.entry, "detail": event.detail}
            for event in story.events
        ],
        "related": [line_as_json(line) for line in published.related],
    }


def line_as_json(line: StoryLine) -> dict[str, object]:
    """Give what a list shows of a story for programs."""
    return {
        "story_id": line.id,
        "headline": line.lead.label,
        "lead": line.lead.id,
        "publishers": line.coverage,
        "size": line.size,
        "first_at": line.first_at.isoformat(),
        "last_at": line.last_at.isoformat(),
        "updated_at": line.updated_at.isoformat(),
    }


def entry_as_json(entry: EntrySummary) -> dict[str, object]:
    """Give an entry of a story for programs."""
    return {
        "entry_id": entry.id,
        "copy_set": entry.copy_set,
        "headline": entry.headline,
        "publisher": entry.publisher,
        "feed_id": entry.feed_id,
        "url": entry.url,
        "listed_at": entry.listed_at.isoformat(),
    }
