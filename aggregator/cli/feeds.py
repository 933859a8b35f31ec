"""`aggregator feeds ...`."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, tzinfo

import click

from aggregator.cli.feeds_known import KnownFeeds, known_feeds
from aggregator.cli.lazy import LazyCommands
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import Column, print_table
from aggregator.cli.wording import spelt
from aggregator.clock import SystemClock
from aggregator.config.feeds import FeedSettings
from aggregator.config.identity import host_name
from aggregator.model.feed import FeedOverview
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause
from aggregator.polling.groups import group_of
from aggregator.polling.upcoming import NextTime, next_time

Pauses = dict[RateGroup, GroupPause]


_NONE = (
    "{} names no feed yet. `aggregator feeds add URL` finds the feed of a page and adds it; "
    "`aggregator feeds import FILE.opml` takes over the list of another reader."
)


@click.group(
    commands=LazyCommands(
        {
            "add": "aggregator.cli.feeds_add:add",
            "check": "aggregator.cli.check:check",
            "disable": "aggregator.cli.feeds_edit:disable",
            "enable": "aggregator.cli.feeds_edit:enable",
            "export": "aggregator.cli.feeds_opml:export_list",
            "import": "aggregator.cli.feeds_opml:import_list",
            "move": "aggregator.cli.feeds_edit:move",
            "plan": "aggregator.cli.plan:plan",
            "remove": "aggregator.cli.feeds_edit:remove",
            "rename": "aggregator.cli.feeds_edit:rename",
            "schedule": "aggregator.cli.schedule:schedule",
            "schema": "aggregator.cli.schema:schema",
        },
    )
)
def feeds() -> None:
    """See which feeds there are, how they are doing, and when they are polled; add and change them."""


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the feeds as JSON, times in UTC.")
@pass_place
def list_feeds(place: Place, *, as_json: bool) -> None:
    """List the feeds of feeds.yaml, with how the last poll of each went; those with `enabled: false` as disabled."""
    known = asyncio.run(known_feeds(place, now=SystemClock().now()))
    rows = list(_rows(known))
    if as_json:
        pauses = {pause.group: pause for pause in known.pauses}
        origins = known.configuration.origins
        listed = [
            _as_json(settings, overview, pauses) | {"from": origins.get(settings.feed_id)}
            for settings, overview in rows
        ]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    zone = known.configuration.site.timezone
    columns = [Column(header=name) for name in ("id", "title", "category", "last poll", "outcome")]
    cells = [_cells(settings, overview, zone) for settings, overview in rows]
    if origins := known.configuration.origins:
        columns.insert(1, Column(header="from"))
        cells = [(row[0], host_name(origins.get(FeedId(row[0]), "")), *row[1:]) for row in cells]
    if cells:
        print_table([*columns, Column(header="entries", right=True)], cells)
    else:
        click.echo(_NONE.format(place.config))


def _rows(known: KnownFeeds) -> Iterator[tuple[FeedSettings, FeedOverview | None]]:
    """Give each feed of feeds.yaml, in its order, with what is known of it; None where it is not polled."""
    by_id = {overview.feed.id: overview for overview in known.overviews}
    for settings in known.configuration.feeds:
        yield settings, by_id[settings.feed_id] if settings.enabled else None


def _cells(settings: FeedSettings, overview: FeedOverview | None, zone: tzinfo) -> tuple[str, ...]:
    if overview is None:
        return (settings.feed_id, settings.title or settings.url, settings.category, "", "disabled", "")
    state = overview.state
    polled = spelt(state.last_polled_at, zone) if state.last_polled_at else "never"
    outcome = f"{state.last_outcome or ''}{': ' if state.last_message else ''}{state.last_message}"
    return (overview.feed.id, overview.name, overview.feed.category, polled, outcome, str(overview.entries))


def _as_json(settings: FeedSettings, overview: FeedOverview | None, pauses: Pauses) -> dict[str, object]:
    listed: dict[str, object] = {
        "feed_id": settings.feed_id,
        "url": settings.url,
        "title": settings.title,
        "category": settings.category,
        "enabled": settings.enabled,
    }
    return listed | _known_as_json(overview, pauses) if overview else listed


def _known_as_json(overview: FeedOverview, pauses: Pauses) -> dict[str, object]:
    state, following = overview.state, _next(overview, pauses)
    return {
        "title": overview.feed.title or overview.document_title or None,
        "category": overview.feed.category,
        "last_polled_at": _time(state.last_polled_at),
        "last_success_at": _time(state.last_success_at),
        "outcome": state.last_outcome,
        "message": state.last_message,
        "failures": state.failures,
        "entries": overview.entries,
        "newest_entry_at": _time(overview.newest_entry_at),
        "next_poll_at": _time(following.at),
        "next_poll_reason": following.reason,
    }


def _next(overview: FeedOverview, pauses: Pauses) -> NextTime:
    """Find when it is polled next; a feed that is gone is not."""
    return NextTime(None, "gone") if overview.state.gone else next_time(overview, pauses.get(group_of(overview)))


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
