"""`aggregator replay`."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from aggregator.cli.options import Place, pass_place
from aggregator.config.model import Copies
from aggregator.errors import InputError
from aggregator.services.replay import replay as group_lines


@click.command(short_help="Group the entries of a file, without network or database.")
@click.argument("entries", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to write the answers; standard output unless given."
)
@pass_place
def replay(place: Place, entries: Path, output: Path | None) -> None:
    """Group the entries of a file as polled ones would be, without network or database.

    ENTRIES holds one JSON object a line: {"id", "title", "summary"?, "url"?, "publisher"?, "timestamp"},
    timestamps in seconds since 1970. Each is answered with {"id", "copy_of", "story", "related"}.
    """
    window = place.configuration().copies.window if place.config.exists() else Copies().window
    with ExitStack() as files:
        lines = files.enter_context(_opened(entries, "r"))
        answers = group_lines(_readable(lines, entries), file=str(entries), window=window)
        # Read through before the output is opened: a broken line leaves no half of an answer.
        found = [f"{answer}\n" for answer in answers]
        target = files.enter_context(_opened(output, "w")) if output else sys.stdout
        target.writelines(found)


def _opened(path: Path, mode: str) -> IO[str]:
    try:
        return click.open_file(str(path), mode, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: can't be opened: {error.strerror}") from error


def _readable(lines: IO[str], path: Path) -> list[str]:
    try:
        return list(lines)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start})") from error
