"""What robots.txt lets us fetch (RFC 9309)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.polling.robots import EVERYTHING, Rule, Rules, parse

TEXT = """\
User-agent: *
Disallow: /private/
Allow: /private/open
Disallow: /*.pdf$
Disallow: /search?q=
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/news/1", True),
        ("/private/x", False),
        ("/private/open/x", True),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x=1", True),
        ("/search?q=1", False),
        ("/search", True),
        ("/%70rivate/x", False),
    ],
)
def test_the_longest_path_that_matches_decides(path: str, allowed: bool) -> None:  # noqa: FBT001
    assert parse(TEXT).allow(f"https://a.example{path}") is allowed


def test_a_group_that_names_us_goes_before_that_for_all() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Aggregator # ours\nDisallow: /x\n"
    rules = parse(text)
    assert rules.allow("https://a.example/y")
    assert not rules.allow("https://a.example/x")
    assert not parse(text.replace("Aggregator", "Another")).allow("https://a.example/y")


def test_an_empty_disallow_and_an_empty_file_forbid_nothing() -> None:
    assert parse("User-agent: *\nDisallow:\n").allow("https://a.example/x")
    assert parse("") == EVERYTHING
    assert parse("<html>not found</html>").allow("https://a.example/x")


@given(st.text(max_size=200), st.text(max_size=50))
def test_anything_can_be_read_and_asked(text: str, path: str) -> None:
    assert parse(f"User-agent: *\nDisallow: {text}").allow(f"https://a.example/{path}") in {True, False}


def test_stars_cost_no_more_than_their_number() -> None:
    rules = Rules(tuple(Rule(allows=False, path="/" + "*a" * 20 + "b$") for _ in range(100)))
    started = time.process_time()
    assert rules.allow("https://a.example/" + "a" * 4000)
    assert time.process_time() - started < 1
