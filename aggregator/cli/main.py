"""The command `aggregator`, also as `python -m aggregator`.

Exit codes: 0 done; 1 done, but something failed (said on stderr); 2 the person must change something.
"""

import sys
from pathlib import Path
from typing import Any

import click

from aggregator.cli import output
from aggregator.cli.lazy import LazyCommands
from aggregator.cli.options import Place
from aggregator.errors import UserError


class UserErrors(click.Group):
    """Shows a `UserError` as its message alone: a person can act on it, and needs no traceback for that."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 -- click's signature
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            click.echo(str(error), err=True)
            sys.exit(2)
        except OSError as error:
            code = output.refused(error)
            if code is None:
                raise
            sys.exit(code)


COMMANDS = LazyCommands(
    {
        "init": "aggregator.cli.init:init",
        "serve": "aggregator.cli.serve:serve",
        "poll": "aggregator.cli.poll:poll",
        "feeds": "aggregator.cli.feeds:feeds",
        "digest": "aggregator.cli.digest:digest",
        "stories": "aggregator.cli.stories:stories",
        "search": "aggregator.cli.search:search",
        "export": "aggregator.cli.export:export",
        "db": "aggregator.cli.db:db",
        "password": "aggregator.cli.password:password",
        "doctor": "aggregator.cli.doctor:doctor",
        "replay": "aggregator.cli.replay:replay",
    }
)


@click.group(
    cls=UserErrors,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    envvar="AGGREGATOR_CONFIG",
    default="feeds.yaml",
    show_default=True,
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="The list of feeds and settings.",
)
@click.option(
    "--database",
    envvar="AGGREGATOR_DATABASE",
    default="aggregator.db",
    show_default=True,
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="The SQLite file that keeps every entry; made if it is not there.",
)
@click.version_option(package_name="aggregator")
@click.pass_context
def main(ctx: click.Context, config: Path, database: Path) -> None:
    """Read the news of many feeds in one place, each piece once.

    Lists the feeds of feeds.yaml, polls them, keeps every entry, and publishes one merged feed and
    pages to read. To begin: `aggregator init`, then `aggregator feeds add URL` and `aggregator serve`.
    """
    ctx.obj = Place(config=config, database=database)
