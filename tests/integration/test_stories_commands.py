"""`aggregator stories ...` as people start it: a process of its own, after polls of a server on loopback."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.documents import Item, rss
from tests.factories import NOON
from tests.integration.conftest import Program
from tests.loopback import Answer, in_thread

pytestmark = pytest.mark.slow  # seconds each: programs that are started, or laws

QUAKE = "Strong earthquake strikes northern Japan, tsunami warning issued"
BODIES = (
    "The ground shook for a minute and people ran into the streets, residents of the coastal towns told reporters on Sunday.",
    "Waves of one metre were seen within the hour; boats turned over in the harbour and a road near the port was closed.",
)
FEEDS = {
    "/gazette.xml": [
        Item(name="a", headline=QUAKE, description=BODIES[0]),
        Item(name="b", headline="Parliament passes budget after night of debate"),
    ],
    "/courier.xml": [
        Item(
            name="c",
            headline="Tsunami warning after strong earthquake hits northern Japan",
            at=NOON + timedelta(hours=1),
            description=BODIES[1],
        ),
    ],
}


def poll_into(program: Program) -> Iterator[Program]:
    """Poll two feeds into a database."""
    with in_thread() as server:
        for path, items in FEEDS.items():
            server.answers[path] = Answer(body=rss(items, site=f"https://{path.strip('/')}.example"))
        feeds = "".join(
            f"  - {{url: {server.url(path)}, title: {path[1:-4].title()}, category: World, allow_private_address: true}}\n"
            for path in FEEDS
        )
        program.config.write_text(f"polling:\n  host_gap: 0s\nfeeds:\n{feeds}")
        assert program.run("poll", "--all").returncode == 0
        yield program


@pytest.fixture
def polled(program: Program) -> Iterator[Program]:
    """A database of the test's own."""
    yield from poll_into(program)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A database that no test changes."""
    folder = tmp_path_factory.mktemp("stories")
    yield from poll_into(Program(config=folder / "feeds.yaml", database=folder / "news.db"))


def listed(program: Program, *options: str) -> list[dict[str, Any]]:
    done = program.run("stories", "list", "--json", *options)
    assert done.returncode == 0, done.stderr
    stories: list[dict[str, Any]] = json.loads(done.stdout)
    return stories


def of(stories: list[dict[str, Any]], word: str) -> str:
    """Give the number of the one story of which the headline has this word."""
    (found,) = (str(story["story_id"]) for story in stories if word in story["headline"])
    return found


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


def test_stories_are_listed_with_how_many_have_them(looked_at: Program) -> None:
    done = looked_at.run("stories", "list")
    assert done.returncode == 0, done.stderr
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["id", "changed", "publishers", "entries", "headline"]
    (quake,) = (row for row in rows if "earthquake" in row)
    assert re.search(r"^ *\d+  \d{4}-\d\d-\d\d \d\d:\d\d UTC +2 +2  ", quake)
    assert len(rows) == 2
    assert len(looked_at.run("stories", "list", "--limit", "1").stdout.splitlines()) == 2


def test_a_category_is_found_in_any_case_and_an_unknown_one_is_guessed(looked_at: Program) -> None:
    assert len(listed(looked_at, "--category", "world")) == 2
    assert "'Word'; did you mean 'World'?" in refused(looked_at.run("stories", "list", "--category", "Word"))


def test_a_story_is_shown_with_its_entries_and_what_happened(looked_at: Program) -> None:
    quake = of(listed(looked_at), "earthquake")
    shown = looked_at.run("stories", "show", quake).stdout
    assert shown.startswith(f"{quake}  ")
    assert "2 publishers, 2 entries, " in shown
    assert "first reported by Gazette\n" in shown
    assert "one more publisher has it: Courier\n" in shown
    told = json.loads(looked_at.run("stories", "show", quake, "--json").stdout)
    assert {entry["publisher"] for entry in told["entries"]} == {"Gazette", "Courier"}
    assert [event["kind"] for event in told["events"]] == ["founded", "publisher"]
    assert (told["open"], told["pinned"]) == (True, False)


def test_explain_says_which_words_are_shared_and_how_alike_they_are(looked_at: Program) -> None:
    quake = of(listed(looked_at), "earthquake")
    said = looked_at.run("stories", "explain", quake).stdout
    assert re.search(r"\d\d% like the others; shares .*earthquake", said, re.IGNORECASE)
    told = json.loads(looked_at.run("stories", "explain", quake, "--json").stdout)
    assert all(0.2 < entry["score"] <= 1 for entry in told["entries"])
    alone = looked_at.run("stories", "explain", of(listed(looked_at), "budget")).stdout
    assert "alone: nothing was like it enough" in alone


@pytest.mark.slow
def test_a_split_is_kept_by_the_next_poll_and_merged_again_by_hand(polled: Program) -> None:
    quake = of(listed(polled), "earthquake")
    entries = [
        entry["entry_id"] for entry in json.loads(polled.run("stories", "show", quake, "--json").stdout)["entries"]
    ]
    done = polled.run("stories", "split", quake, str(entries[1]))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Story {quake} is split: 1 entry in story ")
    polled.run("poll", "--all", "--force")
    stories = listed(polled)
    assert [story["size"] for story in stories] == [1, 1, 1]
    both = [str(story["story_id"]) for story in stories if "earthquake" in story["headline"]]
    explained = polled.run("stories", "explain", both[0]).stdout
    assert "What people have ruled:\n  apart: entries " in explained
    merged = polled.run("stories", "merge", *both)
    assert merged.returncode == 0, merged.stderr
    assert f"are story {min(map(int, both))} now" in merged.stdout
    assert sorted(story["size"] for story in listed(polled)) == [1, 2]


@pytest.mark.slow
def test_a_story_is_pinned_and_let_go(polled: Program) -> None:
    quake = of(listed(polled), "earthquake")
    assert polled.run("stories", "pin", quake).stdout == f"Story {quake} with its 2 entries is pinned.\n"
    assert "; open, pinned\n" in polled.run("stories", "show", quake).stdout
    assert json.loads(polled.run("stories", "pin", quake, "--off", "--json").stdout)["pinned"] is False
    assert refused(polled.run("stories", "pin", quake, "--off")) == f"story {quake} is not pinned"


@pytest.mark.slow
def test_what_cannot_be_is_said_in_a_sentence(looked_at: Program) -> None:
    quake = of(listed(looked_at), "earthquake")
    assert refused(looked_at.run("stories", "show", "99")).startswith("there is no story 99 to show; ")
    assert (
        refused(looked_at.run("stories", "explain", "soon"))
        == "'soon' is not the number of a story; expected one such as 17"
    )
    assert f"story {quake} has no entry 99; it has " in refused(looked_at.run("stories", "split", quake, "99"))
    assert "can't be merged with itself" in refused(looked_at.run("stories", "merge", quake, quake))


def test_without_a_database_there_are_no_stories_and_none_is_made(program: Program) -> None:
    program.config.write_text("feeds:\n- url: http://127.0.0.1/rss.xml\n")
    assert "there is no database yet" in refused(program.run("stories", "list"))
    assert not program.database.exists()
