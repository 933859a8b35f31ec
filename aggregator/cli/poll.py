"""`aggregator poll`."""

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from aggregator.cli import poll_results
from aggregator.cli.digests_due import make_and_send
from aggregator.cli.naming import named_ids
from aggregator.cli.options import Place, pass_place
from aggregator.cli.progress import draws, poll_progress
from aggregator.cli.starting import starting
from aggregator.cli.wording import counted
from aggregator.clock import SystemClock
from aggregator.model.feed import Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import Heed, PollResult, Totals
from aggregator.stopping import GRACE, on_signals

if TYPE_CHECKING:
    from aggregator.bootstrap import Application
    from aggregator.config.model import Configuration
    from aggregator.services.full_texts import FullTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What was polled, and how that ended."""

    results: list[PollResult]
    totals: Totals
    exit_code: int | None
    """Of the signal that stopped it; None where none did."""
    left: int
    """Feeds that were not polled because of that."""
    digests: list[str]
    """What was made and sent, a sentence each."""
    all_sent: bool


@click.command(short_help="Poll feeds now, and show what each brought.")
@click.argument("feed_id", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Poll every feed, due or not.")
@click.option("--force", is_flag=True, help="Poll also feeds whose server asked us to wait, or said gone for good.")
@click.option(
    "--no-group", is_flag=True, help="Leave comparing new entries, and finding them by search, to the next poll."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON, times in UTC.")
@pass_place
def poll(
    place: Place, feed_id: tuple[str, ...], *, everything: bool, force: bool, no_group: bool, as_json: bool
) -> None:
    """Poll the feeds that are due now, or those named by FEED_ID, or --all.

    Digests that are due are made then, and those that wait for it are mailed, unless feeds are named.

    FEED_ID is an id as `aggregator feeds list` shows it. A feed that is named is polled unless its server or its
    document says that it is still fresh; with --all, unless its server asked us to wait.

    Ctrl-C or SIGTERM finishes the polls that run, a second one stops at once; what was brought until then is kept and
    shown. Exit codes: 0 done; 1 a poll failed, or a mail; 130 (Ctrl-C) or 143 (SIGTERM) stopped.
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
    if configuration.include:
        asyncio.run(bootstrap.refresh_lists(configuration, place.database))
        configuration = place.configuration()
    named = named_ids(place, configuration, feed_id)
    order = {feed.id: position for position, feed in enumerate(configuration.enabled_feeds())}
    ids = list(order) if everything else named or None
    heed = _heed(everything=everything, force=force)
    opening = bootstrap.open_application(configuration, place.database, grouping=not no_group)
    # What one feed brought is no day; and while entries wait to be compared, a digest would only wait for them.
    whole = not named and not no_group
    done = asyncio.run(_poll(opening, ids, heed, quiet=as_json, digests=whole))
    done.results.sort(key=lambda result: order.get(result.feed_id, len(order)))
    if as_json:
        results = [poll_results.as_json(result) for result in done.results]
        click.echo(json.dumps(results, ensure_ascii=False, indent=1))
    else:
        _print(done)
    for said in done.digests:
        click.echo(said, err=as_json)
    _report(done, configuration, due=ids is None)


def _heed(*, everything: bool, force: bool) -> Heed:
    if force:
        return Heed.NOTHING
    return Heed.BANS if everything else Heed.FRESHNESS


async def _poll(
    opening: AbstractAsyncContextManager["Application"],
    ids: list[FeedId] | None,
    heed: Heed,
    *,
    quiet: bool,
    digests: bool,
) -> _Done:
    results: list[PollResult] = []
    said: list[str] = []
    all_sent = True
    async with opening as application:
        poller = application.poller
        # Counting reads every feed: only for a bar, which is the one to show it.
        total = len(ids) if ids is not None else await poller.due() if draws(quiet=quiet) else None
        with poll_progress(total, quiet=quiet) as show:

            def note(result: PollResult) -> None:
                results.append(result)
                if not result.stopped:
                    show(result)

            async def work() -> bool:
                await (poller.poll_due(note) if ids is None else poller.poll(ids, heed=heed, on_result=note))
                if not digests or stopping.exit_code is not None:
                    return True
                return await make_and_send(application.digests, application.mailing, application.site, tell=said.append)

            polling = asyncio.create_task(work())
            stopping = on_signals(partial(_finish, application, polling), polling.cancel)
            try:
                all_sent = await polling
            except asyncio.CancelledError:
                if stopping.exit_code is None:
                    raise
        if stopping.exit_code is None and application.full_texts:
            await _fetch_texts(application.full_texts, quiet=quiet)
        if stopping.exit_code is None:
            left = 0
        else:
            left = await poller.due() if ids is None else _unpolled(ids, results)
            # That it stopped before their turn is said once, with their number.
            results = [result for result in results if not result.stopped]
        totals = await application.reader.totals()
    return _Done(
        results=results, totals=totals, exit_code=stopping.exit_code, left=left, digests=said, all_sent=all_sent
    )


def _finish(application: "Application", polling: "asyncio.Task[bool]") -> None:
    application.poller.stop()
    asyncio.get_running_loop().call_later(GRACE.total_seconds(), polling.cancel)
    if application.mailing:
        application.mailing.stop()
    running = counted(len(application.poller.under_way), "poll")
    click.echo(f"finishing {running}; Ctrl-C again stops now", err=True)


async def _fetch_texts(full_texts: "FullTexts", *, quiet: bool) -> None:
    """Fetch the articles of what is new; stopped by a signal, it goes on with the next poll."""
    fetching = asyncio.create_task(full_texts.fetch_due())
    on_signals(full_texts.stop, fetching.cancel)
    with suppress(asyncio.CancelledError):
        kept = await fetching
        if kept and not quiet:
            click.echo(f"{counted(kept, 'full text')} fetched", err=True)


def _unpolled(ids: Sequence[FeedId], results: Sequence[PollResult]) -> int:
    return len(ids) - sum(1 for result in results if not result.stopped)


def _print(done: _Done) -> None:
    if not done.results and done.exit_code is None:
        click.echo("No feed is due. `aggregator poll --all` polls every feed.")
    poll_results.print_results(done.results, done.totals)


def _report(done: _Done, configuration: "Configuration", *, due: bool) -> None:
    """Say on stderr what did not go as asked, and exit with the code for it."""
    poll_results.report(done.results, configuration.site.timezone, now=SystemClock().now())
    if done.exit_code is not None:
        feeds = counted(done.left, "due feed" if due else "feed")
        click.echo(f"stopped: {feeds} not polled", err=True)
        sys.exit(done.exit_code)
    if not done.all_sent or any(result.outcome is Outcome.FAILED for result in done.results):
        sys.exit(1)
