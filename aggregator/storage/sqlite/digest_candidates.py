"""What a digest is chosen from: stories as they were known at the end of its period."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from aggregator.model.digest import DigestCandidate, Told
from aggregator.model.ids import StoryId
from aggregator.model.story import Story, StoryLine
from aggregator.storage.sqlite import story_lines
from aggregator.storage.sqlite.session import Row, Session, from_json, many, seconds
from aggregator.storage.sqlite.stories import SqliteStories
from aggregator.stories.related import shown
from aggregator.text.claims import Claims, may_be_numbered
from aggregator.text.tongue import guess

MONTH: Final = timedelta(days=30)
LATE: Final = timedelta(days=3)
"""How long before a period an entry may have been published that is told in it because it came in too late for the digest before: of
a feed that is polled daily or was down over a weekend. Older ones are no news any more."""
REMEMBERED: Final = timedelta(days=30)
"""How long what was told is looked at. A story goes on for a week at most, unless feeds.yaml allows it thirty days."""
TEXT: Final = 1500
RELATED: Final = 3

# The last part has stories that changed after the period, too: `_is_new` looks closer.
_NEW = """
    SELECT p.story_id AS id FROM entries AS e CROSS JOIN story_entries AS p ON p.entry_id = e.id
    WHERE e.shown = 1 AND e.listed_at >= :start AND e.listed_at < :end
    UNION
    SELECT p.story_id FROM entries AS e CROSS JOIN story_entries AS p ON p.entry_id = e.id
    WHERE e.shown = 1 AND e.listed_at >= :late AND e.listed_at < :start AND e.id > :seen
    UNION
    SELECT id FROM stories WHERE coverage > 0 AND updated_at >= :start
"""
_SEEN = """
    SELECT last_entry FROM digests WHERE name = :name AND date = (
        SELECT max(date) FROM digests WHERE name = :name AND end_at <= :start
    )
"""
_FEEDS = "SELECT id, tags FROM feeds WHERE id IN (SELECT value FROM json_each(:ids))"
_PACE = """
    SELECT f.value AS id, count(*) AS entries, min(e.listed_at) AS since
    FROM json_each(:ids) AS f CROSS JOIN entries AS e ON e.feed_id = f.value
    WHERE e.listed_at >= :month AND e.listed_at < :end GROUP BY f.value
"""
_TEXTS = f"SELECT entry_id, substr(text, 1, {TEXT}) AS text FROM entry_texts WHERE entry_id IN (SELECT value FROM json_each(:ids))"
_TOLD = """
    SELECT d.date, i.story_id, i.entry_id, i.headline, i.language, i.publishers
    FROM digests AS d CROSS JOIN digest_items AS i ON i.digest_id = d.id
    WHERE d.name = :name AND d.end_at <= :start AND d.end_at > :remembered ORDER BY d.date, i.place
