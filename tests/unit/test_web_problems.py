"""/feeds/problems: what is wrong with feeds, as a feed."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest

from aggregator.model.feed import FeedState, Move, Outcome
from tests.factories import NOON, make_feed
from tests.newsroom import POLLED, Newsroom, newsroom

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"
SUFFIXES = ["atom", "rss", "json"]
MALFORMED = replace(POLLED, malformed_since=NOON - timedelta(days=3), last_message="not well-formed: line 3")
GONE = FeedState(gone=True, last_polled_at=NOON, failing_since=NOON - timedelta(days=1), last_outcome=Outcome.GONE)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def troubled(room: Newsroom) -> None:
    await room.configure(make_feed("gone"), make_feed("fine"), make_feed("malformed", title="Tags & <more>"))
    await room.poll("gone", GONE)
    await room.poll("fine", POLLED)
    await room.poll("malformed", MALFORMED)


async def atom_entries(room: Newsroom) -> list[ET.Element]:
    return ET.fromstring((await room.get("/feeds/problems.atom")).content).findall(f"{ATOM}entry")


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [("atom", "application/atom+xml"), ("rss", "application/rss+xml"), ("json", "application/feed+json")],
)
async def test_each_format_says_what_it_is_and_holds_an_entry_a_problem(
    room: Newsroom, suffix: str, media_type: str
) -> None:
    await troubled(room)
    response = await room.get(f"/feeds/problems.{suffix}")
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.text.count("https://news.example/feeds/gone") == 1
    assert response.text.count("https://news.example/feeds/malformed") == 1
    assert "feeds/fine" not in response.text


async def test_an_entry_is_named_after_feed_kind_and_beginning(room: Newsroom) -> None:
    await troubled(room)
    since = int((NOON - timedelta(days=3)).timestamp())
    ids = [entry.findtext(f"{ATOM}id") for entry in await atom_entries(room)]
    assert ids[1] == f"tag:news.example,2026:problems/malformed/malformed/{since}"
    assert len(set(ids)) == 2


async def test_the_id_stays_while_a_problem_goes_on_and_changes_when_it_comes_back(room: Newsroom) -> None:
    await room.configure(make_feed("malformed"))
    ids = []
    for state in (
        MALFORMED,
        replace(MALFORMED, last_message="line 9"),
        POLLED,
        replace(MALFORMED, malformed_since=NOON),
    ):
        await room.poll("malformed", state)
        ids.append([entry.findtext(f"{ATOM}id") for entry in await atom_entries(room)])
    assert ids[0] == ids[1]
    assert ids[2] == []
    assert ids[3] != ids[0]


async def test_dates_are_those_of_the_problems_newest_first(room: Newsroom) -> None:
    await troubled(room)
    root = ET.fromstring((await room.get("/feeds/problems.atom")).content)
    assert (root.findtext(f"{ATOM}updated") or "")[:19] == "2026-03-09T12:00:00"
    assert [entry.findtext(f"{ATOM}published") for entry in root.findall(f"{ATOM}entry")] == [
        "2026-03-09T12:00:00Z",
        "2026-03-07T12:00:00Z",
    ]


async def test_json_holds_the_sentence_as_text(room: Newsroom) -> None:
    await troubled(room)
    document = json.loads((await room.get("/feeds/problems.json")).text)
    (item,) = [each for each in document["items"] if each["url"].endswith("/malformed")]
    assert item["title"] == "Tags & <more>: malformed"
    assert "not well-formed" in item["content_text"]
    assert item["tags"] == ["malformed"]


@pytest.mark.parametrize("suffix", ["atom", "rss"])
async def test_feed_readers_read_what_was_written(room: Newsroom, suffix: str) -> None:
    await troubled(room)
    body = (await room.get(f"/feeds/problems.{suffix}")).content
    read = feedparser.parse(BytesIO(body))  # noqa: TID251 -- what readers of ours do
    assert not read.bozo
    assert [entry.title for entry in read.entries] == ["Example News: gone", "Tags & <more>: malformed"]
    assert read.entries[0].link == "https://news.example/feeds/gone"


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_without_problems_it_is_a_whole_document_without_entries(room: Newsroom, suffix: str) -> None:
    response = await room.get(f"/feeds/problems.{suffix}")
    assert response.status_code == 200
    assert "<entry" not in response.text
    assert "<item>" not in response.text


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_it_does_not_change_while_nothing_happens(room: Newsroom, suffix: str) -> None:
    await troubled(room)
    first = await room.get(f"/feeds/problems.{suffix}")
    room.clock.move(timedelta(days=1))
    again = await room.get(f"/feeds/problems.{suffix}", if_none_match=first.headers["etag"])
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/feeds", "/feeds/secret", *(f"/feeds/problems.{suffix}" for suffix in SUFFIXES)])
async def test_a_password_in_an_address_is_in_no_problem(room: Newsroom, path: str) -> None:
    url, new = "https://me:hidden@news.example/rss.xml", "https://me:hidden@new.example/rss.xml"
    await room.configure(make_feed("secret", url=url, title=""))
    move = Move(address=new, candidate=new, seen=9, since=NOON)
    await room.poll("secret", replace(POLLED, move=move, last_message=f"HTTP 503 from {url}"))
    text = (await room.get(path)).text
    assert "new.example" in text
    assert "hidden" not in text


async def test_feeds_lists_problems_on_top_and_leads_to_their_feed(room: Newsroom) -> None:
    await troubled(room)
    text = (await room.get("/feeds")).text
    assert text.index("is gone for good") < text.index("All feeds")
    assert 'href="/feeds/problems.atom"' in text
    assert "Tags &amp; &lt;more&gt;" in text


async def test_feeds_without_problems_says_so(room: Newsroom) -> None:
    await room.configure(make_feed())
    assert "None: every feed answers" in (await room.get("/feeds")).text
