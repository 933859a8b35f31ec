"""Measurements for Prometheus, in its text format.

Counts of polls are of this process and begin with it; what is stored is read from rows that are kept up to date anyway (a row a
feed), so that a scrape costs the same whether there are a thousand entries or ten million. No label names a feed: their number
is the user's, and a label's values are kept for ever. /feeds says how each one is doing.

Only this machine may ask. Whoever is not at its loopback address is refused, and so is whatever came through a proxy, which
would make everybody appear to be this machine; no header that claims where a request came from is ever believed
(CVE-2023-27591 of Miniflux was that). There is no setting to open it; a collector elsewhere reads it through a tunnel of its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from importlib.metadata import version
from ipaddress import ip_address
from platform import python_version
from urllib.parse import urlsplit

from anyio import to_thread
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aggregator.model.feed import FeedOverview, Outcome
from aggregator.model.fetch import FailureKind
from aggregator.services.read import AllFeeds
from aggregator.services.watch import PollTally
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages.condition import CONDITIONS, condition

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"})
"""Headers by which proxies say that they pass a request on."""
PARSE_FAILURES = (FailureKind.NOT_A_FEED, FailureKind.HOSTILE_DOCUMENT)
_NOT_KEPT = {"cache-control": "no-store"}
_REFUSED = (
    "Measurements are for this machine only: ask at its loopback address (http://127.0.0.1/metrics), directly and not through a "
    "proxy.\n"
)


async def metrics(request: Request) -> Response:
    """Answer `/metrics`; 403 to everyone who is not on this machine."""
    if not is_local(request):
        return PlainTextResponse(_REFUSED, 403, headers=_NOT_KEPT)
    desk = desk_of(request)
    now = desk.clock.now()
    known = await desk.reader.all_feeds(now=now)
    body = await to_thread.run_sync(_measured, desk, known, now)
    return Response(body, headers={**_NOT_KEPT, "content-type": MEDIA_TYPE})


def is_local(request: Request) -> bool:
    """Tell whether the request was made on this machine, and to it: a page in a browser here may have had its name rebound."""
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and not FORWARDED & set(request.headers.keys()) and _names_loopback(request)


def _names_loopback(request: Request) -> bool:
    try:
        named = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return named == "localhost" or _is_loopback(named)


def _is_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


class _Now(Collector):
    """Gives what was measured for one scrape."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _measured(desk: Desk, known: AllFeeds, now: datetime) -> bytes:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(
        _Now([*_feeds(known, now), *_polls(desk.watch.tally), *_stored(known, desk.watch.database_bytes)])
    )
    return generate_latest(registry)


def _feeds(known: AllFeeds, now: datetime) -> Iterable[Metric]:
    overviews = known.overviews
    conditions = Counter(condition(overview, now=now).kind for overview in overviews)
    by_condition = GaugeMetricFamily("aggregator_feeds", "Configured feeds by condition.", labels=["condition"])
    for kind in CONDITIONS:
        by_condition.add_metric([kind], conditions[kind])
    yield by_condition
    lags = [lag for overview in overviews if (lag := _lag(overview, known, now)) > timedelta()]
    yield _gauge("aggregator_feeds_overdue", "Feeds whose poll is due and has not begun.", len(lags))
    longest = max(lags, default=timedelta()).total_seconds()
    yield _gauge("aggregator_poll_lag_seconds", "How long the longest overdue feed has been due.", longest)
    problems = Counter(problem.kind for problem in known.problems)
    by_kind = GaugeMetricFamily(
        "aggregator_feed_problems", "What /feeds/problems.atom lists, by kind.", labels=["kind"]
    )
    for kind, count in sorted(problems.items()):
        by_kind.add_metric([kind], count)
    yield by_kind
    yield _gauge(
        "aggregator_group_pauses", "Rate groups that are left alone because a server asked for it.", len(known.pauses)
    )
    pushed = sum(1 for each in overviews if each.state.pushed_until and each.state.pushed_until > now)
    yield _gauge("aggregator_websub_subscriptions", "Feeds that a WebSub hub sends to us at the moment.", pushed)


def _lag(overview: FeedOverview, known: AllFeeds, now: datetime) -> timedelta:
    """Say how long a feed has been due; one that is to be left alone is not."""
    state = overview.state
    if state.gone or state.next_poll_at is None or (state.blocked_until and state.blocked_until > now):
        return timedelta()
    return timedelta() if known.pause_of(overview) else now - state.next_poll_at


def _polls(tally: PollTally) -> Iterable[Metric]:
    outcomes = CounterMetricFamily("aggregator_polls", "Polls by how they ended.", labels=["outcome"])
    for outcome in Outcome:
        outcomes.add_metric([outcome.value], tally.outcomes[outcome])
    yield outcomes
    failures = CounterMetricFamily("aggregator_poll_failures", "Failed polls by why they failed.", labels=["kind"])
    for kind in FailureKind:
        failures.add_metric([kind.value], tally.failures[kind])
    yield failures
    unread = sum(tally.failures[kind] for kind in PARSE_FAILURES)
    yield _counter("aggregator_parse_failures", "Documents that came but could not be read.", unread)
    buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in tally.durations()]
    seconds = HistogramMetricFamily("aggregator_poll_duration_seconds", "How long polls took.")
    seconds.add_metric([], buckets, tally.seconds)
    yield seconds
    yield _counter("aggregator_received_bytes", "Bytes of documents received, unpacked.", tally.received)
    yield _counter("aggregator_entries_new", "Entries that polls stored as new.", tally.new)
    yield _counter("aggregator_entries_changed", "Entries that polls replaced.", tally.changed)


def _stored(known: AllFeeds, database_bytes: Callable[[], int] | None) -> Iterable[Metric]:
    yield _gauge("aggregator_entries", "Entries kept, of all feeds there ever were.", known.totals.entries)
    yield _gauge("aggregator_copies", "Entries that are listed under another one.", known.totals.copies)
    if database_bytes:
        yield _gauge("aggregator_database_bytes", "Size of the database with its journal.", database_bytes())
    build = {"version": version("aggregator"), "python": python_version()}
    yield InfoMetricFamily("aggregator_build", "Which program this is.", build)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)
