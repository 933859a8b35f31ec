"""`aggregator export`."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.errors import UserError


@click.command(short_help="Write the whole site as files, for any static host.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--url", default=None, help="Where DIR will be published; site.url of feeds.yaml unless given.")
@click.option("--full", is_flag=True, help="Write all that was ever kept, however much that is.")
@pass_place
def export(place: Place, folder: Path, url: str | None, *, full: bool) -> None:
    """Write the whole site into DIR as files that any static host can serve, also under a sub-path.

    Writes the newest 20 pages of every list, the entries and stories on them and what those lead to, digests, and
    every feed. Again into the same DIR, it rewrites only files whose content has changed, and removes those that are
    no part of the site any more; it never removes what it has not written. Polls nothing.
    """
    configuration = place.configuration()
    if not place.database.exists():
        raise UserError(f"{place.database}: there is no database yet; `aggregator poll` makes it and fills it")
    address = _checked(url) if url else None
    with _progress() as show:
        report = asyncio.run(bootstrap.export(configuration, place.database, folder, url=address, full=full, show=show))
    files = report.files
    click.echo(f"{folder}: {files.written:,} written, {files.unchanged:,} unchanged, {files.removed:,} removed")
    for failed in report.failed:
        click.echo(f"{failed} could not be written", err=True)
    if report.failed:
        sys.exit(1)


def _checked(url: str) -> str:
    """Give the address with a slash at its end.

    Raises:
        UserError: nothing can be published there.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address or any(letter in url for letter in "?#\"'<>& \\") or not url.isprintable():
        raise UserError(f"--url: {url!r} is not the http(s) address of a folder, such as https://news.example/daily/")
    return f"{url.rstrip('/')}/"


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _, __: None
        return
    from rich.console import Console  # noqa: PLC0415 -- as in `cli.progress`
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, known: bar.update(task, completed=done, total=known)
