"""Laws of answers, whatever is asked."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.web.conditional import Answer, accepts_gzip, deliver, finish
from aggregator.web.representations import Representations
from tests.manual_clock import ManualClock
from tests.newsroom import Newsroom, fill, newsroom

PLACES = [
    "",
    "entries/",
    "stories/",
    "stories",
    "feeds/",
    "categories/",
    "digests/",
    "search",
    "static/",
    "feed",
    "feeds",
    "digests",
]
ENDS = ["", ".atom", ".rss", ".json", ".opml", ".css"]

texts = st.text(max_size=30) | st.integers().map(str) | st.dates().map(str) | st.sampled_from(["1", "world", "other"])


class Asker:
    """Keeps one filled site for many examples; a store is bound to no event loop."""

    def __init__(self, folder: Path) -> None:
        self._room = newsroom(folder)
        self._loop = asyncio.new_event_loop()
        self._filled: Newsroom = self._loop.run_until_complete(self._fill())

    async def _fill(self) -> Newsroom:
        room = await self._room.__aenter__()
        await fill(room)
        return room

    def ask(self, path: str, headers: dict[str, str]) -> httpx.Response:
        return self._loop.run_until_complete(self._filled.client.get(path, headers=headers))

    def close(self) -> None:
        self._loop.run_until_complete(self._room.__aexit__(None, None, None))
        self._loop.close()


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    made = Asker(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@given(
    place=st.sampled_from(PLACES),
    name=texts,
    end=st.sampled_from(ENDS),
    query=st.dictionaries(
        st.sampled_from(["after", "q", "v", "x", "sort", "archive", "state", "category"]), texts, max_size=2
    ),
    headers=st.dictionaries(
        st.sampled_from(["accept-encoding", "if-none-match", "if-modified-since", "range", "accept"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip),
    ),
)
def test_no_question_is_a_surprise(
    asker: Asker, *, place: str, name: str, end: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    words = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    response = asker.ask(f"/{place}{quote(name, safe='')}{end}?{words}", headers)
    assert response.status_code in {200, 304, 400, 404}
    assert response.headers["content-security-policy"]


@given(header=st.text())
def test_any_accept_encoding_can_be_read(header: str) -> None:
    assert accepts_gzip(header) in {True, False}


@given(body=st.binary(max_size=5000), gzip=st.booleans())
def test_who_shows_the_etag_of_an_answer_need_not_get_it_again(body: bytes, *, gzip: bool) -> None:
    answer = Answer(status=200, headers={"content-type": "text/plain"}, body=body)
    first = finish("GET", answer, gzip=gzip)
    asked = {"if-none-match": first.answer.headers["etag"]}
    again = deliver("GET", asked, first, _unknown)
    assert (again.status, again.headers["etag"]) == (304, asked["if-none-match"])
    changed = Answer(status=200, headers=answer.headers, body=body + b".")
    assert deliver("GET", asked, finish("GET", changed, gzip=gzip), _unknown).status == 200


def _unknown(_: str) -> None:
    """Remember nothing."""


steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["one", "two"]), st.floats(-2, 5).map(lambda s: round(s, 1))),
    max_size=40,
)


@given(steps=steps, most=st.integers(1, 3))
def test_no_date_of_an_answer_covers_what_is_answered_differently_now(
    steps: list[tuple[str, str, float]], most: int
) -> None:
    """Neither Last-Modified nor Date, wherever the clock moves: addresses, what they answer, seconds in between."""
    clock = ManualClock()
    representations = Representations(clock, most=most)
    held: set[tuple[str, str, datetime]] = set()
    for address, content, seconds in steps:
        clock.move(timedelta(seconds=seconds))
        served = representations.serve(address.encode(), content)
        if served:
            held.add((address, content, served.since))
            assert not any(served.covers(date) for place, other, date in held if place == address and other != content)
        held.add((address, content, clock.now().replace(microsecond=0)))
