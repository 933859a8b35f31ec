"""`aggregator search`."""

import asyncio
import json

import click

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.errors import UserError
from aggregator.model.entry import EntrySummary
from aggregator.model.search import Found, Search, SearchQuery, Sort
from aggregator.text.dates import rfc3339
from aggregator.text.search_language import parse


# `-h` is no help here: `-hamas` excludes a word.
@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500), help="Show at most so many.")
@click.option(
    "--sort", default="best", show_default=True, type=click.Choice(["best", "newest"]), help="Which entries come first."
)
@click.option("--json", "as_json", is_flag=True, help="Print what is found as JSON, times in UTC.")
@pass_place
def search(place: Place, query: tuple[str, ...], limit: int, sort: str, *, as_json: bool) -> None:
    """Find entries that hold every word of QUERY.

    \b
    "prime minister"        words side by side
    iraq OR iran            one of them, or both
    -football               entries without this word
    minist*                 words that begin so
    title:earthquake        in the headline; also headline:
    publisher:"Arab News"   what this publisher says; also feed: and category:
    after:2018-09-02        from this day on; or this month, 2018-09
    before:2018-10          up to when this month, or day, begins

    \b
    Put a query with double quotes into single ones, or the shell will take them away:
    aggregator search '"prime minister" talks -football after:2018-09'
    """  # noqa: D301 -- the backspace is click's mark of lines that are not to be wrapped
    asked = parse(" ".join(query))
    found = asyncio.run(_search(place, _query(place, asked, Sort(sort), limit)))
    for name in found.unknown:
        click.echo(f"No {name.scope} is called {name.text!r}.", err=True)
    if as_json:
        click.echo(json.dumps([_fields(entry) for entry in found.items], ensure_ascii=False, indent=1))
        return
    for entry in found.items:
        click.echo(f"{entry.listed_at:%Y-%m-%d %H:%M}  {entry.label}\n    {entry.publisher}  {entry.url or ''}")
    if not found.items:
        click.echo("Nothing found.", err=True)


def _query(place: Place, asked: Search, sort: Sort, limit: int) -> SearchQuery:
    """Read feeds.yaml only where days have to be told apart: those of the site's time zone."""
    since, until = None, None
    if asked.since or asked.before:
        since, until = asked.bounds(place.configuration().site.timezone)
    return SearchQuery(asked=asked, since=since, until=until, sort=sort, limit=limit)


def _fields(entry: EntrySummary) -> dict[str, object]:
    return {
        "id": entry.id,
        "headline": entry.headline,
        "teaser": entry.teaser,
        "url": entry.url,
        "publisher": entry.publisher,
        "category": entry.category,
        "feed": entry.feed_id,
        "listed_at": rfc3339(entry.listed_at),
    }


async def _search(place: Place, query: SearchQuery) -> Found:
    if not place.database.exists():
        raise UserError(f"{place.database}: there is no database yet; `aggregator poll` makes it and fills it")
    async with bootstrap.open_store(place.database) as store:
        return await store.read(lambda tx: tx.searching.search(query))
