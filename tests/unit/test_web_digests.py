"""Digests over the web, from an archive in memory, through ASGI."""

import itertools
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.digest import Digest, DigestPlan, SectionKind
from aggregator.web.pages.digest_documents import DIGESTS
from aggregator.web.pages.digest_lists import DAYS_CAUGHT_UP, DAYS_LISTED, later_than
from tests.digest_archive import Archive, days_of_digests
from tests.digest_made import BEIRUT, SUNDAY, make_digest, make_item, make_section, whole_digest
from tests.newsroom import Newsroom, newsroom

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"
MONDAY = SUNDAY + timedelta(days=1)
PLANS = (DigestPlan(), DigestPlan(name="weekly", title="The week", weekday=0))


@asynccontextmanager
async def site_of(folder: Path, *digests: Digest, plans: Sequence[DigestPlan] = PLANS) -> AsyncIterator[Newsroom]:
    running = make_digest(make_section(SectionKind.TOP, "Top stories", make_item(9, headline="Just in")), day=MONDAY)
    running = replace(running, end=datetime(2018, 9, 2, 15, tzinfo=BEIRUT))
    async with newsroom(folder, digests=Archive(*digests, plans=plans, running=running)) as made:
        made.clock.move(running.end - made.clock.now())
        yield made


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    weekly = make_digest(day=SUNDAY, name="weekly", title="The week", days=7)
    async with site_of(tmp_path, whole_digest(), *days_of_digests(3, last=date(2018, 9, 1)), weekly) as made:
        yield made


async def _page(room: Newsroom, path: str, *, status: int = 200) -> LexborHTMLParser:
    response = await room.get(path)
    assert response.status_code == status, response.text
    return LexborHTMLParser(response.text)


def _words(node: LexborNode | LexborHTMLParser | None) -> str:
    assert node is not None
    return " ".join(node.text(separator=" ").split())


def _links(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [node.attributes["href"] or "" for node in tree.css(selector)]


# The page of a day


async def test_a_digest_is_a_page_with_its_sections_in_order(room: Newsroom) -> None:
    page = await _page(room, "/digests/2018-09-02")
    assert _words(page.css_first("h1")) == "Sunday, 2 September 2018"
    assert [_words(each) for each in page.css("main .rubric")] == [
        "Top stories",
        "Developing",
        "Économie & Cie",
        "From quiet feeds",
        "In brief",
    ]
    assert "8 of 312 stories, from 1,204 entries of 60 publishers" in _words(page.css_first(".dateline"))


async def test_an_item_leads_to_its_story_its_article_and_what_is_related(room: Newsroom) -> None:
    first = (await _page(room, "/digests/2018-09-02")).css_first("#story-1")
    assert first is not None
    assert [node.attributes["href"] for node in first.css("a")] == [
        "/stories/1",
        "/stories/1#coverage",
        "https://example.org/1",
        "/stories/71",
        "/stories/72",
    ]
    assert 'Iraq hosts "military chiefs" & <others> from Iran' in _words(first.css_first(".headline"))
    assert "Arab News , also AFP , الشرق , B & C and 3 more · Sat 13:07" in _words(first.css_first(".meta"))


async def test_an_item_without_an_address_has_no_original(room: Newsroom) -> None:
    page = await _page(room, "/digests/2018-09-02")
    assert _links(page, "#story-4 a") == ["/stories/4"]


async def test_what_changed_is_said_where_a_story_was_told_before(room: Newsroom) -> None:
    page = await _page(room, "/digests/2018-09-02")
    assert _words(page.css_first("#story-3 .changed")) == (
        "New: 3 more publishers: AFP, Echo, Figaro; another headline. Before: Rain in *Kerala*"
    )
    assert len(page.css(".changed")) == 2


async def test_each_item_has_its_own_language_and_direction(room: Newsroom) -> None:
    page = await _page(room, "/digests/2018-09-02")
    told = {each.attributes["id"]: each.attributes for each in page.css(".told, .briefs li")}
    assert (told["story-2"]["lang"], told["story-2"]["dir"]) == ("ar", "rtl")
    assert (told["story-1"]["lang"], told["story-1"]["dir"]) == ("en", "auto")
    assert "lang" not in told["story-7"], "'!' is no language"


async def test_a_digest_leads_to_the_ones_beside_it(room: Newsroom) -> None:
    page = await _page(room, "/digests/2018-09-01")
    assert _links(page, ".dateline [rel=prev]") == ["/digests/2018-08-31"]
    assert _links(page, ".dateline [rel=next]") == ["/digests/2018-09-02"]
    assert not (await _page(room, "/digests/2018-09-02")).css("[rel=next]")


async def test_a_digest_of_another_name_has_its_own_address(room: Newsroom) -> None:
    page = await _page(room, "/digests/weekly/2018-09-02")
    assert _words(page.css_first("h1")) == "The 7 days to Sunday, 2 September 2018"
    assert _words(page.css_first(".kicker")) == "The week"
    assert _links(page, "main .days a") == ["/digests/weekly"] * 2
    assert "Sat, 1 Sep 13:07" in _words(page.css_first(".told .meta"))


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/digests/daily", "/digests"),
        ("/digests/daily/2018-09-02", "/digests/2018-09-02"),
        ("/digests/daily/today", "/digests/today"),
        ("/digests/daily.atom?since=2018-09-01", "/digests.atom?since=2018-09-01"),
    ],
)
async def test_a_digest_has_one_address(room: Newsroom, path: str, to: str) -> None:
    response = await room.get(path)
    assert (response.status_code, response.headers["location"]) == (308, to)


