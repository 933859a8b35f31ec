"""`aggregator feeds add`."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from aggregator import bootstrap
from aggregator.cli import poll_results
from aggregator.cli.advice import remedy
from aggregator.cli.editing import edit
from aggregator.cli.explain import ago
from aggregator.cli.options import Place, pass_place
from aggregator.cli.wording import counted
from aggregator.clock import SystemClock
from aggregator.config.edits import Text
from aggregator.config.edits import add as add_feed
from aggregator.config.feeds import FeedSettings
from aggregator.config.identity import RESERVED, feed_id, free_id
from aggregator.config.model import Configuration
from aggregator.config.splice import Fields
from aggregator.errors import UserError
from aggregator.model.feed import Outcome
from aggregator.model.fetch import Fetched
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.publish.site import public
from aggregator.services.discover import Findings, FoundFeed
from aggregator.text.urls import canonical, web_url
from aggregator.text.words import one_line

LONGEST_TITLE = 80


@click.command(short_help="Find the feed behind an address, write it into feeds.yaml, and poll it.")
@click.argument("url")
@click.option("--title", help="What to call it; else as it calls itself.")
@click.option("--category", help="The category it stands in: it is written below the other feeds of that.")
@click.option("--id", "name", help="Its id; else one made of its address.")
@click.option("--yes", is_flag=True, help="Of several feeds take the first, without asking.")
@click.option("--allow-private-address", is_flag=True, help="It is in your own network.")
@pass_place
def add(
    place: Place,
    url: str,
    *,
    title: str | None,
    category: str | None,
    name: str | None,
    yes: bool,
    allow_private_address: bool,
) -> None:
    """Find the feed behind URL, which may be any page of a site, write it into feeds.yaml, and poll it.

    A page is asked for the feeds that it names; where there are several, you choose. Nothing else in the file changes.
    Exit codes: 0 done; 1 added, but the poll failed; 2 nothing was added.
    """
    configuration = place.file()
    address = _address(url)
    _must_be_new(configuration, [address])
    found = asyncio.run(_find(place, configuration, address, private=allow_private_address))
    _must_be_new(configuration, [feed.url for feed in found.feeds][:1] if len(found.feeds) == 1 else [])
    chosen = _choose(place, address, found, yes=yes)
    fields: Fields = {
        "url": chosen.url,
        "title": one_line(title or "") or _cut(chosen.title),
        "category": one_line(category or ""),
        "id": name or "",
        "allow_private_address": allow_private_address,
    }
    click.echo(f"{fields['title'] or public(chosen.url)}: {_told(chosen, SystemClock().now())}")
    _write(place, {key: value for key, value in fields.items() if value})
    _poll(place, chosen.url, chosen.fetched)


def _address(text: str) -> str:
    """Read what a person typed, with or without https://."""
    url = web_url(text if "://" in text else f"https://{text}")
    if url is None:
        raise UserError(f"{text!r} is no http(s) address")
    return url.partition("#")[0]


def _must_be_new(configuration: Configuration, addresses: Sequence[str]) -> None:
    known = {canonical(feed.url): feed for feed in configuration.feeds}
    for address in addresses:
        if feed := known.get(canonical(address)):
            off = "" if feed.enabled else f", switched off: `aggregator feeds enable {feed.feed_id}` polls it again"
            raise UserError(f"{public(address)} is listed already, as {feed.feed_id!r}{off}")


async def _find(place: Place, configuration: Configuration, address: str, *, private: bool) -> Findings:
    database = place.database if place.database.exists() else None
    async with bootstrap.open_finder(configuration, database, allow_private_address=private) as finder:
        return await finder.find(address)


def _choose(place: Place, address: str, found: Findings, *, yes: bool) -> FoundFeed:
    if not found.feeds:
        raise UserError(_nothing(address, found))
    if len(found.feeds) == 1 or yes:
        return found.feeds[0]
    now = SystemClock().now()
    click.echo(f"{public(address)} names {counted(len(found.feeds), 'feed')}:", err=True)
    for number, feed in enumerate(found.feeds, start=1):
        click.echo(f"  {number}  {feed.title or '(no title)'}: {_told(feed, now)}\n     {public(feed.url)}", err=True)
    if not sys.stdin.isatty():
        raise UserError(f"nothing was added to {place.config}; name one of them, or say --yes to take the first")
    number = click.prompt("Which one", type=click.IntRange(1, len(found.feeds)), default=1, err=True)
    return found.feeds[number - 1]


def _nothing(address: str, found: Findings) -> str:
    """Say why there is no feed, and what to do."""
    failed = found.failure
    if failed is None:
        return f"{public(address)}: no feed was found"
    others = found.asked - 1
    tried = f"; {counted(others, 'other address', 'other addresses')} brought no feed either" if others else ""
    what_to_do = remedy(failed.kind, failed.status, failed.message)
    return f"nothing was added: {failed.message}{tried}" + (f"\n{what_to_do}" if what_to_do else "")


def _told(feed: FoundFeed, now: datetime) -> str:
    newest = f", the newest {ago(now - feed.newest_at)}" if feed.newest_at and feed.newest_at <= now else ""
    return f"{counted(feed.entries, 'entry', 'entries')}{newest}"


def _cut(title: str) -> str:
    line = one_line(title)
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


def _write(place: Place, fields: Fields) -> None:
    def change(before: Text) -> str:
        _must_be_new(before.configuration, [str(fields["url"])])
        return add_feed(before, _named(before.configuration, fields))

    edit(place, change)


def _named(configuration: Configuration, fields: Fields) -> Fields:
    """Give the feed an id of its own where the one that its address makes is taken."""
    taken = {feed.feed_id for feed in configuration.feeds} | RESERVED
    url = str(fields["url"])
    return fields if "id" in fields or feed_id(url) not in taken else {**fields, "id": free_id(url, taken)}


def _poll(place: Place, url: str, fetched: Fetched) -> None:
    logging.getLogger("aggregator.services").setLevel(logging.ERROR)
    configuration = place.configuration()
    feed = next(feed for feed in configuration.feeds if feed.url == FeedSettings(url=url).url)
    results = asyncio.run(_polled(place, configuration, feed.feed_id, url, fetched))
    for result in results:
        if result.outcome is Outcome.FETCHED:
            click.echo(f"Polled: {counted(result.new, 'new entry', 'new entries')}, {result.copies} of them copies.")
    poll_results.report(results, configuration.site.timezone, now=SystemClock().now())
    if any(result.outcome is not Outcome.FETCHED for result in results):
        sys.exit(1)


async def _polled(
    place: Place, configuration: Configuration, name: FeedId, url: str, fetched: Fetched
) -> list[PollResult]:
    async with bootstrap.open_application(configuration, place.database, fetched={url: fetched}) as application:
        return await application.poller.poll([name])
