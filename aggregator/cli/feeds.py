"""`aggregator feeds ...`."""

import asyncio

import click

from aggregator.cli.feeds_known import known_feeds
from aggregator.cli.lazy import LazyCommands
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import Column, print_table
from aggregator.clock import SystemClock
from aggregator.model.feed import FeedOverview


@click.group(
    commands=LazyCommands(
        {"check": "aggregator.cli.check:check", "schedule": "aggregator.cli.schedule:schedule"},
    )
)
def feeds() -> None:
    """See which feeds there are, how they are doing, and when they are polled."""


@feeds.command("list")
@pass_place
def list_feeds(place: Place) -> None:
    """List the feeds of feeds.yaml, with how the last poll of each went."""
    known = asyncio.run(known_feeds(place, now=SystemClock().now()))
    columns = [Column(header=name) for name in ("id", "title", "category", "last poll", "outcome")]
    print_table([*columns, Column(header="entries", right=True)], [_cells(row) for row in known.overviews])


def _cells(row: FeedOverview) -> tuple[str, ...]:
    state = row.state
    polled = state.last_polled_at.strftime("%Y-%m-%d %H:%M UTC") if state.last_polled_at else "never"
    outcome = f"{state.last_outcome or ''}{': ' if state.last_message else ''}{state.last_message}"
    return (row.feed.id, row.name, row.feed.category, polled, outcome, str(row.entries))
