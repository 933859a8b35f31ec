"""The list of polled feeds, where there are many."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.model.feed import Outcome
from tests.factories import NOON, make_feed
from tests.newsroom import POLLED, Newsroom, newsroom

pytestmark = pytest.mark.anyio


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def page_of(room: Newsroom, path: str, *, status: int = 200) -> LexborHTMLParser:
    response = await room.get(path)
    assert response.status_code == status, response.text
    return LexborHTMLParser(response.text)


def listed(page: LexborHTMLParser) -> list[str]:
    return [(link.attributes["href"] or "").removeprefix("/feeds/") for link in page.css("tbody th a:not(.address)")]


def choices(page: LexborHTMLParser) -> dict[str, str]:
    return {link.text(): link.attributes["href"] or "" for link in page.css(".narrowing a")}


async def thirty(room: Newsroom) -> None:
    feeds = [
        make_feed(f"f{n}", title=f"Título {n}", publisher=f"House {n % 3}", category=("World", "Sport & Play")[n % 2])
        for n in range(30)
    ]
    await room.configure(*feeds)
    await room.poll("f1", POLLED)
    failed = replace(POLLED, failures=1, failing_since=NOON, last_outcome=Outcome.FAILED)
    await room.poll("f2", failed)


async def test_two_thousand_feeds_are_listed_fifty_on_a_page_each_once(room: Newsroom) -> None:
    await room.configure(*(make_feed(f"f{n}") for n in range(250)))
    path, names, pages = "/feeds", list[str](), 0
    while path:
        page = await page_of(room, path)
        names += listed(page)
        further = page.css_first('a[rel="next"]')
        path = (further.attributes["href"] or "") if further else ""
        pages += 1
    assert names == [f"f{n}" for n in range(250)]
    assert pages == 5


async def test_feeds_are_chosen_by_words_of_name_address_and_publisher(room: Newsroom) -> None:
    await thirty(room)
    assert listed(await page_of(room, "/feeds?q=TITULO+17")) == ["f17"]
    assert listed(await page_of(room, "/feeds?q=f23.example")) == ["f23"]
    assert len(listed(await page_of(room, "/feeds?q=house+2"))) >= 10
    page = await page_of(room, "/feeds?q=nothing+like+it")
    assert page.css_first(".empty a").attributes["href"] == "/feeds"  # type: ignore[union-attr]


async def test_categories_and_states_are_plain_links_with_counts(room: Newsroom) -> None:
    await thirty(room)
    page = await page_of(room, "/feeds")
    links = choices(page)
    assert links == {
        "World": "/feeds?category=World",
        "Sport & Play": "/feeds?category=Sport+%26+Play",
        "new": "/feeds?state=new",
        "ok": "/feeds?state=ok",
        "failing": "/feeds?state=failing",
    }
    assert listed(await page_of(room, links["failing"])) == ["f2"]
    assert len(listed(await page_of(room, links["Sport & Play"]))) == 15


async def test_choices_are_kept_while_others_are_made(room: Newsroom) -> None:
    await thirty(room)
    page = await page_of(room, "/feeds?category=World&q=titulo")
    assert choices(page)["failing"] == "/feeds?q=titulo&category=World&state=failing"
    assert choices(page)["all"] == "/feeds?q=titulo"
    kept = {field.attributes["name"]: field.attributes["value"] for field in page.css(".choosing input")}
    assert kept == {"q": "titulo", "category": "World"}
    assert page.css(".problems") == []


async def test_a_few_feeds_need_no_choosing(room: Newsroom) -> None:
    await room.configure(make_feed("a"), make_feed("b"))
    page = await page_of(room, "/feeds")
    assert (page.css(".choosing"), page.css(".narrowing"), listed(page)) == ([], [], ["a", "b"])


@pytest.mark.parametrize("query", ["state=odd", f"q={'x' * 101}", "after=none"])
async def test_what_can_not_be_chosen_is_refused(room: Newsroom, query: str) -> None:
    await room.configure(make_feed("a"))
    await page_of(room, f"/feeds?{query}", status=400)
