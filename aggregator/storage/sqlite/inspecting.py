"""Looking the whole database through: SQLite's own checks, and what only this program can know to be wrong.

SQLite keeps no checksums of pages: of 100 files with 64 random bytes changed, its checks found 18. Texts of entries carry one of
their own (checksums.py), so that a changed byte in what readers see is found, and its entry named.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from aggregator.storage.sqlite import checksums, connect, migrations
from aggregator.storage.sqlite.session import Session

MOST = 20
"""Findings of one kind that are named; what is wrong with more has one cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of thing that is wrong."""

    what: str
    """A sentence."""
    examples: tuple[str, ...] = ()
    """The first of them."""


_LOOKS = {
    "entries without a text": """
        SELECT e.id AS name FROM entries AS e LEFT JOIN entry_texts AS t ON t.entry_id = e.id WHERE t.entry_id IS NULL
    """,
    "feeds whose number of entries is not what is counted": """
        SELECT f.id AS name FROM feeds AS f
        WHERE f.entry_count <> (SELECT count(*) FROM entries AS e WHERE e.feed_id = f.id)
    """,
    "copies of entries that do not exist": """
        SELECT e.id AS name FROM entries AS e LEFT JOIN entries AS l ON l.id = e.copy_of
        WHERE e.copy_of IS NOT NULL AND e.grouped = 1 AND l.id IS NULL
    """,
    "copies that are in another set than what they repeat": """
        SELECT e.id AS name FROM entries AS e CROSS JOIN entries AS l ON l.id = e.copy_of
        WHERE e.grouped = 1 AND l.grouped = 1 AND l.copy_set <> e.copy_set
    """,
    "sets of copies that lists do not show exactly once": """
        SELECT copy_set AS name FROM entries GROUP BY copy_set HAVING sum(fronts) <> max(shown)
    """,
    "entries in a story that does not exist": """
        SELECT p.entry_id AS name FROM story_entries AS p LEFT JOIN stories AS s ON s.id = p.story_id WHERE s.id IS NULL
    """,
    "stories whose publishers are not what is counted": """
        SELECT s.id AS name FROM stories AS s WHERE s.coverage <> (
            SELECT count(DISTINCT f.publisher) FROM story_entries AS p
            CROSS JOIN entries AS e ON e.id = p.entry_id CROSS JOIN feeds AS f ON f.id = e.feed_id
            WHERE p.story_id = s.id AND e.shown = 1
        )
    """,
    "entries in the search index that do not exist": """
        SELECT d.id AS name FROM entry_search_docsize AS d LEFT JOIN entries AS e ON e.id = d.id WHERE e.id IS NULL
    """,
    "entries that the search index has lost": """
        SELECT e.id AS name FROM entries AS e LEFT JOIN entry_search_docsize AS d ON d.id = e.id
        WHERE d.id IS NULL AND e.id <= (SELECT coalesce(max(id), 0) FROM entry_search_docsize)
    """,
    "digests that say other stories than they list": """
        SELECT d.name || ' ' || d.date AS name FROM digests AS d
        WHERE d.told <> (SELECT count(*) FROM digest_items AS i WHERE i.digest_id = d.id)
    """,
}
"""What is wrong, and the statement that finds it."""


def inspect(database: Path) -> list[Finding]:
    """Look through a database, which stays as it is and may be in use; an empty list: nothing is wrong.

    Raises:
        DatabaseUnusable: it is none of this program, was written by a newer version, or can't be read.
    """
    migrations.refuse_strangers(database)
    with connect.usable(database), closing(connect.connect(database, writing=False)) as db, connect.reading(db):
        session = Session(db)
        damage = list(_damage(session))
        # What is asked of damaged pages raises, or says nonsense.
        return damage or [*_wrong(session), *_changed_texts(session)]


def _damage(session: Session) -> Iterator[Finding]:
    said = [row["integrity_check"] for row in session.rows(f"PRAGMA integrity_check({MOST})")]
    if said != ["ok"]:
        yield Finding(what="SQLite finds the file damaged", examples=tuple(said[:MOST]))
    orphans = [f"{row['table']} {row['rowid']}" for row in session.rows("PRAGMA foreign_key_check")]
    if orphans:
        yield _finding("rows that belong to nothing", orphans)


def _wrong(session: Session) -> Iterator[Finding]:
    for what, statement in _LOOKS.items():
        found = [str(row["name"]) for row in session.rows(f"{statement} LIMIT {MOST + 1}")]
        if found:
            yield _finding(what, found)


def _changed_texts(session: Session) -> Iterator[Finding]:
    changed = [str(entry_id) for entry_id in checksums.wrong(session)]
    if changed:
        yield _finding("entries whose text is not what was stored", changed)


def _finding(what: str, found: list[str]) -> Finding:
    more = (f"and {len(found) - MOST:,} more",) if len(found) > MOST else ()
    return Finding(what=what, examples=(*found[:MOST], *more))