async def test_the_running_day_is_marked_as_a_preview(room: Newsroom) -> None:
    page = await _page(room, "/digests/today")
    assert _words(page.css_first("h1")) == "Monday, 3 September 2018, so far"
    assert "A preview: the day is not over" in _words(page.css_first(".note"))
    assert _links(page, "main .days [rel=prev]") == ["/digests/2018-09-02"]
    assert "A preview" not in _words((await _page(room, "/digests/2018-09-02")).body)


async def test_a_digest_without_stories_says_so(tmp_path: Path) -> None:
    empty = replace(make_digest(), sections=())
    async with site_of(tmp_path, empty) as room:
        page = await _page(room, "/digests/2018-09-02")
        assert "Nothing was published in these hours, as far" in _words(page.body)


# Days without a digest


@pytest.mark.parametrize(
    ("day", "nearest"),
    [
        ("2018-08-01", ["/digests/2018-08-30"]),
        ("2018-12-24", ["/digests/2018-09-02"]),
        ("0001-01-01", ["/digests/2018-08-30"]),
        ("9999-12-31", ["/digests/2018-09-02"]),
    ],
)
async def test_a_day_without_a_digest_leads_to_the_nearest_days(room: Newsroom, day: str, nearest: list[str]) -> None:
    page = await _page(room, f"/digests/{day}", status=404)
    assert "There is none of that day. The nearest is here" in _words(page.body)
    assert [each for each in _links(page, "main .days a") if each != "/digests"] == nearest


async def test_a_day_between_two_digests_leads_to_both(tmp_path: Path) -> None:
    async with site_of(tmp_path, make_digest(), make_digest(day=date(2018, 8, 30))) as room:
        page = await _page(room, "/digests/2018-09-01", status=404)
        assert _links(page, "main .days a") == ["/digests/2018-08-30", "/digests", "/digests/2018-09-02"]


async def test_the_running_day_asked_for_by_its_date_leads_to_the_preview(room: Newsroom) -> None:
    page = await _page(room, "/digests/2018-09-03", status=404)
    assert "That day is not over yet" in _words(page.body)
    assert "/digests/today" in _links(page, "main a")


