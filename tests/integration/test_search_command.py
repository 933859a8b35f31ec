"""`aggregator search`, on a database of its own."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli.main import main
from aggregator.model.entry import ParsedEntry
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import newsroom


class Searcher:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *arguments: str) -> Result:
        files = ["--config", str(self._folder / "feeds.yaml"), "--database", str(self._folder / "news.db")]
        return CliRunner().invoke(main, [*files, "search", *arguments])


@pytest.fixture
def search(tmp_path: Path) -> Searcher:
    news = [
        make_parsed_entry("1", headline="Prime minister speaks", text="A long speech"),
        make_parsed_entry("2", headline="Minister of the prime", text="", published_at=NOON - timedelta(days=1)),
        make_parsed_entry("3", headline="東京都知事が記者会見", text="", published_at=NOON - timedelta(days=40)),
    ]
    asyncio.run(_fill(tmp_path, news))
    (tmp_path / "feeds.yaml").write_text(
        "site:\n  timezone: Asia/Beirut\nfeeds:\n  - url: https://news.example/rss.xml\n", encoding="utf-8"
    )
    return Searcher(tmp_path)


async def _fill(folder: Path, news: list[ParsedEntry]) -> None:
    async with newsroom(folder) as room:
        await room.configure(make_feed("a", publisher="Arab News"))
        await room.publish("a", *news)


def headlines(done: Result) -> list[str]:
    assert done.exit_code == 0, done.stderr
    return [entry["headline"] for entry in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["prime", "minister", "--sort", "newest"], ["Prime minister speaks", "Minister of the prime"]),
        (['"prime minister"'], ["Prime minister speaks"]),
        (["prime", "-speech"], ["Minister of the prime"]),
        (["-speech", "prime"], ["Minister of the prime"]),
        (["prime", "-hamas", "-speech"], ["Minister of the prime"]),
        (["publisher:arab", "before:2026-02"], ["東京都知事が記者会見"]),
        (["minist*", "after:2026-03-10", "--limit", "5"], ["Prime minister speaks"]),
        (["知事"], ["東京都知事が記者会見"]),
        (["prime", "--limit", "1", "--sort", "newest"], ["Prime minister speaks"]),
        (["zeppelin"], []),
    ],
)
def test_what_is_found_is_printed_as_json(search: Searcher, arguments: list[str], found: list[str]) -> None:
    assert headlines(search(*arguments, "--json")) == found


def test_json_says_where_an_entry_stands_and_when_in_utc(search: Searcher) -> None:
    (entry,) = json.loads(search('"prime minister"', "--json").stdout)
    assert entry == {
        "id": 1,
        "headline": "Prime minister speaks",
        "teaser": "A long speech",
        "url": "https://news.example/1",
        "publisher": "Arab News",
        "category": "World",
        "feed": "a",
        "listed_at": "2026-03-10T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('"prime', 'column 1: this quote is not closed; expected another "\n'),
        ("prime OR", "column 9: expected a word after OR\n"),
        ("prime after:May", "column 7: 'May' is not a day; expected after:YYYY-MM-DD or after:YYYY-MM\n"),
    ],
)
def test_a_bad_query_is_a_person_s_to_change(search: Searcher, query: str, said: str) -> None:
    done = search(query)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", said)


def test_a_name_that_nothing_goes_by_is_said(search: Searcher) -> None:
    done = search("prime", "publisher:reuters")
    assert (done.exit_code, done.stderr) == (0, "No publisher is called 'reuters'.\nNothing found.\n")


def test_the_help_explains_the_language(search: Searcher) -> None:
    shown = search("--help").stdout
    for part in (
        '"prime minister"',
        "OR",
        "-football",
        "minist*",
        "title:",
        "publisher:",
        "category:",
        "after:2018-09-02",
    ):
        assert part in shown
