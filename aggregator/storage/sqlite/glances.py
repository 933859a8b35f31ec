"""All feeds at a glance: what pages about thousands of feeds ask, without looking at everything that is known of each.

An overview of 2,000 feeds takes 60 ms of CPU: forty columns, of which most become values of their own, and three looks at the
entries of each. What is counted of all of them, or chosen by, is a few columns; overviews are for those that are shown.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from aggregator.model.feed import FeedFigures, FeedGlance, FeedOutline
from aggregator.model.glance import FeedMark
from aggregator.model.ids import FeedId
from aggregator.storage.sqlite.session import Row, Session, from_json, many, seconds

_KIND = """
    CASE
        WHEN gone = 1 THEN 'gone'
        WHEN blocked_until > :now THEN 'blocked'
        WHEN failures > 0 THEN 'failing'
        WHEN last_polled_at IS NULL THEN 'new'
        WHEN malformed_since IS NOT NULL THEN 'malformed'
        ELSE 'ok'
    END
"""
_GLANCES = f"""
    SELECT id, url, title, document_title, home_url, publisher, category, tags, language, {_KIND} AS kind
    FROM feeds WHERE configured = 1 ORDER BY position
"""  # noqa: S608 -- a constant of this module; every value is bound
_OUTLINES = """
    SELECT id, url, title, document_title, home_url, category, tags, language
    FROM feeds WHERE configured = 1 AND id IN (SELECT value FROM json_each(:ids))
"""
_MARKS = f"SELECT id, category, {_KIND} AS kind FROM feeds WHERE configured = 1 ORDER BY position"  # noqa: S608 -- likewise
_CONDITIONS = f"""
    SELECT kind, count(*) AS feeds FROM (SELECT {_KIND} AS kind FROM feeds WHERE configured = 1) GROUP BY kind
"""  # noqa: S608 -- likewise
SUSPECT = """
    gone = 1 OR move_since IS NOT NULL OR failing_since IS NOT NULL OR malformed_since IS NOT NULL
    OR last_success_at - (SELECT max(listed_at) FROM entries WHERE feed_id = feeds.id) >= :silent
"""
"""Of feeds of which something may be wrong: `polling.health` finds nothing wrong with any other."""
# A group that is paused beyond now has a server's wish: its feeds are not late.
_FIGURES = """
    SELECT count(*) AS overdue, min(due) AS earliest FROM (
        SELECT max(next_poll_at, coalesce(blocked_until, next_poll_at)) AS due FROM feeds
        WHERE configured = 1 AND gone = 0 AND next_poll_at < :now AND NOT EXISTS (
            SELECT 1 FROM rate_groups WHERE name = feeds.rate_group AND paused_until > :now
        )
    ) WHERE due < :now
"""
_PUSHED = "SELECT count(*) AS pushed FROM feeds WHERE configured = 1 AND pushed_until > :now"


def glances(session: Session, *, now: datetime) -> list[FeedGlance]:
    """List the configured feeds in the order of feeds.yaml."""
    return [_glance(row) for row in session.rows(_GLANCES, now=seconds(now))]


def _glance(row: Row) -> FeedGlance:
    feed, url, title, document_title, home_url, publisher, category, tags, language, kind = row
    return FeedGlance(
        id=FeedId(feed),
        url=url,
        name=title or document_title or url,
        home_url=home_url,
        publisher=publisher,
        category=category,
        tags=tuple(from_json(tags, ())),
        language=language,
        kind=kind,
    )


def outlines(session: Session, ids: Collection[FeedId]) -> dict[FeedId, FeedOutline]:
    """Give those of these feeds that are configured."""
    return {FeedId(row["id"]): _outline(row) for row in session.rows(_OUTLINES, ids=many(ids))}


def _outline(row: Row) -> FeedOutline:
    _, url, title, document_title, home_url, category, tags, language = row
    return FeedOutline(
        url=url,
        name=title or document_title or url,
        home_url=home_url,
        category=category,
        tags=tuple(from_json(tags, ())),
        language=language,
    )


def marks(session: Session, *, now: datetime) -> list[FeedMark]:
    """List the configured feeds in the order of feeds.yaml."""
    return [FeedMark(row["id"], row["category"], row["kind"]) for row in session.rows(_MARKS, now=seconds(now))]


def conditions(session: Session, *, now: datetime) -> dict[str, int]:
    """Count the configured feeds of each kind that there is."""
    return {row["kind"]: row["feeds"] for row in session.rows(_CONDITIONS, now=seconds(now))}


def figures(session: Session, *, now: datetime) -> FeedFigures:
    """Count the feeds whose poll is due, and those that hubs send to us."""
    (late,) = session.rows(_FIGURES, now=seconds(now))
    (pushed,) = session.rows(_PUSHED, now=seconds(now))
    longest = 0 if late["earliest"] is None else seconds(now) - late["earliest"]
    return FeedFigures(overdue=late["overdue"], longest_lag=timedelta(seconds=longest), pushed=pushed["pushed"])
