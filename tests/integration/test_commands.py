"""The commands as people start them: processes of their own, against a server on loopback."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.documents import Item, rss
from tests.integration.conftest import Program, free_port
from tests.loopback import Answer, LoopbackServer, conditional, in_thread

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
REBELS = Item(name="rebels", headline="Filipino rebel chiefs become officials under peace deal")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with in_thread() as running:
        running.answers["/good.xml"] = Answer(body=rss([CHIEFS, REBELS]), headers={"ETag": '"one"'})
        running.answers["/page.xml"] = Answer(body=b"<html><title>Login</title></html>")
        yield running


def configure(program: Program, server: LoopbackServer, *paths: str) -> None:
    feeds = "".join(
        f"  - url: {server.url(path)}\n    id: {path.strip('/').replace('.', '-')}\n"
        f"    title: {path.strip('/')}\n    allow_private_address: true\n"
        for path in paths
    )
    program.config.write_text(f"polling:\n  host_gap: 0s\nfeeds:\n{feeds}")


def test_poll_all_keeps_entries_and_ends_with_a_table(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    done = program.run("poll", "--all")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "good-xml: fetched 2 new, 0 changed, 0 copies\n"
    header, row, *_ = done.stdout.splitlines()
    assert header.split() == ["id", "title", "outcome", "new", "changed", "copies", "time"]
    assert row.split()[:6] == ["good-xml", "good.xml", "fetched", "2", "0", "0"]
    assert "2 entries of 1 feed kept, 0 of them copies." in done.stdout


@pytest.mark.slow
def test_a_poll_without_news_names_its_feed_by_the_title_that_is_stored_and_keeps_the_order_of_feeds_yaml(
    program: Program, server: LoopbackServer
) -> None:
    server.answers["/good.xml"] = conditional(Answer(body=rss([CHIEFS], title="Arab News")), etag='"one"')
    server.answers["/bad.xml"] = Answer(status=500)
    server.answers["/other.xml"] = conditional(Answer(body=rss([REBELS], title="Other")), etag='"one"')
    configure(program, server, "/other.xml", "/bad.xml", "/good.xml")
    untitled = re.sub(r"^    title: .*\n", "", program.config.read_text(), flags=re.MULTILINE)
    program.config.write_text(untitled)
    for outcome in ("fetched", "not modified"):
        lines = program.run("poll", "--all").stdout.splitlines()
        rows = [re.split(r"  +", line)[:3] for line in lines[1:4]]
        assert rows == [
            ["other-xml", "Other", outcome],
            ["bad-xml", server.url("/bad.xml"), "failed"],
            ["good-xml", "Arab News", outcome],
        ]


@pytest.mark.slow
def test_where_nothing_is_due_poll_says_how_to_poll_all_the_same(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    program.run("poll")
    said = program.run("poll").stdout
    assert said.startswith("No feed is due. `aggregator poll --all` polls every feed.\n2 entries of 1 feed kept")


@pytest.mark.slow
def test_poll_as_json_says_what_was_answered_and_what_follows(program: Program, server: LoopbackServer) -> None:
    server.answers["/limited.xml"] = Answer(status=429, headers={"Retry-After": "10800"})
    configure(program, server, "/good.xml", "/limited.xml")
    told = [json.loads(program.run("poll", "--all", "--json").stdout) for _ in range(2)]
    (good, limited), (_, skipped) = told
    assert (good["status"], limited["status"], skipped["status"]) == (200, 429, None)
    assert "neither" not in good["next_poll_reason"]
    assert good["skipped_until"] is limited["skipped_until"] is None
    until = datetime.fromisoformat(skipped["skipped_until"])
    assert until.utcoffset() == timedelta()
    assert datetime.fromisoformat(skipped["next_poll_at"]) >= until
    assert until - datetime.fromisoformat(good["next_poll_at"]) > timedelta(hours=1)


@pytest.mark.slow
def test_a_disabled_feed_is_listed_as_such_and_named_with_its_place_when_it_is_asked_for(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server, "/good.xml", "/other.xml")
    program.config.write_text(f"{program.config.read_text()}    enabled: false\n")
    line = len(program.config.read_text().splitlines())
    for command in (["poll", "other-xml"], ["feeds", "check", "other-xml"]):
        done = program.run(*command)
        assert done.returncode == 2
        assert done.stderr.startswith(f"{program.config}:{line}:14: the feed 'other-xml' has `enabled: false`")
    _, good, other = program.run("feeds", "list").stdout.splitlines()
    assert "disabled" not in good
    assert other.split() == ["other-xml", "other.xml", "General", "disabled"]
    listed = json.loads(program.run("feeds", "list", "--json").stdout)
    assert [(feed["feed_id"], feed["enabled"]) for feed in listed] == [("good-xml", True), ("other-xml", False)]
    assert server.requests == []


@pytest.mark.slow
def test_times_are_said_in_the_zone_of_the_site_and_in_utc_as_json(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    program.config.write_text(f"site: {{timezone: Pacific/Kiritimati}}\n{program.config.read_text()}")
    program.run("poll")
    (told,) = json.loads(program.run("feeds", "list", "--json").stdout)
    polled = datetime.fromisoformat(told["last_polled_at"])
    assert (polled.utcoffset(), told["entries"], told["outcome"]) == (timedelta(), 2, "fetched")
    there = polled.astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert f"{there:%Y-%m-%d %H:%M} +14" in program.run("feeds", "list").stdout
    held = program.run("poll", "good-xml").stderr
    assert re.search(r"next allowed at \S+ \d\d:\d\d:\d\d \+14: polled less than a minute ago", held)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
def test_a_full_disk_behind_standard_output_is_one_sentence(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    for command in (["feeds", "list"], ["poll", "--json"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                program.command(*command), stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
            )
        assert done.returncode == 2
        assert done.stderr.splitlines() == ["can't write to standard output: No space left on device"]


@pytest.mark.slow
def test_a_reader_of_the_output_that_has_seen_enough_is_no_error(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as closed:
        done = subprocess.run(
            program.command("feeds", "list"), stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.slow
def test_poll_with_no_group_leaves_comparing_and_searching_to_the_next_poll(
    program: Program, server: LoopbackServer
) -> None:
    server.answers["/same.xml"] = Answer(body=rss([CHIEFS], site="https://same.example"), headers={"ETag": '"one"'})
    configure(program, server, "/good.xml", "/same.xml")
    assert "3 entries of 2 feeds kept, 0 of them copies." in program.run("poll", "--no-group").stdout
    assert program.run("search", "military", "chiefs").stderr == "Nothing found.\n"
    assert "3 entries of 2 feeds kept, 1 of them copies." in program.run("poll").stdout
    assert CHIEFS.headline in program.run("search", "military", "chiefs").stdout


@pytest.mark.slow
def test_p28_a_named_feed_that_is_still_fresh_says_when_it_may_be_polled(
    program: Program, server: LoopbackServer
) -> None:
    headers = {"ETag": '"one"', "Cache-Control": "max-age=3600"}
    server.answers["/good.xml"] = Answer(body=rss([CHIEFS]), headers=headers)
    configure(program, server, "/good.xml")
    for arguments, asked in (((), 1), (("good-xml",), 1), (("--all",), 2), (("good-xml", "--force"), 3)):
        done = program.run("poll", *arguments)
        assert done.returncode == 0, done.stderr
        assert len(server.requests) == asked
        assert ("still fresh" in done.stderr and "next allowed at" in done.stderr) == (arguments == ("good-xml",))


@pytest.mark.slow
def test_a_failed_feed_is_said_on_stderr_with_exit_code_1_and_the_others_go_on(
    program: Program, server: LoopbackServer
) -> None:
    configure(program, server, "/page.xml", "/missing.xml", "/good.xml")
    done = program.run("poll", "--all", "--json")
    assert done.returncode == 1
    assert {result["feed_id"]: result["outcome"] for result in json.loads(done.stdout)} == {
        "page-xml": "failed",
        "missing-xml": "failed",
        "good-xml": "fetched",
    }
    assert "page-xml: " in done.stderr
    assert "HTML page" in done.stderr
    assert "404" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_any_network_every_feed_says_so(program: Program) -> None:
    port = free_port()
    program.config.write_text(f"feeds:\n  - url: http://127.0.0.1:{port}/a.xml\n    allow_private_address: true\n")
    done = program.run("poll")
    assert done.returncode == 1
    assert "refused" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_what_looks_like_markup_in_titles_and_messages_is_printed_as_it_is(
    program: Program, server: LoopbackServer
) -> None:
    server.answers["/evil.xml"] = Answer(body=rss([CHIEFS], title="Evil [/x] [bold]news"))
    server.answers["/page.xml"] = Answer(body=b"<html><title>Login [/x]</title></html>")
    configure(program, server, "/evil.xml", "/page.xml")
    program.config.write_text(program.config.read_text().replace("    title: evil.xml\n", ""))
    done = program.run("poll")
    assert "Evil [/x] [bold]news" in done.stdout
    assert "Login [/x]" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Evil [/x] [bold]news" in program.run("feeds", "list").stdout


@pytest.mark.slow
def test_commands_that_read_leave_the_feeds_of_a_running_server_alone(
    program: Program, server: LoopbackServer, tmp_path: Path
) -> None:
    configure(program, server, "/good.xml")
    program.run("poll")
    other = Program(config=tmp_path / "other.yaml", database=program.database)
    other.config.write_text("feeds:\n  - url: https://other.example/rss.xml\n")
    assert "other-example" in other.run("feeds", "list").stdout
    assert CHIEFS.headline in other.run("search", "military").stdout
    assert CHIEFS.headline in program.run("search", "military").stdout
    assert "fetched" in program.run("feeds", "list").stdout


@pytest.mark.slow
def test_search_without_a_database_says_so_and_makes_none(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    done = program.run("search", "military")
    assert done.returncode == 2
    assert f"{program.database}: there is no database yet" in done.stderr
    assert not program.database.exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["poll", "--force"], "--force needs to know which feeds"),
        (["poll", "--all", "good-xml"], "not both"),
        (["--database", ":memory:", "poll"], "--database needs a file"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    program: Program, server: LoopbackServer, arguments: list[str], expected: str
) -> None:
    configure(program, server, "/good.xml")
    done = program.run(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr


def test_polling_without_any_feed_says_where_to_add_one(program: Program) -> None:
    program.config.write_text("feeds: []\n")
    done = program.run("poll", "--all")
    assert done.returncode == 2
    assert f"{program.config}: names no feed to poll" in done.stderr


@pytest.mark.slow
def test_an_unknown_feed_is_named_with_the_nearest_one(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    done = program.run("poll", "god-xml")
    assert done.returncode == 2
    assert "'god-xml'; did you mean 'good-xml'? `aggregator feeds list` shows every id" in done.stderr
    assert "'zzz'; `aggregator feeds list` shows every id" in program.run("poll", "zzz").stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", [["poll"], ["serve"], ["feeds", "list"]])
def test_a_broken_feeds_yaml_ends_every_command_with_its_places(program: Program, command: list[str]) -> None:
    program.config.write_text("feeds:\n  - url: htp://x\n    catgory: News\n")
    done = program.run(*command)
    assert done.returncode == 2
    assert f"{program.config}:2:10: feeds[0].url: " in done.stderr
    assert f"{program.config}:3:5: " in done.stderr
    assert "'category'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not program.database.exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", [["poll"], ["serve", "--port", "0"], ["feeds", "list"], ["db", "prune"]])
def test_d5_the_database_of_a_newer_version_ends_every_command_with_what_to_do(
    program: Program, server: LoopbackServer, command: list[str]
) -> None:
    configure(program, server, "/good.xml")
    with closing(sqlite3.connect(program.database)) as database, database:
        database.execute("CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set, name, applied_at)")
        database.execute("INSERT INTO _sqlite_migrations VALUES (1, 'aggregator', '9999_tomorrow', '')")
    before = program.database.read_bytes()
    done = program.run(*command)
    assert done.returncode == 2
    assert (
        f"{program.database}: was written by a newer version of aggregator (9999_tomorrow); install that" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert program.database.read_bytes() == before
    assert server.requests == []


@pytest.mark.slow
def test_d5_a_file_that_is_no_database_is_left_as_it_is(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    program.database.write_text("my diary, not a database" * 1000)
    done = program.run("poll", "--all")
    assert done.returncode == 2
    assert str(program.database) in done.stderr
    assert program.database.read_text().startswith("my diary")


@pytest.mark.slow
def test_feeds_list_and_search_show_what_was_kept(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    assert "never" in program.run("feeds", "list").stdout
    program.run("poll")
    listed = program.run("feeds", "list").stdout
    assert "good-xml" in listed
    assert "fetched" in listed
    found = program.run("search", "military", "chiefs").stdout
    assert CHIEFS.headline in found
    assert REBELS.headline not in found
    assert program.run("search", "military", "officials").stderr == "Nothing found.\n"


def test_replay_needs_neither_configuration_nor_database(program: Program, tmp_path: Path) -> None:
    entries = tmp_path / "entries.jsonl"
    entries.write_text('{"id": "a", "title": "Iraq hosts military chiefs", "timestamp": 1600000000}\n')
    done = program.run("replay", str(entries))
    assert json.loads(done.stdout) == {"id": "a", "copy_of": None, "story": "a", "related": []}
    assert not program.database.exists()


def test_replay_of_a_broken_line_names_it(program: Program, tmp_path: Path) -> None:
    entries = tmp_path / "entries.jsonl"
    entries.write_text("{}\n")
    done = program.run("replay", str(entries), "--output", str(tmp_path / "out.jsonl"))
    assert done.returncode == 2
    assert f"{entries}:1: 'id' is null" in done.stderr


@pytest.mark.slow
def test_replay_says_what_it_can_not_open(program: Program, tmp_path: Path) -> None:
    entries = tmp_path / "entries.jsonl"
    assert f"{entries}: can't be opened" in program.run("replay", str(entries)).stderr
    entries.write_bytes(b"\xff")
    assert f"{entries}: is not UTF-8 text" in program.run("replay", str(entries)).stderr
    entries.write_text('{"id": "\\ud800", "title": "Iraq hosts military chiefs", "timestamp": 1600000000}\n')
    assert json.loads(program.run("replay", str(entries)).stdout)["id"] == "\ud800"
    done = program.run("replay", str(entries), "--output", str(tmp_path / "missing" / "out"))
    assert (done.returncode, "can't be opened" in done.stderr) == (2, True)


def serve(program: Program, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    port = free_port()
    process = subprocess.Popen(
        program.command("serve", "--port", str(port), *arguments), stderr=subprocess.PIPE, text=True
    )
    return process, f"http://127.0.0.1:{port}"


def wait_for(address: str, text: str) -> str:
    """Ask until the page holds `text`, for ten seconds at most."""
    page = ""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                page = answer.read().decode()
        except OSError:
            page = ""
        if text in page:
            return page
        time.sleep(0.1)
    pytest.fail(f"{address} did not show {text!r} in time; it shows {page[:500]!r}")


def end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=25)
    return log


@pytest.mark.slow
def test_serve_polls_publishes_and_ends_cleanly_on_sigterm(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    process, site = serve(program)
    try:
        assert CHIEFS.headline in wait_for(f"{site}/feed.atom", "Iraq hosts")
        assert wait_for(f"{site}/healthz", "ok")
    finally:
        log = end(process)
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert len(server.requests) == 1


@pytest.mark.slow
def test_sigterm_finishes_the_poll_that_runs_and_loses_nothing(program: Program, server: LoopbackServer) -> None:
    server.answers["/slow.xml"] = Answer(body=rss([CHIEFS]), delay=2)
    configure(program, server, "/slow.xml")
    process, _ = serve(program)
    for _ in range(100):
        if server.requests:
            break
        time.sleep(0.1)
    log = end(process)
    assert process.returncode == 0, log
    assert CHIEFS.headline in program.run("search", "military").stdout


@pytest.mark.slow
def test_no_poll_asks_no_publisher(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    process, site = serve(program, "--no-poll")
    wait_for(f"{site}/healthz", "ok")
    end(process)
    assert server.requests == []


@pytest.mark.slow
def test_a_port_in_use_is_said_in_one_line(program: Program, server: LoopbackServer) -> None:
    configure(program, server, "/good.xml")
    done = program.run("serve", "--port", str(server.port))
    assert done.returncode == 2
    assert f"can't listen on 127.0.0.1 port {server.port}" in done.stderr
    assert "Traceback" not in done.stderr
