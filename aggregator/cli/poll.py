"""`aggregator poll`."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Place, pass_place
from aggregator.config.nearest import did_you_mean
from aggregator.errors import UserError
from aggregator.model.feed import Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import Heed, PollResult, Totals

if TYPE_CHECKING:
    from aggregator.config.model import Configuration

MOST_ROWS = 200
"""Of the table: nobody reads thousands, and each costs half as much to draw as a 304 to poll."""
WENT_WRONG = frozenset({Outcome.FAILED, Outcome.GONE, Outcome.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a person asked for."""

    ids: list[FeedId] | None
    """None: what is due."""
    heed: Heed
    grouping: bool


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
    configuration = place.configuration()
    known = [feed.id for feed in configuration.enabled_feeds()]
    if not known:
        raise UserError(f"{place.config}: names no feed to poll; add one under `feeds:`")
    ids = _asked(feed_id, known, everything=everything)
    asked = _Asked(ids=ids, heed=_heed(everything=everything, force=force), grouping=not no_group)
    results, totals = asyncio.run(_poll(place, configuration, asked, quiet=as_json))
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
    place: Place, configuration: "Configuration", asked: _Asked, *, quiet: bool
) -> tuple[list[PollResult], Totals]:
    from aggregator import bootstrap  # noqa: PLC0415 -- 0.2 s of CPU that `--help` has no use for
    from aggregator.cli.progress import PollProgress  # noqa: PLC0415 -- likewise

    async with bootstrap.open_application(configuration, place.database, grouping=asked.grouping) as application:
        _finish_on_signals(application.poller.stop)
        with PollProgress(None if asked.ids is None else len(asked.ids), quiet=quiet) as progress:
            if asked.ids is None:
                results = await application.poller.poll_due(progress.show)
            else:
                results = await application.poller.poll(asked.ids, heed=asked.heed, on_result=progress.show)
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
    from rich.table import Table  # noqa: PLC0415 -- nor has `--json` for rich

    from aggregator.cli.tables import add_row, print_table  # noqa: PLC0415 -- likewise

    table = Table(box=None, pad_edge=False, header_style="bold", show_footer=True, footer_style="bold")
    new, changed, copies = (sum(getattr(result, name) for result in results) for name in ("new", "changed", "copies"))
    table.add_column("feed", f"{len(results)} feeds", overflow="fold")
    table.add_column("outcome", _summary(results), overflow="fold")
    for name, total in (("new", new), ("changed", changed), ("copies", copies)):
        table.add_column(name, str(total), justify="right")
    table.add_column("time", justify="right")
    shown = _telling(results)
    for result in shown:
        counts = (str(result.new), str(result.changed), str(result.copies))
        add_row(table, (result.feed_title, result.outcome, *counts, f"{result.elapsed.total_seconds():.2f} s"))
    if results:
        print_table(table)
        if len(shown) < len(results):
            click.echo(f"{len(results) - len(shown)} feeds are not shown; `--json` prints all of them.")
    else:
        click.echo("No feed is due. `aggregator poll --all` polls every feed.")
    click.echo(f"{totals.entries} entries of {totals.feeds} feeds kept, {totals.copies} of them copies.")


def _telling(results: Sequence[PollResult]) -> Sequence[PollResult]:
    """Choose the rows of the table: where there are too many, what went wrong and what brought most."""
    if len(results) <= MOST_ROWS:
        return results
    return sorted(results, key=lambda result: (result.outcome not in WENT_WRONG, -result.new - result.changed))[
        :MOST_ROWS
    ]


def _summary(results: Sequence[PollResult]) -> str:
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)


def _report(results: Sequence[PollResult]) -> None:
    """Say on stderr what did not go as asked; exit with 1 if a poll failed."""
    for result in results:
        if result.outcome in WENT_WRONG:
            click.echo(f"{result.feed_id}: {result.outcome}: {result.message}", err=True)
    if any(result.outcome is Outcome.FAILED for result in results):
        sys.exit(1)


def _as_json(result: PollResult) -> dict[str, object]:
    return asdict(result) | {"elapsed": result.elapsed.total_seconds()}
