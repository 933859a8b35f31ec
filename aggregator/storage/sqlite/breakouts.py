"""Muted entries that are shown all the same, while enough publishers have their story."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from aggregator.polling.muting import breaks_out
from aggregator.storage.sqlite import wants
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import Row, Session, many

_ANY = "SELECT 1 FROM entries WHERE feed_id > '' AND muted <> '' LIMIT 1"
"""`entries_muted` answers it without a look at the table: there is seldom anything to do."""
_MEMBERS = """
    SELECT p.story_id, e.id, e.copy_set, e.shown, e.muted, f.publisher, f.filters
    FROM story_entries AS p CROSS JOIN entries AS e ON e.id = p.entry_id CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE p.story_id IN (SELECT value FROM json_each(:ids)) AND f.configured = 1
"""


def break_out(session: Session, story_ids: Collection[int]) -> None:
    """Decide anew which muted entries of these stories are shown."""
    if session.row(_ANY) is None:
        return
    stories: defaultdict[int, list[Row]] = defaultdict(list)
    for row in session.rows(_MEMBERS, ids=many(story_ids)):
        stories[row["story_id"]].append(row)
    wrong = [row for members in stories.values() for row in _wrong(members)]
    session.run_each("UPDATE entries SET shown = 1 - shown WHERE id = ?", [(row["id"],) for row in wrong])
    choose_fronts(session, {row["copy_set"] for row in wrong})


def _wrong(members: Sequence[Row]) -> Iterator[Row]:
    publishers = len({row["publisher"] for row in members})
    for row in members:
        if row["muted"] and breaks_out(wants.filters(row["filters"]), publishers) != bool(row["shown"]):
            yield row
