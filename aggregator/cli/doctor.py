"""`aggregator doctor`."""

import asyncio
import json
from dataclasses import asdict

import click

from aggregator import care_parts
from aggregator.cli.options import Place, pass_place
from aggregator.services.doctor import Sign, State

_MARKS = {State.WELL: "ok", State.NOTE: "note", State.WRONG: "WRONG"}


@click.command(short_help="Tell on one page whether all is well.")
@click.option(
    "--thorough", is_flag=True, help="Look the whole database through, as `db check` does: minutes, if it is large."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@pass_place
def doctor(place: Place, *, thorough: bool, as_json: bool) -> None:
    """Tell on one page whether all is well: configuration, database, disk, feeds, clock, mail, backups, versions.

    No feed is polled, and nothing is changed. Exit code 1: something is wrong.
    """
    signs = asyncio.run(care_parts.examine(place.config, place.database, thorough=thorough))
    if as_json:
        click.echo(json.dumps([asdict(sign) for sign in signs], ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(map(_line, signs)))
    if any(sign.state is State.WRONG for sign in signs):
        raise click.exceptions.Exit(1)


def _line(sign: Sign) -> str:
    first, *rest = sign.said.splitlines()
    return "\n".join([f"{_MARKS[sign.state]:<5}  {sign.topic:<13}  {first}", *(f"{'':22}{line}" for line in rest)])
