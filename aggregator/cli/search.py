"""`aggregator search`."""

import asyncio

import click

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.errors import UserError
from aggregator.model.entry import EntrySummary
from aggregator.model.query import SearchQuery


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500), help="Show at most so many.")
@pass_place
def search(place: Place, query: tuple[str, ...], limit: int) -> None:
    """Find entries that hold every word of QUERY, best first.

    Put words in quotes to have them stand side by side: aggregator search '"prime minister" talks'
    """
    found = asyncio.run(_search(place, SearchQuery(words=" ".join(query), limit=limit)))
    for entry in found:
        click.echo(f"{entry.listed_at:%Y-%m-%d %H:%M}  {entry.label}\n    {entry.publisher}  {entry.url or ''}")
    if not found:
        click.echo("Nothing found.", err=True)


async def _search(place: Place, query: SearchQuery) -> tuple[EntrySummary, ...]:
    if not place.database.exists():
        raise UserError(f"{place.database}: there is no database yet; `aggregator poll` makes it and fills it")
    async with bootstrap.open_store(place.database) as store:
        return await store.read(lambda tx: tx.searching.search(query))
