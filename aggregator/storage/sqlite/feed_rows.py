"""Rows of `feeds` to values, and values to columns. Only here do both names meet."""

from datetime import timedelta
from json import loads
from typing import Any

from aggregator.model.feed import Feed, FeedOverview, FeedState, FreshnessHints, Move, Outcome, Validators
from aggregator.model.ids import FeedId
from aggregator.model.push import Advertised
from aggregator.storage.sqlite import wants
from aggregator.storage.sqlite.session import Row, Value, as_json, from_json, moment, seconds

RHYTHM_OF = 20
"""Newest entries that a feed's rhythm is taken from."""
RHYTHM_LEAST = 5
"""Fewer entries have none."""


def by_name(row: Row) -> dict[str, Any]:
    """Give a row of sixty columns, most of which are asked for: it goes through all their names each time, which took half of reading it."""
    return dict(zip(row.keys(), row, strict=True))


def feed(row: Row) -> Feed:
    """Read what feeds.yaml says of a feed."""
    return Feed(
        id=FeedId(row["id"]),
        url=row["url"],
        title=row["title"],
        publisher=row["publisher"],
        category=row["category"],
        tags=tuple(from_json(row["tags"], [])),
        language=row["language"],
        interval=timedelta(seconds=row["interval"]),
        unconditional_interval=timedelta(seconds=row["unconditional_interval"]),
        allow_private_address=bool(row["allow_private_address"]),
        filters=wants.filters(row["filters"]),
        **wants.wanted(row["wanted"]),
        shows_images=bool(row["shows_images"]),
    )


def feed_columns(feed: Feed) -> dict[str, Value]:
    """Give the columns that feeds.yaml decides."""
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title,
        "publisher": feed.publisher,
        "category": feed.category,
        "tags": as_json(feed.tags),
        "language": feed.language,
        "interval": int(feed.interval.total_seconds()),
        "unconditional_interval": int(feed.unconditional_interval.total_seconds()),
        "allow_private_address": int(feed.allow_private_address),
        "filters": wants.filters_text(feed.filters),
        "wanted": wants.wanted_text(feed),
        "shows_images": int(feed.shows_images),
    }


def state(row: Row) -> FeedState:
    """Read what polls have left behind."""
    return FeedState(
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"], url=row["validators_url"]),
        body_hash=row["body_hash"],
        hints=hints(row),
        last_polled_at=moment(row["last_polled_at"]),
        last_success_at=moment(row["last_success_at"]),
        last_outcome=None if row["last_outcome"] is None else Outcome(row["last_outcome"]),
        last_message=row["last_message"],
        lifetime=_duration(row["lifetime"]),
        failures=row["failures"],
        failing_since=moment(row["failing_since"]),
        malformed_since=moment(row["malformed_since"]),
        repeats=row["repeats"],
        slowdown=row["slowdown"],
        move=_move(row),
        next_poll_at=moment(row["next_poll_at"]),
        next_poll_reason=row["next_poll_reason"],
        fresh_until=moment(row["fresh_until"]),
        blocked_until=moment(row["blocked_until"]),
        pushed_until=moment(row["pushed_until"]),
        pushes=row["push_count"],
        advertised=_advertised(row["advertised"]),
        gone=bool(row["gone"]),
    )


def hints(row: Row) -> FreshnessHints:
    """Read what its document says about how often a feed changes."""
    return _hints(loads(row["hints"])) if row["hints"] else _NO_HINTS


def state_columns(state: FeedState) -> dict[str, Value]:
    """Give the columns that a poll decides: all of a state but `pushed_until` and `pushes`."""
    return {
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "validators_url": state.validators.url,
        "body_hash": state.body_hash,
        "hints": None if state.hints == _NO_HINTS else as_json(_hint_fields(state.hints)),
        "last_polled_at": seconds(state.last_polled_at),
        "last_success_at": seconds(state.last_success_at),
        "last_outcome": state.last_outcome,
        "last_message": state.last_message,
        "lifetime": None if state.lifetime is None else int(state.lifetime.total_seconds()),
        "failures": state.failures,
        "failing_since": seconds(state.failing_since),
        "malformed_since": seconds(state.malformed_since),
        "repeats": state.repeats,
        "slowdown": state.slowdown,
        "move_address": state.move.address,
        "move_candidate": state.move.candidate,
        "move_seen": state.move.seen,
        "move_since": seconds(state.move.since),
        "next_poll_at": seconds(state.next_poll_at),
        "next_poll_reason": state.next_poll_reason,
        "fresh_until": seconds(state.fresh_until),
        "blocked_until": seconds(state.blocked_until),
        "advertised": as_json(_advertised_fields(state.advertised)),
        "gone": int(state.gone),
    }


_NO_HINTS = FreshnessHints()
"""What most documents say; not to be spelt and read again with every poll."""


def _move(row: Row) -> Move:
    return Move(
        address=row["move_address"],
        candidate=row["move_candidate"],
        seen=row["move_seen"],
        since=moment(row["move_since"]),
    )


def _advertised_fields(said: Advertised | None) -> dict[str, Any] | None:
    return {"topic": said.topic, "hubs": said.hubs} if said else None


def _advertised(text: str | None) -> Advertised | None:
    fields = from_json(text, None)
    return Advertised(topic=fields["topic"], hubs=tuple(fields["hubs"])) if fields else None


def _hints(fields: dict[str, Any]) -> FreshnessHints:
    return FreshnessHints(
        ttl=_duration(fields.get("ttl")),
        skip_hours=frozenset(fields.get("skip_hours", ())),
        skip_days=frozenset(fields.get("skip_days", ())),
        update_period=_duration(fields.get("update_period")),
    )


def _hint_fields(hints: FreshnessHints) -> dict[str, Any]:
    fields = {
        "ttl": hints.ttl and int(hints.ttl.total_seconds()),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
        "update_period": hints.update_period and int(hints.update_period.total_seconds()),
    }
    return {name: value for name, value in fields.items() if value}


def _duration(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def overview(row: Row) -> FeedOverview:
    """Read a row of `feeds` that has `newest_entry_at`, `oldest_of_rhythm_at` and `muted_entries` besides."""
    row = by_name(row)
    return FeedOverview(
        feed=feed(row),
        state=state(row),
        document_title=row["document_title"],
        home_url=row["home_url"],
        icon_url=row["icon_url"],
        entries=row["entry_count"],
        newest_entry_at=moment(row["newest_entry_at"]),
        rhythm=_rhythm(row),
        muted=row["muted_entries"],
    )


def _rhythm(row: Row) -> timedelta | None:
    """Give the rhythm; None also where all entries are of one second: a first poll dates what has no date."""
    if row["entry_count"] < RHYTHM_LEAST or row["newest_entry_at"] is None:
        return None
    span = row["newest_entry_at"] - row["oldest_of_rhythm_at"]
    return timedelta(seconds=span / min(row["entry_count"], RHYTHM_OF)) if span else None
