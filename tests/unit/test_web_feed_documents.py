"""The feeds that are published, over a real database, through ASGI."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import anyio
import httpx
import pytest

from aggregator.model.feed import Feed
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import Newsroom, commanders, fill, newsroom

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"
DOCUMENTS = [
    f"{path}.{suffix}" for path in ("/feed", "/categories/world", "/feeds/other") for suffix in ("atom", "rss", "json")
]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/feed.atom", "application/atom+xml; charset=utf-8"),
        ("/feed.rss", "application/rss+xml; charset=utf-8"),
        ("/feed.json", "application/feed+json; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
    ],
)
async def test_every_document_says_what_it_is(room: Newsroom, path: str, media_type: str) -> None:
    response = await room.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.headers["cache-control"] == "public, max-age=300"
    assert response.headers["x-robots-tag"] == "noindex"


async def test_the_merged_feed_has_news_once_with_copies_and_related_entries(room: Newsroom) -> None:
    await fill(room)
    items = json.loads((await room.get("/feed.json")).text)["items"]
    assert [item["title"] for item in items] == [
        "Iraq hosts military chiefs from Iran, Russia and Syria",
        "Syria and Russia discuss Idlib with military chiefs of Iran",
    ]
    assert [other["publisher"] for other in items[0]["_aggregator"]["also_published_by"]] == ["Other"]
    assert [other["title"] for other in items[0]["_aggregator"]["related"]] == [items[1]["title"]]
    assert items[0]["_aggregator"]["feed"]["url"] == "https://arab-news.example/rss.xml"


async def test_a_category_s_feed_holds_its_entries_and_names_its_page(room: Newsroom) -> None:
    await fill(room)
    root = ET.fromstring((await room.get("/categories/middle-east.atom")).content)
    assert len(root.findall(f"{ATOM}entry")) == 1
    assert root.findtext(f"{ATOM}title") == "Related Stories: Middle East"
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")} == {
        "self": "https://news.example/categories/middle-east.atom",
        "alternate": "https://news.example/categories/middle-east",
    }


async def test_a_polled_feed_s_own_list_holds_copies_too(room: Newsroom) -> None:
    await fill(room)
    items = json.loads((await room.get("/feeds/other.json")).text)["items"]
    assert len(items) == 2


async def test_a_long_feed_goes_on_in_further_documents(room: Newsroom) -> None:
    await room.configure(make_feed())
    parsed = [make_parsed_entry(str(n), published_at=NOON - timedelta(minutes=n)) for n in range(120)]
    await room.publish("news-example", *parsed)
    path, ids = "/feed.json", list[str]()
    while path:
        document = json.loads((await room.get(path)).text)
        assert document["feed_url"] == f"https://news.example{path}"
        ids += [item["id"] for item in document["items"]]
        path = document.get("next_url", "").removeprefix("https://news.example")
    assert len(ids) == len(set(ids)) == 120


@pytest.mark.parametrize("path", [*DOCUMENTS, "/feeds.opml"])
async def test_a_document_does_not_change_while_its_entries_do_not(room: Newsroom, path: str) -> None:
    await fill(room)
    first = await room.get(path)
    room.clock.move(timedelta(days=1))
    again = await room.get(path)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert (await room.get(path, if_none_match=first.headers["etag"])).status_code == 304


@pytest.mark.parametrize("path", [*DOCUMENTS, "/feeds.opml", "/", "/feeds", "/static/style.css", "/search?q=chiefs"])
async def test_last_modified_alone_is_enough_for_a_304(room: Newsroom, path: str) -> None:
    await fill(room)
    room.clock.move(timedelta(minutes=1))
    first = await room.get(path)
    assert first.headers["last-modified"] == "Tue, 10 Mar 2026 12:01:00 GMT"
    room.clock.move(timedelta(hours=1))
    again = await room.get(path, if_modified_since=first.headers["last-modified"])
    assert (again.status_code, again.headers["last-modified"]) == (304, first.headers["last-modified"])


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_both_codings_and_head_share_the_date_of_a_document(room: Newsroom, coding: str) -> None:
    await fill(room)
    room.clock.move(timedelta(minutes=1))
    first = await room.get("/feed.atom", accept_encoding="gzip")
    room.clock.move(timedelta(minutes=1))
    head = await room.client.head("/feed.atom", headers={"accept-encoding": coding})
    assert head.headers["last-modified"] == first.headers["last-modified"]


async def test_many_who_ask_at_once_are_told_one_date(room: Newsroom) -> None:
    await fill(room)
    room.clock.move(timedelta(minutes=1))
    answers: list[httpx.Response] = []

    async def ask() -> None:
        answers.append(await room.get("/feed.atom"))

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(ask)
    assert {answer.headers["last-modified"] for answer in answers} == {"Tue, 10 Mar 2026 12:01:00 GMT"}


def _renamed(*feeds: Feed) -> list[Feed]:
    return [replace(feed, title="Renamed", publisher="Renamed") for feed in feeds]


@pytest.mark.parametrize("change", ["a feed taken out", "a feed renamed", "copies that part"])
@pytest.mark.parametrize("path", ["/feed.atom", "/feed.rss", "/feed.json", "/"])
async def test_if_modified_since_notices_what_leaves_no_date(room: Newsroom, change: str, path: str) -> None:
    lead, copy, _ = await fill(room)
    room.clock.move(timedelta(minutes=1))
    first = await room.get(path)
    room.clock.move(timedelta(minutes=1))
    feeds = [overview.feed for overview in await room.store.read(lambda tx: tx.feeds.overview())]
    if change == "a feed taken out":
        await room.configure(*[feed for feed in feeds if feed.id != "other"])
    elif change == "a feed renamed":
        await room.configure(*_renamed(*feeds))
    else:
        for each in (lead, copy):
            await room.copies(each)
    again = await room.get(path, if_modified_since=first.headers["last-modified"])
    assert again.status_code == 200
    assert again.headers["etag"] != first.headers["etag"]
    assert again.headers["last-modified"] == "Tue, 10 Mar 2026 12:02:00 GMT"


async def test_if_modified_since_notices_a_second_change_within_a_second(room: Newsroom) -> None:
    await fill(room)
    room.clock.move(timedelta(minutes=1))
    first = await room.get("/feed.atom")
    await room.publish("other", make_parsed_entry("late", headline="Rain", published_at=None))
    await room.get("/feed.atom")
    room.clock.move(timedelta(minutes=1))
    assert (await room.get("/feed.atom", if_modified_since=first.headers["last-modified"])).status_code == 200


async def test_a_change_of_an_entry_shows_in_every_validator(room: Newsroom) -> None:
    lead, *_ = await fill(room)
    room.clock.move(timedelta(minutes=30))
    first = await room.get("/feed.atom")
    room.clock.move(timedelta(minutes=30))
    at = room.clock.now()
    await room.change("arab-news", lead, commanders("Iraq hosts military chiefs once more"), at=at)
    headers = {"if_none_match": first.headers["etag"], "if_modified_since": first.headers["last-modified"]}
    again = await room.get("/feed.atom", **headers)
    assert (again.status_code, again.headers["last-modified"]) == (200, "Tue, 10 Mar 2026 13:00:00 GMT")
    root = ET.fromstring(again.content)
    updated = "2026-03-10T13:00:00.000001Z"
    assert root.findtext(f"{ATOM}updated") == updated
    assert next(entry.findtext(f"{ATOM}updated") for entry in root.findall(f"{ATOM}entry")) == updated


async def test_another_poll_of_the_origin_changes_nothing(room: Newsroom) -> None:
    await fill(room)
    first = await room.get("/feed.atom")
    at = NOON + timedelta(hours=1)
    await room.publish("other", make_parsed_entry("late", headline="Rain", text="Fog", published_at=None), at=at)
    entries = ET.fromstring(first.content).findall(f"{ATOM}entry")
    again = ET.fromstring((await room.get("/feed.atom")).content).findall(f"{ATOM}entry")
    assert len(again) == len(entries) + 1
    assert [ET.tostring(entry) for entry in again[1:]] == [ET.tostring(entry) for entry in entries]


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_an_empty_feed_is_a_whole_document(room: Newsroom, path: str) -> None:
    await room.configure(make_feed("other", category="World"))
    assert (await room.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/categories/none.atom", "/feeds/none.rss", "/feed.xml", "/feeds/a%00b.json"])
async def test_a_feed_that_is_not_there_is_not_found(room: Newsroom, path: str) -> None:
    assert (await room.get(path)).status_code == 404


async def test_addresses_come_from_the_configuration_whatever_host_is_asked_for(room: Newsroom) -> None:
    await fill(room)
    response = await room.get("/feed.atom", host="evil.example")
    assert "evil.example" not in response.text


async def test_a_client_that_asks_for_a_difference_gets_the_whole(room: Newsroom) -> None:
    """feedparser and rss2email send `A-IM: feed` (RFC 3229) without needing an answer in kind."""
    assert (await room.get("/feed.atom", a_im="feed")).status_code == 200
