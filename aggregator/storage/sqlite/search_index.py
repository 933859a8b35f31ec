"""The words of entries in the full-text index, and keeping them true.

The index is contentless: it holds where words stand, not the words in their order, which would be a second copy of every
text. SQLite 3.40 takes an entry out of such an index only when it is told exactly the words that went in. They
are made again from the stored text, which gives the same words as long as the rules that make them are the same;
when a new version or another Unicode table changes the rules, the index is made anew.

New entries go in after they were saved, some hundreds at a time (`catch_up`), in order of id. What is in is therefore all up to
a watermark, the greatest id of the index: nothing else has to be kept, and nothing is lost by a crash between saving and
indexing. With the poll that brought them, thirty at a time, it took twice as long: most of it was merging small pieces.

Two programs with other rules may share a file (`poll` under another Python than `serve`), so every transaction
calls `renew` before its first `add` or `remove`. FTS5 takes words that never went in as a damaged index.
"""

import unicodedata

from aggregator.storage.sqlite.session import Session
from aggregator.text.terms import search_terms

RULES = 1
"""To be raised with every change of what `search_terms` gives for a text; `tests/unit/test_search_rules.py` tells when."""
_SIGNATURE = f"{RULES}, Unicode {unicodedata.unidata_version}"
"""Not taken from what the rules make of a sample: at every start that compiles patterns that nothing else may need."""


def watermark(session: Session) -> int:
    """Give the greatest id in the index; 0 when it is empty. Entries beyond it wait for `catch_up`."""
    # entry_search_docsize is FTS5's own table of how long each document is, one row each (https://sqlite.org/fts5.html
    # section 9); of entry_search itself, max(rowid) reads it from end to end.
    row = session.row("SELECT max(id) AS id FROM entry_search_docsize")
    return 0 if row is None or row["id"] is None else int(row["id"])


def catch_up(session: Session, *, limit: int) -> int:
    """Put the first `limit` entries beyond the watermark in, and give how many there were."""
    renew(session)
    waiting = session.rows(
        f"{_TEXTS} WHERE e.id > :indexed ORDER BY e.id LIMIT :limit", indexed=watermark(session), limit=max(limit, 0)
    )
    session.run_each(
        "INSERT INTO entry_search (rowid, headline, teaser, text) VALUES (?, ?, ?, ?)",
        (
            (row["id"], search_terms(row["headline"]), search_terms(row["teaser"]), search_terms(row["text"]))
            for row in waiting
        ),
    )
    return len(waiting)


_TEXTS = """
    SELECT e.id, e.headline, e.teaser, t.text FROM entries AS e CROSS JOIN entry_texts AS t ON t.entry_id = e.id
"""


def add(session: Session, entry_id: int, headline: str, teaser: str, text: str) -> None:
    """Put an entry in."""
    session.run(
        "INSERT INTO entry_search (rowid, headline, teaser, text) VALUES (:id, :headline, :teaser, :text)",
        id=entry_id,
        headline=search_terms(headline),
        teaser=search_terms(teaser),
        text=search_terms(text),
    )


def remove(session: Session, entry_id: int, headline: str, teaser: str, text: str) -> None:
    """Take an entry out; the texts must be those it was put in with."""
    session.run(
        "INSERT INTO entry_search (entry_search, rowid, headline, teaser, text)"
        " VALUES ('delete', :id, :headline, :teaser, :text)",
        id=entry_id,
        headline=search_terms(headline),
        teaser=search_terms(teaser),
        text=search_terms(text),
    )


def renew(session: Session) -> bool:
    """Make the index anew if it was made by other rules than today's; tell whether it was."""
    row = session.row("SELECT signature FROM search_rules")
    if row is not None and row["signature"] == _SIGNATURE:
        return False
    session.run("INSERT INTO entry_search (entry_search) VALUES ('delete-all')")
    for entry in session.walk(_TEXTS):
        add(session, entry["id"], entry["headline"], entry["teaser"], entry["text"])
    session.run("DELETE FROM search_rules")
    session.run("INSERT INTO search_rules (signature) VALUES (:signature)", signature=_SIGNATURE)
    return True