@pytest.mark.parametrize(
    "path", ["/digests/yesterday", "/digests/no/2018-09-02", "/digests/no/today", "/digests/a%00/today"]
)
async def test_a_name_that_no_digest_has_is_not_found_and_those_there_are_are_named(room: Newsroom, path: str) -> None:
    page = await _page(room, path, status=404)
    assert "neither a day like 2018-09-02 nor the name of a digest (daily, weekly)" in _words(page.body)


async def test_digests_of_a_name_that_feeds_yaml_no_longer_has_stay_where_they_are(tmp_path: Path) -> None:
    async with site_of(tmp_path, make_digest(name="old"), plans=PLANS[:1]) as room:
        assert "Top stories" in _words((await _page(room, "/digests/old/2018-09-02")).body)
        assert _links(await _page(room, "/digests/old"), ".month li > a") == ["/digests/old/2018-09-02"]
        assert "orders no digest named 'old'" in _words((await _page(room, "/digests/old/today", status=404)).body)


async def test_a_site_without_any_digest_says_so(tmp_path: Path) -> None:
    async with site_of(tmp_path, plans=()) as room:
        assert "No digest has been made yet." in _words((await _page(room, "/digests")).body)
        await _page(room, "/digests/today", status=404)
        await _page(room, "/digests/2018-09-02", status=404)
        assert (await room.get("/digests.atom")).status_code == 200


# The list


async def test_the_list_has_digests_by_month_newest_first(room: Newsroom) -> None:
    page = await _page(room, "/digests")
    assert [_words(each) for each in page.css("main .rubric")] == ["September 2018", "August 2018"]
    assert _links(page, ".month li > a") == [
        f"/digests/{day}" for day in ("2018-09-02", "2018-09-01", "2018-08-31", "2018-08-30")
    ]
    first = _words(page.css_first(".month li"))
    assert first.startswith('Sun, 2 Sep Iraq hosts "military chiefs" & <others>')
    assert first.endswith("and 5 more")


async def test_the_list_leads_to_the_running_day_and_to_digests_of_other_names(room: Newsroom) -> None:
    page = await _page(room, "/digests")
    assert _links(page, "main .days a") == ["/digests/today", "/digests/weekly"]
    assert _links(await _page(room, "/digests/weekly"), "main .days a") == ["/digests/weekly/today", "/digests"]


async def test_page_by_page_the_list_has_every_digest_once(tmp_path: Path) -> None:
    made = days_of_digests(2 * DAYS_LISTED + 5)
    async with site_of(tmp_path, *made) as room:
        path, found = "/digests", list[str]()
        for _ in range(3):
            page = await _page(room, path)
            found += _links(page, ".month li > a")
            path = f"{(_links(page, '.paging a') or [''])[0]}"
        assert path == ""
        assert found == [f"/digests/{digest.date}" for digest in made]


async def test_a_list_that_ends_with_a_page_leads_no_further(tmp_path: Path) -> None:
    async with site_of(tmp_path, *days_of_digests(DAYS_LISTED)) as room:
        assert not (await _page(room, "/digests")).css(".paging")
        assert "There is no older digest" in _words((await _page(room, "/digests?before=2018-01-01")).body)


# What is new since


async def test_a_page_carries_the_time_of_what_it_shows(room: Newsroom) -> None:
    for path, since in {
        "/digests/2018-09-02": "/digests?since=2018-09-02T03:00:00Z",
        "/digests": "/digests?since=2018-09-02T03:00:00Z",
        "/digests/today": "/digests?since=2018-09-02T12:00:00Z",
        "/digests/weekly/2018-09-02": "/digests/weekly?since=2018-09-02T03:00:00Z",
        "/digests?since=2018-09-01": "/digests?since=2018-09-02T12:00:00Z",
    }.items():
        assert _links(await _page(room, path), ".since a") == [since], path


