"""When a digest is due, and which time it covers.

Periods end at one time of the day, in the site's time zone, on every day or one weekday. They tile time: each begins where the one
before it ended. On the day of a change of the clock a daily one lasts 23 or 25 hours; a time that the clock skips is taken as if
it had not been changed yet, and of one that it shows twice the first counts (PEP 495, `fold` 0).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from aggregator.model.digest import DigestLine, DigestPlan

LOOKS_BACK: Final = timedelta(days=31)
"""A machine that was off for longer makes no digests of what lies before: nobody reads a month of mornings after one another, and
most feeds hold no older entries anyway."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What one digest covers: [start, end), in UTC."""

    date: date
    """As `Digest.date`."""
    start: datetime
    end: datetime


def running(plan: DigestPlan, zone: ZoneInfo, now: datetime) -> Period:
    """Give the period that `now` lies in."""
    day = _ending_day(plan, now.astimezone(zone).date() - _DAY)
    # A time of the day that a time zone skips may come as late as a day after its date: Samoa had no 30 December 2011.
    while (period := _ending_on(plan, zone, day)) is None or period.end <= now:
        day += _step(plan)
    return period


def last_closed(plan: DigestPlan, zone: ZoneInfo, now: datetime) -> Period:
    """Give the last period that has ended."""
    return _before(plan, zone, running(plan, zone, now))


def missing(
    plan: DigestPlan, zone: ZoneInfo, newest: DigestLine | None, now: datetime, *, looks_back: timedelta = LOOKS_BACK
) -> tuple[Period, ...]:
    """Give the periods that have ended since the newest digest, earliest first; without one, the last alone.

    The first begins where the newest digest ended, whatever `plan` said when that was made: nothing is left out or told of twice
    when feeds.yaml changes the time. Where the digest before would lie further back than a period and a day, it begins as if there had been one.

    Args:
        plan: what is ordered.
        zone: the site's.
        newest: the newest sealed digest.
        now: the time.
        looks_back: no period is given that ended longer ago.
    """
    found = [last_closed(plan, zone, now)]
    if newest is None:
        return tuple(found)
    while (earlier := _before(plan, zone, found[-1])).end > max(newest.end, now - looks_back):
        found.append(earlier)
    due = [period for period in reversed(found) if period.end > newest.end and period.date > newest.date]
    return (following(plan, newest, due[0]), *due[1:]) if due else ()


def following(plan: DigestPlan, newest: DigestLine, period: Period) -> Period:
    """Let a period begin where the newest digest ended, unless that lies too far back."""
    if period.start - newest.end > _step(plan) + _DAY:
        return period
    return Period(date=period.date, start=newest.end, end=period.end)


def _before(plan: DigestPlan, zone: ZoneInfo, period: Period) -> Period:
    day = _last_day(plan, period.date) - _step(plan)
    while (earlier := _ending_on(plan, zone, day)) is None:
        day -= _step(plan)
    return earlier


def _ending_on(plan: DigestPlan, zone: ZoneInfo, day: date) -> Period | None:
    """Give the period that ends on a day; None where that end falls together with the next, since the zone skipped the day."""
    end = _moment(plan, zone, day)
    if end >= _moment(plan, zone, day + _step(plan)):
        return None
    before = day - _step(plan)
    while (start := _moment(plan, zone, before)) >= end:
        before -= _step(plan)
    return Period(date=day - _DAY if plan.at == time() else day, start=start, end=end)


def _moment(plan: DigestPlan, zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, plan.at, zone).astimezone(UTC)


def _step(plan: DigestPlan) -> timedelta:
    return _DAY if plan.weekday is None else 7 * _DAY


def _ending_day(plan: DigestPlan, day: date) -> date:
    """Give the first day from `day` on which a period ends."""
    return day if plan.weekday is None else day + timedelta(days=(plan.weekday - day.weekday()) % 7)


def _last_day(plan: DigestPlan, dated: date) -> date:
    return dated + _DAY if plan.at == time() else dated
