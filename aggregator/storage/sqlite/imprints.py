"""Imprints of the document of each feed that was stored last: one row a feed, read and written whole.

A column on entries would be looked up thirty times a document, in rows of a kilobyte; a document's row has 24 bytes an entry.
"""

from aggregator.model.ids import EntryId, FeedId
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints
from aggregator.storage.sqlite.session import Session

_HASH, _ID = 16, 8
"""Bytes."""
_ENTRY = _HASH + _ID


def read(session: Session, feed_id: FeedId) -> KnownImprints:
    """Give what is remembered of a feed."""
    row = session.row("SELECT context, entries FROM imprints WHERE feed_id = :feed", feed=feed_id)
    if row is None:
        return NOTHING_KNOWN
    packed = row["entries"]
    entries = [
        (packed[at : at + _HASH], EntryId(int.from_bytes(packed[at + _HASH : at + _ENTRY])))
        for at in range(0, len(packed), _ENTRY)
    ]
    return KnownImprints(context=row["context"], entries=tuple(entries))


def write(session: Session, feed_id: FeedId, imprints: KnownImprints) -> None:
    """Remember these instead of what was remembered."""
    if not imprints.entries:
        forget(session, feed_id)
        return
    packed = b"".join([made + entry_id.to_bytes(_ID) for made, entry_id in imprints.entries])
    session.run(
        "INSERT OR REPLACE INTO imprints (feed_id, context, entries) VALUES (:feed, :context, :entries)",
        feed=feed_id,
        context=imprints.context,
        entries=packed,
    )


def forget(session: Session, feed_id: FeedId) -> None:
    """Remember nothing of a feed."""
    session.run("DELETE FROM imprints WHERE feed_id = :feed", feed=feed_id)
