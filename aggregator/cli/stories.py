"""`aggregator stories ...`: what is listed as one event, and why."""

import asyncio
import json
from collections.abc import Sequence
from datetime import tzinfo

import click

from aggregator import bootstrap
from aggregator.cli.lazy import LazyCommands
from aggregator.cli.options import Place, pass_place
from aggregator.cli.stories_known import known_category, story_database, story_number, whole_story
from aggregator.cli.stories_said import as_json, line_as_json, said
from aggregator.cli.tables import Column, print_table
from aggregator.cli.wording import spelt
from aggregator.model.query import StoryQuery
from aggregator.model.story import StoryLine


@click.group(
    commands=LazyCommands(
        {
            "explain": "aggregator.cli.stories_why:explain",
            "split": "aggregator.cli.stories_ruled:split",
            "merge": "aggregator.cli.stories_ruled:merge",
            "pin": "aggregator.cli.stories_ruled:pin",
        }
    )
)
def stories() -> None:
    """See which entries report one event, and why; and correct it."""


@stories.command("list", short_help="List the stories that changed last.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500), help="Show at most so many.")
@click.option("--category", default=None, help="Only stories with an entry in this category.")
@click.option("--json", "in_json", is_flag=True, help="Print the stories as JSON, times in UTC.")
@pass_place
def list_stories(place: Place, limit: int, category: str | None, *, in_json: bool) -> None:
    """List the stories that changed last: another publisher has them, another entry leads them, or a number changed."""
    configuration = place.configuration()
    wanted = known_category(configuration, category) if category is not None else None
    lines = asyncio.run(_page(place, StoryQuery(category=wanted, limit=limit)))
    if in_json:
        click.echo(json.dumps([line_as_json(line) for line in lines], ensure_ascii=False, indent=1))
    elif lines:
        _print(lines, configuration.site.timezone)
    else:
        click.echo("There are no stories yet; `aggregator poll` groups what it brings.", err=True)


async def _page(place: Place, query: StoryQuery) -> tuple[StoryLine, ...]:
    async with bootstrap.open_store(story_database(place)) as store:
        return (await store.read(lambda tx: tx.stories.page(query))).items


def _print(lines: Sequence[StoryLine], zone: tzinfo) -> None:
    columns = [
        Column(header="id", right=True),
        Column(header="changed"),
        Column(header="publishers", right=True),
        Column(header="entries", right=True),
        Column(header="headline"),
    ]
    print_table(columns, [_cells(line, zone) for line in lines])


def _cells(line: StoryLine, zone: tzinfo) -> tuple[str, ...]:
    changed = spelt(line.updated_at, zone)
    return (str(line.id), changed, str(line.coverage), str(line.size), line.lead.label)


@stories.command(short_help="Show who covers a story, what happened to it, and what is related.")
@click.argument("story", metavar="ID")
@click.option("--json", "in_json", is_flag=True, help="Print the story as JSON, times in UTC.")
@pass_place
def show(place: Place, story: str, *, in_json: bool) -> None:
    """Show the story ID: who covers it, what happened to it, and what is related.

    ID is a number as `aggregator stories list` shows it, or the address of a story's page.
    """
    zone = place.configuration().site.timezone
    published = asyncio.run(whole_story(place, story_number(story)))
    if in_json:
        click.echo(json.dumps(as_json(published), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(said(published, zone)))
