"""Searching over the web, and searches as feeds."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import Newsroom, fill, newsroom
from tests.published import make_site

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def page_of(room: Newsroom, path: str, *, status: int = 200) -> LexborHTMLParser:
    response = await room.get(path)
    assert response.status_code == status, response.text
    return LexborHTMLParser(response.text)


def marks(page: LexborHTMLParser) -> list[str]:
    return [mark.text() for mark in page.css("mark")]


async def many(room: Newsroom, count: int) -> None:
    await room.configure(make_feed("a"))
    made = [
        make_parsed_entry(str(n), headline=f"Gale {n}", text="", published_at=NOON - timedelta(minutes=n))
        for n in range(count)
    ]
    await room.publish("a", *made)


async def test_what_was_asked_for_is_marked_in_headline_and_text(room: Newsroom) -> None:
    await fill(room)
    page = await page_of(room, "/search?q=military+baghdad+-idlib")
    assert marks(page) == ["military", "BAGHDAD", "military"]
    assert len(page.css(".row")) == 1


async def test_marks_are_the_only_markup_in_what_is_shown(room: Newsroom) -> None:
    await room.configure(make_feed("a"))
    await room.publish("a", make_parsed_entry("1", headline="<b>gale</b> & <script>", text="<mark>gale</mark> & co"))
    html = (await room.get("/search?q=gale")).text
    assert "&lt;b&gt;<mark>gale</mark>&lt;/b&gt; &amp; &lt;script&gt;" in html
    assert "&lt;mark&gt;<mark>gale</mark>&lt;/mark&gt; &amp; co" in html


@pytest.mark.parametrize(
    ("headline", "text", "query", "marked"),
    [
        ("السعودية والكويت", "اتفاق بين السعودية والعراق", "السعوديه", ["السعودية", "السعودية"]),
        ("東京都知事が記者会見", "", "知事", ["知事"]),
        ("Long", "word " * 2000 + "gale", "long gale", ["Long"]),
        ("", "", "feed:a", []),
    ],
)
async def test_arabic_chinese_long_and_empty_entries_are_shown(
    room: Newsroom, headline: str, text: str, query: str, marked: list[str]
) -> None:
    await room.configure(make_feed("a"))
    await room.publish("a", make_parsed_entry("1", headline=headline, text=text, language=None))
    page = await page_of(room, f"/search?q={query}")
    assert len(page.css(".row")) == 1
    assert marks(page) == marked
    teaser = page.css_first(".teaser")
    assert teaser is None or len(teaser.text()) < 260


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('"gale', "column 1: this quote is not closed"),
        ("gale OR", "column 8: expected a word after OR"),
        ("gale after:soon", "column 6: 'soon' is not a day; expected after:YYYY-MM-DD or after:YYYY-MM"),
    ],
)
async def test_a_bad_query_comes_back_in_the_field_with_what_is_wrong(room: Newsroom, query: str, said: str) -> None:
    response = await room.client.get("/search", params={"q": query})
    assert response.status_code == 400
    assert response.headers["cache-control"] == "no-store"
    page = LexborHTMLParser(response.text)
    (problem,) = page.css("#problem")
    (field,) = page.css("#q")
    assert problem.text().startswith(said)
    assert (field.attributes["value"], field.attributes["aria-describedby"]) == (query, "problem")
    assert page.css('link[rel="alternate"]') == []


async def test_pages_of_both_orders_lead_through_everything_once(room: Newsroom) -> None:
    await many(room, 120)
    for sort in ("best", "newest"):
        path, found, pages = f"/search?q=gale&sort={sort}", list[str](), 0
        while path:
            page = await page_of(room, path)
            found += [link.attributes["href"] or "" for link in page.css(".row .headline a")]
            further = page.css_first('a[rel="next"]')
            path = (further.attributes["href"] or "") if further else ""
            pages += 1
        assert (len(found), len(set(found)), pages) == (120, 120, 5)


async def test_orders_are_plain_links_and_the_present_one_is_none(room: Newsroom) -> None:
    await many(room, 2)
    page = await page_of(room, "/search?q=gale+%22gale+1%22")
    links = [link.attributes["href"] for link in page.css(".column > .meta a")]
    assert links == ["/search?q=gale+%22gale+1%22&sort=newest"]
    assert [each.text() for each in page.css('.meta [aria-current="true"]')] == ["best first"]
    assert (await page_of(room, "/search?q=feed:a")).css(".column > .meta a") == []


@pytest.mark.parametrize("path", ["sort=worst", "after=x", "sort=newest&after=MSsy", "after=MTIuMQ"])
async def test_an_order_or_mark_that_is_none_is_refused(room: Newsroom, path: str) -> None:
    page = await page_of(room, f"/search?q=gale&{path}", status=400)
    assert page.css("#problem")


async def test_a_name_that_nothing_goes_by_is_said(room: Newsroom) -> None:
    await fill(room)
    body = (await page_of(room, "/search?q=chiefs+publisher:reuters")).body
    assert body is not None
    assert "No publisher is called reuters" in " ".join(body.text().split())


async def test_behind_the_last_page_there_is_a_way_back(room: Newsroom) -> None:
    await many(room, 1)
    page = await page_of(room, "/search?q=gale&sort=newest&after=MS4x")
    assert [link.attributes["href"] for link in page.css(".empty a")] == ["/search?q=gale"]


@pytest.mark.parametrize("path", ["/categories/world", "/feeds/a", "/"])
async def test_behind_the_last_entry_of_a_list_there_is_a_way_back(room: Newsroom, path: str) -> None:
    await many(room, 1)
    page = await page_of(room, f"{path}?after=MS4x")
    assert [link.attributes["href"] for link in page.css(".empty a")] == [path]


# --- as feeds ---


async def test_a_search_advertises_its_twins(room: Newsroom) -> None:
    await fill(room)
    page = await page_of(room, "/search?q=chiefs+-idlib")
    twins = [link.attributes["href"] for link in page.css('link[rel="alternate"]')]
    assert twins == [f"/search.{suffix}?q=chiefs+-idlib" for suffix in ("atom", "rss", "json")]
    for twin in twins:
        assert (await room.get(twin or "")).status_code == 200
    assert (await page_of(room, "/search")).css('link[rel="alternate"]') == []


async def test_a_saved_search_is_a_feed_newest_first(room: Newsroom) -> None:
    await fill(room)
    document = await room.get("/search.atom?q=military+chiefs&sort=best")
    root = ET.fromstring(document.content)
    assert [entry.findtext(f"{ATOM}title") for entry in root.findall(f"{ATOM}entry")] == [
        "Iraq hosts military chiefs from Iran, Russia and Syria",
        "Syria and Russia discuss Idlib with military chiefs of Iran",
    ]
    assert root.findtext(f"{ATOM}title") == "Related Stories: military chiefs"
    assert root.findtext(f"{ATOM}id") == "tag:news.example,2026:search/military%20chiefs"
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")} == {
        "self": "https://news.example/search.atom?q=military+chiefs",
        "alternate": "https://news.example/search?q=military+chiefs",
    }
    assert document.headers["cache-control"] == "public, max-age=300"
    held = await room.get("/search.atom?q=military+chiefs&sort=best", if_none_match=document.headers["etag"])
    assert held.status_code == 304


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
async def test_a_long_search_goes_on_in_further_documents(room: Newsroom, suffix: str) -> None:
    await many(room, 120)
    path, ids = f"/search.{suffix}?q=gale+-%22gale+7%22", list[str]()
    while path:
        text = (await room.get(path)).text
        if suffix == "json":
            document = json.loads(text)
            assert document["feed_url"] == f"https://news.example{path}"
            ids += [item["id"] for item in document["items"]]
            following = document.get("next_url", "")
        else:
            ids += re.findall(r"tag:news\.example,2026:copies/\d+", text)
            found = re.search(r'rel="next"[^>]*href="([^"]*)"', text)
            following = found[1].replace("&amp;", "&") if found else ""
        path = following.removeprefix("https://news.example")
    assert len(ids) == len(set(ids)) == 119


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
@pytest.mark.parametrize(
    ("query", "said"),
    [("?q=%22gale", "column 1: "), ("", "q is empty"), ("?q=gale&after=x", "after='x' is not the mark")],
)
async def test_a_bad_search_is_no_feed_and_says_why_in_plain_text(
    room: Newsroom, suffix: str, query: str, said: str
) -> None:
    response = await room.get(f"/search.{suffix}{query}")
    assert (response.status_code, response.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert response.text.startswith(said)


async def test_spellings_of_one_search_are_one_feed(room: Newsroom) -> None:
    ids = {
        ET.fromstring((await room.get(f"/search.atom?q={query}")).content).findtext(f"{ATOM}id")
        for query in ("gale+feed:a", "++gale++feed:%22a%22", "feed:a+%22gale%22")
    }
    assert len(ids) == 1


async def test_days_of_a_search_are_those_of_the_site(tmp_path: Path) -> None:
    for timezone, count in (("Pacific/Kiritimati", 1), ("Pacific/Honolulu", 0)):
        folder = tmp_path / count.__str__()
        folder.mkdir()
        async with newsroom(folder, site=make_site(timezone=timezone)) as room:
            await room.configure(make_feed("a"))
            await room.publish("a", make_parsed_entry("1"))
            assert len((await page_of(room, "/search?q=feed:a+after:2026-03-11")).css(".row")) == count


# --- archives ---


def history(text: str, relation: str) -> str:
    found = re.search(rf'rel="{relation}"[^>]*href="([^"]*)"', text)
    return found[1].replace("&amp;", "&").removeprefix("https://news.example") if found else ""


@pytest.mark.parametrize("suffix", ["atom", "rss"])
@pytest.mark.parametrize("path", ["/feed", "/categories/world", "/feeds/a"])
async def test_a_whole_history_is_read_back_through_archives_every_entry_once(
    room: Newsroom, path: str, suffix: str
) -> None:
    await many(room, 333)
    current = (await room.get(f"{path}.{suffix}")).text
    assert "fh:archive" not in current
    assert not history(current, "next")
    known = set(re.findall(r"copies/(\d+)", current))
    assert len(known) == 50
    at, archived = history(current, "prev-archive"), list[str]()
    while at:
        assert parse_qs(urlsplit(at).query).keys() == {"archive"}
        response = await room.get(at)
        assert response.headers["cache-control"] == "public, max-age=86400"
        document = response.text
        assert len(list(ET.fromstring(document).iter("{http://purl.org/syndication/history/1.0}archive"))) == 1
        assert history(document, "current") == f"{path}.{suffix}"
        assert history(document, "self") == at
        archived += re.findall(r"copies/(\d+)", document)
        at = history(document, "prev-archive")
        if at:
            assert history((await room.get(at)).text, "next-archive") == history(document, "self"), "and back again"
    assert len(archived) == len(set(archived))
    assert len(known | set(archived)) == 333


@pytest.mark.parametrize("suffix", ["atom", "rss"])
async def test_an_archive_is_the_same_when_newer_entries_have_come(room: Newsroom, suffix: str) -> None:
    await many(room, 333)
    newest = history((await room.get(f"/feed.{suffix}")).text, "prev-archive")
    first = (await room.get(newest)).text
    address = history(first, "prev-archive")
    before = await room.get(address)
    newer = [
        make_parsed_entry(f"n{n}", headline=f"Gale anew {n}", text="", published_at=NOON + timedelta(minutes=n))
        for n in range(80)
    ]
    await room.publish("a", *newer, at=NOON + timedelta(days=1))
    after = await room.get(address, if_none_match=before.headers["etag"])
    assert after.status_code == 304
    assert (await room.get(address)).content == before.content
    # What came after the newest one was not known yet: that alone is told in addition, once.
    told = [line for line in (await room.get(newest)).text.splitlines() if 'rel="next-archive"' not in line]
    assert told == [line for line in first.splitlines() if 'rel="next-archive"' not in line]


async def test_archives_begin_where_every_newer_document_finds_them(room: Newsroom) -> None:
    await many(room, 333)
    first = history((await room.get("/feed.atom")).text, "prev-archive")
    second = history((await room.get(first)).text, "prev-archive")
    newer = [make_parsed_entry(f"n{n}", text="", published_at=NOON + timedelta(minutes=n)) for n in range(120)]
    await room.publish("a", *newer, at=NOON + timedelta(days=1))
    at, met = history((await room.get("/feed.atom")).text, "prev-archive"), list[str]()
    while at:
        met.append(at)
        at = history((await room.get(at)).text, "prev-archive")
    assert second in met


async def test_a_short_feed_has_no_archive_and_json_goes_on_page_by_page(room: Newsroom) -> None:
    await many(room, 60)
    assert "next_url" in json.loads((await room.get("/feed.json")).text)
    await room.configure(make_feed("b"))
    await room.publish("b", make_parsed_entry("1"))
    assert not history((await room.get("/feeds/b.atom")).text, "prev-archive")


@pytest.mark.parametrize("mark", ["x", "", "MS4tMQ", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"])
async def test_a_mark_of_no_archive_is_refused_in_plain_text(room: Newsroom, mark: str) -> None:
    response = await room.get(f"/feed.atom?archive={mark}")
    assert (response.status_code, response.headers["content-type"]) == (400, "text/plain; charset=utf-8")
