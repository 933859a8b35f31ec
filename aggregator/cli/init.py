"""`aggregator init`."""

from pathlib import Path

import click

from aggregator.cli.options import Place, pass_place
from aggregator.errors import UserError

STARTER = """\
# What this aggregator reads, and how. Only `url` is required of a feed; all else has a default.
# Every key: docs/configuration.md. Is it right? `aggregator feeds list` says what is wrong, and where.

site:
  title: News
  url: http://localhost:8000/  # where readers reach the pages
  timezone: UTC                # such as Europe/Berlin: days begin there
  # contact: you@example.org   # told to publishers in the User-Agent, so that they can write to you

# polling:
#   interval: 1h               # how often each feed is asked at most; publishers have their say, too

# One feed is four lines. `aggregator feeds add URL` finds the feed of any page and writes them here;
# `aggregator feeds import FILE.opml` takes over the list of another reader. For instance:
#
#   - url: https://www.arabnews.com/rss.xml
#     title: Arab News
#     category: Middle East

feeds: []
"""


@click.command(short_help="Write a commented feeds.yaml to begin with.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@pass_place
def init(place: Place, file: Path | None) -> None:
    """Write a feeds.yaml to begin with, every line explained: to FILE, else where --config says. Overwrites nothing."""
    target = file or place.config
    try:
        with target.open("x", encoding="utf-8") as opened:
            opened.write(STARTER)
    except FileExistsError as error:
        raise UserError(f"{target}: is there already, and stays as it is") from error
    except OSError as error:
        raise UserError(f"{target}: can't be written: {error.strerror}") from error
    named = "" if target == Path("feeds.yaml") else f" --config {target}"
    click.echo(f"{target} is written. What next:\n")
    for command, what in (
        ("feeds add https://www.arabnews.com/", "find a site's feed, and add it"),
        ("feeds import subscriptions.opml", "or take over the list of another reader"),
        ("feeds check", "ask every feed once, and say how it is"),
        ("serve", "poll them, and serve http://127.0.0.1:8000"),
    ):
        click.echo(f"  aggregator{named} {command:<36} {what}")
