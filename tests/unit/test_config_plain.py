"""Which files are read quickly, and which are left to the thorough reader."""

import pytest

from aggregator.config import plain, positions
from aggregator.config.read import parse

ORDINARY = """\
# What I read
site:
  title: "My News"   # at home
  timezone: Asia/Beirut
polling: {interval: 30m, gaps: {example.org: 5s}}
copies:

feeds:
  - url: https://www.arabnews.com/rss.xml
    title: 'Arab News: today'
    tags: [english, "middle east"]
  - {url: https://b.example/?a=1&b=2, title: no, category: 010, language: ~}
  - url: https://c.example/feed
    title: الشرق
      الأوسط
"""


def test_an_ordinary_file_is_read_quickly_and_as_it_was_typed() -> None:
    assert plain.read(ORDINARY) == {
        "site": {"title": "My News", "timezone": "Asia/Beirut"},
        "polling": {"interval": "30m", "gaps": {"example.org": "5s"}},
        "copies": None,
        "feeds": [
            {
                "url": "https://www.arabnews.com/rss.xml",
                "title": "Arab News: today",
                "tags": ["english", "middle east"],
            },
            {"url": "https://b.example/?a=1&b=2", "title": "no", "category": "010", "language": None},
            {"url": "https://c.example/feed", "title": "الشرق الأوسط"},
        ],
    }
    assert positions.read(ORDINARY, file="feeds.yaml").root == plain.read(ORDINARY)


def test_lines_may_end_as_on_windows() -> None:
    assert plain.read(ORDINARY.replace("\n", "\r\n")) == plain.read(ORDINARY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "a: &x b",
        "a: &x [b]",
        "a: *x",
        "a: !!str b",
        "a: !x {}",
        "a: 1\na: 2",
        "? [a]\n: b",
        "a: b: c",
        "a: [",
        "a:\tb",
        "a: |\n  b",
        "a: >\n  b",
        "%YAML 1.2\n---\na: b",
        "a: b\n---\nc: d",
        "a: b\n...\n",
        "a: b\x85c",
        "a: b\u2028c",
        "a: b\rc: d",
        "\ufeffa: b",
        'a: "\\U00110000"',
        "a: \ud800",
        "a: \x07",
    ],
)
def test_whatever_is_unusual_is_left_to_the_thorough_reader(text: str) -> None:
    assert plain.read(text) is None


def test_what_is_unusual_and_right_is_read_all_the_same() -> None:
    text = "%YAML 1.2\n---\nsite:\n  description: >\n    Each piece\n    once.\nfeeds: []\n"
    assert parse(text, file="feeds.yaml").site.description == "Each piece once."


def test_both_readers_stop_at_the_same_depth() -> None:
    deepest, deeper = (f"{'[' * levels}a{']' * levels}" for levels in (plain.MAX_DEPTH, plain.MAX_DEPTH + 1))
    assert plain.read(deepest) == positions.read(deepest, file="feeds.yaml").root is not None
    assert plain.read(deeper) is None
    assert positions.read(deeper, file="feeds.yaml").broken
