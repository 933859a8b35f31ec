"""Editing feeds.yaml from the command line, and showing which lines have changed."""

from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

import click

from aggregator.cli.naming import unknown
from aggregator.cli.options import Place
from aggregator.config.edits import Text
from aggregator.config.feeds import FeedSettings
from aggregator.config.replace import replace
from aggregator.errors import UserError


def edit(place: Place, change: Callable[[Text], str]) -> bool:
    """Change feeds.yaml and show what was changed; tell whether anything was.

    Args:
        place: where it is.
        change: makes its new text; called again where somebody else has changed the file meanwhile.

    Raises:
        UserError: it can't be changed so; it is as it was.
    """
    before, after = replace(place.config, lambda text: change(Text.of(text, file=str(place.config))))
    for line in _changed(before, after):
        click.echo(line)
    return before != after


def feed_of(before: Text, name: str) -> FeedSettings:
    """Find the feed of an id, switched off or not.

    Raises:
        UserError: feeds.yaml has none.
    """
    for settings in before.configuration.feeds:
        if settings.feed_id == name:
            return settings
    hint = "; a feed of an included list can be named in `feeds`, which goes before the list"
    raise UserError(unknown(before.configuration, name) + (hint if before.configuration.include else ""))


def _changed(before: str, after: str) -> Iterator[str]:
    """Give the lines that went and came, each with its number."""
    old, new = before.splitlines(), after.splitlines()
    for kind, first, last, first_new, last_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from (_line(number, "-", old[number], "red") for number in range(first, last))
            yield from (_line(number, "+", new[number], "green") for number in range(first_new, last_new))


def _line(number: int, sign: str, text: str, colour: str) -> str:
    return click.style(f"{number + 1:>6} {sign} ", dim=True) + click.style(text, fg=colour)
