"""`aggregator feeds ...`."""

import asyncio

import click
from rich.table import Table

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import wide_console
from aggregator.model.feed import FeedOverview


@click.group()
def feeds() -> None:
    """See which feeds there are."""


@feeds.command("list")
@pass_place
def list_feeds(place: Place) -> None:
    """List the feeds of feeds.yaml, with how the last poll of each went."""
    overview = asyncio.run(_overview(place))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "title", "category", "last poll", "outcome", "entries"):
        table.add_column(column, justify="right" if column == "entries" else "left", overflow="fold")
    for row in overview:
        table.add_row(*_cells(row))
    wide_console().print(table)


async def _overview(place: Place) -> list[FeedOverview]:
    async with bootstrap.open_store(place.configuration(), place.database) as store:
        return await store.read(lambda tx: tx.feeds.overview())


def _cells(row: FeedOverview) -> tuple[str, ...]:
    state = row.state
    polled = state.last_polled_at.strftime("%Y-%m-%d %H:%M UTC") if state.last_polled_at else "never"
    outcome = f"{state.last_outcome or ''}{': ' if state.last_message else ''}{state.last_message}"
    return (row.feed.id, row.name, row.feed.category, polled, outcome, str(row.entries))
