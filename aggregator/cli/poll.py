"""`aggregator poll`."""

import asyncio
import heapq
import json
import logging
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Place, pass_place
from aggregator.cli.progress import poll_progress
from aggregator.cli.starting import starting
from aggregator.cli.tables import Column, print_table
from aggregator.config.nearest import did_you_mean
from aggregator.errors import UserError
from aggregator.model.feed import Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import Heed, PollResult, Totals

if TYPE_CHECKING:
    from aggregator.bootstrap import Application

MOST_ROWS = 50
"""Of the table with all results: nobody reads thousands. Beyond that it has:"""
MOST_FAILURES = 30
MOST_NEWS = 15
WENT_WRONG = frozenset({Outcome.FAILED, Outcome.GONE, Outcome.SKIPPED})


@click.command(short_help="Poll feeds now, and show what each brought.")
@click.argument("feed_id", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Poll every feed, due or not.")
@click.option("--force", is_flag=True, help="Poll also feeds whose server asked us to wait, or said gone for good.")
@click.option("--no-group", is_flag=True, help="Leave comparing new entries to the next poll.")
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
@pass_place
def poll(
    place: Place, feed_id: tuple[str, ...], *, everything: bool, force: bool, no_group: bool, as_json: bool
) -> None:
    """Poll the feeds that are due now, or those named by FEED_ID, or --all.

    FEED_ID is an id as `aggregator feeds list` shows it. A feed that is named is polled unless its server or its
    document says that it is still fresh; with --all, unless its server asked us to wait.
    """
    if everything and feed_id:
        raise click.UsageError("name feeds or say --all, not both")
    if force and not everything and not feed_id:
        raise click.UsageError("--force needs to know which feeds: name them or say --all")
    # The table and the closing list say what a log line a poll would say.
    logging.getLogger("aggregator.services").setLevel(logging.ERROR)
    with starting():
        configuration = place.configuration()
        from aggregator import bootstrap  # noqa: PLC0415 -- 0.2 s of CPU that `--help` has no use for
    known = [feed.id for feed in configuration.enabled_feeds()]
    if not known:
        raise UserError(f"{place.config}: names no feed to poll; add one under `feeds:`")
    ids = _asked(feed_id, known, everything=everything)
    heed = _heed(everything=everything, force=force)
    opening = bootstrap.open_application(configuration, place.database, grouping=not no_group)
    results, totals = asyncio.run(_poll(opening, ids, heed, quiet=as_json))
    if as_json:
        click.echo(json.dumps([_as_json(result) for result in results], ensure_ascii=False, indent=1))
    else:
        _print_table(results, totals)
    _report(results)


def _asked(names: Sequence[str], known: Sequence[FeedId], *, everything: bool) -> list[FeedId] | None:
    """Give the feeds to poll; None: those that are due."""
    for name in names:
        if name not in known:
            nearest = did_you_mean(name, known)
            raise UserError(f"no feed has the id {name!r}{nearest}; `aggregator feeds list` shows every id")
    if everything:
        return list(known)
    return [FeedId(name) for name in dict.fromkeys(names)] or None


def _heed(*, everything: bool, force: bool) -> Heed:
    if force:
        return Heed.NOTHING
    return Heed.BANS if everything else Heed.FRESHNESS


async def _poll(
    opening: AbstractAsyncContextManager["Application"], ids: list[FeedId] | None, heed: Heed, *, quiet: bool
) -> tuple[list[PollResult], Totals]:
    async with opening as application:
        _finish_on_signals(application.poller.stop)
        with poll_progress(None if ids is None else len(ids), quiet=quiet) as show:
            if ids is None:
                results = await application.poller.poll_due(show)
            else:
                results = await application.poller.poll(ids, heed=heed, on_result=show)
        return results, await application.reader.totals()


def _finish_on_signals(stop: Callable[[], None]) -> None:
    """Let Ctrl-C and SIGTERM finish the polls that run and begin no other; a second one ends at once."""
    loop = asyncio.get_running_loop()

    def once() -> None:
        stop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(name)

    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, once)


def _print_table(results: Sequence[PollResult], totals: Totals) -> None:
    shown = _telling(results)
    if results:
        print_table(_columns(results), [_cells(result) for result in shown])
        if len(shown) < len(results):
            click.echo(f"{len(results) - len(shown)} feeds are not shown; `--json` prints all of them.")
    else:
        click.echo("No feed is due. `aggregator poll --all` polls every feed.")
    click.echo(f"{totals.entries} entries of {totals.feeds} feeds kept, {totals.copies} of them copies.")


def _telling(results: Sequence[PollResult]) -> Sequence[PollResult]:
    """Choose the rows of the table: where there are too many, what went wrong and what brought most."""
    if len(results) <= MOST_ROWS:
        return results
    wrong = [result for result in results if result.outcome in WENT_WRONG]
    wrong.sort(key=lambda result: result.outcome is Outcome.SKIPPED)
    news = (result for result in results if result.new or result.changed)
    return wrong[:MOST_FAILURES] + heapq.nlargest(MOST_NEWS, news, key=lambda result: result.new + result.changed)


def _columns(results: Sequence[PollResult]) -> list[Column]:
    counts = (
        Column(header=name, footer=str(sum(getattr(result, name) for result in results)), right=True)
        for name in ("new", "changed", "copies")
    )
    return [
        Column(header="feed", footer=f"{len(results)} feeds"),
        Column(header="outcome", footer=_summary(results)),
        *counts,
        Column(header="time", right=True),
    ]


def _cells(result: PollResult) -> tuple[str, ...]:
    counts = (str(result.new), str(result.changed), str(result.copies))
    return (result.feed_title, result.outcome, *counts, f"{result.elapsed.total_seconds():.2f} s")


def _summary(results: Sequence[PollResult]) -> str:
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])


def _report(results: Sequence[PollResult]) -> None:
    """Say on stderr what did not go as asked; exit with 1 if a poll failed."""
    for result in results:
        if result.outcome in WENT_WRONG:
            click.echo(f"{result.feed_id}: {result.outcome}: {result.message}", err=True)
    if any(result.outcome is Outcome.FAILED for result in results):
        sys.exit(1)


def _as_json(result: PollResult) -> dict[str, object]:
    return asdict(result) | {"elapsed": result.elapsed.total_seconds()}
