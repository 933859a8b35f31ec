"""`aggregator poll`."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from aggregator import bootstrap
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import wide_console
from aggregator.errors import UserError
from aggregator.model.feed import Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult, Totals


@click.command()
@click.argument("feed_id", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Poll every feed, due or not.")
@click.option("--force", is_flag=True, help="Poll also feeds whose server asked us to wait, or said gone for good.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@pass_place
def poll(place: Place, feed_id: tuple[str, ...], *, everything: bool, force: bool, as_json: bool) -> None:
    """Poll the feeds that are due now, or those named by FEED_ID, or --all.

    FEED_ID is an id as `aggregator feeds list` shows it.
    """
    if everything and feed_id:
        raise click.UsageError("name feeds or say --all, not both")
    results, totals = asyncio.run(_poll(place, feed_id, everything=everything, force=force, quiet=as_json))
    if as_json:
        click.echo(json.dumps([_as_json(result) for result in results], ensure_ascii=False, indent=1))
    else:
        _print_table(results, totals)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    for result in failed:
        click.echo(f"{result.feed_id}: {result.message}", err=True)
    if failed:
        sys.exit(1)


async def _poll(
    place: Place, names: Sequence[str], *, everything: bool, force: bool, quiet: bool
) -> tuple[list[PollResult], Totals]:
    async with bootstrap.open_application(place.configuration(), place.database) as application:
        _finish_on_signals(application.poller.stop)
        overview = await application.reader.feeds()
        ids = [row.feed.id for row in overview] if everything else _named(names, [row.feed.id for row in overview])
        with _Progress(len(ids) if ids else None, quiet=quiet) as progress:
            if ids or everything or names:
                results = await application.poller.poll(ids, force=force, on_result=progress.show)
            else:
                results = await application.poller.poll_due(progress.show)
        return results, await application.reader.totals()


def _named(names: Sequence[str], known: Sequence[FeedId]) -> list[FeedId]:
    for name in names:
        if name not in known:
            (nearest, *_) = get_close_matches(name, known, n=1, cutoff=0.0) or [""]
            hint = f"; did you mean {nearest!r}?" if nearest else "; feeds.yaml names no feed"
            raise UserError(f"no feed has the id {name!r}{hint} `aggregator feeds list` shows every id")
    return [FeedId(name) for name in dict.fromkeys(names)]


def _finish_on_signals(stop: Callable[[], None]) -> None:
    """Let Ctrl-C and SIGTERM finish the polls that run and begin no other; a second one ends at once."""
    loop = asyncio.get_running_loop()

    def once() -> None:
        stop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, once)


class _Progress:
    """A bar on a terminal, a line a feed elsewhere; on stderr, where it is in nobody's way."""

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._lines = not quiet and not self._console.is_terminal
        self._bar = Progress(
            TextColumn("polling"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=self._console,
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
            detail = counts if result.outcome is Outcome.FETCHED else f" {result.message}".rstrip()
            click.echo(f"{result.feed_id}: {result.outcome}{detail}", err=True)


def _print_table(results: Sequence[PollResult], totals: Totals) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=bool(results), footer_style="bold")
    new, changed, copies = (sum(getattr(result, name) for result in results) for name in ("new", "changed", "copies"))
    table.add_column("feed", f"{len(results)} feeds", overflow="fold")
    table.add_column("outcome", _summary(results), overflow="fold")
    for name, total in (("new", new), ("changed", changed), ("copies", copies)):
        table.add_column(name, str(total), justify="right")
    table.add_column("time", justify="right")
    for result in results:
        outcome = str(result.outcome) if result.outcome is Outcome.FETCHED else f"{result.outcome} {result.message}"
        counts = (str(result.new), str(result.changed), str(result.copies))
        table.add_row(result.feed_title, outcome.strip(), *counts, f"{result.elapsed.total_seconds():.2f} s")
    if results:
        wide_console().print(table)
    else:
        click.echo("No feed is due. `aggregator poll --all` polls every feed.")
    click.echo(f"{totals.entries} entries of {totals.feeds} feeds kept, {totals.copies} of them copies.")


def _summary(results: Sequence[PollResult]) -> str:
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)


def _as_json(result: PollResult) -> dict[str, object]:
    return asdict(result) | {"elapsed": result.elapsed.total_seconds()}
