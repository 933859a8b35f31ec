"""`aggregator feeds remove`, `rename`, `disable`, `enable` and `move`: small edits of feeds.yaml."""

import asyncio

import click

from aggregator import bootstrap
from aggregator.cli.editing import edit, feed_of
from aggregator.cli.options import Place, pass_place
from aggregator.cli.wording import counted
from aggregator.config import edits
from aggregator.config.edits import Text
from aggregator.errors import UserError
from aggregator.model.ids import FeedId
from aggregator.text.words import one_line


@click.command(short_help="Take a feed out of feeds.yaml.")
@click.argument("feed_id")
@pass_place
def remove(place: Place, feed_id: str) -> None:
    """Take a feed out of feeds.yaml, with the comments between its lines; its entries stay in the database.

    A running server reads the file again, and shows and polls the feed no more. `aggregator feeds disable` only rests it.
    """
    edit(place, lambda before: edits.remove(before, feed_of(before, feed_id).feed_id))


@click.command(short_help="Rest a feed: it is polled and shown no more until it is enabled.")
@click.argument("feed_id")
@pass_place
def disable(place: Place, feed_id: str) -> None:
    """Write `enabled: false` below a feed, which is polled and shown no more until it is enabled."""

    def change(before: Text) -> str:
        name = feed_of(before, feed_id)
        return edits.put(before, name.feed_id, "enabled", value=False) if name.enabled else before.text

    if not edit(place, change):
        click.echo(f"{feed_id} is disabled already.", err=True)


@click.command(short_help="Poll and show a feed again that was disabled.")
@click.argument("feed_id")
@pass_place
def enable(place: Place, feed_id: str) -> None:
    """Take `enabled: false` from a feed, so that it is polled and shown again.

    Where its category or the defaults switch it off, `enabled: true` is written.
    """

    def change(before: Text) -> str:
        feed = feed_of(before, feed_id)
        if feed.enabled:
            return before.text
        text = edits.drop(before, feed.feed_id, "enabled")
        again = Text.of(text, file=before.file)
        return text if feed_of(again, feed_id).enabled else edits.put(again, feed.feed_id, "enabled", value=True)

    if not edit(place, change):
        click.echo(f"{feed_id} is enabled already.", err=True)


@click.command(short_help="Put a feed into another category.")
@click.argument("feed_id")
@click.argument("category")
@pass_place
def move(place: Place, feed_id: str, category: str) -> None:
    """Put a feed into another category, and its lines below those of the other feeds there."""
    name = _said(category, "CATEGORY")
    if not edit(place, lambda before: edits.move(before, feed_of(before, feed_id).feed_id, name)):
        click.echo(f"{feed_id} stands in {name!r} already.", err=True)


@click.command(short_help="Give a feed another title or id.")
@click.argument("feed_id")
@click.argument("title", required=False)
@click.option("--id", "name", help="The new id. What is kept of the feed goes along.")
@pass_place
def rename(place: Place, feed_id: str, title: str | None, *, name: str | None) -> None:
    """Give a feed another TITLE, another id, or both.

    With its id the address of its page changes; its entries, polls and stories are taken along.
    """
    if title is None and name is None:
        raise click.UsageError("say the new TITLE, or --id with the new id")

    def change(before: Text) -> str:
        feed = feed_of(before, feed_id)
        text = edits.put(before, feed.feed_id, "title", _said(title, "TITLE")) if title is not None else before.text
        again = Text.of(text, file=before.file)
        return edits.put(again, feed.feed_id, "id", name) if name is not None and name != feed_id else text

    if not edit(place, change):
        click.echo(f"{feed_id} is called so already.", err=True)
    if name is not None and name != feed_id:
        _take_along(place, FeedId(feed_id), FeedId(name))


def _said(text: str, what: str) -> str:
    line = one_line(text)
    if not line:
        raise UserError(f"{what} is empty")
    return line


def _take_along(place: Place, old: FeedId, new: FeedId) -> None:
    if not place.database.exists():
        return

    async def work() -> int:
        async with bootstrap.open_store(place.database) as store:
            return await store.write(lambda tx: tx.feeds.rename(old, new))

    taken = asyncio.run(work())
    click.echo(f"{counted(taken, 'entry', 'entries')} of {old} now belong to {new}.")
