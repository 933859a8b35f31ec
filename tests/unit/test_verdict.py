"""What a check comes to in a word."""

import ssl
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from aggregator.cli.verdict import Verdict, twins, verdict, warnings
from aggregator.fetch.addresses import Address
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.model.feed import Feed, Outcome, ParsedFeed
from aggregator.model.fetch import FailureKind, Fetched, FetchRequest
from aggregator.model.ids import FeedId
from aggregator.services.check_report import CheckReport, Found
from tests.certificates import make_certificate
from tests.factories import NOON, make_feed
from tests.loopback import Answer, LoopbackServer

DAY = timedelta(days=1)
FOUND = Found(document=ParsedFeed(format="rss20"), entries=5, undated=0, newest_at=NOON, new=0, changed=0)


def report(
    *, outcome: Outcome = Outcome.FETCHED, found: Found | None = FOUND, feed: Feed | None = None, **more: object
) -> CheckReport:
    answered = CheckReport(feed=feed or make_feed(), name="x", outcome=outcome, checked_at=NOON, found=found)
    return replace(answered, **more)  # type: ignore[arg-type]


def failed(kind: FailureKind, message: str = "", status: int | None = None) -> CheckReport:
    return report(outcome=Outcome.FAILED, found=None, failure=kind, message=message, status=status)


@pytest.mark.parametrize(
    ("each", "word"),
    [
        (report(), Verdict.OK),
        (report(permanent_url="https://new.example/"), Verdict.MOVED),
        (report(found=replace(FOUND, newest_at=NOON - 240 * DAY)), Verdict.STALE),
        (report(found=replace(FOUND, newest_at=NOON - 179 * DAY)), Verdict.OK),
        (report(found=replace(FOUND, entries=0, newest_at=None)), Verdict.EMPTY),
        (report(found=replace(FOUND, document=ParsedFeed(format="rss20", malformed="x"))), Verdict.MALFORMED),
        (report(certificate_until=NOON + 5 * DAY), Verdict.CERTIFICATE),
        (report(certificate_until=NOON + 30 * DAY), Verdict.OK),
        (report(outcome=Outcome.SKIPPED, found=None), Verdict.SKIPPED),
        (report(outcome=Outcome.GONE, found=None), Verdict.GONE),
        (failed(FailureKind.STATUS, status=401), Verdict.LOGIN),
        (failed(FailureKind.STATUS, status=403), Verdict.FORBIDDEN),
        (failed(FailureKind.STATUS, status=404), Verdict.NOT_FOUND),
        (failed(FailureKind.STATUS, status=410), Verdict.GONE),
        (failed(FailureKind.STATUS, status=429), Verdict.LIMITED),
        (failed(FailureKind.STATUS, status=799), Verdict.FAILED),
        (failed(FailureKind.NETWORK, "TLS: certificate refused: certificate has expired"), Verdict.CERTIFICATE),
        (failed(FailureKind.NETWORK, "connection refused"), Verdict.UNREACHABLE),
        (failed(FailureKind.TIMEOUT), Verdict.SLOW),
        (failed(FailureKind.NOT_A_FEED), Verdict.PAGE),
        (failed(FailureKind.TOO_LARGE), Verdict.FAILED),
    ],
)
def test_a_check_comes_to_one_word(each: CheckReport, word: Verdict) -> None:
    assert verdict(each) is word


def test_what_works_but_not_for_long_is_said() -> None:
    worrying = report(found=replace(FOUND, newest_at=NOON - 240 * DAY), certificate_until=NOON + 1.5 * DAY)
    stale, ending = [finding.text for finding in warnings(worrying)]
    assert stale.startswith("stale: its newest entry is 8 months old")
    assert ending == "the certificate of its server ends in 1 day: then it can't be read any more"
    (today,) = warnings(report(certificate_until=NOON + DAY / 2))
    assert "ends today" in today.text
    assert not list(warnings(report()))


def named(feed_id: str, *names: str) -> CheckReport:
    return report(feed=make_feed(feed_id), found=replace(FOUND, names=frozenset(names)))


def test_two_feeds_that_bring_the_same_entries_are_found_whatever_their_addresses() -> None:
    reports = [
        named("one", "a", "b", "c", "d", "e"),
        named("two", "a", "b", "c", "d"),
        named("few", "x"),
        named("few-too", "x"),
        named("other", "a", "p", "q", "r"),
        failed(FailureKind.TIMEOUT),
    ]
    found = twins(reports)
    assert found == {FeedId("two"): FeedId("one")}
    assert verdict(reports[1], twin=found[FeedId("two")]) is Verdict.DUPLICATE
    assert [finding.text for finding in warnings(reports[1], twin=FeedId("one"))] == [
        "brings the same entries as 'one': one of the two is enough"
    ]


async def loopback(host: str, port: int) -> list[Address]:
    return [ip_address("127.0.0.1")]


@pytest.mark.anyio
async def test_who_asks_a_server_is_told_when_its_certificate_ends(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "news.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    certificates = dict[str, datetime]()
    fetcher = HttpFetcher(
        user_agent="x",
        timeout=timedelta(seconds=5),
        max_bytes=1000,
        pace=HostPacing(gap=timedelta()),
        resolve=loopback,
        tls=ssl.create_default_context(cafile=str(certificate)),
        on_certificate=certificates.__setitem__,
    )
    async with LoopbackServer(tls=context) as server:
        server.answers["/"] = Answer(body=b"x")
        request = FetchRequest(url=server.url("/", host="news.example"), allow_private_address=True)
        assert isinstance(await fetcher.fetch(request), Fetched)
    await fetcher.aclose()
    told = subject_to(certificate)
    assert certificates == {"news.example": told}


def subject_to(certificate: Path) -> datetime:
    """Read the end of a certificate another way."""
    context = ssl.create_default_context(cafile=str(certificate))
    (said,) = context.get_ca_certs()
    return datetime.strptime(str(said["notAfter"]), "%b %d %H:%M:%S %Y %Z").replace(tzinfo=NOON.tzinfo)
