"""`aggregator feeds check`."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from aggregator import bootstrap
from aggregator.cli.explain import Finding, Tone, explain
from aggregator.cli.feeds_known import named_feeds
from aggregator.cli.moved import patch
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import PIPE_WIDTH
from aggregator.cli.verdict import Verdict, twins, verdict, warnings
from aggregator.config.model import Configuration
from aggregator.config.positions import Places, read
from aggregator.model.feed import Feed, Outcome
from aggregator.model.ids import FeedId
from aggregator.publish.site import public
from aggregator.services.check_report import CheckReport

ANSWERED = frozenset({Outcome.FETCHED, Outcome.SKIPPED})
STYLES = {Tone.GOOD: "green", Tone.NOTE: "yellow", Tone.BAD: "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A report in words."""

    report: CheckReport
    verdict: Verdict
    findings: Sequence[Finding]


@click.command(short_help="Ask feeds once, keep nothing, and explain what came back.")
@click.argument("feed_id", nargs=-1)
@click.option(
    "--force",
    is_flag=True,
    help="Ask also feeds that are still fresh, whose server wants to be left alone, or said gone for good.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
@pass_place
def check(place: Place, feed_id: tuple[str, ...], *, force: bool, as_json: bool) -> None:
    """Ask the feeds named by FEED_ID, or all, as a poll would, and explain in plain words what came back.

    A feed that is still fresh, or whose server wants to be left alone, is not asked: what the last poll of it brought is told
    instead. No server is asked whether its document changed, each sends it whole; and nothing is kept but that a server
    refused us (429, 403), so that polls leave it alone. For feeds that have moved for good a patch is printed.
    Exit codes: 1 a feed failed; 2 feeds.yaml itself is wrong.
    """
    configuration = place.configuration()
    feeds = named_feeds(place, configuration, feed_id)
    reports = asyncio.run(_check(place, configuration, feeds, force=force, quiet=as_json))
    places, zone = _places(place, configuration), configuration.site.timezone
    same = twins(reports)
    explained = [
        Explained(
            report=report,
            verdict=verdict(report, twin=same.get(report.feed.id)),
            findings=[
                *explain(report, place=places[report.feed.id], zone=zone),
                *warnings(report, twin=same.get(report.feed.id)),
            ],
        )
        for report in reports
    ]
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in explained], ensure_ascii=False, indent=1))
    else:
        _print(explained)
        _print_patch(patch(place, reports))
    _report(reports)


async def _check(
    place: Place, configuration: Configuration, feeds: Sequence[Feed], *, force: bool, quiet: bool
) -> list[CheckReport]:
    # Without a database nothing is known, and a check makes none: there is no lease either.
    database = place.database if place.database.exists() else None
    async with bootstrap.open_checker(configuration, database) as checker:
        with CheckProgress(len(feeds), quiet=quiet) as progress:
            return await checker.check(feeds, force=force, on_report=progress.show)


def _places(place: Place, configuration: Configuration) -> dict[FeedId, str]:
    """Find where the address of each feed stands: `feeds.yaml:12:10`."""
    name = str(place.config)
    try:
        places = read(place.config.read_text(encoding="utf-8-sig"), file=name).places
    except (OSError, UnicodeDecodeError):  # it changed while feeds were asked; the name alone is still right
        places = Places()
    return {settings.feed_id: _place(name, places, number) for number, settings in enumerate(configuration.feeds)}


def _place(name: str, places: Places, number: int) -> str:
    mark = places.values.get(("feeds", number, "url"))
    return f"{name}:{mark.line}:{mark.column}" if mark else name


class CheckProgress:
    """A bar on a terminal, nothing elsewhere: what was found is printed in the order of feeds.yaml when all have answered."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("checking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, report: CheckReport) -> None:
        """Take note of one report."""
        self._bar.update(self._task, advance=1, description=report.name[:40])


def _print(explained: Sequence[Explained]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    for each in explained:
        report = each.report
        style = "green" if each.verdict is Verdict.OK else "yellow" if report.outcome in ANSWERED else "bold red"
        console.print(Text.assemble((report.feed.id, "bold"), f"  {report.name}  ", (each.verdict, style)))
        console.print(Text(f"  {public(report.feed.url)}", style="dim"))
        for finding in each.findings:
            console.print(Text.assemble("  ", (f"{finding.tone:<5}", STYLES[finding.tone]), finding.text))
        console.print()
    console.print(Text(_totals([each.report for each in explained])))


def _print_patch(diff: str) -> None:
    if diff:
        click.echo("\nWhere feeds have moved to for good, as a patch (`patch -p1`, `git apply`):\n")
        click.echo(diff, nl=False)


def _totals(reports: Sequence[CheckReport]) -> str:
    counts = Counter(report.outcome for report in reports)
    words = {Outcome.FETCHED: "answered", Outcome.FAILED: "failed", Outcome.GONE: "gone", Outcome.SKIPPED: "not asked"}
    parts = ", ".join(f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome])
    refused = any(report.kept for report in reports)
    kept = "Nothing was kept but that a server refused us." if refused else "Nothing was kept."
    return f"{len(reports)} {'feed' if len(reports) == 1 else 'feeds'} checked: {parts}. {kept}"


def _report(reports: Sequence[CheckReport]) -> None:
    """Say on stderr which feeds brought no document; exit with 1 if any did not although it was asked."""
    wrong = [report for report in reports if report.outcome in {Outcome.FAILED, Outcome.GONE}]
    for report in wrong:
        click.echo(f"{report.feed.id}: {report.outcome}: {report.message}", err=True)
    if wrong:
        sys.exit(1)


def _as_json(each: Explained) -> dict[str, object]:
    report, found = each.report, each.report.found
    return {
        "feed_id": report.feed.id,
        "feed_title": report.name,
        "outcome": report.outcome,
        "verdict": each.verdict,
        "message": report.message,
        "failure": report.failure,
        "status": report.status,
        "url": public(report.url),
        "moved_to": public(report.permanent_url) if report.permanent_url else None,
        "format": found.document.format if found else None,
        "bytes": report.size,
        "entries": found.entries if found else 0,
        "newest_at": _spelt(found.newest_at) if found else None,
        "new": found.new if found else 0,
        "changed": found.changed if found else 0,
        "malformed": found.document.malformed if found else "",
        "certificate_until": _spelt(report.certificate_until),
        "elapsed": report.elapsed.total_seconds(),
        "skipped_until": _spelt(report.until),
        "next_poll_at": _spelt(report.foreseen.next_poll_at) if report.foreseen and not report.foreseen.gone else None,
        "next_poll_reason": report.foreseen.next_poll_reason if report.foreseen else "",
        "blocked_until": _spelt(report.foreseen.blocked_until) if report.foreseen else None,
        "last_asked_at": _spelt(report.last.at if report.last else None),
        "findings": [{"tone": finding.tone, "text": finding.text} for finding in each.findings],
    }


def _spelt(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
