"""Measurements for Prometheus, in its text format.

Counts of polls are of this process and begin with it; what is stored is read from rows that are kept up to date anyway (a row a
feed) or counted along indexes of what waits, so that a scrape costs the same whether there are a thousand entries or ten million. No label names a feed: their number
is the user's, and a label's values are kept for ever. /feeds says how each one is doing.

Who may ask is decided in `web.measuring`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from platform import python_version

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

from aggregator.model.digest import MailState
from aggregator.model.feed import Outcome
from aggregator.model.fetch import FailureKind
from aggregator.model.progress import Progress
from aggregator.services.care import CareStanding
from aggregator.services.in_force import InForce
from aggregator.services.read import Standing
from aggregator.services.watch import PollTally, RequestTally, Watch, WorkTally
from aggregator.web.desk import Desk, desk_of
from aggregator.web.measuring import refusal
from aggregator.web.pages.condition import CONDITIONS

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PARSE_FAILURES = (FailureKind.NOT_A_FEED, FailureKind.HOSTILE_DOCUMENT)
_NOT_KEPT = {"cache-control": "no-store"}


async def metrics(request: Request) -> Response:
    """Answer `/metrics`; 401 or 403, with what to do about it, to whoever may not read them."""
    desk = desk_of(request)
    if refused := refusal(request, desk.collectors, site=desk.site.url):
        challenge = {"www-authenticate": "Bearer"} if refused.status == HTTPStatus.UNAUTHORIZED else {}
        return PlainTextResponse(refused.text, refused.status, headers={**_NOT_KEPT, **challenge})
    known = await desk.reader.standing(now=desk.clock.now())
    progress = await desk.reader.progress([plan.name for plan in desk.digests.plans])
    body = await to_thread.run_sync(_measured, desk, known, progress)
    return Response(body, headers={**_NOT_KEPT, "content-type": MEDIA_TYPE})


class _Now(Collector):
    """Gives what was measured for one scrape."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _measured(desk: Desk, known: Standing, progress: Progress) -> bytes:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(
        _Now(
            [
                *_feeds(known),
                *_polls(desk.watch.tally),
                *_requests(desk.watch.requests),
                *_grouping(progress, desk.watch.work),
                *_digests(progress),
                *_mails(progress, desk.watch.work, desk.clock.now()),
                *_care(desk.watch.care),
                *_stored(known, desk.watch),
                *_configuration(desk.watch.in_force),
            ]
        )
    )
    return generate_latest(registry)


def _feeds(known: Standing) -> Iterable[Metric]:
    by_condition = GaugeMetricFamily("aggregator_feeds", "Configured feeds by condition.", labels=["condition"])
    for kind in CONDITIONS:
        by_condition.add_metric([kind], known.conditions.get(kind, 0))
    yield by_condition
    yield _gauge("aggregator_feeds_overdue", "Feeds whose poll is due and has not begun.", known.figures.overdue)
    longest = known.figures.longest_lag.total_seconds()
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
    pushed = known.figures.pushed
    yield _gauge("aggregator_websub_subscriptions", "Feeds that a WebSub hub sends to us at the moment.", pushed)


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


def _requests(tally: RequestTally) -> Iterable[Metric]:
    labels = ["route", "status"]
    answers = CounterMetricFamily("aggregator_http_requests", "Requests by address and status.", labels=labels)
    for (route, status), count in sorted(tally.answers.items()):
        answers.add_metric([route, str(status)], count)
    yield answers
    buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in tally.durations()]
    seconds = HistogramMetricFamily("aggregator_http_request_duration_seconds", "How long answers took.")
    seconds.add_metric([], buckets, tally.seconds)
    yield seconds


def _grouping(progress: Progress, tally: WorkTally) -> Iterable[Metric]:
    yield _gauge("aggregator_entries_ungrouped", "Entries that wait for their place in stories.", progress.ungrouped)
    yield _gauge("aggregator_stories_open", "Stories that entries may still join.", progress.open_stories)
    yield _counter("aggregator_entries_grouped", "Entries that were given their place, or again.", tally.grouped)
    yield _counter("aggregator_grouping_seconds", "How long that took in all.", tally.grouping_seconds)


def _digests(progress: Progress) -> Iterable[Metric]:
    made = GaugeMetricFamily("aggregator_digests", "Digests that were sealed, by name.", labels=["digest"])
    last = GaugeMetricFamily("aggregator_digest_timestamp_seconds", "When the newest was sealed.", labels=["digest"])
    for name, sealed in progress.digests.items():
        made.add_metric([name], sealed.count)
        if sealed.last_at:
            last.add_metric([name], sealed.last_at.timestamp())
    yield from (made, last)


def _mails(progress: Progress, tally: WorkTally, now: datetime) -> Iterable[Metric]:
    tried = CounterMetricFamily("aggregator_mails", "Attempts to send a digest by what came of them.", labels=["state"])
    for state in (MailState.SENT, MailState.WAITING, MailState.REFUSED):
        tried.add_metric([state], tally.mails[state])
    yield tried
    yield _gauge("aggregator_mails_waiting", "Digests that are on their way to somebody.", progress.mails)
    waited = max(0.0, (now - progress.oldest_mail_at).total_seconds()) if progress.oldest_mail_at else 0.0
    yield _gauge("aggregator_mail_wait_seconds", "How long the one that waits longest has been made.", waited)


def _care(standing: CareStanding) -> Iterable[Metric]:
    times = {"backup": standing.backed_up_at, "check": standing.checked_at}
    done = GaugeMetricFamily("aggregator_care_timestamp_seconds", "When this was done last.", labels=["work"])
    for work, at in times.items():
        if at:
            done.add_metric([work], at.timestamp())
    yield done
    findings = len(standing.findings)
    yield _gauge("aggregator_database_findings", "What is wrong with the database, of the last look.", findings)
    refused = len(standing.refused)
    yield _gauge("aggregator_care_refused", "What could not be done in the last night.", refused)


def _stored(known: Standing, watch: Watch) -> Iterable[Metric]:
    yield _gauge("aggregator_entries", "Entries kept, of all feeds there ever were.", known.totals.entries)
    yield _gauge("aggregator_copies", "Entries that are listed under another one.", known.totals.copies)
    sizes: Mapping[str, tuple[Callable[[], int] | None, str]] = {
        "aggregator_database_bytes": (watch.database_bytes, "Size of the database with its journal."),
        "aggregator_database_journal_bytes": (watch.journal_bytes, "Size of its write-ahead log alone."),
        "aggregator_disk_free_bytes": (watch.free_bytes, "Room that is left where the database is."),
    }
    yield from (_gauge(name, text, measure()) for name, (measure, text) in sizes.items() if measure)
    warnings = len(watch.warnings())
    yield _gauge("aggregator_warnings", "What a person should look at, as /readyz says it.", warnings)
    build = {"version": _version(), "python": python_version()}
    yield InfoMetricFamily("aggregator_build", "Which program this is.", build)


def _configuration(in_force: InForce | None) -> Iterable[Metric]:
    if in_force is None:
        return
    standing = in_force.standing
    wrong = len(standing.problems)
    yield _gauge("aggregator_configuration_problems", "What is wrong with feeds.yaml; 0: it is in force.", wrong)
    at = standing.applied_at.timestamp()
    yield _gauge("aggregator_configuration_applied_timestamp_seconds", "When feeds.yaml was applied last.", at)
    yield _counter("aggregator_configuration_reloads", "How often a changed feeds.yaml was applied.", standing.reloads)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


@cache
def _version() -> str:
    """Look it up once: it stands in a file beside the program."""
    return version("aggregator")