"""
_REDIRECTS = "SELECT story_id, target FROM story_redirects WHERE story_id IN (SELECT value FROM json_each(:ids))"
_NO_ENTRY = 2**63 - 1


def candidates(session: Session, name: str, *, start: datetime, end: datetime) -> tuple[DigestCandidate, ...]:
    """Give them in order of id: see `digest_records.DigestRecords.candidates`.

    Args:
        session: the transaction.
        name: of the digest: what its former ones told, and what came in since.
        start: when the period begins.
        end: when it ends; nothing that was published later counts.
    """
    row = session.row(_SEEN, name=name, start=seconds(start))
    seen = _NO_ENTRY if row is None else row["last_entry"]
    late = seconds(start - LATE)
    found = session.rows(_NEW, start=seconds(start), end=seconds(end), late=late, seen=seen)
    whole = story_lines.whole(session, {item["id"] for item in found}, why=False)
    stories = [story for _, one in sorted(whole.items()) if (story := until(one, end))]
    new = [story for story in stories if _is_new(story, start=start, late=start - LATE, seen=seen)]
    return tuple(_candidates(session, new, _Told(session, name, start), end=end))


def until(story: Story, end: datetime) -> Story | None:
    """Give a story as it was at a time, going by when its entries were published; None where it was not yet."""
    members = tuple(member for member in story.members if member.entry.listed_at < end)
    if not members:
        return None
    leads = [member.entry for member in members if member.entry.id == story.lead.id]
    events = tuple(event for event in story.events if event.at < end)
    last_at = max(member.entry.listed_at for member in members)
    return replace(
        story,
        lead=leads[0] if leads else members[0].entry,
        coverage=len({member.entry.publisher for member in members}),
        size=len(members),
        first_at=members[0].entry.listed_at,
        last_at=last_at,
        updated_at=events[-1].at if events else last_at,
        members=members,
        events=events,
    )


def _is_new(story: Story, *, start: datetime, late: datetime, seen: int) -> bool:
    """Tell whether an entry or an event of the story, which ends with the period, is of the period, or came too late for the one before."""
    return any(
        member.entry.listed_at >= start or (member.entry.listed_at >= late and member.entry.id > seen)
        for member in story.members
    ) or any(event.at >= start for event in story.events)


def _candidates(
    session: Session, stories: Collection[Story], told: "_Told", *, end: datetime
) -> Iterator[DigestCandidate]:
    feeds = {member.entry.feed_id for story in stories for member in story.members}
    tags = {row["id"]: from_json(row["tags"], ()) for row in session.rows(_FEEDS, ids=many(sorted(feeds)))}
    pace = _paces(session, feeds, end)
    leads = many(story.lead.id for story in stories)
    texts = {row["entry_id"]: row["text"] for row in session.rows(_TEXTS, ids=leads)}
    related = SqliteStories(session).related([story.id for story in stories])
    for story in stories:
        of = {member.entry.feed_id for member in story.members}
        before = told.of(story)
        yield DigestCandidate(
            story=story,
            related=_related(related.get(story.id, ()), story, end),
            pace={feed: pace[feed] for feed in sorted(of) if feed in pace},
            tags=frozenset(tag for feed in of for tag in tags[feed]),
            categories=frozenset(member.entry.category for member in story.members),
            # Reading numbers takes a tenth of a millisecond, and they are compared with those that were told.
            numbers=numbers(story.lead.headline, story.lead.language) if before else (),
            told=before,
            text=texts.get(story.lead.id, ""),
        )


def _related(rows: Collection[tuple[StoryLine, float]], story: Story, end: datetime) -> tuple[StoryLine, ...]:
    return shown(((line, score) for line, score in rows if line.first_at < end), story.last_at, RELATED)


def _paces(session: Session, feeds: Collection[str], end: datetime) -> Mapping[str, float]:
    """Give entries a day of each feed, over a month, or since its first entry in that: a busy one that was added now shows its last hours."""
    rows = session.rows(_PACE, ids=many(sorted(feeds)), month=seconds(end - MONTH), end=seconds(end))
    day = timedelta(days=1).total_seconds()
    return {row["id"]: row["entries"] / max((seconds(end) - row["since"]) / day, 1.0) for row in rows}


def numbers(headline: str, language: str | None) -> tuple[str, ...]:
    """Give what a headline says in numbers."""
    return Claims(headline, guess(headline, language)).figures if may_be_numbered(headline) else ()


class _Told:
    """What former digests of a name told, found by story, by what has become of that, and by the entry that led it then.

    By entry, because a story may be split, or put together anew under another number: who has read of it has read of it.
    """

    def __init__(self, session: Session, name: str, start: datetime) -> None:
        self._by_story: dict[int, Row] = {}
        self._by_entry: dict[int, Row] = {}
        rows = session.rows(_TOLD, name=name, start=seconds(start), remembered=seconds(start - REMEMBERED))
        ids = many({row["story_id"] for row in rows})
        current = {int(row["story_id"]): int(row["target"]) for row in session.rows(_REDIRECTS, ids=ids)}
        for row in rows:
            self._by_story[current.get(int(row["story_id"]), int(row["story_id"]))] = row
            self._by_entry[row["entry_id"]] = row

    def of(self, story: Story) -> Told | None:
        """Give what was told last of a story."""
        found = [self._by_entry.get(member.entry.id) for member in story.members]
        every = [row for row in (self._by_story.get(StoryId(story.id)), *found) if row]
        last = max(every, key=lambda row: str(row["date"]), default=None)
        return None if last is None else _told(last)


def _told(row: Row) -> Told:
    return Told(
        date=date.fromisoformat(row["date"]),
        headline=row["headline"],
        publishers=tuple(from_json(row["publishers"], ())),
        numbers=numbers(row["headline"], row["language"]),
    )
