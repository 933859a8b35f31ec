"""`aggregator db ...`."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import click

from aggregator import care_parts
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import Column, print_table
from aggregator.errors import UserError


@click.group()
def db() -> None:
    """Look after the database: look it through, copy it, let go what is no longer kept."""


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print what is wrong as JSON.")
@pass_place
def check(place: Place, *, as_json: bool) -> None:
    """Look the whole database through: damage, texts that have changed by themselves, and what does not agree.

    It may be in use meanwhile, and stays as it is. Exit code 1: something is wrong.
    """
    _must_exist(place)
    findings = care_parts.inspect(place.database)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    elif not findings:
        click.echo(f"{place.database}: nothing is wrong.")
    for finding in findings:
        click.echo(f"{place.database}: {finding.what}: {', '.join(finding.examples)}", err=True)
    if findings:
        click.echo("Keep a copy of the file, and restore a backup: put it in the place of the database.", err=True)
        raise click.exceptions.Exit(1)


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="An older backup of that name may go once the new one is whole.")
@pass_place
def backup(place: Place, file: Path, *, replace: bool) -> None:
    """Copy the database into FILE, whole and looked through, or not at all; others may write meanwhile.

    To restore it, stop the program and put FILE in the place of the database (and remove its -wal and -shm files).
    """
    made = care_parts.back_up(place.database, file, replace=replace)
    click.echo(f"{made.file}: {made.entries:,} entries, {made.size:,} bytes")


@db.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print what went as JSON.")
@pass_place
def prune(place: Place, *, dry_run: bool, as_json: bool) -> None:
    """Let go the entries that `retention` in feeds.yaml no longer keeps; without it everything stays.

    Whatever it says, these stay: what the feed's document still holds, what digests lead to, who speaks for a story that
    several publishers tell, and what people have ruled about.
    """
    _must_exist(place)
    pruned = asyncio.run(care_parts.prune(place.configuration(), place.database, dry=dry_run))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in pruned], ensure_ascii=False, indent=1))
        return
    total = sum(each.entries for each in pruned)
    if pruned:
        columns = [Column(header="feed", footer="in all"), Column(header="entries", footer=f"{total:,}", right=True)]
        print_table(columns, [(each.feed_id, f"{each.entries:,}") for each in pruned])
    else:
        click.echo("Nothing to let go.", err=True)


def _must_exist(place: Place) -> None:
    if not place.database.exists():
        raise UserError(f"{place.database}: there is no database yet; `aggregator poll` makes it and fills it")