async def test_new_since_shows_later_digests_and_the_running_day(room: Newsroom) -> None:
    page = await _page(room, "/digests?since=2018-09-01T03:00:00Z")
    assert [_words(each) for each in page.css(".day > h2")] == [
        "Monday, 3 September 2018, so far",
        "Sunday, 2 September 2018",
    ]
    assert _links(page, ".day > h2 a") == ["/digests/today", "/digests/2018-09-02"]


async def test_after_the_link_of_a_page_nothing_of_that_page_is_new(room: Newsroom) -> None:
    page = await _page(room, "/digests?since=2018-09-02T12:00:00Z")
    assert not page.css(".day")
    assert "Nothing new since then" in _words(page.body)


async def test_of_a_period_that_had_begun_what_came_later_or_changed_is_new(room: Newsroom) -> None:
    page = await _page(room, "/digests?since=2018-09-01T20:00:00Z")
    sunday = [_words(each) for each in page.css(".day:nth-of-type(2) :is(.headline, .briefs li > a)")]
    assert sunday == ["3. Flood in Kerala", "Again"]


def test_what_was_published_before_a_period_but_told_in_it_is_new() -> None:
    item = make_item(at=make_digest().start - timedelta(hours=1))
    digest = make_digest(make_section(SectionKind.TOP, "Top stories", item))
    found = later_than(digest, digest.end - timedelta(hours=1))
    assert found is not None
    assert found.items == (item,)


def test_what_is_left_of_a_digest_depends_on_the_time_alone() -> None:
    digest = whole_digest()
    assert later_than(digest, digest.end) is None
    assert later_than(digest, digest.start) == digest
    before = later_than(digest, digest.items[0].at)
    assert before is not None
    assert len(before.items) == 8, "what was published at that very moment is new"


async def test_who_was_away_for_long_is_told_that_there_is_more(tmp_path: Path) -> None:
    async with site_of(tmp_path, *days_of_digests(DAYS_CAUGHT_UP + 2)) as room:
        page = await _page(room, "/digests?since=2018-01-01")
        assert "More has come than a page holds" in _words(page.body)
        assert len(page.css(".day")) == DAYS_CAUGHT_UP + 1
        recent = await _page(room, "/digests?since=2018-08-30")
        assert "More has come" not in _words(recent.body)


@pytest.mark.parametrize("since", ["2018-09-01T00:00:00Z", "2018-09-01T03:00:00+03:00", "2018-09-01T03:00"])
async def test_a_time_may_be_written_with_any_offset_or_as_the_site_s_own(room: Newsroom, since: str) -> None:
    page = await _page(room, f"/digests?since={since}")
    assert _words(page.css_first("h1")) == "New since Sat, 01 Sep 2018 03:00"


@pytest.mark.parametrize("path", ["/digests", "/digests/weekly", "/digests.atom", "/digests/weekly.json"])
@pytest.mark.parametrize(
    "wrong",
    [
        "since=",
        "since=yesterday",
        "since=2018-02-30",
        "since=1%00",
        "since=0001-01-01",
        "since=9999-12-31T23:59:59-23:59",
        "since=2018-09-01T25:00:00Z",
        "since=1535846400",
        "before=x",
        "before=2018-13-01",
    ],
)
async def test_a_time_that_can_t_be_is_a_400_that_says_what_was_expected(room: Newsroom, path: str, wrong: str) -> None:
    page = await _page(room, f"{path}?{wrong}", status=400)
    assert "like 2018-09-02" in _words(page.body)


