"""What chooses the stories of a list: how many publishers have one, and in which categories it is.

Both follow from its entries whose feeds are configured. They are stored, in `stories.coverage` and `story_categories`, so
that an index answers a list; and they are made again whenever entries are placed or feeds.yaml changes which feeds
there are. What a list says of a story is not stored, but looked up with its entries (stories.py): so it is never out of date.
"""

from collections import defaultdict
from collections.abc import Collection

from aggregator.model.ids import FeedId
from aggregator.storage.sqlite.breakouts import break_out
from aggregator.storage.sqlite.session import Session, many

_AT_ONCE = 1000
"""Stories looked at together: those of a feed may be a hundred thousand."""

_SHOWN = """
    SELECT p.story_id, e.category, f.publisher
    FROM story_entries AS p CROSS JOIN entries AS e ON e.id = p.entry_id CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE p.story_id IN (SELECT value FROM json_each(:ids)) AND e.shown = 1
"""
_LISTED = "SELECT id, updated_at, coverage FROM stories WHERE id IN (SELECT value FROM json_each(:ids))"
_OF_FEED = """
    SELECT p.story_id FROM entries AS e CROSS JOIN story_entries AS p ON p.entry_id = e.id WHERE e.feed_id = :id
"""


def list_stories(session: Session, story_ids: Collection[int]) -> None:
    """Make anew what chooses these stories, and which muted entries of theirs are shown."""
    ordered = sorted(story_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        break_out(session, ordered[start : start + _AT_ONCE])
        _list(session, ordered[start : start + _AT_ONCE])


def stories_of_feed(session: Session, feed_id: FeedId) -> set[int]:
    """Find the stories that entries of a feed are in."""
    return {row["story_id"] for row in session.rows(_OF_FEED, id=feed_id)}


def stories_of_entries(session: Session, entry_ids: Collection[int]) -> set[int]:
    """Find the stories that these entries are in."""
    sql = "SELECT story_id FROM story_entries WHERE entry_id IN (SELECT value FROM json_each(:ids))"
    return {row["story_id"] for row in session.rows(sql, ids=many(entry_ids))}


def _list(session: Session, story_ids: Collection[int]) -> None:
    publishers: defaultdict[int, set[str]] = defaultdict(set)
    categories: defaultdict[int, set[str]] = defaultdict(set)
    ids = many(story_ids)
    for row in session.rows(_SHOWN, ids=ids):
        publishers[row["story_id"]].add(row["publisher"])
        categories[row["story_id"]].add(row["category"])
    stories = session.rows(_LISTED, ids=ids)
    covered = ((len(publishers[row["id"]]), row) for row in stories)
    session.run_each(
        "UPDATE stories SET coverage = ? WHERE id = ?",
        [(coverage, row["id"]) for coverage, row in covered if coverage != row["coverage"]],
    )
    session.run("DELETE FROM story_categories WHERE story_id IN (SELECT value FROM json_each(:ids))", ids=ids)
    session.run_each(
        "INSERT INTO story_categories (story_id, category, updated_at, coverage) VALUES (?, ?, ?, ?)",
        (
            (row["id"], category, row["updated_at"], len(publishers[row["id"]]))
            for row in stories
            for category in sorted(categories[row["id"]])
        ),
    )
