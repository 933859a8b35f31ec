"""`aggregator stories split`, `merge` and `pin`: what a person knows better."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from aggregator import bootstrap, story_parts
from aggregator.cli.options import Place, pass_place
from aggregator.cli.stories_known import entry_number, story_database, story_number
from aggregator.cli.wording import counted
from aggregator.clock import SystemClock
from aggregator.services.story_rulings import StoryRulings

T = TypeVar("T")


@click.command(short_help="Let entries leave a story, for good.")
@click.argument("story", metavar="ID")
@click.argument("entry", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers of both stories as JSON.")
@pass_place
def split(place: Place, story: str, entry: tuple[str, ...], *, as_json: bool) -> None:
    """Let each ENTRY leave the story ID, to be a story of their own.

    ENTRY is a number as `aggregator stories show ID` shows it. What leaves and what stays will not come together again, whatever
    is grouped; the larger part keeps the number.
    """
    story_id, entries = story_number(story), [entry_number(each) for each in entry]
    staying, leaving = _ruled(place, lambda rulings: rulings.split(story_id, entries))
    if as_json:
        click.echo(json.dumps({"staying": staying, "leaving": leaving}))
    else:
        moved = counted(len(set(entries)), "entry", "entries")
        click.echo(f"Story {story_id} is split: {moved} in story {leaving}, the others in story {staying}.")


@click.command(short_help="Make two stories one, for good.")
@click.argument("one", metavar="ID")
@click.argument("other", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the number of the story as JSON.")
@pass_place
def merge(place: Place, one: str, other: str, *, as_json: bool) -> None:
    """Make the two stories one; their entries stay together, whatever is grouped.

    The older one stays, and the address of the other leads to it.
    """
    first, second = story_number(one), story_number(other)
    kept = _ruled(place, lambda rulings: rulings.merge(first, second))
    if as_json:
        click.echo(json.dumps({"story_id": kept}))
    else:
        click.echo(f"Stories {first} and {second} are story {kept} now.")


@click.command(short_help="Keep a story as it is; --off lets go of it.")
@click.argument("story", metavar="ID")
@click.option("--off", is_flag=True, help="Let it be regrouped and merged again.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@pass_place
def pin(place: Place, story: str, *, off: bool, as_json: bool) -> None:
    """Keep the story ID as it is: single entries may still join it, but it is neither regrouped nor merged.

    With --off it may be again; the entries that were pinned stay together.
    """
    story_id = story_number(story)
    size = _ruled(place, lambda rulings: rulings.unpin(story_id) if off else rulings.pin(story_id))
    if as_json:
        click.echo(json.dumps({"story_id": story_id, "pinned": not off}))
    else:
        done = "is no longer pinned" if off else "is pinned"
        click.echo(f"Story {story_id} with its {counted(size, 'entry', 'entries')} {done}.")


def _ruled(place: Place, ruling: Callable[[StoryRulings], Awaitable[T]]) -> T:
    configuration = place.configuration()
    database = story_database(place)

    async def work() -> T:
        async with bootstrap.open_store(database) as store:
            vectors = story_parts.story_vectors(configuration)
            return await ruling(StoryRulings(store, SystemClock(), configuration.stories.settings, vectors))

    return asyncio.run(work())
