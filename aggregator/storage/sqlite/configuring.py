"""What feeds.yaml says, brought into the database."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter

from aggregator.model.feed import Feed
from aggregator.model.ids import FeedId
from aggregator.polling.groups import rate_group
from aggregator.storage.sqlite import feed_rows
from aggregator.storage.sqlite.fronts import choose_fronts, sets_of_feed
from aggregator.storage.sqlite.muting import BEFORE_ALL
from aggregator.storage.sqlite.pushes import SqlitePushes
from aggregator.storage.sqlite.session import Row, Session, seconds
from aggregator.storage.sqlite.setbacks import AHEAD
from aggregator.storage.sqlite.story_lists import list_stories, stories_of_feed

# What polls have learned belongs to the address: validators and body hash by RFC 9110 section 8.8, and a 410, a count
# of failures and a permanent redirect no less. Only the wish of a server to be left alone or asked less often stays
# as long as the feed stays with that server.
_FORGET_ADDRESS = """
    etag = NULL, last_modified = NULL, validators_url = NULL, body_hash = NULL, hints = NULL, lifetime = NULL,
    next_poll_at = NULL, next_poll_reason = '', fresh_until = NULL, pushed_until = NULL, failures = 0,
    failing_since = NULL, malformed_since = NULL, repeats = 0, advertised = NULL, gone = 0,
    move_address = NULL, move_candidate = NULL, move_seen = 0, move_since = NULL,
    slowdown = CASE WHEN rate_group = :rate_group THEN slowdown ELSE 0 END,
    blocked_until = CASE WHEN rate_group = :rate_group THEN blocked_until END
"""

_CONFIGURED_COLUMNS = (
    "configured", "position", "url", "rate_group", "title", "publisher", "category", "tags", "language", "interval",
    "unconditional_interval", "allow_private_address", "shows_images", "filters", "wanted",
)  # fmt: skip
"""What feeds.yaml decides."""
_configured = itemgetter(*_CONFIGURED_COLUMNS)

_BEFORE = f"SELECT id, move_address, {', '.join(_CONFIGURED_COLUMNS)}, {AHEAD} AS ahead FROM feeds"
_INSERT = f"""
    INSERT INTO feeds (id, {", ".join(_CONFIGURED_COLUMNS)})
    VALUES (:id, {", ".join(f":{name}" for name in _CONFIGURED_COLUMNS)})
"""
_RENAME = f"UPDATE feeds SET {', '.join(f'{name} = :{name}' for name in _CONFIGURED_COLUMNS)} WHERE id = :id"

_JUDGE_ALL = "UPDATE feeds SET judged_at = :at, judged_id = :entry WHERE id = :id"


class Configuring:
    """One reading of feeds.yaml."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pushes = SqlitePushes(session)

    def apply(self, feeds: Sequence[Feed], *, now: datetime) -> list[FeedId]:
        """Make these feeds the configured ones; give those of which a time lies further ahead than it can."""
        before = {row["id"]: row for row in self._session.rows(_BEFORE, now=seconds(now))}
        for position, feed in enumerate(feeds):
            self._configure(feed, position, before.get(feed.id), now=now)
        named = {feed.id for feed in feeds}
        self._list(feed for feed in feeds if _relisted(feed, before.get(feed.id)))
        self._drop(FeedId(name) for name, row in before.items() if row["configured"] and name not in named)
        self._list_stories(feeds, before)
        self._forget_engines(feeds, before)
        return [FeedId(name) for name, row in before.items() if row["ahead"]]

    def _configure(self, feed: Feed, position: int, before: Row | None, *, now: datetime) -> None:
        same_address = before is not None and before["url"] == feed.url
        columns = feed_rows.feed_columns(feed) | {
            "configured": 1,
            "position": position,
            "rate_group": rate_group(before["move_address"] or feed.url if before and same_address else feed.url),
        }
        if before is None:
            self._session.run(_INSERT, **columns)
            return
        if not same_address:
            self._session.run(
                f"UPDATE feeds SET {_FORGET_ADDRESS} WHERE id = :id", id=feed.id, rate_group=columns["rate_group"]
            )
            self._pushes.leave(feed.id, now=now)
        if _configured(before) != _configured(columns):
            self._session.run(_RENAME, **columns)
        if before["filters"] != columns["filters"]:
            at, entry = BEFORE_ALL
            self._session.run(_JUDGE_ALL, id=feed.id, at=at, entry=entry)

    def _list(self, feeds: Iterable[Feed]) -> None:
        for feed in feeds:
            self._session.run(
                "UPDATE entries SET category = :category, shown = (muted = '') WHERE feed_id = :id",
                id=feed.id,
                category=feed.category,
            )
            choose_fronts(self._session, sets_of_feed(self._session, feed.id))

    def _drop(self, ids: Iterable[FeedId]) -> None:
        for feed_id in ids:
            self._session.run("UPDATE feeds SET configured = 0 WHERE id = :id", id=feed_id)
            self._session.run("UPDATE entries SET shown = 0 WHERE feed_id = :id", id=feed_id)
            choose_fronts(self._session, sets_of_feed(self._session, feed_id))

    def _list_stories(self, feeds: Sequence[Feed], before: Mapping[str, Row]) -> None:
        """List the stories anew of which entries are shown now or no more, or are another publisher's or category's."""
        named = {feed.id: feed for feed in feeds}
        changed = (name for name, row in before.items() if _listed(row) != _to_be_listed(named.get(FeedId(name))))
        touched = (stories_of_feed(self._session, FeedId(name)) for name in changed)
        list_stories(self._session, set().union(*touched))

    def _forget_engines(self, feeds: Sequence[Feed], before: Mapping[str, Row]) -> None:
        """Have story engines made again that know a feed's publisher by its former name: else its next entry is one more publisher's."""
        if any(feed.id in before and before[feed.id]["publisher"] != feed.publisher for feed in feeds):
            self._session.run("UPDATE story_mark SET mark = mark + 1")


def _listed(row: Row) -> tuple[str, str] | None:
    return (row["publisher"], row["category"]) if row["configured"] else None


def _to_be_listed(feed: Feed | None) -> tuple[str, str] | None:
    return None if feed is None else (feed.publisher, feed.category)


def _relisted(feed: Feed, before: Row | None) -> bool:
    """Tell whether the entries of a feed are to be listed elsewhere than before."""
    return before is not None and (not before["configured"] or before["category"] != feed.category)
