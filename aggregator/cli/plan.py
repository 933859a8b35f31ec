"""`aggregator feeds plan`."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import Column, print_table
from aggregator.polling.feed_plan import Change, FeedChange, StoredFeed, summary
from aggregator.polling.feed_plan import plan as planned
from aggregator.publish.site import public


@click.command(short_help="Show what a changed feeds.yaml would do.")
@click.option(
    "--config",
    "other",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Another file than the one in use, to see what it would do in its place.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
@pass_place
def plan(place: Place, other: Path | None, *, as_json: bool) -> None:
    """Compare feeds.yaml with the feeds that are in force, and show what would change; nothing is changed by it.

    In force is what the last `serve` or `poll` has read. Logins, headers and proxies are stored nowhere, so they are not compared.
    """
    wanted = (replace(place, config=other) if other else place).configuration()
    changes = planned(
        asyncio.run(_stored(place)),
        wanted.enabled_feeds(),
        disabled={settings.feed_id for settings in wanted.feeds if not settings.enabled},
    )
    sections = wanted.changed_sections(place.configuration()) if other else ()
    if as_json:
        told = {"feeds": [_as_json(each) for each in changes], "sections": sections}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _print(changes, sections)


async def _stored(place: Place) -> list[StoredFeed]:
    """Read what is in force; where there is no database yet that is nothing, and none is made."""
    if not place.database.exists():
        return []
    async with bootstrap.open_store(place.database) as store:
        return await store.read(lambda tx: tx.feeds.stored())


def _print(changes: Sequence[FeedChange], sections: Sequence[str]) -> None:
    if changes:
        columns = [Column(header=name) for name in ("change", "id", "title", "what")]
        print_table(columns, [_cells(each) for each in changes])
        click.echo()
    click.echo(f"{summary(changes)}." if changes else "No feed would change.")
    if sections:
        click.echo(f"Other settings: {', '.join(sections)}.")


def _cells(each: FeedChange) -> tuple[str, ...]:
    return (each.change, each.feed.id, each.feed.title, _what(each))


def _what(each: FeedChange) -> str:
    if each.former_url:
        others = ", ".join(key for key in each.keys if key != "url")
        return f"{public(each.former_url)} -> {public(each.feed.url)}{'; ' if others else ''}{others}"
    if each.change is Change.ADDED:
        return public(each.feed.url)
    return ", ".join(each.keys)


def _as_json(each: FeedChange) -> dict[str, object]:
    return {
        "change": each.change,
        "feed_id": each.feed.id,
        "title": each.feed.title or None,
        "url": public(each.feed.url),
        "former_url": public(each.former_url) if each.former_url else None,
        "keys": list(each.keys),
    }
