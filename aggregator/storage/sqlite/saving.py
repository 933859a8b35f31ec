"""Storing what a poll brought."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Mapping, Sequence
from datetime import datetime

from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.storage.sqlite import entry_rows, imprints, muting, search_index
from aggregator.storage.sqlite.session import Row, Session, Value, seconds

_INSERT = f"""
    INSERT INTO entries (
        id, feed_id, guid, published_at, first_seen_at, changed_at, listed_at, category, shown, fronts, copy_set, muted,
        {", ".join(entry_rows.SAID_COLUMNS)}
    ) VALUES ({", ".join("?" * (12 + len(entry_rows.SAID_COLUMNS)))})
"""
_INSERT_TEXTS = "INSERT INTO entry_texts (entry_id, summary, content, text) VALUES (?, ?, ?, ?)"

_OLD = """
    SELECT e.id, e.feed_id, e.guid, e.published_at, e.first_seen_at, e.listed_at, e.url, e.headline, e.teaser,
        e.url_key, e.headline_key, e.grouped, e.copy_set, e.muted, t.summary, t.content, t.text
    FROM entries AS e CROSS JOIN entry_texts AS t ON t.entry_id = e.id WHERE e.id = :id AND e.feed_id = :feed
"""
_KEEP = """
    INSERT INTO revisions (entry_id, replaced_at, headline, url, summary, content)
    VALUES (:id, :now, :headline, :url, :summary, :content)
"""
_UPDATE = f"""
    UPDATE entries SET
        guid = :guid, published_at = :published_at, changed_at = :now, listed_at = :listed_at, grouped = :grouped,
        muted = :muted, shown = CASE WHEN :muted = muted THEN shown ELSE :shown END,
        {", ".join(f"{name} = :{name}" for name in entry_rows.SAID_COLUMNS)}
    WHERE id = :id
