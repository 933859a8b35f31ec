"""`aggregator replay`."""

from pathlib import Path
from typing import TextIO

import click

from aggregator.cli.options import Place, pass_place
from aggregator.config.model import Copies
from aggregator.errors import InputError
from aggregator.services.replay import replay as group_lines


@click.command()
@click.argument("entries", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--output",
    type=click.File("w", encoding="utf-8", lazy=True),
    default="-",
    help="Where to write the answers; standard output unless given.",
)
@pass_place
def replay(place: Place, entries: Path, output: TextIO) -> None:
    """Group the entries of a file as polled ones would be, without network or database.

    ENTRIES holds one JSON object a line: {"id", "title", "summary"?, "url"?, "publisher"?, "timestamp"},
    timestamps in seconds since 1970. Each is answered with {"id", "copy_of", "story", "related"}.
    """
    window = place.configuration().copies.window if place.config.exists() else Copies().window
    try:
        with click.open_file(str(entries), encoding="utf-8") as lines:
            output.writelines(answer + "\n" for answer in group_lines(lines, file=str(entries), window=window))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{entries}: can't be read as UTF-8 text: {error}") from error
