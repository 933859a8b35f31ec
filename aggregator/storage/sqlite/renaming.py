"""A feed gets another id."""

# ruff: noqa: S608 - statements are put together of constants of this module; every value is bound
from aggregator.model.ids import FeedId
from aggregator.storage.sqlite.session import Session

CHILDREN = ("polls", "entries", "imprints", "subscriptions")
"""Tables with a `feed_id`; a test compares with the schema."""


def rename(session: Session, old: FeedId, new: FeedId) -> int:
    """Do what `records.FeedRecords.rename` says."""
    if old == new or not session.row("SELECT 1 FROM feeds WHERE id = :old", old=old):
        return 0
    if session.row("SELECT 1 FROM entries WHERE feed_id = :new LIMIT 1", new=new):
        return 0
    # A running server may have read feeds.yaml already, and know a feed of that id, as yet empty.
    session.run("DELETE FROM feeds WHERE id = :new", new=new)
    session.run("PRAGMA defer_foreign_keys = ON")
    session.run("UPDATE feeds SET id = :new WHERE id = :old", new=new, old=old)
    moved = {
        table: session.run(f"UPDATE {table} SET feed_id = :new WHERE feed_id = :old", new=new, old=old)
        for table in CHILDREN
    }
    return moved["entries"]
