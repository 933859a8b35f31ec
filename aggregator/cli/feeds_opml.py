"""`aggregator feeds import` and `aggregator feeds export`: subscription lists of other programs."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from aggregator.cli.editing import edit
from aggregator.cli.feeds_known import known_feeds
from aggregator.cli.options import Place, pass_place
from aggregator.cli.wording import counted
from aggregator.clock import SystemClock
from aggregator.config import edits
from aggregator.config.edits import Text
from aggregator.config.identity import RESERVED, feed_id, free_id
from aggregator.config.model import Configuration
from aggregator.config.splice import Fields
from aggregator.editions import published_site
from aggregator.errors import InputError
from aggregator.feeds import opml
from aggregator.feeds.opml import FeedList, ListedFeed
from aggregator.model.fetch import Failed
from aggregator.model.ids import FeedId
from aggregator.publish.opml import write
from aggregator.text.urls import slug


@dataclass(slots=True)
class _Plan:
    """What an import adds, and what is there already."""

    fields: list[Fields] = field(default_factory=list)
    known: list[tuple[ListedFeed, FeedId]] = field(default_factory=list)
    categories: set[str] = field(default_factory=set)
    """New ones."""


@click.command("import", short_help="Add the feeds of an OPML subscription list to feeds.yaml.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be added, and change nothing.")
@pass_place
def import_list(place: Place, file: Path, *, dry_run: bool) -> None:
    """Add the feeds of FILE, an OPML list as every feed reader exports it ("-": standard input), to feeds.yaml.

    Folders become categories, folders inside them tags; feeds that are listed already stay as they are. A list that is not
    well-formed is mended where that is safe. Whatever is left out is named with its line. Exit codes: 0 done; 1 some
    outlines could not be read as feeds; 2 nothing was changed.
    """
    listed = _read(file)
    if listed.mended:
        click.echo(f"{file}: not well-formed, but could be read: {listed.mended}", err=True)
    plan = _Plan()

    def change(before: Text) -> str:
        nonlocal plan
        plan = _planned(before.configuration, listed.feeds)
        return edits.add(before, *plan.fields) if plan.fields else before.text

    if dry_run:
        plan = _planned(place.file(), listed.feeds)
        for fields in plan.fields:
            click.echo(f"+ {fields['url']}  {fields.get('title', '')}")
    else:
        edit(place, change)
    for line in _left_out(file, listed, plan):
        click.echo(line, err=True)
    click.echo(_summary(place, plan, dry_run=dry_run))
    if any(each.lost for each in listed.passed_over):
        sys.exit(1)


@click.command("export", short_help="Print the feeds as an OPML subscription list.")
@pass_place
def export_list(place: Place) -> None:
    """Print the feeds that are polled as OPML 2.0, a folder a category: what /feeds.opml answers.

    Tags go into the `category` attribute. With `aggregator feeds import` the same feeds come back.
    """
    known = asyncio.run(known_feeds(place, now=SystemClock().now()))
    outlines = [overview.outline() for overview in known.overviews]
    sys.stdout.buffer.write(write(published_site(known.configuration), outlines))


def _read(file: Path) -> FeedList:
    try:
        with click.open_file(str(file), "rb") as opened:
            body = opened.read(opml.MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{file}: can't be read: {error.strerror}") from error
    listed = opml.read(body)
    if isinstance(listed, Failed):
        raise InputError(f"{file}: {listed.message}")
    return listed


def _planned(configuration: Configuration, listed: Sequence[ListedFeed]) -> _Plan:
    plan = _Plan()
    ids = {feed.url: feed.feed_id for feed in configuration.feeds}
    taken = set(ids.values()) | RESERVED
    # Two spellings of one name would share a page: the first one counts.
    spelling = {slug(feed.category): feed.category for feed in reversed(configuration.feeds)}
    for feed in listed:
        if feed.url in ids:
            plan.known.append((feed, ids[feed.url]))
            continue
        name = feed_id(feed.url)
        fields = {
            "url": feed.url,
            "title": feed.title,
            "category": _category(feed, spelling, plan.categories),
            "tags": feed.tags,
            "language": feed.language or "",
            "id": free_id(feed.url, taken) if name in taken else "",
        }
        taken.add(FeedId(fields["id"]) if isinstance(fields["id"], str) and fields["id"] else name)
        plan.fields.append({key: value for key, value in fields.items() if value})
    return plan


def _category(feed: ListedFeed, spelling: dict[str, str], new: set[str]) -> str:
    if not feed.category:
        return ""
    page = slug(feed.category)
    if page not in spelling:
        new.add(page)
    return spelling.setdefault(page, feed.category)


def _left_out(file: Path, listed: FeedList, plan: _Plan) -> Iterator[str]:
    for each in listed.passed_over:
        name = f" {each.name!r}:" if each.name else ""
        yield f"{file}:{each.line}:{name} {each.reason}"
    for feed, name in plan.known:
        yield f"{file}:{feed.line}: {feed.title or feed.url!r}: is listed already, as {name!r}"


def _summary(place: Place, plan: _Plan, *, dry_run: bool) -> str:
    verb = "would be added" if dry_run else "added"
    categories = counted(len(plan.categories), "new category", "new categories")
    said = f"{counted(len(plan.fields), 'feed')} in {categories} {verb}, {len(plan.known)} listed already."
    return said if dry_run or not plan.fields else f"{said} `aggregator poll` polls what is new in {place.config}."