# Feeds


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("atom", "application/atom+xml"), ("rss", "application/rss+xml"), ("json", "application/feed+json")],
)
async def test_every_list_has_its_three_feeds(room: Newsroom, suffix: str, kind: str) -> None:
    for path in ("/digests", "/digests/weekly"):
        response = await room.get(f"{path}.{suffix}")
        assert (response.status_code, response.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        page = await _page(room, path)
        assert f"{path}.{suffix}" in _links(page, "head link[rel=alternate]")


async def test_a_feed_has_one_entry_a_digest_with_the_whole_digest_as_content(room: Newsroom) -> None:
    items = json.loads((await room.get("/digests.json")).text)["items"]
    assert [item["url"] for item in items] == [
        f"https://news.example/digests/{day}" for day in ("2018-09-02", "2018-09-01", "2018-08-31", "2018-08-30")
    ]
    assert items[0]["id"] == "tag:news.example,2026:digests/daily/2018-09-02"
    assert items[0]["date_modified"] == "2018-09-02T03:00:00Z"
    content = LexborHTMLParser(items[0]["content_html"])
    assert len(content.css("article, li")) == 8


async def test_page_by_page_a_feed_has_every_digest_once(tmp_path: Path) -> None:
    made = days_of_digests(2 * DIGESTS + 3)
    async with site_of(tmp_path, *made) as room:
        url, found = "https://news.example/digests.atom", list[str]()
        while url:
            root = ET.fromstring((await room.get(url.removeprefix("https://news.example"))).content)
            links = {link.get("rel"): link.get("href") or "" for link in root.findall(f"{ATOM}link")}
            assert links["self"] == url
            found += [each.findtext(f"{ATOM}id") or "" for each in root.findall(f"{ATOM}entry")]
            url = links.get("next", "")
        assert found == [f"tag:news.example,2026:digests/daily/{digest.date}" for digest in made]


async def test_a_feed_since_a_time_has_later_digests_alone_and_is_the_same_feed(room: Newsroom) -> None:
    root = ET.fromstring((await room.get("/digests.atom?since=2018-09-01T03:00:00Z")).content)
    assert [each.findtext(f"{ATOM}title") for each in root.findall(f"{ATOM}entry")] == [
        "Related Stories: Sunday, 2 September 2018"
    ]
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links["self"] == "https://news.example/digests.atom?since=2018-09-01T03:00:00Z"
    assert root.findtext(f"{ATOM}id") == "tag:news.example,2026:digests"


async def test_where_feeds_yaml_orders_no_daily_digest_the_first_stands_in_its_place(tmp_path: Path) -> None:
    async with site_of(tmp_path, make_digest(name="weekly", days=7), plans=PLANS[1:]) as room:
        assert _links(await _page(room, "/digests"), ".month li > a") == ["/digests/weekly/2018-09-02"]
        assert (await room.get("/digests.atom")).headers["location"] == "/digests/weekly.atom"
        assert "Just in" in _words((await _page(room, "/digests/today")).body)


# All pages of digests

PATHS = [
    "/digests",
    "/digests/2018-09-02",
    "/digests/today",
    "/digests/weekly",
    "/digests?since=2018-08-30",
    "/digests/2018-08-01",
]


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_has_one_main_heading_levels_in_order_and_unique_ids(room: Newsroom, path: str) -> None:
    tree = LexborHTMLParser((await room.get(path)).text)
    assert len(tree.css("h1")) == 1
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    levels = [int((node.tag or "h0")[1]) for node in tree.css("h1, h2, h3, h4")]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


@pytest.mark.parametrize("path", PATHS[:5])
async def test_no_page_leads_to_a_digest_that_is_not_there(room: Newsroom, path: str) -> None:
    addresses = set(_links(await _page(room, path), "[href^='/digests']"))
    assert addresses
    for address in addresses:
        assert (await room.get(address)).status_code == 200, address


@pytest.mark.parametrize("path", [*PATHS[:5], "/digests.atom", "/digests.rss", "/digests.json"])
async def test_a_page_stays_as_it_is_while_nothing_happens(room: Newsroom, path: str) -> None:
    first = await room.get(path)
    room.clock.move(timedelta(minutes=7))
    assert (await room.get(path, if_none_match=first.headers["etag"])).status_code == 304


async def test_the_front_page_leads_to_the_newest_digest(room: Newsroom) -> None:
    page = await _page(room, "/")
    assert _links(page, ".morning a") == ["/digests/2018-09-02"]
    assert "Sunday, 2 September 2018" in _words(page.css_first(".morning"))
