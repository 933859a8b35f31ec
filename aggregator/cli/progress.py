"""How a poll shows that it gets on."""

from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aggregator.model.feed import Outcome
from aggregator.model.poll import PollResult


class PollProgress:
    """A bar on a terminal, a line a feed elsewhere; on stderr, where it is in nobody's way.

    Args:
        total: feeds to come; None where that is not known.
        quiet: show nothing.
    """

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        console = Console(stderr=True)
        self._lines = not quiet and not console.is_terminal
        self._bar = Progress(
            TextColumn("polling"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=quiet or self._lines,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, result: PollResult) -> None:
        """Take note of one result."""
        self._bar.update(self._task, advance=1, description=result.feed_title[:40])
        if self._lines:
            counts = f" {result.new} new, {result.changed} changed, {result.copies} copies"
            click.echo(
                f"{result.feed_id}: {result.outcome}{counts if result.outcome is Outcome.FETCHED else ''}", err=True
            )
