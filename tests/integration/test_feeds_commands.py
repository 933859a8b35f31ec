"""`feeds check` and `feeds schedule` as people start them, against a server on loopback."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from aggregator.config.read import load
from tests.documents import Item, rss
from tests.integration.conftest import Program
from tests.integration.test_commands import configure, end, serve, wait_for
from tests.loopback import Answer, LoopbackServer, Script, conditional, in_thread

pytestmark = pytest.mark.slow  # seconds each: programs that are started, or laws

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
PAGE = b'<html><title>Login</title><link rel="alternate" type="application/rss+xml" href="/good.xml"></html>'


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with in_thread() as running:
        good: Script = conditional(Answer(body=rss([CHIEFS])), etag='"one"')
        running.answers |= {
            "/good.xml": good,
            "/bare.xml": Answer(body=rss([CHIEFS])),
            "/page.xml": Answer(body=PAGE),
            "/limited.xml": Answer(status=429, headers={"Retry-After": "10800"}),
            "/moved.xml": Answer(status=301, headers={"Location": "/good.xml"}),
        }
        yield running


def test_check_explains_every_feed_and_keeps_nothing(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml", "/moved.xml")
    done = program.run("feeds", "check")
    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "ok HTTP 200: RSS 2.0" in words
    assert "ok 1 entry" in words
    assert "ok ETag: while nothing changes, a poll costs a 304 and no document" in words
    assert f"note moved for good: put {server.url('/good.xml')} into {program.config}:8:10" in words
    assert "2 feeds checked: 2 answered. Nothing was kept." in words
    assert not program.database.exists()


def test_check_asks_unconditionally_and_leaves_no_trace_in_the_database(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server, "/good.xml")
    program.poll("--all")
    before = program.run("feeds", "schedule", "--json").stdout
    asked = len(server.requests)
    assert "all of it is known" in program.run("feeds", "check", "--force").stdout
    assert [request.header("if-none-match") for request in server.requests[asked:]] == [None]
    polls = [json.loads(text)["polls"] for text in (before, program.run("feeds", "schedule", "--json").stdout)]
    assert polls[0] == polls[1]


def test_the_patch_of_a_check_takes_in_where_a_feed_has_moved_to_and_keeps_its_id(
    program: Program, server: LoopbackServer
) -> None:
    program.config.write_text(
        f"polling: {{host_gap: 0s, allow_networks: [127.0.0.0/8]}}\nfeeds:\n  - url: {server.url('/moved.xml')}  # old"
    )
    done = program.run("feeds", "check")
    assert "moved.xml" in load(program.config).feeds[0].url
    lines = done.stdout[done.stdout.index("--- a/feeds.yaml") :]
    subprocess.run(["patch", "-p1"], input=lines, text=True, check=True, cwd=program.config.parent, capture_output=True)
    assert load(program.config).feeds[0].url == server.url("/good.xml")
    assert program.config.read_text().endswith(f"good.xml  # old\n    id: {load(program.config).feeds[0].id}")
    assert f"id: 127-0-0-1-{server.port}-moved" in program.config.read_text()


def test_check_ends_with_1_when_a_feed_failed_and_says_which_on_stderr(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server, "/page.xml", "/bare.xml")
    done = program.run("feeds", "check")
    assert done.returncode == 1
    assert done.stderr.startswith("page-xml: failed: the document is an HTML page")
    words = " ".join(done.stdout.split())
    assert f"it names a feed at {server.url('/good.xml')}" in words
    assert "neither ETag nor Last-Modified" in words
    assert "a poll would come again in 24 h: interval of 24 h, because the server gives neither" in words
    assert "1 answered, 1 failed" in words


def test_s1_no_switch_is_advised_for_where_a_redirect_leads_and_what_cannot_be_read_is_said_plainly(
    program: Program, server: LoopbackServer
) -> None:
    server.answers |= {
        "/inside.xml": Answer(status=302, headers={"Location": "http://169.254.1.1/feed"}),
        "/files.xml": Answer(status=302, headers={"Location": "ftp://x.example/y"}),
        "/circle.xml": Answer(status=301, headers={"Location": "/circle.xml"}),
        "/ssh.xml": Answer(raw=b"SSH-2.0-x\r\n"),
        "/empty.xml": Answer(status=204),
    }
    configure(program, server, "/inside.xml", "/files.xml", "/circle.xml", "/ssh.xml", "/empty.xml", "/limited.xml")
    done = program.run("feeds", "check")
    words = " ".join(done.stdout.split())
    assert "redirects to 169.254.1.1, a link-local address: not followed; ask its publisher" in words
    assert "redirects to ftp:, which is not fetched" in words
    assert "the server does not speak HTTP here" in words
    assert "sends no document" in words
    assert "Retry-After: 10800 s" in words
    assert "a poll would come again in 3 h: Retry-After of 3 h; its server is left alone until 2" in words
    assert "allow_private_address" not in words
    assert "redirected to" not in words
    assert "Retry-After: 10800 s" in done.stderr


def test_p28_check_heeds_a_ban_and_force_does_not(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/limited.xml")
    assert program.run("poll", "--all").returncode == 1
    done = program.run("feeds", "check", "limited-xml")
    assert done.returncode == 0
    words = " ".join(done.stdout.split())
    assert "not asked: next allowed at " in words
    assert ": its server asked to be left alone until then; `--force` asks all the same" in words
    assert "bad last asked just now: HTTP 429, failed" in words
    assert len(server.requests) == 1
    assert program.run("feeds", "check", "limited-xml", "--force").returncode == 1
    assert len(server.requests) == 2


def test_p28_what_is_still_fresh_is_told_from_the_last_poll_and_costs_no_request(
    program: Program, server: LoopbackServer
) -> None:
    server.answers["/kept.xml"] = Answer(body=rss([CHIEFS]), headers={"Cache-Control": "max-age=86400", "ETag": '"1"'})
    configure(program, server, "/kept.xml")
    program.poll("--all")
    for _ in range(2):
        words = " ".join(program.run("feeds", "check").stdout.split())
        assert "still fresh" in words
        assert "ok last asked just now: HTTP 200, fetched" in words
        assert "1 feed checked: 1 not asked. Nothing was kept." in words
    assert len(server.requests) == 1


def test_p12_a_429_to_a_check_is_heeded_by_the_polls_after_it(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    program.poll("--all")
    server.answers["/good.xml"] = Answer(status=429, headers={"Retry-After": "10800"})
    done = program.run("feeds", "check", "--force")
    assert done.returncode == 1
    assert "Nothing was kept but that a server refused us." in done.stdout
    asked = len(server.requests)
    program.poll("--all")
    program.run("feeds", "check")
    assert len(server.requests) == asked


def test_check_as_json_and_of_one_feed_alone(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml", "/page.xml")
    (report,) = json.loads(program.run("feeds", "check", "good-xml", "--json").stdout)
    assert (report["outcome"], report["status"], report["format"], report["new"]) == ("fetched", 200, "rss20", 1)
    assert report["verdict"] == "stale"
    assert [finding["text"][:5] for finding in report["findings"] if finding["tone"] != "ok"] == ["stale"]
    assert server.paths() == ["/good.xml"]


def test_check_of_an_unknown_feed_names_the_nearest(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    done = program.run("feeds", "check", "god-xml")
    assert done.returncode == 2
    assert "'god-xml'; did you mean 'good-xml'?" in done.stderr
    assert server.requests == []


def test_schedule_before_the_first_poll_says_that_all_is_due(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml", "/bare.xml")
    done = program.run("feeds", "schedule")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["when", "feed", "why", "then"]
    assert rows[1] == ["now", "good-xml", "never", "polled", "yet"]
    assert "2 feeds are polled within 24 h; 2 of them due now" in done.stdout
    assert not program.database.exists()


def test_schedule_says_when_and_why_then(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml", "/limited.xml")
    program.run("poll", "--all")
    timetable = json.loads(program.run("feeds", "schedule", "--json").stdout)
    polls = {poll["feed_id"]: poll for poll in timetable["polls"]}
    assert "interval" in polls["good-xml"]["reason"]
    assert "Retry-After" in polls["limited-xml"]["reason"]
    assert [poll["at"] for poll in timetable["polls"]] == sorted(poll["at"] for poll in timetable["polls"])
    shown = program.run("feeds", "schedule", "--hours", "2").stdout
    assert "1 later" in shown, "the server that sent Retry-After is left alone for three hours"
    assert "The first is" not in shown


def test_schedule_says_when_the_first_poll_is_if_there_is_none_in_the_time_asked_for(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server, "/limited.xml")
    program.run("poll", "--all")
    shown = program.run("feeds", "schedule", "--hours", "1").stdout
    assert "0 feeds are polled within 1 h; 1 later." in shown
    assert re.search(r"^The first is limited-xml, at .*\d\d:\d\d: Retry-After of 3 h\.$", shown, re.MULTILINE)


@pytest.mark.slow
def test_serve_is_ready_counts_its_polls_and_measures_for_this_machine_alone(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server, "/good.xml")
    process, site = serve(program)
    try:
        wait_for(f"{site}/feed.atom", "Iraq hosts")
        measured = wait_for(f"{site}/metrics", 'aggregator_polls_total{outcome="fetched"} 1.0')
        assert "aggregator_database_bytes" in measured
        assert '"ready":true' in wait_for(f"{site}/readyz", '"polls":true')
        proxied = urllib.request.Request(f"{site}/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(proxied, timeout=5)
    finally:
        log = end(process)
    assert process.returncode == 0, log
