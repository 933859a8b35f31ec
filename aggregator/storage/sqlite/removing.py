"""Taking entries out for good, as retention lets them go.

Some stay whatever their feed's retention says, so that what is published can be read on: what a sealed digest leads to, who speaks
for a story that several publishers tell, and entries that people have ruled about.
"""

from collections.abc import Collection

from aggregator.model.ids import EntryId, FeedId
from aggregator.polling.retention import Stored
from aggregator.storage.sqlite import imprints, search_index
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import Session, many, moment
from aggregator.storage.sqlite.story_lists import list_stories, stories_of_entries

_OF_FEED = "SELECT id, listed_at, first_seen_at FROM entries WHERE feed_id = :feed"
# By the publishers a story ever had: coverage falls while the first of their feeds are pruned.
_NEEDED = """
    SELECT entry_id AS id FROM digest_items
    UNION SELECT lead FROM stories WHERE json_array_length(publishers) > 1
    UNION SELECT value FROM story_rulings, json_each(story_rulings.entries)
    UNION SELECT value FROM story_rulings, json_each(coalesce(story_rulings.others, '[]'))
"""
_GOING = """
    SELECT e.id, e.copy_set, e.headline, e.teaser, t.text FROM entries AS e CROSS JOIN entry_texts AS t ON t.entry_id = e.id
    WHERE e.feed_id = :feed AND e.id IN (SELECT value FROM json_each(:ids))
"""
# Who was a copy of what goes is placed anew, with what is left.
_LEFT_BEHIND = "UPDATE entries SET grouped = 0, copy_of = NULL WHERE copy_set IN (SELECT value FROM json_each(:sets))"
_UNCOUNT_COPIES = """
    UPDATE feeds SET copy_count = copy_count - c.copies FROM (
        SELECT feed_id, count(*) AS copies FROM entries
        WHERE copy_set IN (SELECT value FROM json_each(:sets)) AND copy_of IS NOT NULL GROUP BY feed_id
    ) AS c WHERE feeds.id = c.feed_id
"""
_DELETE = "DELETE FROM entries WHERE id IN (SELECT value FROM json_each(:ids))"
# Nothing leads to a story without entries, but for other stories' lists.
_EMPTIED = """
    SELECT id FROM stories WHERE id IN (SELECT value FROM json_each(:ids))
    AND NOT EXISTS (SELECT 1 FROM story_entries WHERE story_id = stories.id)
"""
_UNRELATED = "DELETE FROM story_related WHERE story_id IN (SELECT value FROM json_each(:ids))"
_UNNAMED = "DELETE FROM story_related WHERE other_id IN (SELECT value FROM json_each(:ids))"
_DROPPED = "DELETE FROM stories WHERE id IN (SELECT value FROM json_each(:ids))"


def stored(session: Session, feed_id: FeedId) -> list[Stored]:
    """List the entries of a feed that may go if its retention says so."""
    needed = {row["id"] for row in session.rows(_NEEDED)}
    in_document = {entry_id for _, entry_id in imprints.read(session, feed_id).entries}
    return [
        Stored(
            id=EntryId(row["id"]),
            listed_at=moment(row["listed_at"]),
            first_seen_at=moment(row["first_seen_at"]),
            stays=row["id"] in in_document or row["id"] in needed,
        )
        for row in session.rows(_OF_FEED, feed=feed_id)
    ]


def remove(session: Session, feed_id: FeedId, entry_ids: Collection[EntryId]) -> int:
    """Take entries of a feed out with all that hangs on them; give how many there were.

    What they were copies or leads of waits to be placed again. A story that is left without entries goes with them.
    """
    going = session.rows(_GOING, feed=feed_id, ids=many(entry_ids))
    ids = [row["id"] for row in going]
    sets, stories = many({row["copy_set"] for row in going}), stories_of_entries(session, ids)
    search_index.renew(session)
    indexed = search_index.watermark(session)
    for row in going:
        if row["id"] <= indexed:
            search_index.remove(session, row["id"], row["headline"], row["teaser"], row["text"])
    session.run(_UNCOUNT_COPIES, sets=sets)
    session.run(_LEFT_BEHIND, sets=sets)
    session.run(_DELETE, ids=many(ids))
    choose_fronts(session, {row["copy_set"] for row in going})
    _drop_empty(session, stories)
    list_stories(session, stories)
    return len(ids)


def _drop_empty(session: Session, stories: Collection[int]) -> None:
    empty = many([row["id"] for row in session.rows(_EMPTIED, ids=many(stories))])
    for statement in (_UNRELATED, _UNNAMED, _DROPPED):
        session.run(statement, ids=empty)