"""
# One entry each: what `connected` collects around it is all that shared the key with the entry that leaves. Of a
# headline the neighbours in time: between them the chain may break.
_REGROUP = "UPDATE entries SET grouped = 0 WHERE id = ({})"
_LEAVE = (
    _REGROUP.format("SELECT id FROM entries WHERE url_key = :url_key AND id <> :id LIMIT 1"),
    *(
        _REGROUP.format(
            "SELECT id FROM entries WHERE headline_key = :headline_key AND headline_key <> '' AND id <> :id"
            f" AND listed_at {side} LIMIT 1"
        )
        for side in ("<= :listed_at ORDER BY listed_at DESC", "> :listed_at ORDER BY listed_at")
    ),
)
_UPDATE_TEXTS = "UPDATE entry_texts SET summary = :summary, content = :content, text = :text WHERE entry_id = :id"


def save(session: Session, feed_id: FeedId, plan: EntryPlan, *, now: datetime) -> list[EntryId]:
    """Store new entries, and changed ones after keeping what they said before as a revision.

    Raises:
        LookupError: there is no such feed, or a changed entry is none of its entries: a mistake of the caller.
    """
    feed = session.row("SELECT id, category, configured, filters FROM feeds WHERE id = :id", id=feed_id)
    if feed is None:
        raise LookupError(f"no feed {feed_id!r}")
    if plan.changed:
        imprints.forget(session, feed_id)
        search_index.renew(session)
        indexed = search_index.watermark(session)
        for entry_id, parsed in plan.changed:
            _change(session, feed, entry_id, parsed, now=seconds(now), indexed=entry_id <= indexed)
    return _add(session, feed, plan.new, seconds(now)) if plan.new else []


def _add(session: Session, feed: Row, new: Sequence[ParsedEntry], now: int) -> list[EntryId]:
    first = _next_id(session)
    session.run_each(_INSERT, (_row(feed, number, parsed, now) for number, parsed in enumerate(new, first)))
    session.run_each(
        _INSERT_TEXTS,
        ((number, parsed.summary, parsed.content, parsed.text) for number, parsed in enumerate(new, first)),
    )
    session.run("UPDATE feeds SET entry_count = entry_count + :new WHERE id = :id", id=feed["id"], new=len(new))
    return [EntryId(number) for number in range(first, first + len(new))]


def _row(feed: Row, entry_id: int, parsed: ParsedEntry, now: int) -> tuple[Value, ...]:
    """Give a new row: until it is placed, an entry is a set of copies of its own."""
    published = seconds(parsed.published_at)
    muted = muting.judged(feed["filters"], parsed)
    listed, shown = _listed(published, now), int(feed["configured"] and not muted)
    own = (entry_id, feed["id"], parsed.guid, published, now, now, listed, feed["category"], shown, shown, entry_id)
    return (*own, muted, *entry_rows.said(parsed))


def _next_id(session: Session) -> int:
    """Give the id that AUTOINCREMENT would, beforehand: a new set of copies is named by it."""
    row = session.row("SELECT seq FROM sqlite_sequence WHERE name = 'entries'")
    return 1 if row is None else int(row["seq"]) + 1


def _change(session: Session, feed: Row, entry_id: EntryId, parsed: ParsedEntry, *, now: int, indexed: bool) -> None:
    old = session.row(_OLD, id=entry_id, feed=feed["id"])
    if old is None:
        raise LookupError(f"feed {feed['id']!r} has no entry {entry_id}")
    _keep(session, old, now)
    new = _columns_of_changed(old, parsed)
    moves = _moves(old, new)
    if moves:
        _leave(session, old)
    muted = muting.judged(feed["filters"], parsed)
    shown = int(feed["configured"] and not muted)
    grouped = int(old["grouped"] and not moves)
    session.run(_UPDATE, **new, id=entry_id, now=now, grouped=grouped, muted=muted, shown=shown)
    if muted != old["muted"]:
        muting.review(session, [old])
    session.run(_UPDATE_TEXTS, id=entry_id, summary=parsed.summary, content=parsed.content, text=parsed.text)
    if indexed and (old["headline"], old["teaser"], old["text"]) != (parsed.headline, parsed.teaser, parsed.text):
        search_index.remove(session, entry_id, old["headline"], old["teaser"], old["text"])
        search_index.add(session, entry_id, parsed.headline, parsed.teaser, parsed.text)


def _keep(session: Session, old: Row, now: int) -> None:
    session.run(
        _KEEP,
        id=old["id"],
        now=now,
        headline=old["headline"],
        url=old["url"],
        summary=old["summary"],
        content=old["content"],
    )


def _columns_of_changed(old: Row, parsed: ParsedEntry) -> dict[str, Value]:
    """Give what replaces the old columns: guid and published time stay what they were first."""
    published = seconds(parsed.published_at) if old["published_at"] is None else old["published_at"]
    return dict(zip(entry_rows.SAID_COLUMNS, entry_rows.said(parsed), strict=True)) | {
        "guid": parsed.guid if old["guid"] is None else old["guid"],
        "published_at": published,
        "listed_at": _listed(published, old["first_seen_at"]),
    }


def _moves(old: Row, new: Mapping[str, Value]) -> bool:
    """Tell whether anything changes that decides about copies.

    If so, the entry is grouped again; until then it keeps its place, so that its set is whole when it is looked at.
    """
    return entry_rows.candidate(old) != entry_rows.candidate({**old, **new})


def _leave(session: Session, old: Row) -> None:
    """Have those grouped again that an entry leaves behind under its old keys.

    With it a headline may have recurred, or an address; without it what was kept apart may be copies.
    """
    for statement in _LEAVE:
        session.run(
            statement,
            id=old["id"],
            url_key=old["url_key"],
            headline_key=old["headline_key"],
            listed_at=old["listed_at"],
        )


def _listed(published_at: int | None, first_seen_at: int) -> int:
    return first_seen_at if published_at is None else min(published_at, first_seen_at)
