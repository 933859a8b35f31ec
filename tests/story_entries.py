"""Entries for tests of stories."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from aggregator.model.grouping import StoryEntry
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.stories.engine import StoryEngine
from tests.factories import NOON


def story_entry(
    number: int,
    headline: str,
    *,
    hours: float = 0,
    body: str = "",
    publisher: str = "",
    copy_set: int | None = None,
    url_key: str | None = None,
    links: Iterable[str] = (),
    language: str | None = "en",
    seen_after: float = 0,
) -> StoryEntry:
    return StoryEntry(
        id=EntryId(number),
        publisher=publisher or f"publisher {number}",
        headline=headline,
        body=body,
        url_key=url_key,
        links=frozenset(links),
        language=language,
        at=NOON + timedelta(hours=hours),
        seen_at=NOON + timedelta(hours=hours + seen_after),
        copy_set=CopySetId(number if copy_set is None else copy_set),
    )


def placed(engine: StoryEngine, headlines: Sequence[str], *, hours: float = 1) -> list[StoryId]:
    """Give headlines to an engine, so many hours apart; the stories they are in at the end."""
    entries = [story_entry(number, headline, hours=number * hours) for number, headline in enumerate(headlines, 1)]
    for entry in entries:
        engine.add(entry)
    engine.advance(entries[-1].at + timedelta(hours=2))
    found = [engine.story_of(entry.id) for entry in entries]
    assert all(story is not None for story in found)
    return [story for story in found if story is not None]
