"""How a poll shows that it gets on; on stderr, where it is in nobody's way."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aggregator.model.feed import Outcome
from aggregator.model.poll import PollResult

Show = Callable[[PollResult], None]
"""Takes note of one result."""


@contextmanager
def poll_progress(total: int | None, *, quiet: bool) -> Iterator[Show | None]:
    """Show a bar on a terminal, a line a feed elsewhere.

    Args:
        total: feeds to come; None where that is not known.
        quiet: show nothing, and give None.
    """
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(total) as show:
            yield show
    else:
        yield _say


def _say(result: PollResult) -> None:
    counts = f" {result.new} new, {result.changed} changed, {result.copies} copies"
    sys.stderr.write(f"{result.feed_id}: {result.outcome}{counts if result.outcome is Outcome.FETCHED else ''}\n")


@contextmanager
def _bar(total: int | None) -> Iterator[Show]:
    from rich.console import Console  # noqa: PLC0415 -- 50 ms of CPU that a poll in a pipe has no use for
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    with Progress(
        TextColumn("polling"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda result: bar.update(task, advance=1, description=result.feed_title[:40])
