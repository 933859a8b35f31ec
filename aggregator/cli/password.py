"""`aggregator password`."""

import secrets
import sys

import click

from aggregator.text.passwords import LONGEST, SALT, hashed

_SHORTEST = 8
"""Characters (NIST SP 800-63B section 5.1.1.2)."""


@click.command(short_help="Make the hash of a password for feeds.yaml.")
@click.option("--token", is_flag=True, help="Draw a token for feeds instead; asks for nothing.")
def password(*, token: bool) -> None:
    """Ask for a password and print the line that feeds.yaml takes for it, below `access:`.

    The password itself is neither printed nor kept. From a pipe, its first line is read.
    """
    if token:
        click.echo(f"feed_token: {secrets.token_urlsafe(32)}")
        return
    given = _asked()
    if not _SHORTEST <= len(given) <= LONGEST:
        click.echo(f"A password has {_SHORTEST} to {LONGEST} characters; this one has {len(given)}.", err=True)
        raise click.exceptions.Exit(2)
    click.echo(f"password_hash: {hashed(given, salt=secrets.token_bytes(SALT))}")


def _asked() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
