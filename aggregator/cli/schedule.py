"""`aggregator feeds schedule`."""

import asyncio
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from aggregator.cli.feeds_known import known_feeds
from aggregator.cli.options import Place, pass_place
from aggregator.cli.tables import Column, print_table
from aggregator.clock import SystemClock
from aggregator.model.poll import GroupPause
from aggregator.polling.freshness import spoken
from aggregator.polling.upcoming import NextPoll, Upcoming, upcoming

MOST_HOURS = 24 * 14
"""No poll is ever put off for longer than two weeks; in practice a week is the longest a server is believed."""


@click.command(short_help="Show which feeds are polled next, when, and why then.")
@click.option(
    "--hours", default=24, show_default=True, type=click.IntRange(1, MOST_HOURS), help="How far to look ahead."
)
@click.option("--json", "as_json", is_flag=True, help="Print the timetable as JSON, times in UTC.")
@pass_place
def schedule(place: Place, hours: int, *, as_json: bool) -> None:
    """Show the next poll of each feed within the next 24 hours: when, in the time zone of the site, which feed, and why then.

    What follows it depends on what the server answers; how many polls there will be in all is therefore an estimate.
    """
    zone = place.configuration().site.timezone
    found = asyncio.run(_upcoming(place, timedelta(hours=hours)))
    if as_json:
        click.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=1))
    else:
        _print(found, hours, zone)


async def _upcoming(place: Place, within: timedelta) -> Upcoming:
    now = SystemClock().now()
    known = await known_feeds(place, now=now)
    return upcoming(known.overviews, known.pauses, now=now, within=within)


def _print(found: Upcoming, hours: int, zone: ZoneInfo) -> None:
    if found.polls:
        columns = [Column(header=name) for name in ("when", "feed", "why then")]
        print_table(columns, [_cells(poll, found.now, zone) for poll in found.polls])
        click.echo()
    click.echo(_totals(found, hours))
    if found.first_later and not found.polls:
        click.echo(_first(found.first_later, found.now, zone))
    for pause in found.pauses:
        until = _local(pause.until, found.now, zone)
        click.echo(f"{pause.group} is paused until {until}: {pause.reason}")
    click.echo(f"Times are {zone.key}. `aggregator serve` polls when it runs; `aggregator poll` polls what is due.")


def _cells(poll: NextPoll, now: datetime, zone: ZoneInfo) -> tuple[str, ...]:
    return _when(poll, now, zone), poll.overview.feed.id, poll.reason


def _when(poll: NextPoll, now: datetime, zone: ZoneInfo) -> str:
    return _local(poll.at, now, zone) if poll.at > now else "now"


def _local(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Spell a time: today's without its day."""
    there = at.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == now.astimezone(zone).date() else f"{there:%a %d %b %H:%M}"


def _first(poll: NextPoll, now: datetime, zone: ZoneInfo) -> str:
    return f"The first is {poll.overview.feed.id}, at {_local(poll.at, now, zone)}: {poll.reason}."


def _totals(found: Upcoming, hours: int) -> str:
    feeds = len(found.polls)
    parts = (
        f"{feeds} {'feed is' if feeds == 1 else 'feeds are'} polled within {hours} h",
        f"{found.overdue} of them due now" if found.overdue else "",
        f"about {found.expected} polls in all if servers go on answering as they did" if found.expected > feeds else "",
        f"{found.later} later" if found.later else "",
        f"{found.gone} gone and not polled" if found.gone else "",
    )
    return f"{'; '.join(part for part in parts if part)}."


def _as_json(found: Upcoming) -> dict[str, object]:
    return {
        "now": found.now.isoformat(),
        "until": found.until.isoformat(),
        "polls": [_poll_as_json(poll) for poll in found.polls],
        "overdue": found.overdue,
        "expected": found.expected,
        "later": found.later,
        "gone": found.gone,
        "pauses": [_pause_as_json(pause) for pause in found.pauses],
    }


def _poll_as_json(poll: NextPoll) -> dict[str, object]:
    return {
        "at": poll.at.isoformat(),
        "feed_id": poll.overview.feed.id,
        "feed_title": poll.overview.name,
        "reason": poll.reason,
        "overdue": int(poll.overdue.total_seconds()),
        "again_after": None if poll.again_after is None else spoken(poll.again_after),
    }


def _pause_as_json(pause: GroupPause) -> dict[str, object]:
    return {"group": pause.group, "until": pause.until.isoformat(), "reason": pause.reason}
