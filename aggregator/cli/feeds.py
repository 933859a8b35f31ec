"""`aggregator feeds ...`."""

import asyncio
from dataclasses import replace

import click
from rich.table import Table

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import add_row, print_table
from aggregator.model.feed import Feed, FeedOverview, FeedState


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
        add_row(table, _cells(row))
    print_table(table)


async def _overview(place: Place) -> list[FeedOverview]:
    """Give the feeds of feeds.yaml, with what the database knows of them; nothing is changed there."""
    feeds = place.configuration().enabled_feeds()
    known: dict[str, FeedOverview] = {}
    if place.database.exists():
        async with bootstrap.open_store(place.database) as store:
            known = {row.feed.id: row for row in await store.read(lambda tx: tx.feeds.overview())}
    return [_row(feed, known.get(feed.id)) for feed in feeds]


def _row(feed: Feed, known: FeedOverview | None) -> FeedOverview:
    if known:
        return replace(known, feed=feed)
    return FeedOverview(feed=feed, state=FeedState(), document_title="", home_url=None, entries=0, newest_entry_at=None)


def _cells(row: FeedOverview) -> tuple[str, ...]:
    state = row.state
    polled = state.last_polled_at.strftime("%Y-%m-%d %H:%M UTC") if state.last_polled_at else "never"
    outcome = f"{state.last_outcome or ''}{': ' if state.last_message else ''}{state.last_message}"
    return (row.feed.id, row.name, row.feed.category, polled, outcome, str(row.entries))
