"""How a poll shows that it gets on; on stderr, where it is in nobody's way."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from aggregator.model.feed import Outcome
from aggregator.model.poll import PollResult

Show = Callable[[PollResult], None]
"""Takes note of one result."""


def draws(*, quiet: bool) -> bool:
    """Tell whether `poll_progress` shows a bar: on a terminal."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def poll_progress(total: int | None, *, quiet: bool) -> Iterator[Show]:
    """Show a bar on a terminal, a line a feed elsewhere.

    Args:
        total: feeds to come; None where that is not known.
        quiet: show nothing.
    """
    if draws(quiet=quiet):
        with _bar(total) as show:
            yield show
    else:
        yield _say_nothing if quiet else _say


def _say_nothing(result: PollResult) -> None:
    """Who wants JSON wants nothing beside it."""


def _say(result: PollResult) -> None:
    counts = f" {result.new} new, {result.changed} changed, {result.copies} copies"
    # Polls go on where nobody listens any more, as after `2>&1 | head`.
    with suppress(OSError):
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
