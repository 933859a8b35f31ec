"""Which entries are shown: those of configured feeds that no rule mutes, and those muted ones that break out.

`entries.muted` names the rule, `entries.shown` says what follows. A rule is applied to an entry when it is stored or
changes; when rules change, to all entries of the feed, a bounded number at a time: `feeds.judged_at` and `judged_id` say
how far that has come, so that a restart goes on from there. Entries that come meanwhile are judged by the new rules anyway.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from aggregator.model.entry import ParsedEntry
from aggregator.model.wanted import Filters, Part
from aggregator.polling.muting import Said, muted_by, saying
from aggregator.storage.sqlite import wants
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import MOST, Row, Session, from_json
from aggregator.storage.sqlite.story_lists import list_stories, stories_of_entries

BEFORE_ALL = (-MOST, 0)
"""From where a feed is judged anew: `listed_at` and id, which no entry comes before."""

_TO_JUDGE = "SELECT id, configured, filters, judged_at, judged_id FROM feeds WHERE judged_at IS NOT NULL LIMIT 1"
_NEXT = """
    SELECT e.id, e.copy_set, e.listed_at, e.headline, e.author, e.url, e.tags, e.byline, e.muted, e.shown, t.text
    FROM entries AS e CROSS JOIN entry_texts AS t ON t.entry_id = e.id
    WHERE e.feed_id = :feed AND (e.listed_at, e.id) > (:at, :id) ORDER BY e.listed_at, e.id LIMIT :limit
"""


def judged(filters_text: str | None, parsed: ParsedEntry) -> str:
    """Name the rule that mutes an entry which is about to be stored; empty where none does."""
    if filters_text is None:
        return ""
    categories = (*parsed.tags, *parsed.byline.categories)
    return muted_by(
        wants.filters(filters_text), _said(parsed.headline, parsed.text, parsed.author, categories, parsed.url)
    )


def judge_next(session: Session, *, limit: int) -> int:
    """Apply rules that have changed to the next entries of one feed; give how many there were, 0 when nothing is left to do."""
    feed = session.row(_TO_JUDGE)
    if feed is None:
        return 0
    rows = session.rows(_NEXT, feed=feed["id"], at=feed["judged_at"], id=feed["judged_id"], limit=limit)
    _apply(session, wants.filters(feed["filters"]), rows, is_configured=bool(feed["configured"]))
    is_done = len(rows) < limit
    session.run(
        "UPDATE feeds SET judged_at = :at, judged_id = :entry WHERE id = :id",
        id=feed["id"],
        at=None if is_done else rows[-1]["listed_at"],
        entry=None if is_done else rows[-1]["id"],
    )
    return max(len(rows), 1)


def _apply(session: Session, filters: Filters, rows: Sequence[Row], *, is_configured: bool) -> None:
    rules = [(muted_by(filters, _said_of(row)), row) for row in rows]
    session.run_each(
        "UPDATE entries SET muted = ? WHERE id = ?", [(rule, row["id"]) for rule, row in rules if rule != row["muted"]]
    )
    # What was muted and stays so may break out now, or no more.
    touched = [row for rule, row in rules if rule or row["muted"]]
    plain = [(is_configured and not rule, row) for rule, row in rules]
    _show(session, [(shown, row) for shown, row in plain if shown != bool(row["shown"])])
    review(session, touched)


def review(session: Session, entries: Collection[Row]) -> None:
    """List anew what entries are part of whose `shown` may have changed: rows with `id` and `copy_set`."""
    if entries:
        choose_fronts(session, {row["copy_set"] for row in entries})
        list_stories(session, stories_of_entries(session, [row["id"] for row in entries]))


def _show(session: Session, entries: Iterable[tuple[bool, Row]]) -> None:
    session.run_each("UPDATE entries SET shown = ? WHERE id = ?", [(int(shown), row["id"]) for shown, row in entries])


def _said(headline: str, text: str, author: str | None, categories: Iterable[str], url: str | None) -> Said:
    return saying(
        {
            Part.TITLE: headline,
            Part.TEXT: text,
            Part.AUTHOR: author or "",
            Part.CATEGORY: "\n".join(categories),
            Part.URL: url or "",
        }
    )


def _said_of(row: Row) -> Said:
    byline = from_json(row["byline"], {})
    categories = chain(from_json(row["tags"], []), byline.get("categories", []))
    return _said(row["headline"], row["text"], row["author"], categories, row["url"])
