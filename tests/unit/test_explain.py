"""What a check says to a person."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.cli.explain import Tone, ago, explain, roughly
from aggregator.model.feed import FeedState, FreshnessHints, Outcome, ParsedFeed, Validators
from aggregator.model.fetch import FailureKind
from aggregator.model.poll import PollRecord
from aggregator.polling.freshness import Delay
from aggregator.services.check_report import CheckReport, Found
from tests.factories import NOON, make_feed

PLACE = "feeds.yaml:12:10"
HOUR = timedelta(hours=1)
FOUND = Found(
    document=ParsedFeed(format="rss20"),
    entries=34,
    undated=0,
    newest_at=NOON - timedelta(minutes=12),
    new=3,
    changed=1,
)
ANSWERED = CheckReport(
    feed=make_feed(),
    name="Example News",
    outcome=Outcome.FETCHED,
    checked_at=NOON,
    elapsed=timedelta(seconds=0.42),
    status=200,
    url=make_feed().url,
    size=57_300,
    validators=Validators(etag='"x"', last_modified="Tue, 10 Mar 2026 11:00:00 GMT"),
    foreseen=FeedState(next_poll_at=NOON + timedelta(minutes=64), next_poll_reason="interval of 60 min"),
    found=FOUND,
)


def said(report: CheckReport) -> str:
    return "\n".join(f"{finding.tone} {finding.text}" for finding in explain(report, place=PLACE))


def failed(kind: FailureKind, message: str, status: int | None = None) -> CheckReport:
    return CheckReport(
        feed=make_feed(),
        name="x",
        outcome=Outcome.FAILED,
        checked_at=NOON,
        failure=kind,
        message=message,
        status=status,
    )


def test_a_feed_in_order_is_told_in_five_sentences() -> None:
    assert said(ANSWERED).splitlines() == [
        "ok HTTP 200: RSS 2.0, 57 kB, after 0.4 s",
        "ok 34 entries, the newest 12 min ago",
        "ok a poll would store 3 new and 1 changed entries",
        "ok ETag and Last-Modified: while nothing changes, a poll costs a 304 and no document",
        "ok a poll would come again in 64 min: interval of 60 min",
    ]


def foreseen(**fields: object) -> CheckReport:
    assert ANSWERED.foreseen
    return replace(ANSWERED, foreseen=replace(ANSWERED.foreseen, **fields))  # type: ignore[arg-type]


def test_p10_without_validators_it_says_what_that_costs_and_no_other_interval_than_polls_have() -> None:
    reason = "interval of 24 h, because the server gives neither ETag nor Last-Modified"
    later = foreseen(next_poll_at=NOON + timedelta(hours=24, minutes=9), next_poll_reason=reason)
    words = said(replace(later, validators=Validators())).splitlines()
    assert words[-2:] == [
        "note neither ETag nor Last-Modified: every poll costs the whole 57 kB",
        f"ok a poll would come again in 24 h: {reason}",
    ]


def test_p11_of_a_server_that_ignores_conditions_no_304_is_promised() -> None:
    words = said(foreseen(repeats=1))
    assert "304" not in words
    assert "note ETag and Last-Modified, but its server has sent the same document again" in words


def test_p17_a_permanent_move_names_the_line_to_change() -> None:
    moved = replace(ANSWERED, url="https://new.example/rss", permanent_url="https://new.example/rss")
    assert f"note moved for good: put https://new.example/rss into {PLACE}" in said(moved)


def test_p17_a_temporary_redirect_changes_nothing() -> None:
    words = said(replace(ANSWERED, url="https://cdn.example/rss"))
    assert "ok redirected to https://cdn.example/rss for now; the address in feeds.yaml stays right" in words
    assert "moved for good" not in words


def test_p20_what_server_and_document_ask_for_is_named() -> None:
    hints = FreshnessHints(skip_hours=frozenset({2, 1, 23}), skip_days=frozenset({0, 5, 6}))
    words = said(foreseen(hints=hints, next_poll_reason="the document's ttl of 3 h"))
    assert words.endswith(
        "the document's ttl of 3 h; never at 01:00-03:00, 23:00-24:00 GMT (skipHours); "
        "never on Monday, Saturday-Sunday GMT (skipDays)"
    )


def test_p20_a_document_that_skips_every_hour_and_day_is_said_not_to_be_believed() -> None:
    words = said(foreseen(hints=FreshnessHints(skip_hours=frozenset(range(24)), skip_days=frozenset(range(7)))))
    assert "skipHours names all hours, which is not believed; skipDays names all days, which is not believed" in words


def test_p12_a_429_is_told_with_its_retry_after_and_until_when() -> None:
    limited = replace(
        failed(FailureKind.STATUS, "HTTP 429 Too Many Requests", 429),
        foreseen=FeedState(
            next_poll_at=NOON + 3 * HOUR, next_poll_reason="Retry-After of 3 h", blocked_until=NOON + 3 * HOUR
        ),
        block=Delay(length=3 * HOUR, reason="Retry-After of 3 h"),
    )
    assert said(limited).splitlines()[-1] == (
        "note a poll would come again in 3 h: Retry-After of 3 h; its server is left alone until 2026-03-10 15:00 UTC"
    )
    assert limited.foreseen
    slowed = replace(limited.foreseen, next_poll_at=NOON + 24 * HOUR, next_poll_reason="interval of 24 h")
    assert said(replace(limited, foreseen=slowed)).endswith(
        "in 24 h: interval of 24 h; its server is left alone until 2026-03-10 15:00 UTC (Retry-After of 3 h)"
    )


def test_after_a_failure_no_redirect_is_said_to_be_in_order() -> None:
    circle = failed(FailureKind.BAD_RESPONSE, "a redirect in a circle at https://b.example/")
    words = said(replace(circle, url="https://b.example/", permanent_url="https://b.example/"))
    assert "redirected" not in words
    assert "moved" not in words
    page = failed(FailureKind.NOT_A_FEED, "the document is an HTML page, not a feed", 200)
    assert "note this is what https://b.example/ sends" in said(replace(page, url="https://b.example/", size=5))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("a.example redirects to 10.1.2.3, an address of a private network: not followed", FailureKind.REFUSED_ADDRESS),
        ("a.example redirects to ftp:, which is not fetched", FailureKind.REFUSED_ADDRESS),
        ("169.254.169.254 is a cloud's metadata service: not dialled", FailureKind.REFUSED_ADDRESS),
    ],
)
def test_s1_no_switch_is_advised_for_where_a_server_leads(message: str, kind: FailureKind) -> None:
    assert [finding.text for finding in explain(failed(kind, message), place=PLACE)] == [message]


@pytest.mark.parametrize("status", [*range(201, 208), 300, 305, 400, 402, 405, 406, 418, 451, 499, 500, 599, 777])
def test_every_status_has_its_explanation(status: int) -> None:
    first, second = explain(failed(FailureKind.STATUS, f"HTTP {status} from x", status), place=PLACE)
    assert second.text != first.text
    assert ("no document" in second.text) is (status < 300)
    assert ("no such status" in second.text) is (status == 777)


def test_a_redirect_that_was_deliberately_not_followed_explains_itself() -> None:
    message = "HTTP 301 from x, which leads to y: not followed, another feed of feeds.yaml is polled there"
    assert len(explain(failed(FailureKind.STATUS, message, 301), place=PLACE)) == 1


def test_what_is_wrong_with_a_document_that_could_be_read_is_a_note() -> None:
    document = ParsedFeed(
        format="rss20", malformed="line 3: mismatched tag", dropped=20, hubs=("https://hub.example/",)
    )
    words = said(replace(ANSWERED, found=replace(FOUND, document=document, undated=1)))
    assert "note not well-formed, but could be read: line 3: mismatched tag" in words
    assert "note 1 entry without a date" in words
    assert "note 20 entries beyond the limit" in words
    assert "ok names a WebSub hub that can send what is new: https://hub.example/" in words


def test_an_empty_feed_is_a_note_and_a_known_one_is_not() -> None:
    assert "note no entries" in said(replace(ANSWERED, found=replace(FOUND, entries=0, newest_at=None)))
    assert "ok a poll would store nothing" in said(replace(ANSWERED, found=replace(FOUND, new=0, changed=0)))


@pytest.mark.parametrize(
    ("report", "advice"),
    [
        (failed(FailureKind.NETWORK, "TLS: certificate refused: certificate has expired"), "publisher must mend"),
        (failed(FailureKind.NETWORK, "the name x.example could not be resolved: no such name"), "spelt right"),
        (failed(FailureKind.NETWORK, "connection refused by https://x.example/"), "this one is down"),
        (failed(FailureKind.TIMEOUT, "x was not done within 20 s"), "polling.timeout"),
        (
            failed(FailureKind.REFUSED_ADDRESS, "10.0.0.1 is private: not dialled; `allow_private_address` opens"),
            "if this feed is in your own network, give it `allow_private_address: true`, or name the network in",
        ),
        (failed(FailureKind.NETWORK, "TLS: unsupported protocol (https://x.example/)"), "no encryption"),
        (failed(FailureKind.NETWORK, "the server speaks no TLS here (https://x.example/)"), "without encryption"),
        (failed(FailureKind.BAD_RESPONSE, "the server does not speak HTTP here"), "of a web server"),
        (failed(FailureKind.BAD_RESPONSE, "more than 5 redirects"), "its publisher should know"),
        (
            failed(FailureKind.NOT_A_FEED, "an HTML page; it names a feed at https://x.example/f"),
            "did you mean https://x.example/f?",
        ),
        (failed(FailureKind.NOT_A_FEED, "an HTML page, not a feed"), "in a browser"),
        (failed(FailureKind.STATUS, "HTTP 401", 401), "a `user` and a `password`"),
        (failed(FailureKind.STATUS, "HTTP 403", 403), "write to the publisher"),
        (failed(FailureKind.STATUS, "HTTP 404", 404), "where its feed is now"),
        (failed(FailureKind.STATUS, "HTTP 429", 429), "longer `interval`"),
        (failed(FailureKind.STATUS, "HTTP 502", 502), "the fault is the server's"),
        (failed(FailureKind.TOO_LARGE, "larger than 10 bytes"), "polling.max_bytes"),
    ],
)
def test_a_failure_comes_with_what_to_do(report: CheckReport, advice: str) -> None:
    first, second = explain(report, place=PLACE)
    assert first == (Tone.BAD, report.message)
    assert advice in second.text


def test_a_private_address_that_is_allowed_already_gets_no_such_advice() -> None:
    refused = failed(FailureKind.REFUSED_ADDRESS, "port 1 of 127.0.0.1 belongs to another service")
    report = replace(refused, feed=make_feed(allow_private_address=True))
    assert [finding.text for finding in explain(report, place=PLACE)] == [refused.message]


def test_gone_names_the_line_to_take_out_and_a_skipped_one_says_why() -> None:
    gone = CheckReport(feed=make_feed(), name="x", outcome=Outcome.GONE, checked_at=NOON, message="gone for good")
    assert said(gone) == f"bad gone for good; take it out of feeds.yaml ({PLACE})"
    skipped = replace(gone, outcome=Outcome.SKIPPED, message="its server wants rest; `--force` asks all the same")
    assert said(skipped) == "note not asked: its server wants rest; `--force` asks all the same"
    (finding,) = explain(replace(skipped, until=NOON + 2 * HOUR), place=PLACE, zone=ZoneInfo("Asia/Beirut"))
    assert finding.text.startswith("not asked: next allowed at 2026-03-10 16:00 EET: its server wants rest;")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            PollRecord(at=NOON - 3 * HOUR, outcome=Outcome.FETCHED, status=200, received=57_300, new=3),
            "ok last asked 3 h ago: HTTP 200, fetched; 57 kB; 3 new and 0 changed entries",
        ),
        (
            PollRecord(at=NOON - 5 * HOUR, outcome=Outcome.FAILED, status=429, message="HTTP 429 Too Many Requests"),
            "bad last asked 5 h ago: HTTP 429, failed; HTTP 429 Too Many Requests",
        ),
        (
            PollRecord(at=NOON, outcome=Outcome.FAILED, message="no such name"),
            "bad last asked just now: failed; no such name",
        ),
    ],
)
def test_p28_one_that_is_not_asked_comes_with_what_the_last_poll_brought(record: PollRecord, words: str) -> None:
    skipped = CheckReport(feed=make_feed(), name="x", outcome=Outcome.SKIPPED, checked_at=NOON, last=record)
    assert said(skipped).splitlines()[1:] == [words]


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=2), "1 min"),
        (timedelta(minutes=179), "179 min"),
        (timedelta(hours=24, minutes=9), "24 h"),
        (timedelta(days=7, minutes=9), "7 days"),
    ],
)
def test_a_wait_is_said_in_one_unit(length: timedelta, words: str) -> None:
    assert roughly(length) == words


def test_no_password_of_an_address_is_said() -> None:
    moved = replace(ANSWERED, url="https://me:secret@new.example/", permanent_url="https://me:secret@new.example/")
    assert "secret" not in said(moved)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=119), "119 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(length: timedelta, words: str) -> None:
    assert ago(length) == words
