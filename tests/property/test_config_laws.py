"""Laws of the configuration: whatever is typed, it is read or refused with its place."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import durations, sizes
from aggregator.config.identity import feed_id
from aggregator.config.read import parse
from aggregator.errors import ConfigurationError, Problem
from aggregator.model.feed import Feed

names = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
addresses = st.builds(
    lambda scheme, host, path, query: f"{scheme}://{host}.example/{'/'.join(path)}{query}",
    st.sampled_from(["http", "https"]),
    names,
    st.lists(names | st.sampled_from(["rss.xml", "feed", "index.xml", "%D8%A7", "~user"]), max_size=6),
    st.sampled_from(["", "?a=1", "?q=" + "long+" * 30]),
)


@given(st.integers(min_value=0, max_value=10**9).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_that_is_spelt_is_read_as_itself(length: timedelta) -> None:
    assert durations.parse(durations.spell(length)) == length


@given(st.integers(min_value=0, max_value=10**11))
def test_a_size_that_is_spelt_is_read_as_itself(size: int) -> None:
    assert sizes.parse(sizes.spell(size)) == size


@given(addresses)
def test_an_id_can_stand_in_an_address_and_in_feeds_yaml(url: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", feed_id(url))


@pytest.mark.slow
@given(st.lists(addresses, min_size=1, max_size=8, unique_by=feed_id), st.data())
def test_a_feed_keeps_its_id_wherever_it_stands_and_whatever_stands_beside_it(
    urls: list[str], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.sampled_from(urls), min_size=1, unique=True))
    assert {feed.url: feed.id for feed in _feeds(kept)}.items() <= {feed.url: feed.id for feed in _feeds(urls)}.items()


_PIECES = st.sampled_from(
    [
        *(
            "feeds:",
            "site:",
            "polling: {gaps: {",
            "url",
            "title",
            ": ",
            "\n",
            "  ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a ",
            "*a",
            "!!x ",
            "'",
            '"',
            "#",
        ),
        *(
            "https://a.example/",
            "30m",
            "true",
            "~",
            "|",
            ">",
            "\\U00110000",
            "%YAML 1.1\n",
            "---",
            "\t",
            "\x00",
            "\x85",
        ),
    ]
)


@given(st.lists(_PIECES | st.text(max_size=3), max_size=40).map("".join))
def test_any_text_is_a_configuration_or_refused_with_places_inside_it(text: str) -> None:
    lines = len(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text))
    for problem in _problems(text):
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
        assert "\n" not in problem.message


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, file="feeds.yaml")
    except ConfigurationError as error:
        return error.problems
    return ()


def _feeds(urls: list[str]) -> tuple[Feed, ...]:
    items = "".join(f"\n- {{url: '{url}'}}" for url in urls)
    return parse(f"feeds:{items}", file="feeds.yaml").enabled_feeds()
