"""A running `serve` follows feeds.yaml; `feeds plan` says beforehand what that will do."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents import Item, rss
from tests.integration.conftest import Program
from tests.integration.test_commands import end, serve, wait_for
from tests.loopback import Answer, LoopbackServer, in_thread

pytestmark = pytest.mark.slow  # seconds each: programs that are started

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
GOLF = Item(name="golf", headline="Golf: a new champion in the desert")
TRAINS = Item(name="trains", headline="Trains stand still between Lyon and Paris")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with in_thread() as running:
        running.answers |= {
            "/a.xml": Answer(body=rss([CHIEFS, GOLF])),
            "/b.xml": Answer(body=rss([TRAINS])),
        }
        yield running


def text(server: LoopbackServer, *feeds: str, title: str = "One", more: str = "") -> str:
    items = "".join(f"- {{url: '{server.url(feed.partition(' ')[0])}', {feed.partition(' ')[2]}}}\n" for feed in feeds)
    return (
        f"site: {{title: {title}}}\npolling: {{host_gap: 0s}}\ndefaults: {{allow_private_address: true}}\n"
        f"{more}feeds:{chr(10) + items if items else ' []'}"
    )


@contextmanager
def served(program: Program) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process, site = serve(program)
    try:
        yield process, site
    finally:
        log = end(process)
        assert process.returncode == 0, log
        assert "Traceback" not in log


def gone(address: str, words: str) -> None:
    for _ in range(100):
        if words not in get(address):
            return
        time.sleep(0.1)
    pytest.fail(f"{address} still shows {words!r}")


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as answer:
        page: str = answer.read().decode()
        return page


def test_a_changed_file_is_applied_whole_and_a_broken_one_not_at_all(program: Program, server: LoopbackServer) -> None:
    program.put(text(server, "/a.xml id: a, title: Ay"))
    with served(program) as (process, site):
        wait_for(f"{site}/feed.atom", CHIEFS.headline)
        program.put(text(server, "/a.xml id: a, title: Ay, mute: golf", "/b.xml id: b", title="Two"))
        wait_for(f"{site}/feed.atom", TRAINS.headline)
        assert "<title>Feeds - Two</title>" in get(f"{site}/feeds")
        gone(f"{site}/feed.atom", GOLF.headline)
        assert "1 of them muted" in get(f"{site}/feeds/a")

        program.put("feeds: [{url: 'htp://x', intervall: 1h}]\n")
        process.send_signal(signal.SIGHUP)
        assert "feeds.yaml:1:15: feeds[0].url" in wait_for(f"{site}/feeds", "be applied</h2>")
        assert "did you mean &#39;interval&#39;?" in get(f"{site}/feeds")
        assert "feeds[0].url: 'htp://x' is not an http(s) address" in get(f"{site}/feeds/problems.atom")
        assert "aggregator_configuration_problems 2.0" in get(f"{site}/metrics")
        assert json.loads(get(f"{site}/readyz"))["configuration"]["problems"] == 2
        assert TRAINS.headline in get(f"{site}/feed.atom")

        program.put(text(server, "/b.xml id: b", title="Three"))
        process.send_signal(signal.SIGHUP)
        wait_for(f"{site}/feeds", "<title>Feeds - Three</title>")
        assert CHIEFS.headline not in get(f"{site}/feed.atom")
        assert "aggregator_configuration_problems 0.0" in get(f"{site}/metrics")


def test_a_feed_that_moves_keeps_its_history_and_one_that_returns_finds_its_entries(
    program: Program, server: LoopbackServer
) -> None:
    program.put(text(server, "/a.xml id: a"))
    with served(program) as (process, site):
        wait_for(f"{site}/feed.atom", CHIEFS.headline)
        program.put(text(server, "/b.xml id: a"))
        process.send_signal(signal.SIGHUP)
        assert CHIEFS.headline in wait_for(f"{site}/feeds/a.atom", TRAINS.headline)
        program.put(text(server))
        process.send_signal(signal.SIGHUP)
        gone(f"{site}/feed.atom", CHIEFS.headline)
        program.put(text(server, "/b.xml id: a"))
        process.send_signal(signal.SIGHUP)
        assert CHIEFS.headline in wait_for(f"{site}/feed.atom", TRAINS.headline)
    assert [request.path for request in server.requests].count("/a.xml") == 1


def test_polls_that_run_are_finished_before_a_changed_file_is_applied(program: Program, server: LoopbackServer) -> None:
    server.answers["/a.xml"] = Answer(body=rss([CHIEFS]), delay=1.5)
    program.put(text(server, "/a.xml id: a"))
    with served(program) as (process, site):
        wait_for(f"{site}/healthz", "ok")
        for _ in range(50):
            if server.requests:
                break
            time.sleep(0.1)
        program.put(text(server, "/a.xml id: a", "/b.xml id: b", title="Two"))
        process.send_signal(signal.SIGHUP)
        wait_for(f"{site}/feed.atom", TRAINS.headline)
        assert CHIEFS.headline in get(f"{site}/feed.atom")
    assert [request.path for request in server.requests].count("/a.xml") == 1


def test_images_of_a_feed_are_shown_from_when_its_file_says_so(program: Program, server: LoopbackServer) -> None:
    pictured = replace(CHIEFS, description=f'<p>In Baghdad.</p><img src="{server.url("/chiefs.png")}" alt="Chiefs">')
    server.answers["/a.xml"] = Answer(body=rss([pictured]))
    hidden = "media: {images: none}\n"
    program.put(text(server, "/a.xml id: a", more=hidden))
    with served(program) as (process, site):
        wait_for(f"{site}/feed.atom", CHIEFS.headline)
        assert "/media/" not in get(f"{site}/entries/1")
        program.put(text(server, "/a.xml id: a, images: proxied", more=hidden))
        process.send_signal(signal.SIGHUP)
        wait_for(f"{site}/entries/1", 'src="/media/')
        program.put(text(server, "/a.xml id: a", more=hidden))
        process.send_signal(signal.SIGHUP)
        gone(f"{site}/entries/1", "/media/")


def test_what_can_not_be_applied_leaves_what_was_in_force(program: Program, server: LoopbackServer) -> None:
    program.put(text(server, "/a.xml id: a"))
    with served(program) as (process, site):
        wait_for(f"{site}/feed.atom", CHIEFS.headline)
        program.put(text(server, "/b.xml id: b", title="Two", more="stories: {embeddings: nowhere}\n"))
        process.send_signal(signal.SIGHUP)
        assert "is not a folder" in wait_for(f"{site}/feeds", "be applied</h2>")
        assert CHIEFS.headline in get(f"{site}/feed.atom")
        assert TRAINS.headline not in get(f"{site}/feed.atom")


def test_secrets_stand_neither_in_pages_nor_in_logs_plans_and_the_database(
    program: Program, server: LoopbackServer
) -> None:
    program.environment = os.environ | {"FEED_SECRET": "hunter2-and-more"}
    program.put(
        text(server, "/a.xml id: a, user: me, password: '${FEED_SECRET}', headers: {X-Api-Key: '${FEED_SECRET}'}"),
    )
    plan = program.run("feeds", "plan")
    done = program.run("poll", "--all")
    again = program.run("feeds", "plan", "--json")
    assert server.requests[0].header("x-api-key") == "hunter2-and-more"
    assert (server.requests[0].header("authorization") or "").startswith("Basic ")
    program.put(text(server, "/a.xml id: a, interval: '${FEED_SECRET}'"))
    wrong = program.run("poll")
    assert wrong.returncode == 2
    shown = "".join(run.stdout + run.stderr for run in (plan, done, again, wrong))
    assert "hunter2" not in shown
    assert b"hunter2" not in b"".join(path.read_bytes() for path in Path(program.database.parent).glob("news.db*"))


def test_a_plan_says_what_a_poll_then_does(program: Program, server: LoopbackServer) -> None:
    program.put(text(server, "/a.xml id: a, title: Ay", "/b.xml id: b"))
    first = program.run("feeds", "plan")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == "2 added."
    assert not program.database.exists()
    program.poll("--all")
    assert program.run("feeds", "plan").stdout == "No feed would change.\n"

    other = program.config.with_name("other.yaml")
    other.write_text(text(server, "/b.xml id: a, title: Bee", title="Two"))
    planned = program.run("feeds", "plan", "--config", str(other), "--json")
    found = json.loads(planned.stdout)
    assert found["sections"] == ["site"]
    assert [(each["change"], each["feed_id"], each["keys"]) for each in found["feeds"]] == [
        ("moved", "a", ["url", "title", "publisher"]),
        ("removed", "b", []),
    ]
    assert program.run("feeds", "plan").stdout == "No feed would change.\n"
    other.write_text("feeds: 3\n")
    assert program.run("feeds", "plan", "--config", str(other)).returncode == 2


def test_the_schema_is_printed_and_given_out(program: Program, server: LoopbackServer) -> None:
    printed = json.loads(program.run("feeds", "schema").stdout)
    program.put(text(server, "/a.xml id: a"))
    with served(program) as (_, site):
        wait_for(f"{site}/healthz", "ok")
        assert json.loads(get(f"{site}/feeds.schema.json")) == printed
    assert printed["required"] == ["feeds"]
