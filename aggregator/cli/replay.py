"""`aggregator replay`."""

import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

import click

from aggregator.cli.options import Place, pass_place
from aggregator.errors import InputError
from aggregator.model.copies import USUAL_WINDOW
from aggregator.services.replay import replay as group_lines

_OBJECTS: Final = 20_000
"""New objects between two looks for cycles."""


@click.command(short_help="Group the entries of a file, without network or database.")
@click.argument("entries", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to write the answers; standard output unless given."
)
@pass_place
def replay(place: Place, entries: Path, output: Path | None) -> None:
    """Group the entries of a file as polled ones would be, without network or database.

    ENTRIES holds one JSON object a line: {"id", "title", "summary"?, "url"?, "publisher"?, "timestamp"},
    timestamps in seconds since 1970, in order of time. Each is answered with {"id", "copy_of", "story", "related"}, in
    the same order; stories are called by the id of their first entry.
    """
    # What is held is what is open, and hardly any of it is a cycle. Looking for cycles every 700 objects took 6 to 10 % of the time.
    gc.set_threshold(_OBJECTS, 20, 20)
    window = place.configuration().copies.window if place.config.exists() else USUAL_WINDOW
    with ExitStack() as files:
        lines = files.enter_context(_opened(entries, "r"))
        answers = group_lines(_readable(lines, entries), file=str(entries), window=window)
        target = files.enter_context(_replacing(output)) if output else sys.stdout
        target.writelines(f"{answer}\n" for answer in answers)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[str]]:
    """Write beside a file and put the whole in its place at the end: a broken line leaves no half of an answer."""
    part = path.with_name(f"{path.name}.part")
    try:
        with _opened(part, "w") as target:
            yield target
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _opened(path: Path, mode: str) -> IO[str]:
    try:
        return click.open_file(str(path), mode, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: can't be opened: {error.strerror}") from error


def _readable(lines: IO[str], path: Path) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text (byte {error.start})") from error
