"""Stories that a digest may tell, for tests."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from aggregator.model.digest import DigestCandidate, Told
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.story import Story, StoryLine, StoryMember
from tests.factories import NOON

START = NOON - timedelta(days=1)
END = NOON


def make_summary(
    number: int,
    *,
    publisher: str = "Example",
    headline: str = "",
    category: str = "World",
    at: datetime = NOON - timedelta(hours=6),
    copy_set: int | None = None,
    feed_id: str = "",
    language: str | None = "en",
    changed_at: datetime | None = None,
) -> EntrySummary:
    return EntrySummary(
        id=EntryId(number),
        copy_set=CopySetId(number if copy_set is None else copy_set),
        feed_id=FeedId(feed_id or publisher.lower().replace(" ", "-")),
        feed_title=publisher,
        publisher=publisher,
        category=category,
        url=f"https://news.example/{number}",
        headline=headline or f"Ferry number {number} reaches port",
        teaser=f"What happened in case {number}.",
        language=language,
        published_at=at,
        first_seen_at=at,
        changed_at=changed_at or at,
        listed_at=at,
    )


def make_candidate(
    number: int,
    publishers: Sequence[str] = ("Example",),
    *,
    headline: str = "",
    category: str = "World",
    at: datetime = NOON - timedelta(hours=6),
    before: Sequence[str] = (),
    copies: bool = False,
    pace: float | Mapping[str, float] = 50.0,
    tags: Sequence[str] = (),
    numbers: Sequence[str] = (),
    told: Told | None = None,
    text: str = "",
    related: Sequence[int] = (),
    categories: Sequence[str] = (),
    changed_at: datetime | None = None,
) -> DigestCandidate:
    """Make a story of an entry for each publisher, an hour apart; the first leads. Entries of `before` came a day before the period."""
    summaries = [
        make_summary(
            number * 100 + place,
            publisher=publisher,
            headline=headline,
            category=category,
            at=at - timedelta(days=2) if publisher in before else at + timedelta(minutes=place),
            copy_set=number * 100 if copies else None,
            changed_at=changed_at,
        )
        for place, publisher in enumerate(publishers)
    ]
    members = sorted(summaries, key=lambda entry: (entry.listed_at, entry.id))
    paces: Mapping[str, float] = pace if isinstance(pace, Mapping) else {entry.feed_id: pace for entry in members}
    return DigestCandidate(
        story=Story(
            id=StoryId(number),
            lead=summaries[0],
            coverage=len(set(publishers)),
            size=len(members),
            first_at=members[0].listed_at,
            last_at=members[-1].listed_at,
            updated_at=members[-1].listed_at,
            members=tuple(StoryMember(entry=entry, score=1.0, words=(), vetoes=()) for entry in members),
            events=(),
            is_open=True,
            is_pinned=False,
        ),
        related=tuple(_line(other) for other in related),
        pace=paces,
        tags=frozenset(tags),
        categories=frozenset(categories or [category]),
        numbers=tuple(numbers),
        told=told,
        text=text,
    )


def make_told(headline: str, publishers: Sequence[str], numbers: Sequence[str] = ()) -> Told:
    return Told(date=date(2026, 3, 9), headline=headline, publishers=tuple(publishers), numbers=tuple(numbers))


def _line(number: int) -> StoryLine:
    at = NOON - timedelta(hours=3)
    lead = make_summary(number * 100)
    return StoryLine(id=StoryId(number), lead=lead, coverage=1, size=1, first_at=at, last_at=at, updated_at=at)
