"""How `poll` shows what it did: a table and its totals, a line for what went wrong, or all of it as JSON."""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo

import click

from aggregator.cli.tables import Column, print_table
from aggregator.cli.wording import counted, skipped
from aggregator.model.feed import Outcome
from aggregator.model.poll import PollResult, Totals

MOST_ROWS = 50
"""Of the table with all results: nobody reads thousands. Beyond that it has:"""
MOST_FAILURES = 30
MOST_NEWS = 15
WENT_WRONG = frozenset({Outcome.FAILED, Outcome.GONE, Outcome.SKIPPED})


def print_results(results: Sequence[PollResult], totals: Totals) -> None:
    """Print the table of what was done, a row a feed, and how much is kept now."""
    shown = telling(results)
    if results:
        print_table(_columns(results), [_cells(result) for result in shown])
    if len(shown) < len(results):
        hidden = len(results) - len(shown)
        click.echo(
            f"{counted(hidden, 'feed is', 'feeds are')} not shown; `--json` prints {'it' if hidden == 1 else 'all of them'}."
        )
    entries, feeds = counted(totals.entries, "entry", "entries"), counted(totals.feeds, "feed")
    click.echo(f"{entries} of {feeds} kept, {totals.copies} of them copies.")


def telling(results: Sequence[PollResult]) -> Sequence[PollResult]:
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
        Column(header="id", footer=counted(len(results), "feed")),
        # Below the titles, which have most room: below the outcomes it would make that column wider than its cells.
        Column(header="title", footer=_summary(results)),
        Column(header="outcome"),
        *counts,
        Column(header="time", right=True),
    ]


def _cells(result: PollResult) -> tuple[str, ...]:
    counts = (str(result.new), str(result.changed), str(result.copies))
    seconds = f"{result.elapsed.total_seconds():.2f} s"
    return (result.feed_id, result.feed_title, result.outcome, *counts, seconds)


def _summary(results: Sequence[PollResult]) -> str:
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])


def report(results: Sequence[PollResult], zone: tzinfo, *, now: datetime) -> None:
    """Say on stderr what did not go as asked."""
    for result in results:
        if result.outcome in WENT_WRONG:
            message = skipped(result.message, result.skipped_until, zone, now=now)
            click.echo(f"{result.feed_id}: {result.outcome}: {message}", err=True)


def as_json(result: PollResult) -> dict[str, object]:
    """Give a result with times as text, in UTC, and durations in seconds."""
    times = {
        name: value.isoformat() if value else None
        for name, value in (("next_poll_at", result.next_poll_at), ("skipped_until", result.skipped_until))
    }
    return asdict(result) | {"elapsed": result.elapsed.total_seconds()} | times
