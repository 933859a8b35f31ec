"""`feeds add`, `remove`, `rename`, `disable`, `enable` and `move` as people start them, against a server on loopback."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from aggregator.config.read import load
from tests.documents import Item, rss
from tests.integration.conftest import Program
from tests.loopback import Answer, LoopbackServer, in_thread

pytestmark = pytest.mark.slow  # seconds each: programs that are started

CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
REBELS = Item(name="rebels", headline="Filipino rebel chiefs become officials under peace deal")
PAGE = b"""<!doctype html><html><head><title>Arab News</title>
<link rel="alternate" type="application/rss+xml" title="All" href="/rss.xml">
<link rel="alternate" type="application/rss+xml" title="World" href="/world.xml"></head></html>"""
START = """\
# The feeds we read.
polling:
  host_gap: 0s      # loopback
  allow_networks: [127.0.0.0/8]

feeds:
  # The Middle East
  - url: https://east.example/rss.xml   # morning
    id: east
    category: "Middle East"
    enabled: false

  # Sport
  - {url: "https://sport.example/rss", category: Sport, enabled: false}

# The end.
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with in_thread() as running:
        running.answers |= {
            "/": Answer(body=PAGE, headers={"Content-Type": "text/html"}),
            "/rss.xml": Answer(body=rss([CHIEFS, REBELS], title="Arab News: all")),
            "/world.xml": Answer(body=rss([REBELS], title="Arab News: World")),
            "/moved.xml": Answer(status=301, headers={"Location": "/rss.xml"}),
            "/alone": Answer(body=PAGE.replace(b"/rss.xml", b"/none.xml"), headers={"Content-Type": "text/html"}),
            "/mute": Answer(body=b"<html><title>Nothing</title></html>", headers={"Content-Type": "text/html"}),
        }
        yield running


@pytest.fixture(autouse=True)
def start(program: Program) -> None:
    program.config.write_text(START)


def run(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program.command("feeds", *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=program.environment,
        stdin=subprocess.DEVNULL,
    )


def test_p1_adding_a_feed_is_one_get_of_it_and_four_lines_in_the_file(program: Program, server: LoopbackServer) -> None:
    done = run(program, "add", server.url("/rss.xml"), "--category", "middle east", "--title", "Arab: News")
    assert (done.returncode, done.stderr) == (0, "")
    assert server.paths() == ["/rss.xml"]
    assert "2 new entries" in done.stdout
    added = f"""\

  - url: {server.url("/rss.xml")}
    title: "Arab: News"
    category: middle east
"""
    head, tail = START.split("\n  # Sport")
    assert program.config.read_text() == f"{head}{added}\n  # Sport{tail}"
    (listed,) = [feed for feed in json.loads(run(program, "list", "--json").stdout) if feed["enabled"]]
    assert (listed["title"], listed["entries"], listed["outcome"]) == ("Arab: News", 2, "fetched")


def test_p1_the_second_poll_of_what_was_added_is_conditional(program: Program, server: LoopbackServer) -> None:
    server.answers["/rss.xml"] = Answer(body=rss([CHIEFS]), headers={"ETag": '"one"'})
    run(program, "add", server.url("/rss.xml"))
    program.run("poll", "--all", "--force")
    assert [request.header("if-none-match") for request in server.requests] == [None, '"one"']


def test_a_page_that_names_several_feeds_is_not_guessed_at(program: Program, server: LoopbackServer) -> None:
    done = run(program, "add", server.url("/"))
    assert done.returncode == 2
    assert "1  Arab News: all: 2 entries" in done.stderr
    assert server.url("/world.xml") in done.stderr
    assert "say --yes to take the first" in done.stderr
    assert server.paths() == ["/", "/rss.xml", "/world.xml"]
    assert program.config.read_text() == START
    assert not program.database.exists()


def test_yes_takes_the_first_of_several_with_the_title_it_gives_itself(
    program: Program, server: LoopbackServer
) -> None:
    assert run(program, "add", server.url("/"), "--yes").returncode == 0
    feed = load(program.config).feeds[-1]
    assert (feed.url, feed.title) == (server.url("/rss.xml"), "Arab News: all")


def test_of_what_a_page_names_only_what_is_a_feed_counts(program: Program, server: LoopbackServer) -> None:
    assert run(program, "add", server.url("/alone")).returncode == 0
    assert load(program.config).feeds[-1].url == server.url("/world.xml")


def test_p23_places_are_guessed_at_only_where_a_page_names_nothing_and_few(
    program: Program, server: LoopbackServer
) -> None:
    done = run(program, "add", server.url("/mute"))
    assert done.returncode == 0
    assert load(program.config).feeds[-1].url == server.url("/rss.xml")
    assert server.paths() == ["/mute", "/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/rss"]


def test_a_feed_that_has_moved_for_good_is_written_where_it_is(program: Program, server: LoopbackServer) -> None:
    assert run(program, "add", server.url("/moved.xml")).returncode == 0
    assert load(program.config).feeds[-1].url == server.url("/rss.xml")
    again = run(program, "add", server.url("/moved.xml"))
    assert again.returncode == 2
    assert "is listed already, as" in again.stderr


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/none.xml", "nothing was added: HTTP 404 Not Found"),
        ("https://sport.example/rss", "is listed already, as 'sport-example', switched off"),
        ("ftp://x.example/", "is no http(s) address"),
    ],
)
def test_what_is_no_new_feed_leaves_the_file_alone(
    program: Program, server: LoopbackServer, address: str, said: str
) -> None:
    done = run(program, "add", server.url(address) if address.startswith("/") else address)
    assert done.returncode == 2
    assert said in done.stderr
    assert program.config.read_text() == START


