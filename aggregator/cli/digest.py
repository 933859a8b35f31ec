"""`aggregator digest`."""

import asyncio
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli import digest_sent
from aggregator.cli.options import Place, pass_place
from aggregator.errors import UserError
from aggregator.model.digest import DAILY, Digest
from aggregator.publish import digest_epub, digest_html, digest_json, digest_markdown, digest_text
from aggregator.publish.site import Site

if TYPE_CHECKING:
    from aggregator.editions import Editions

FORMATS: dict[str, Callable[[Site, Digest], bytes]] = {
    "text": digest_text.write,
    "markdown": digest_markdown.write,
    "html": digest_html.write,
    "json": digest_json.write,
    "epub": digest_epub.write,
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUFFIXES = {".txt": "text", ".md": "markdown", ".html": "html", ".htm": "html", ".json": "json", ".epub": "epub"}


def _read_day(_: click.Context, __: click.Parameter, text: str | None) -> date | None:
    """Read DATE; click shows what is wrong with it below the usage."""
    if text is None:
        return None
    try:
        # The pattern first: `fromisoformat` also takes 20180902 and 2018-W35-7.
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise click.BadParameter(f"{text!r} is not a day; expected one like 2018-09-02")
    return found


@click.command()
@click.argument("day", metavar="[DATE]", required=False, callback=_read_day)
@click.option("--name", default=DAILY, show_default=True, help="Which digest, where feeds.yaml orders several.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help="How to write it; without it, as the name of --output ends, else text.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write into this file instead of to the screen.",
)
@click.option("--send", is_flag=True, help="Mail it to the recipients in feeds.yaml who have not got it yet.")
@click.option("--preview", is_flag=True, help="The running day so far, as it would be if it ended now.")
@pass_place
def digest(
    place: Place, *, day: date | None, name: str, form: str | None, output: Path | None, send: bool, preview: bool
) -> None:
    """Print the digest of DATE (YYYY-MM-DD), or the newest.

    Digests that are due and not made yet are made first. With --send the digest is not printed
    unless --format or --output asks for it.
    """
    if preview and (day or send):
        raise click.UsageError("--preview is of the running day: it takes no DATE, and can't be sent")
    chosen = form or _SUFFIXES.get(output.suffix.lower() if output else "", "text")
    if chosen == "epub" and output is None and sys.stdout.isatty():
        raise click.UsageError("a book is no text for a terminal: name a file with --output, such as digest.epub")
    is_shown = not send or form is not None or output is not None
    if not asyncio.run(_digest(place, name, day, chosen if is_shown else None, output, send=send, preview=preview)):
        sys.exit(1)


async def _digest(
    place: Place, name: str, day: date | None, form: str | None, output: Path | None, *, send: bool, preview: bool
) -> bool:
    """Do it; False where a message has not gone."""
    from aggregator import bootstrap  # noqa: PLC0415 -- what reads the database is not needed to refuse an option

    configuration = place.configuration()
    if not place.database.exists():
        raise UserError(f"{place.database}: there is no database yet; `aggregator poll` makes it and fills it")
    async with bootstrap.open_digests(configuration, place.database) as editions:
        recipients = (
            digest_sent.recipients(editions.digests.plans, name, has_server=editions.mailing is not None)
            if send
            else ()
        )
        await editions.digests.seal_due()
        found = await (_running(editions, name) if preview else _sealed(editions, name, day))
        if form:
            _put(FORMATS[form](editions.site, found), output)
        if send and editions.mailing:
            messages = await editions.mailing.send(name, found.date, recipients)
            return digest_sent.tell([each for each in messages if each.recipient in recipients], editions.site)
        return True


async def _running(editions: "Editions", name: str) -> Digest:
    if name not in [plan.name for plan in editions.digests.plans]:
        raise _unknown(editions, name)
    return await editions.digests.preview(name)


async def _sealed(editions: "Editions", name: str, day: date | None) -> Digest:
    newest = next(iter(await editions.digests.lines(name, limit=1)), None)
    if newest is None:
        if name not in [plan.name for plan in editions.digests.plans]:
            raise _unknown(editions, name)
        raise UserError(
            f"no digest {name!r} has been made yet: the first is made when the running day is over; "
            "--preview shows it so far"
        )
    found = await editions.digests.get(name, day or newest.date)
    if found is None:
        before, after = await editions.digests.beside(name, day or newest.date)
        nearest = " and ".join(each.isoformat() for each in (before, after) if each)
        raise UserError(f"there is no digest {name!r} of {day}; the nearest: {nearest}")
    return found


def _unknown(editions: "Editions", name: str) -> UserError:
    named = ", ".join(plan.name for plan in editions.digests.plans) or "none"
    return UserError(f"there is no digest named {name!r}; feeds.yaml orders: {named}")


def _put(document: bytes, output: Path | None) -> None:
    if output is None:
        click.echo(document, nl=False)
        return
    try:
        output.write_bytes(document)
    except OSError as error:
        raise UserError(f"{output}: can't be written: {error.strerror}") from error
