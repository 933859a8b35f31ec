"""Stories: their pages and their feeds, over a real database, through ASGI."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.ids import EntryId, StoryId
from aggregator.model.query import EntryQuery, StoryQuery
from aggregator.model.story import EventKind, StoryEvent, Veto
from aggregator.services.read import Reader
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.web.pages.story import MOST_LISTED
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import Newsroom, commanders, fill, newsroom
from tests.told import Told, tell

pytestmark = pytest.mark.anyio

ATOM = "{http://www.w3.org/2005/Atom}"
SUFFIXES = ["atom", "rss", "json"]
HOUR = timedelta(hours=1)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def _page(room: Newsroom, path: str) -> LexborHTMLParser:
    response = await room.get(path)
    assert response.status_code == 200, response.text
    return LexborHTMLParser(response.text)


async def _json(room: Newsroom, path: str) -> dict[str, Any]:
    response = await room.get(path)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = json.loads(response.text)
    return found


def _words(node: LexborNode | LexborHTMLParser | None) -> str:
    assert node is not None
    return re.sub(r" ([,:])", r"\1", " ".join(node.text(separator=" ").split()))


def _links(tree: LexborHTMLParser, selector: str) -> list[str]:
    return [link.attributes["href"] or "" for link in tree.css(f"{selector} a")]


async def _publishers(room: Newsroom, count: int) -> list[EntryId]:
    """One entry of each of so many publishers, a minute apart."""
    names = [f"p{number}" for number in range(count)]
    await room.configure(*(make_feed(name, title=name.upper(), publisher=f"Paper {name}") for name in names))
    ids: list[EntryId] = []
    for number, name in enumerate(names):
        entry = make_parsed_entry(
            name, headline=f"Quake in {name}", published_at=NOON - timedelta(minutes=count - number)
        )
        ids += await room.publish(name, entry)
    return ids


# The page of a story


async def test_a_story_s_page_says_what_happened_who_has_it_and_what_is_related(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    page = await _page(room, "/stories/1")
    assert _words(page.css_first("h1")) == "Iraq hosts military chiefs from Iran, Russia and Syria"
    assert _words(page.css_first(".kicker")) == "2 publishers report this"
    assert _words(page.css_first("header .teaser")) == "BAGHDAD: Senior Iraqi military commanders hosted their peers."
    assert [_words(each) for each in page.css(".reports h3")] == ["Arab News", "Other"]
    assert _links(page, ".reports") == [
        f"/entries/{lead}",
        "https://news.example/lead",
        f"/entries/{copy}",
        "https://news.example/copy",
    ]
    assert _links(page, "aside .headline") == ["/stories/2"]
    assert "Other · Tue, 10 Mar 2026 11:00" in _words(page.css_first("aside"))


async def test_entries_of_a_story_stand_under_their_publisher_in_order(room: Newsroom) -> None:
    await room.configure(
        make_feed("a", publisher="Paper"), make_feed("b", publisher="Agency"), make_feed("c", publisher="Paper")
    )
    (third,) = await room.publish("c", make_parsed_entry("3", published_at=NOON))
    (first,) = await room.publish("a", make_parsed_entry("1", published_at=NOON - 2 * HOUR))
    (second,) = await room.publish("b", make_parsed_entry("2", published_at=NOON - HOUR))
    await tell(room.store, Told(id=1, entries=[third, first, second]))
    page = await _page(room, "/stories/1")
    assert [_words(each) for each in page.css(".reports h3")] == ["Paper", "Agency"]
    ours = [href for href in _links(page, ".reports") if href.startswith("/")]
    assert ours == [f"/entries/{first}", f"/entries/{third}", f"/entries/{second}"]


async def test_the_timeline_tells_entries_changes_and_events_in_order_of_time(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    await room.change("arab-news", lead, commanders("Iraq hosts 5 military chiefs"), at=NOON + HOUR)
    story = StoryId(1)
    events = [
        StoryEvent(story=story, kind=EventKind.FOUNDED, at=NOON, entry=lead, detail="Arab News"),
        StoryEvent(story=story, kind=EventKind.PUBLISHER, at=NOON, entry=copy, detail="Other"),
        StoryEvent(story=story, kind=EventKind.LEAD, at=NOON + 2 * HOUR, entry=copy),
        StoryEvent(story=story, kind=EventKind.NUMBER, at=NOON + 3 * HOUR, detail="4"),
        StoryEvent(story=story, kind=EventKind.MERGED, at=NOON + 4 * HOUR, detail="7"),
        StoryEvent(story=story, kind=EventKind.SPLIT, at=NOON + 5 * HOUR, detail="2"),
    ]
    await tell(room.store, Told(id=1, entries=[lead, copy], events=events))
    told = [_words(line) for line in (await _page(room, "/stories/1")).css(".timeline li")]
    assert told == [
        "Tue, 10 Mar 2026 14:00 first reported by Arab News: Iraq hosts 5 military chiefs",
        "Tue, 10 Mar 2026 14:00 Other joined: Iraq hosts military chiefs of Iran, Russia and Syria",
        f"Tue, 10 Mar 2026 15:00 headline changed ( Arab News ): was {commanders().headline}",
        "Tue, 10 Mar 2026 16:00 now led by Other: Iraq hosts military chiefs of Iran, Russia and Syria",
        "Tue, 10 Mar 2026 17:00 another number in the headline: was 4",
        "Tue, 10 Mar 2026 18:00 merged: another story turned out to be this one",
        "Tue, 10 Mar 2026 19:00 split: parted from Syria and Russia discuss Idlib with military chiefs of Iran",
    ]


async def test_a_number_is_not_told_beside_the_headline_that_shows_it(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    await room.change("arab-news", lead, commanders("Iraq hosts 5 military chiefs"), at=NOON + HOUR)
    story = StoryId(1)
    events = [
        StoryEvent(story=story, kind=EventKind.NUMBER, at=NOON + HOUR, entry=lead, detail="4"),
        StoryEvent(story=story, kind=EventKind.LEAD, at=NOON + 2 * HOUR, entry=copy),
        StoryEvent(story=story, kind=EventKind.NUMBER, at=NOON + 2 * HOUR, entry=copy, detail="5"),
    ]
    await tell(room.store, Told(id=1, entries=[lead, copy], events=events))
    timeline = _words((await _page(room, "/stories/1")).css_first(".timeline"))
    assert "headline changed" in timeline
    assert "another number" not in timeline


async def test_stories_that_merged_at_once_are_one_line(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    events = [
        StoryEvent(story=StoryId(1), kind=EventKind.MERGED, at=NOON + hours * HOUR, detail=str(number))
        for number, hours in ((7, 1), (8, 1), (9, 2))
    ]
    await tell(room.store, Told(id=1, entries=[lead, copy], events=events))
    assert _words((await _page(room, "/stories/1")).css_first(".timeline")).count("merged") == 2


async def test_a_merged_story_that_nobody_ever_saw_is_not_told(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    merged = StoryEvent(story=StoryId(1), kind=EventKind.MERGED, at=NOON + HOUR)
    await tell(room.store, Told(id=1, entries=[lead, copy], events=[merged]))
    assert "merged" not in _words((await _page(room, "/stories/1")).css_first(".timeline"))


async def test_a_story_is_first_reported_by_the_earliest_that_is_in_it_whichever_founded_it(room: Newsroom) -> None:
    _, copy, other = await fill(room)
    founded = StoryEvent(story=StoryId(1), kind=EventKind.FOUNDED, at=NOON, entry=EntryId(99), detail="Gone")
    await tell(room.store, Told(id=1, entries=[copy, other], events=[founded]))
    timeline = (await _page(room, "/stories/1")).css(".timeline li")
    assert "first reported by Other: Syria and Russia discuss Idlib" in _words(timeline[0])
    assert sum("first reported" in _words(line) for line in timeline) == 1


async def test_who_came_first_is_not_said_to_be_like_anybody(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    await tell(room.store, Told(id=1, entries=[lead, copy]))
    why = _words((await _page(room, "/stories/1")).css_first("details.why"))
    assert "came first" in why
    assert "100 %" not in why
    assert "62 % alike" in why


async def test_why_together_gives_likeness_shared_words_and_what_a_veto_stopped(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    vetoes = (Veto(story=StoryId(2), reason="different names"), Veto(story=StoryId(99), reason="different dates"))
    await tell(room.store, Told(id=1, entries=[lead, copy], words=("chiefs", "Iran"), vetoes=vetoes))
    page = await _page(room, "/stories/1")
    why = page.css_first("details.why")
    assert why is not None
    assert "open" not in why.attributes
    assert "62 % alike: chiefs, Iran" in _words(why)
    assert "kept out of Syria and Russia discuss Idlib with military chiefs of Iran: different names" in _words(why)
    assert "kept out of another story: different dates" in _words(why)
    assert "/stories/2" in _links(page, ".why")


async def test_a_veto_of_a_story_that_merged_since_names_the_one_it_is_part_of(room: Newsroom) -> None:
    lead, copy, related = await fill(room)
    veto = Veto(story=StoryId(5), reason="different names")
    await tell(room.store, Told(id=5, entries=[related]))
    await tell(
        room.store, Told(id=1, entries=[lead, copy], vetoes=(veto,)), Told(id=2, entries=[related]), merged={5: 2}
    )
    assert "/stories/2" in _links(await _page(room, "/stories/1"), ".why")


async def test_an_entry_that_is_alone_needs_no_reason(room: Newsroom) -> None:
    await fill(room)
    assert (await _page(room, "/stories/2")).css(".why") == []


async def test_a27_everything_publishers_write_is_escaped_on_a_story_s_page(room: Newsroom) -> None:
    bad = "<img src=x onerror=alert(1)>"
    await room.configure(make_feed(publisher=bad, title=bad))
    (first,) = await room.publish("news-example", make_parsed_entry("1", headline=bad, text=bad))
    (second,) = await room.publish("news-example", make_parsed_entry("2", headline=f"{bad}{bad}"))
    await room.change("news-example", second, make_parsed_entry("2", headline=bad), at=NOON + HOUR)
    event = StoryEvent(story=StoryId(1), kind=EventKind.NUMBER, at=NOON, detail=bad)
    veto = Veto(story=StoryId(2), reason=bad)
    await tell(room.store, Told(id=1, entries=[first, second], words=(bad,), vetoes=(veto,), events=[event]))
    page = await _page(room, "/stories/1")
    assert page.css("img") == []
    assert _words(page.body).count(bad) > 8


async def test_an_arabic_story_runs_from_the_right_and_says_its_language(room: Newsroom) -> None:
    await room.configure(make_feed())
    entry = replace(make_parsed_entry(headline="قائد الجيش في بغداد", text="بغداد: التقى القادة"), language="ar")
    (number,) = await room.publish("news-example", entry)
    await tell(room.store, Told(id=1, entries=[number]))
    for path, selector in (("/stories/1", "h1"), ("/stories/1", ".reports a"), ("/stories", ".card")):
        found = (await _page(room, path)).css_first(f"main {selector}")
        assert found is not None
        assert found.attributes["dir"] == "rtl", selector


@pytest.mark.parametrize("ending", ["", ".atom", ".rss", ".json"])
async def test_a_story_that_has_merged_leads_to_the_one_it_is_now_each_kind_to_its_own(
    room: Newsroom, ending: str
) -> None:
    lead, copy, _ = await fill(room)
    await tell(room.store, Told(id=3, entries=[copy]))
    await tell(room.store, Told(id=1, entries=[lead, copy]), merged={3: 1})
    response = await room.get(f"/stories/3{ending}", host="evil.example")
    assert (response.status_code, response.headers["location"]) == (301, f"/stories/1{ending}")
    assert (await room.get(response.headers["location"])).status_code == 200


@pytest.mark.parametrize("ending", ["", ".atom", ".rss", ".json"])
async def test_a_story_whose_feeds_were_all_taken_out_is_not_there(room: Newsroom, ending: str) -> None:
    await fill(room)
    await room.configure(make_feed("arab-news", publisher="Arab News"))
    assert (await room.get(f"/stories/2{ending}")).status_code == 404
    assert (await room.get(f"/stories/1{ending}")).status_code == 200


async def test_what_is_related_but_not_shown_any_more_is_left_out(room: Newsroom) -> None:
    await fill(room)
    await room.configure(make_feed("arab-news", publisher="Arab News"))
    assert (await _page(room, "/stories/1")).css("aside") == []


# Lists of stories


async def test_stories_are_listed_the_latest_to_change_first_with_their_coverage(room: Newsroom) -> None:
    await fill(room)
    page = await _page(room, "/stories")
    assert _links(page, ".headline") == ["/stories/1", "/stories/2"]
    first, second = (_words(each) for each in page.css(".card .meta"))
    assert first == "Arab News · Tue, 10 Mar 2026 14:00 · 2 publishers"
    assert second == "Other · Tue, 10 Mar 2026 11:00"


async def test_older_stories_are_a_link_away_and_none_is_shown_twice_or_left_out(room: Newsroom) -> None:
    await room.configure(make_feed())
    ids = await room.publish("news-example", *(make_parsed_entry(str(number)) for number in range(120)))
    await tell(
        room.store,
        *(Told(id=n, entries=[each], updated_at=NOON - timedelta(minutes=n // 3)) for n, each in enumerate(ids, 1)),
    )
    path, seen, documents = "/stories", list[str](), list[str]()
    while path:
        page = await _page(room, path)
        seen += _links(page, ".headline")
        following = page.css_first("a[rel=next]")
        path = (following.attributes["href"] or "") if following else ""
    assert len(seen) == len(set(seen)) == 120
    path = "/stories.json"
    while path:
        document = await _json(room, path)
        documents += [item["_aggregator"]["page"].removeprefix("https://news.example") for item in document["items"]]
        path = document.get("next_url", "").removeprefix("https://news.example")
    assert documents == seen


async def test_without_stories_the_list_says_so(room: Newsroom) -> None:
    assert "No stories yet" in _words((await _page(room, "/stories")).body)


@pytest.mark.parametrize("path", ["/stories", "/stories/1"])
async def test_a_page_of_stories_names_its_twins(room: Newsroom, path: str) -> None:
    await fill(room)
    page = await _page(room, path)
    twins = [link.attributes["href"] for link in page.css("link[rel=alternate]")]
    assert twins == [f"{path}.{suffix}" for suffix in SUFFIXES]
    for twin in twins:
        assert (await room.get(twin or "")).status_code == 200


# The front page and entries


async def test_the_front_page_begins_with_what_many_have_and_is_fresh(room: Newsroom) -> None:
    ids = await _publishers(room, 12)
    await tell(
        room.store,
        Told(id=1, entries=ids[:2], updated_at=NOON),
        Told(id=2, entries=ids[2:6], updated_at=NOON - 23 * HOUR),
        Told(id=3, entries=ids[6:11], updated_at=NOON - 73 * HOUR),
        Told(id=4, entries=ids[11:], updated_at=NOON),
    )
    page = await _page(room, "/")
    assert _links(page, ".top .headline") == ["/stories/2", "/stories/1"], (
        "the third is too old, the fourth one publisher's"
    )
    assert "4 publishers" in _words(page.css_first(".top"))
    assert _links(page, ".top .rubric") == ["/stories"]
    assert _links(await _page(room, "/?window=24h"), ".top .headline") == ["/stories/1", "/stories/2"]
    assert _links(await _page(room, "/?window=7d"), ".top .headline") == ["/stories/2", "/stories/3", "/stories/1"]


async def test_a_top_story_names_its_publishers_and_the_first_one_what_others_say(room: Newsroom) -> None:
    ids = await _publishers(room, 9)
    await tell(room.store, Told(id=1, entries=ids[:6]), Told(id=2, entries=ids[6:]))
    first, second = (await _page(room, "/")).css(".top .row")
    assert "Paper p0, Paper p1, Paper p2, Paper p3 and 2 more" in _words(first.css_first(".meta"))
    assert _links(LexborHTMLParser(first.html or ""), ".others") == [f"/entries/{each}" for each in ids[1:5]]
    assert "Paper p6, Paper p7, Paper p8 ·" in _words(second.css_first(".meta"))
    assert second.css(".others") == []


async def test_what_would_fill_many_screens_of_a_story_is_folded_and_all_there(room: Newsroom) -> None:
    ids = await _publishers(room, MOST_LISTED + 1)
    await tell(room.store, Told(id=1, entries=ids))
    page = await _page(room, "/stories/1")
    entries = [f"/entries/{each}" for each in ids]
    assert [link for link in _links(page, ".reports") if link in entries] == entries
    assert [_words(each) for each in page.css(".rest summary")] == ["1 more publisher", "1 more, later"]
    assert [link for link in _links(page, ".rest .reports") if link in entries] == entries[-1:]


async def test_categories_are_offered_once_more_only_with_a_window_that_is_not_the_usual(room: Newsroom) -> None:
    await fill(room)
    shown = {path: _links(await _page(room, path), ".narrowing") for path in ("/", "/?window=7d")}
    assert shown["/"] == ["/?window=24h", "/?window=7d"]
    assert shown["/?window=7d"][2:] == ["/categories/middle-east?window=7d", "/categories/world?window=7d"]


async def test_news_of_one_story_stands_together_in_the_latest_and_once_in_a_section(room: Newsroom) -> None:
    await room.configure(make_feed("c", category="C"))
    await room.publish("c", make_parsed_entry("c", published_at=NOON - 2 * HOUR))
    ids = await _publishers(room, 4)
    await room.configure(
        make_feed("c", category="C"), *(make_feed(f"p{n}", title=f"P{n}", publisher=f"Paper p{n}") for n in range(4))
    )
    await tell(room.store, Told(id=1, entries=[ids[0], ids[2], ids[3]]), Told(id=2, entries=[ids[1]]))
    page = await _page(room, "/")
    latest = [f"/entries/{ids[3]}", f"/entries/{ids[1]}", "/entries/1"]
    assert _links(page, "section[aria-labelledby=latest] .headline") == latest
    assert _links(page, "section[aria-labelledby=latest] .others") == [f"/entries/{ids[2]}", f"/entries/{ids[0]}"]
    (_, section) = page.css(".sections section")
    assert _links(LexborHTMLParser(section.html or ""), ".headline") == latest[:2]


async def test_the_page_of_a_category_has_its_top_stories_then_its_entries_and_its_feeds(room: Newsroom) -> None:
    await fill(room)
    page = await _page(room, "/categories/middle-east?window=24h")
    assert _words(page.css_first("h1")) == "Middle East"
    assert _links(page, ".top .headline") == ["/stories/1"]
    assert _links(page, "section[aria-labelledby=latest] .headline") == ["/entries/1"]
    assert page.css(".sections") == []
    assert [link.attributes["href"] for link in page.css("link[type='application/rss+xml']")] == [
        "/categories/middle-east.rss"
    ]
    assert _links(page, ".narrowing") == [
        *("/categories/middle-east", "/categories/middle-east?window=7d"),
        *("/?window=24h", "/categories/world?window=24h"),
    ]
    headings = [_words(each) for each in page.css("main h2")]
    assert headings == ["Top stories", "Latest"]


async def test_a_category_ranks_by_its_own_publishers(room: Newsroom) -> None:
    ids = await _publishers(room, 7)
    world, sport = range(4), range(4, 7)
    await room.configure(
        *(make_feed(f"p{n}", title=f"P{n}", publisher=f"Paper p{n}", category="World") for n in world),
        *(make_feed(f"p{n}", title=f"P{n}", publisher=f"Paper p{n}", category="Sport") for n in sport),
    )
    await tell(room.store, Told(id=1, entries=[*ids[:4], ids[4]]), Told(id=2, entries=ids[5:]))
    assert _links(await _page(room, "/"), ".top .headline") == ["/stories/1", "/stories/2"]
    assert _links(await _page(room, "/categories/world"), ".top .headline") == ["/stories/1"]
    assert _links(await _page(room, "/categories/sport"), ".top .headline") == ["/stories/2", "/stories/1"]


async def test_what_the_front_page_is_asked_of_a_category_is_told_on_that_ones_page(room: Newsroom) -> None:
    await fill(room)
    for asked, told in (
        ("category=world", ""),
        ("window=7d&category=world", "?window=7d"),
        ("category=world&window=3d", ""),
    ):
        response = await room.get(f"/?{asked}")
        assert (response.status_code, response.headers["location"]) == (301, f"/categories/world{told}")


async def test_what_is_older_in_a_category_is_told_without_its_top_stories(room: Newsroom) -> None:
    ids = await _publishers(room, 2)
    await tell(room.store, Told(id=1, entries=ids))
    more = [make_parsed_entry(f"more {n}", published_at=NOON - (n + 1) * HOUR) for n in range(30)]
    await room.publish("p0", *more)
    path = _links(await _page(room, "/"), ".places ul + ul")[0] or ""
    first = await _page(room, path)
    (following,) = _links(first, ".paging")
    second = await _page(room, following or "")
    # Two of the 24 newest are of one story, and stand together.
    assert (len(first.css(".cards .card")), len(first.css(".cards .others li")), len(second.css(".card"))) == (23, 1, 8)
    assert (len(first.css(".top")), len(second.css(".top"))) == (1, 0)
    assert _links(second, "h1 + .meta") == [path]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/?window=1h", 400), ("/?window=", 400), ("/?category=nothing", 404), ("/categories/world?window=1h", 400)],
)
async def test_a_front_page_that_can_t_be_is_refused(room: Newsroom, path: str, status: int) -> None:
    await fill(room)
    assert (await room.get(path)).status_code == status


async def test_a_category_without_entries_says_so(room: Newsroom) -> None:
    await fill(room)
    await room.configure(make_feed("other", category="World"), make_feed("new", category="Science"))
    page = await _page(room, "/categories/science")
    assert "No entries of this category yet" in _words(page.css_first(".empty"))
    assert _links(page, ".empty") == ["/feeds?category=Science", "/"]


async def test_how_many_stories_are_new_is_one_number(room: Newsroom) -> None:
    ids = await _publishers(room, 3)
    await tell(room.store, *(Told(id=n, entries=[each], updated_at=NOON + n * HOUR) for n, each in enumerate(ids, 1)))
    fresh = (await _page(room, "/")).css_first(".fresh")
    assert fresh is not None
    assert (fresh.attributes["data-since"], fresh.attributes["data-count"]) == (
        "2026-03-10T15:00:00Z",
        "/stories-since.json",
    )
    for at, count in (("2026-03-10T15:00:00Z", "0"), ("2026-03-10T13:00:00Z", "2"), ("2026-03-10T12:59:59Z", "3")):
        response = await room.get(f"/stories-since.json?at={at}")
        assert (response.text, response.headers["content-type"]) == (count, "application/json")
        assert response.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize(
    "at", ["", "now", "20260310", "2026-03-10T15:00:00", "2026-02-30T15:00:00Z", "2026-03-10T15:00:00%2B01:00"]
)
async def test_what_is_no_time_is_refused_in_plain_text(room: Newsroom, at: str) -> None:
    response = await room.get(f"/stories-since.json?at={at}")
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/plain")
    assert "is not a time; expected one like 2018-09-02T07:50:00Z" in response.text


async def test_a_story_s_page_draws_how_coverage_grew_and_says_it(room: Newsroom) -> None:
    ids = await _publishers(room, 5)
    await tell(room.store, Told(id=1, entries=ids))
    page = await _page(room, "/stories/1")
    picture = page.css_first(".growth svg")
    assert picture is not None
    assert (picture.attributes["role"], picture.attributes["aria-labelledby"]) == ("img", "growth")
    told = "How coverage grew: 1 publisher at first, 2 after 1 min, 4 after 3 min, 5 after 4 min."
    assert _words(page.css_first("#growth")) == told


async def test_no_more_than_six_stories_are_top_stories(room: Newsroom) -> None:
    ids = await _publishers(room, 17)
    pairs = [Told(id=n, entries=ids[2 * n - 2 : 2 * n], updated_at=NOON + n * HOUR) for n in range(1, 8)]
    await tell(room.store, *pairs, Told(id=8, entries=ids[14:], updated_at=NOON))
    assert _links(await _page(room, "/"), ".top .headline") == [f"/stories/{n}" for n in (8, 7, 6, 5, 4, 3)]


async def test_the_front_page_is_quiet_where_no_story_has_two_publishers(room: Newsroom) -> None:
    (entry, _) = await _publishers(room, 2)
    await tell(room.store, Told(id=1, entries=[entry]))
    assert (await _page(room, "/")).css(".top") == []


async def test_an_entry_says_how_many_report_it_and_leads_to_the_story(room: Newsroom) -> None:
    lead, _, alone = await fill(room)
    page = await _page(room, f"/entries/{lead}")
    assert _words(page.css_first(".coverage")) == "2 publishers report this"
    assert _links(page, ".coverage") == ["/stories/1"]
    assert (await _page(room, f"/entries/{alone}")).css(".coverage") == []
    assert "/stories/1" in _links(await _page(room, "/categories/middle-east"), ".card .meta")


async def test_related_entries_lead_related_stories_at_most_as_many_as_there_are(room: Newsroom) -> None:
    lead, copy, related = await fill(room)
    for entry, other in ((lead, related), (copy, related), (related, lead)):
        assert _links(await _page(room, f"/entries/{entry}"), "aside .headline") == [f"/entries/{other}"]


async def test_an_entry_that_waits_for_its_story_has_a_page_without_one(room: Newsroom) -> None:
    await room.configure(make_feed())
    (number,) = await room.publish("news-example", make_parsed_entry())
    page = await _page(room, f"/entries/{number}")
    assert page.css(".coverage") == page.css("aside") == []


# Feeds


async def test_the_merged_feed_says_how_many_report_an_entry_and_names_the_story(room: Newsroom) -> None:
    await fill(room)
    first, second = (await _json(room, "/feed.json"))["items"]
    assert '2 publishers report this: <a href="https://news.example/stories/1">' in first["content_html"]
    assert first["_aggregator"]["story"] == {"page": "https://news.example/stories/1", "publishers": 2, "entries": 2}
    assert "report this" not in second["content_html"]
    assert [other["title"] for other in second["_aggregator"]["related"]] == [first["title"]]


async def test_the_feed_of_stories_has_one_entry_a_story(room: Newsroom) -> None:
    await fill(room)
    root = ET.fromstring((await room.get("/stories.atom")).content)
    assert [entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")] == [
        "tag:news.example,2026:stories/1",
        "tag:news.example,2026:stories/2",
    ]
    assert root.findtext(f"{ATOM}updated") == "2026-03-10T12:00:00.000001Z"
    assert {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")} == {
        "self": "https://news.example/stories.atom",
        "alternate": "https://news.example/stories",
    }


async def test_a_story_s_feed_lists_its_entries_copies_once_newest_first(room: Newsroom) -> None:
    lead, copy, related = await fill(room)
    await tell(room.store, Told(id=1, entries=[lead, copy, related]))
    document = await _json(room, "/stories/1.json")
    assert [item["_aggregator"]["page"].rpartition("/")[2] for item in document["items"]] == [str(lead), str(related)]
    assert [other["publisher"] for other in document["items"][0]["_aggregator"]["also_published_by"]] == ["Other"]
    assert document["home_page_url"] == "https://news.example/stories/1"


async def test_a_long_story_s_feed_goes_on_in_further_documents(room: Newsroom) -> None:
    await room.configure(make_feed())
    parsed = [make_parsed_entry(str(n), published_at=NOON - timedelta(minutes=n // 4)) for n in range(120)]
    ids = await room.publish("news-example", *parsed)
    await tell(room.store, Told(id=1, entries=ids))
    path, seen = "/stories/1.json", list[str]()
    while path:
        document = await _json(room, path)
        assert document["feed_url"] == f"https://news.example{path}"
        seen += [item["id"] for item in document["items"]]
        path = document.get("next_url", "").removeprefix("https://news.example")
    assert len(seen) == len(set(seen)) == 120


async def test_the_feed_of_a_story_has_another_id_than_its_entry_among_stories(room: Newsroom) -> None:
    await fill(room)
    of_one = ET.fromstring((await room.get("/stories/1.atom")).content)
    of_all = ET.fromstring((await room.get("/stories.atom")).content)
    ids = [element.text for tree in (of_one, of_all) for element in tree.iter(f"{ATOM}id")]
    of_sources = [element.text for tree in (of_one, of_all) for element in tree.iterfind(f".//{ATOM}source/{ATOM}id")]
    names = [each for each in ids if each not in of_sources]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", [f"{path}.{suffix}" for path in ("/stories", "/stories/1") for suffix in SUFFIXES])
async def test_documents_of_stories_are_not_sent_twice(room: Newsroom, path: str) -> None:
    await fill(room)
    first = await room.get(path)
    assert first.headers["cache-control"] == "public, max-age=300"
    assert re.fullmatch('"[0-9a-f]{32}(-gzip)?"', first.headers["etag"]), "strong"
    room.clock.move(timedelta(days=1))
    assert (await room.get(path, if_none_match=first.headers["etag"])).status_code == 304


async def test_an_entry_that_joins_without_news_leaves_the_date_of_its_story(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    before = (await _json(room, "/stories.json"))["items"][0]
    (late,) = await room.publish("other", make_parsed_entry("late", published_at=NOON + HOUR), at=NOON + HOUR)
    await tell(room.store, Told(id=1, entries=[lead, copy, late]))
    after = (await _json(room, "/stories.json"))["items"][0]
    assert [after[key] for key in ("id", "date_modified")] == [before[key] for key in ("id", "date_modified")]
    assert after["_aggregator"]["entries"] == before["_aggregator"]["entries"] + 1


# Costs


async def test_a_page_of_fifty_takes_as_many_queries_as_a_page_of_two(tmp_path: Path) -> None:
    statements: list[str] = []
    async with newsroom(tmp_path) as room:
        store = await SqliteStore.open(tmp_path / "news.db", tracer=lambda sql, _: statements.append(sql))
        reader = Reader(store)
        ids = await _publishers(room, 50)
        told = [Told(id=n, entries=[each], related={n - 1: 0.5} if n > 1 else {}) for n, each in enumerate(ids, 1)]
        await tell(room.store, *told)
        counts = []
        for limit in (2, 50):
            statements.clear()
            await reader.contents(EntryQuery(limit=limit))
            await reader.story_contents(StoryQuery(limit=limit), events=True)
            counts.append(len([sql for sql in statements if sql.lstrip().startswith(("SELECT", "WITH"))]))
        await store.aclose()
    assert counts[0] == counts[1] <= 32, "sixteen a document"