def test_an_id_that_is_taken_gets_a_number(program: Program, server: LoopbackServer) -> None:
    other = server.url("/world.rss")
    server.answers["/world.rss"] = Answer(body=rss([CHIEFS], title="Other"))
    assert run(program, "add", server.url("/world.xml")).returncode == 0
    assert run(program, "add", other).returncode == 0
    first, second = load(program.config).feeds[-2:]
    assert second.feed_id == f"{first.feed_id}-2"


def test_a_feed_is_switched_off_and_on_again(program: Program) -> None:
    assert run(program, "enable", "east").returncode == 0
    assert program.config.read_text() == START.replace('East"\n    enabled: false\n', 'East"\n')
    assert run(program, "enable", "east").stderr == "east is enabled already.\n"
    assert run(program, "enable", "sport-example").returncode == 0
    assert "category: Sport}" in program.config.read_text()
    assert run(program, "disable", "sport-example").returncode == 0
    assert "category: Sport, enabled: false}" not in program.config.read_text()
    assert not load(program.config).feeds[-1].enabled


def test_a_feed_is_removed_with_its_lines_and_no_others(program: Program) -> None:
    done = run(program, "remove", "east")
    assert done.returncode == 0
    assert program.config.read_text() == START.replace(
        START[START.index("  - url: https://east") : START.index("\n  # Sport")], ""
    )
    assert "    9 -     id: east" in done.stdout
    wrong = run(program, "remove", "sport-exampel")
    assert wrong.returncode == 2
    assert "did you mean 'sport-example'?" in wrong.stderr


def test_a_feed_moves_below_the_others_of_its_new_category(program: Program) -> None:
    assert run(program, "move", "east", "Sport").returncode == 0
    first, second = load(program.config).feeds
    assert (first.feed_id, second.feed_id, second.category) == ("sport-example", "east", "Sport")
    assert "https://east.example/rss.xml   # morning" in program.config.read_text()
    assert run(program, "move", "east", "Sport").stderr == "east stands in 'Sport' already.\n"


def test_what_is_kept_of_a_feed_goes_along_to_its_new_id(program: Program, server: LoopbackServer) -> None:
    run(program, "add", server.url("/rss.xml"), "--id", "arab")
    done = run(program, "rename", "arab", "Arab News", "--id", "arab-news")
    assert done.returncode == 0, done.stderr
    assert "2 entries of arab now belong to arab-news" in done.stdout
    listed = {feed["feed_id"]: feed for feed in json.loads(run(program, "list", "--json").stdout)}
    assert (listed["arab-news"]["title"], listed["arab-news"]["entries"]) == ("Arab News", 2)
    program.poll("--all", "--force")
    listed = {feed["feed_id"]: feed for feed in json.loads(run(program, "list", "--json").stdout)}
    assert "arab" not in listed
    assert listed["arab-news"]["entries"] == 2


def test_an_edit_that_would_make_the_file_useless_is_not_made(program: Program) -> None:
    done = run(program, "rename", "east", "--id", "sport-example")
    assert done.returncode == 2
    assert "nothing was changed, for that would make:" in done.stderr
    assert program.config.read_text() == START
