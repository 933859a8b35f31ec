"""Every page, over a real database, through ASGI."""

import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.config.read import parse
from aggregator.model.entry import Byline, Enclosure, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import FeedState, Move, Outcome
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause, PollRecord
from aggregator.model.push import PushStage, Subscription
from aggregator.text.html import from_text
from aggregator.web.rendering import static_mark
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import POLLED, Newsroom, commanders, fill, newsroom
from tests.published import make_site

pytestmark = pytest.mark.anyio


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def _page(room: Newsroom, path: str, *, status: int = 200) -> LexborHTMLParser:
    response = await room.get(path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return LexborHTMLParser(response.text)


def _words(node: LexborNode | LexborHTMLParser | None) -> str:
    assert node is not None
    return " ".join(node.text(separator=" ").split())


def _one(tree: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    (found,) = tree.css(selector)
    return found


def _links(tree: LexborHTMLParser | LexborNode, selector: str) -> list[tuple[str, str | None]]:
    return [(_words(link), link.attributes["href"]) for link in tree.css(f"{selector} a")]


# The front page


@pytest.mark.parametrize("path", ["/", "/feeds"])
async def test_without_feeds_a_page_shows_the_lines_that_add_one(room: Newsroom, path: str) -> None:
    page = await _page(room, path)
    assert "Add one with four lines in feeds.yaml; aggregator serve applies them within seconds" in " ".join(
        _words(page.body).replace(" ;", ";").split()
    )
    (feed,) = parse(_one(page, "pre").text(), file="page").feeds
    assert (feed.title, feed.publisher, feed.category) == ("Arab News", "Arab News", "Middle East")


async def test_before_the_first_poll_the_front_page_says_what_to_run(room: Newsroom) -> None:
    await room.configure(make_feed())
    words = _words((await _page(room, "/")).body)
    assert "No feeds have been polled yet. Run aggregator poll --all" in words


async def test_when_polls_brought_nothing_the_front_page_leads_to_the_feeds(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", POLLED)
    words = _words((await _page(room, "/")).body)
    assert "No feeds have been polled yet" not in words
    assert "brought no entries" in words


async def test_the_front_page_lists_news_once_with_who_else_published_it(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    latest = _one(await _page(room, "/"), "section[aria-labelledby=latest]")
    headlines = _links(latest, ".headline")
    assert headlines[0] == ("Iraq hosts military chiefs from Iran, Russia and Syria", f"/entries/{lead}")
    assert len(headlines) == 2
    assert _links(latest, ".also") == [("Other", f"/entries/{copy}")]
    assert "Arab News · Tue, 10 Mar 2026 14:00" in _words(latest)
    assert "BAGHDAD: Senior Iraqi military commanders" in _words(latest)


async def test_the_front_page_has_a_section_for_every_category_that_has_entries(room: Newsroom) -> None:
    await fill(room)
    page = await _page(room, "/")
    assert _links(page, ".sections .rubric") == [
        ("Middle East", "/categories/middle-east"),
        ("World", "/categories/world"),
    ]


async def test_a_section_has_room_for_publishers_that_write_seldom_and_leads_to_more(room: Newsroom) -> None:
    await room.configure(
        make_feed("busy", publisher="Busy"), make_feed("quiet", publisher="Quiet"), make_feed("c", category="C")
    )
    often = [make_parsed_entry(f"b{n}", published_at=NOON - timedelta(minutes=n)) for n in range(20)]
    await room.publish("busy", *often)
    await room.publish("c", make_parsed_entry("c"))
    seldom = [make_parsed_entry(f"q{n}", published_at=NOON - timedelta(hours=1, minutes=n)) for n in range(3)]
    await room.publish("quiet", *seldom)
    page = await _page(room, "/")
    (section, _) = page.css(".sections section")
    said = [re.sub(" ·.*", "", _words(node)) for node in section.css(".meta")]
    assert said == ["Busy"] * 4 + ["Quiet"] * 2, "two of each, then the newest that were passed over"
    assert ("More from World", "/categories/world") in _links(section, ".more")
    latest = [re.sub(" ·.*", "", _words(node)) for node in page.css("section[aria-labelledby=latest] .meta")]
    assert latest[:7] == ["Example", "Busy", "Busy", "Quiet", "Busy", "Busy", "Quiet"]
    assert len(latest) == 24


async def test_older_entries_are_a_link_away_and_none_is_shown_twice_or_left_out(room: Newsroom) -> None:
    await room.configure(make_feed())
    parsed = [make_parsed_entry(str(n), published_at=NOON - timedelta(minutes=n // 3)) for n in range(170)]
    ids = await room.publish("news-example", *parsed)
    path, seen = "/", list[str]()
    while path:
        page = await _page(room, path)
        seen += [href or "" for _, href in _links(page, ".headline")]
        following = page.css_first("a[rel=next]")
        path = (following.attributes["href"] or "") if following else ""
    assert sorted(seen) == sorted(f"/entries/{each}" for each in ids)


async def test_an_entry_without_headline_is_called_by_its_first_words(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.publish("news-example", replace(make_parsed_entry(), headline="", headline_key=""))
    card = (await _page(room, "/")).css(".card")[0]
    assert _words(card).count("Senior commanders met in Baghdad") == 1


# An article


async def test_an_article_page_holds_what_the_page_we_are_measured_by_holds_in_its_order(room: Newsroom) -> None:
    lead, copy, related = await fill(room)
    article = replace(
        commanders("Killer blast strikes north Syria; Iraq hosts military chiefs from Iran and Russia"),
        content=SafeHtml(
            '<p>BAGHDAD: Senior commanders hosted <a href="https://news.example/toughest">Hayat Tahrir Al-Sham</a>.</p>'
        ),
        author=None,
        byline=Byline(
            author="AFP",
            dated="Sat, 2018-09-01 16:07",
            categories=("Middle-East",),
            related=(Link(url="https://news.example/blast", text="Killer blast"),),
            dateline="BAGHDAD",
            source_id="1550642699890643100",
        ),
    )
    await room.change("arab-news", lead, article, at=NOON + timedelta(hours=1))
    await room.copies(lead, copy)
    main = _one(await _page(room, f"/entries/{lead}"), "main")
    words = _words(main)
    wanted = [
        "Killer blast strikes north Syria; Iraq hosts military chiefs from Iran and Russia",
        "Tue, 10 Mar 2026 14:00",
        "Sat, 2018-09-01 16:07",
        "Arab News",
        "by AFP",
        "from BAGHDAD",
        "Read the original at news.example",
        "BAGHDAD: Senior commanders hosted",
        "Main category Middle-East",
        "Publisher’s own id 1550642699890643100",
        "Links in the article",
        "Killer blast",
        "Hayat Tahrir Al-Sham",
        "Earlier headlines",
        "Iraq hosts military chiefs from Iran, Russia and Syria",
        "until Tue, 10 Mar 2026 15:00",
        "Also published by",
        "Other :",
        "Related Stories",
        "Syria and Russia discuss Idlib",
        "Tue, 10 Mar 2026 11:00",
        "Military chiefs from Iran, Russia and Syria spoke about Idlib.",
    ]
    at = 0
    for piece in wanted:
        at = words.index(piece, at) + len(piece)
    assert _links(main, "aside .headline") == [
        ("Syria and Russia discuss Idlib with military chiefs of Iran", f"/entries/{related}")
    ]


async def test_times_carry_their_machine_readable_form(room: Newsroom) -> None:
    lead, *_ = await fill(room)
    times = (await _page(room, f"/entries/{lead}")).css(".facts time")
    assert times[0].attributes["datetime"] == "2026-03-10T12:00:00Z"


async def test_the_page_of_a_copy_names_the_others(room: Newsroom) -> None:
    lead, copy, _ = await fill(room)
    page = await _page(room, f"/entries/{copy}")
    assert (f"/entries/{lead}") in [href for _, href in _links(page, "section[aria-labelledby=also]")]


async def test_an_article_page_lists_every_other_entry_and_lists_name_each_publisher_once(room: Newsroom) -> None:
    await room.configure(
        make_feed("one", title="Paper - World", publisher="Paper"),
        make_feed("two", title="Paper - Asia", publisher="Paper"),
        make_feed("agency-1", title="Agency - World", publisher="Agency"),
        make_feed("agency-2", title="Agency - Asia", publisher="Agency"),
    )
    ids = [(await room.publish(name, make_parsed_entry(name)))[0] for name in ("one", "two", "agency-1", "agency-2")]
    await room.copies(*ids)
    page = await _page(room, f"/entries/{ids[0]}")
    listed = [_words(each) for each in page.css("section[aria-labelledby=also] .publisher")]
    assert listed == ["Paper (Paper - Asia)", "Agency", "Agency"]
    named = [words for words, _ in _links(await _page(room, "/categories/world"), ".also")]
    assert named == ["Paper (Paper - Asia)", "Agency"]


async def test_foreign_text_says_its_language_and_finds_its_direction(room: Newsroom) -> None:
    await room.configure(make_feed(category="الشرق الأوسط"))
    entry = replace(make_parsed_entry(headline="قائد الجيش في بغداد", text="بغداد: التقى القادة"), language="ar")
    (number,) = await room.publish("news-example", entry)
    page = await _page(room, f"/entries/{number}")
    for selector in ("h1", ".text"):
        attributes = _one(page, f"main {selector}").attributes
        assert (attributes["lang"], attributes["dir"]) == ("ar", "rtl")
    assert _one(page, "html").attributes["lang"] == "en"


async def test_a_language_that_is_none_is_not_repeated(room: Newsroom) -> None:
    await room.configure(make_feed())
    (number,) = await room.publish("news-example", replace(make_parsed_entry(), language='"><b>'))
    page = await _page(room, f"/entries/{number}")
    assert "lang" not in _one(page, "h1").attributes


async def test_the_original_opens_without_a_referrer_and_so_does_every_link_away(room: Newsroom) -> None:
    await room.configure(make_feed())
    full = replace(
        make_parsed_entry(),
        comments_url="https://news.example/1#comments",
        source=Link(url="https://agency.example/", text="Agency"),
        enclosures=(Enclosure(url="https://cdn.example/1.mp3", media_type="audio/mpeg"),),
    )
    (number,) = await room.publish("news-example", full)
    for path in (f"/entries/{number}", "/feeds", "/feeds/news-example"):
        for link in (await _page(room, path)).css("a[href^=http]"):
            assert "noopener noreferrer" in (link.attributes["rel"] or ""), link.html


async def test_images_of_publishers_are_not_loaded_by_pages(room: Newsroom) -> None:
    await room.configure(make_feed())
    body = SafeHtml('<p>Text <img src="https://tracker.example/pixel.gif" alt=""> goes on</p>')
    (number,) = await room.publish("news-example", replace(make_parsed_entry(), content=body))
    assert (await _page(room, f"/entries/{number}")).css("img") == []


@pytest.mark.parametrize("author", ["Jane Doe", "By Jane Doe", "by  Jane Doe"])
async def test_an_author_is_named_with_one_by(room: Newsroom, author: str) -> None:
    await room.configure(make_feed())
    (number,) = await room.publish("news-example", replace(make_parsed_entry(), author=author))
    assert "by Jane Doe" in [_words(each) for each in (await _page(room, f"/entries/{number}")).css(".facts li")]


async def test_an_entry_with_neither_headline_nor_text_says_so(room: Newsroom) -> None:
    await room.configure(make_feed())
    (number,) = await room.publish("news-example", ParsedEntry(guid="1", headline=""))
    page = await _page(room, f"/entries/{number}")
    assert "The feed gives neither a headline nor a text." in _words(_one(page, ".text"))


async def test_the_head_marks_the_page_that_is_shown_and_no_other(room: Newsroom) -> None:
    lead, *_ = await fill(room)
    for path in ("/", "/stories", "/digests", "/feeds", "/categories/world"):
        (marked,) = (await _page(room, path)).css(".places [aria-current=page]")
        assert marked.attributes["href"] == path
    assert (await _page(room, f"/entries/{lead}")).css(".places [aria-current]") == []


async def test_an_entry_without_text_says_so(room: Newsroom) -> None:
    await room.configure(make_feed())
    (number,) = await room.publish("news-example", ParsedEntry(guid="1", headline="Only a headline"))
    page = await _page(room, f"/entries/{number}")
    assert "The feed gives no text" in _words(_one(page, ".text"))
    assert page.css(".original") == []


async def test_an_entry_of_a_feed_that_was_taken_out_keeps_its_page_without_dead_links(room: Newsroom) -> None:
    lead, *_ = await fill(room)
    await room.configure(make_feed("other", category="World"))
    page = await _page(room, f"/entries/{lead}")
    ours = [href or "" for _, href in _links(page, "main") if (href or "").startswith("/")]
    for href in ours:
        assert (await room.get(href)).status_code == 200, href


# Categories and feeds


async def test_a_category_lists_its_entries(room: Newsroom) -> None:
    lead, *_ = await fill(room)
    page = await _page(room, "/categories/middle-east")
    assert [href for _, href in _links(page, "section[aria-labelledby=latest] .headline")] == [f"/entries/{lead}"]


async def test_a_headline_of_a_hundred_words_is_cut_in_lists_and_whole_on_its_page(room: Newsroom) -> None:
    await room.configure(make_feed())
    long = "a word of many " * 30
    (number,) = await room.publish("news-example", make_parsed_entry("1", headline=long.strip()))
    for path in ("/", "/categories/world", "/feeds/news-example"):
        (shown,) = [_words(link) for link in (await _page(room, path)).css(".card .headline a")]
        assert 150 < len(shown) <= 181, path
        assert shown.endswith(("word…", "of…", "many…", "a…")), "cut between words"
    assert _words((await _page(room, f"/entries/{number}")).css_first("h1")) == long.strip()


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "auto")])
async def test_the_head_of_an_article_takes_its_direction_and_times_keep_theirs(
    room: Newsroom, language: str, direction: str
) -> None:
    await room.configure(make_feed())
    parsed = make_parsed_entry("1", language=language, headline="قادة الجيش" if language == "ar" else "Chiefs meet")
    (number,) = await room.publish("news-example", parsed)
    page = await _page(room, f"/entries/{number}")
    assert [node.attributes["dir"] for node in page.css("article > header, h1, .text")] == [direction] * 3
    assert {node.attributes["dir"] for node in page.css("time, .original")} == {"ltr"}


async def test_a_category_of_another_script_has_an_address_of_its_own(room: Newsroom) -> None:
    await room.configure(make_feed("a", category="الشرق"), make_feed("b", category="الغرب"))
    places = _links(await _page(room, "/"), ".places ul + ul")
    assert len({href for _, href in places}) == 2
    for name, href in places:
        assert _words((await _page(room, href or "")).css_first("h1")) == name


async def test_a_category_whose_feeds_were_never_polled_says_what_to_run(room: Newsroom) -> None:
    await room.configure(make_feed())
    assert "Run aggregator poll --all" in _words((await _page(room, "/categories/world")).body)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (None, "has not been polled yet. Run aggregator poll news-example"),
        (POLLED, "its document is there, but holds none"),
        (replace(POLLED, last_success_at=None, last_outcome=Outcome.FAILED, failures=1), "no poll has succeeded"),
    ],
)
async def test_a_feed_without_entries_says_what_to_do(room: Newsroom, state: FeedState | None, told: str) -> None:
    await room.configure(make_feed())
    if state:
        await room.poll("news-example", state)
    words = _words((await _page(room, "/feeds/news-example")).css_first(".entries .empty"))
    assert told in words
    assert "aggregator " in words, "a command"


async def test_feeds_shows_how_each_feed_is_doing(room: Newsroom) -> None:
    await fill(room)
    await room.poll("other", replace(POLLED, gone=True))
    rows = [_words(row) for row in (await _page(room, "/feeds")).css("tbody tr")]
    assert len(rows) == 3
    assert "ok Tue, 10 Mar 2026 14:00 fetched Tue, 10 Mar 2026 15:00 every 1 h, as feeds.yaml says" in rows[0]
    assert rows[0].endswith("Tue, 10 Mar 2026 14:00 1"), "the newest entry, and how many"
    assert "gone" in rows[1]
    assert "not again" in rows[1]
    assert "https://broken.example/feed?a=1&b=2" in rows[2]
    assert "failing, 3 times in a row 503 Service Unavailable last success: never" in rows[2]
    assert "last success" not in rows[0], "the last poll was one"


async def test_a_failing_feed_says_when_it_last_succeeded(room: Newsroom) -> None:
    await room.configure(make_feed())
    failed = replace(POLLED, failures=1, last_outcome=Outcome.FAILED, last_success_at=NOON - timedelta(days=2))
    await room.poll("news-example", failed)
    (row,) = (await _page(room, "/feeds")).css("tbody tr")
    assert "failing last success: Sun, 08 Mar 2026 14:00" in _words(row)
    assert "Last success Sun, 08 Mar 2026 14:00" in _words((await _page(room, "/feeds/news-example")).body)


async def test_feeds_shows_one_that_was_never_polled(room: Newsroom) -> None:
    await room.configure(make_feed())
    (row,) = (await _page(room, "/feeds")).css("tbody tr")
    assert "not polled yet never as soon as possible none yet 0" in _words(row)


async def test_a_feed_s_page_tells_its_last_answers_newest_first(room: Newsroom) -> None:
    await room.configure(make_feed())
    failed = PollRecord(
        at=NOON - timedelta(hours=1),
        outcome=Outcome.FAILED,
        status=503,
        message="HTTP 503 Service Unavailable",
        elapsed=timedelta(seconds=1.25),
        next_poll_at=NOON,
        next_poll_reason="60 min after a failure",
    )
    fetched = PollRecord(at=NOON, outcome=Outcome.FETCHED, status=200, received=57_300, new=3, changed=1)
    for record in (failed, fetched):
        await room.poll("news-example", POLLED, record=record)
    rows = [_words(row) for row in (await _page(room, "/feeds/news-example")).css(".answers tbody tr")]
    assert rows[0] == "Tue, 10 Mar 2026 14:00 fetched HTTP 200 3 1 57.3 kB 0.0 s"
    assert rows[1] == (
        "Tue, 10 Mar 2026 13:00 failed HTTP 503 Service Unavailable 1.2 s "
        "next Tue, 10 Mar 2026 14:00 , 60 min after a failure"
    )


async def test_p18_a_410_is_not_followed_by_a_date(room: Newsroom) -> None:
    await room.configure(make_feed())
    gone = PollRecord(
        at=NOON,
        outcome=Outcome.GONE,
        status=410,
        next_poll_at=NOON + timedelta(days=1),
        next_poll_reason="gone: polled only when forced",
    )
    await room.poll("news-example", replace(POLLED, gone=True, last_outcome=Outcome.GONE), record=gone)
    page = await _page(room, "/feeds/news-example")
    assert _words(page.css(".answers tbody tr")[0]) == (
        "Tue, 10 Mar 2026 14:00 gone HTTP 410 0.0 s gone: polled only when forced"
    )


@pytest.mark.parametrize("status", [401, 403])
async def test_p18_a_feed_that_was_not_let_in_says_so_and_not_that_its_server_asked_for_rest(
    room: Newsroom, status: int
) -> None:
    await room.configure(make_feed())
    refused = replace(
        POLLED,
        failures=1,
        last_outcome=Outcome.FAILED,
        last_message=f"HTTP {status} from https://news-example.example/rss.xml",
        blocked_until=NOON + timedelta(hours=4),
    )
    await room.poll("news-example", refused)
    for path in ("/feeds", "/feeds/news-example"):
        words = _words((await _page(room, path)).body)
        assert f"refused us (HTTP {status}); we wait 4 h" in words
        assert "asked" not in words


async def test_a_feed_s_page_says_its_interval(room: Newsroom) -> None:
    await room.configure(make_feed())
    words = _words((await _page(room, "/feeds/news-example")).body)
    assert "Interval 60 min; 24 h while its server answers no conditional requests" in words


async def test_p12_the_next_poll_is_not_before_what_the_server_asked_for(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", replace(POLLED, blocked_until=NOON + timedelta(hours=4)))
    words = _words((await _page(room, "/feeds/news-example")).body)
    assert "Next poll Tue, 10 Mar 2026 18:00 its server asked to be left alone until then" in words
    assert "left alone, as its server asked" in words


async def test_p14_a_pause_of_the_group_is_told_by_every_feed_of_it(room: Newsroom) -> None:
    feeds = [make_feed(name, url=f"https://{name}.tumblr.com/rss") for name in ("a", "b")]
    await room.configure(*feeds, make_feed("other"))
    pause = GroupPause(group=RateGroup("tumblr.com:443"), until=NOON + timedelta(hours=4), reason="HTTP 429 to a")
    await room.poll("b", POLLED)
    await room.poll("a", POLLED, pause=pause)
    wanted = "Tue, 10 Mar 2026 18:00 tumblr.com:443 is left alone: HTTP 429 to a"
    assert wanted in _words((await _page(room, "/feeds/b")).body)
    assert wanted not in _words((await _page(room, "/feeds/other")).body)
    words = _words((await _page(room, "/feeds")).body)
    assert "No feed of tumblr.com:443 is polled before Tue, 10 Mar 2026 18:00 : HTTP 429 to a" in words
    room.clock.move(timedelta(hours=4))
    assert "tumblr.com:443 is left alone" not in _words((await _page(room, "/feeds")).body)


async def test_p17_a_move_is_told_while_it_is_seen_and_when_it_is_believed(room: Newsroom) -> None:
    await room.configure(make_feed())
    new = "https://new.example/rss"
    await room.poll("news-example", replace(POLLED, move=Move(candidate=new, seen=2, since=NOON)))
    assert f"Moving to {new} , seen by 2 polls in a row" in _words((await _page(room, "/feeds/news-example")).body)
    await room.poll("news-example", replace(POLLED, move=Move(address=new, candidate=new, seen=5, since=NOON)))
    assert f"Moved to {new} , which is polled, since Tue, 10 Mar 2026 14:00" in _words(
        (await _page(room, "/feeds/news-example")).body
    )


async def test_a_document_that_is_not_well_formed_is_told_since_when(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", replace(POLLED, malformed_since=NOON - timedelta(days=3)))
    words = _words((await _page(room, "/feeds/news-example")).body)
    assert "ok, but not well-formed not well-formed since Sat, 07 Mar 2026 14:00" in words


async def test_p30_a_feed_that_a_hub_sends_says_until_when(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", POLLED)
    until = NOON + timedelta(days=5)
    await room.subscribe(
        Subscription(
            feed_id=FeedId("news-example"),
            hub="https://hub.example/",
            topic="https://news-example.example/rss.xml",
            token="t" * 40,
            stage=PushStage.ACTIVE,
            lease_until=until,
        )
    )
    words = _words((await _page(room, "/feeds/news-example")).body)
    assert "Sent by a hub until Sun, 15 Mar 2026 14:00" in words
    assert "Hub https://hub.example/ : active" in words
    assert "t" * 40 not in (await room.get("/feeds/news-example")).text, "who knows the token can speak as the hub"
    room.clock.move(timedelta(days=5))
    assert "Sent by a hub" not in _words((await _page(room, "/feeds/news-example")).body)


async def test_a_feed_tells_its_rhythm_and_when_it_has_fallen_silent(room: Newsroom) -> None:
    await room.configure(make_feed())
    entries = [make_parsed_entry(str(n), published_at=NOON - timedelta(days=2, hours=3 * n)) for n in range(20)]
    await room.publish("news-example", *entries)
    await room.poll("news-example", POLLED)
    for path in ("/feeds", "/feeds/news-example"):
        assert "an entry every 3 h; silent for 2 days" in _words((await _page(room, path)).body)


async def test_a_feed_s_page_lists_its_entries_also_those_that_repeat_another(room: Newsroom) -> None:
    _, copy, related = await fill(room)
    page = await _page(room, "/feeds/other")
    assert {href for _, href in _links(page, ".headline")} == {f"/entries/{copy}", f"/entries/{related}"}


async def test_a_feed_that_was_never_polled_says_what_to_run(room: Newsroom) -> None:
    await room.configure(make_feed())
    assert "aggregator poll news-example" in _words((await _page(room, "/feeds/news-example")).body)


async def test_a_password_in_a_feed_s_address_is_on_no_page(room: Newsroom) -> None:
    await room.configure(make_feed(url="https://me:secret@news.example/rss.xml"))
    for path in ("/", "/feeds", "/feeds/news-example", "/feeds.opml"):
        assert "secret" not in (await room.get(path)).text


async def test_a_feed_that_says_nothing_of_itself_is_called_by_its_address(room: Newsroom) -> None:
    await room.configure(make_feed(title=""))
    await room.poll("news-example", FeedState())
    assert _words((await _page(room, "/feeds/news-example")).css_first("h1")) == "https://news-example.example/rss.xml"


# Search


async def test_search_finds_by_words_and_keeps_them_in_the_field(room: Newsroom) -> None:
    lead, *_ = await fill(room)
    page = await _page(room, "/search?q=baghdad+COMMANDERS")
    assert f"/entries/{lead}" in [href for _, href in _links(page, ".rows .headline")]
    assert _one(page, "#q").attributes["value"] == "baghdad COMMANDERS"


async def test_search_that_finds_nothing_says_what_to_try(room: Newsroom) -> None:
    assert "Try fewer words" in _words((await _page(room, "/search?q=zeppelin")).body)


@pytest.mark.parametrize("query", ["", "?q=", "?q=+", "?q=%00"])
async def test_search_without_words_is_the_form(room: Newsroom, query: str) -> None:
    assert "Write one or more words" in _words((await _page(room, f"/search{query}")).body)


async def test_words_of_a_search_are_escaped(room: Newsroom) -> None:
    response = await room.get("/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in response.text
    assert response.text.count("<script") == 1, "the site's own"


# All pages

PATHS = [
    "/",
    "/entries/1",
    "/stories",
    "/stories/1",
    "/categories/world",
    "/feeds",
    "/feeds/other",
    "/digests",
    "/search",
]


@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
async def test_every_page_has_its_landmarks_one_main_heading_and_unique_ids(room: Newsroom, path: str) -> None:
    await fill(room)
    tree = LexborHTMLParser((await room.get(path)).text)
    for selector in ("header.masthead", "nav", "main#content", "footer", "h1", "title", "a.skip[href='#content']"):
        assert len([node for node in tree.css(selector) if node.parent]) >= 1, selector
    assert len(tree.css("h1")) == 1
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    levels = [int((node.tag or "h0")[1]) for node in tree.css("h1, h2, h3, h4") if not _inside_text(node)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), levels


def _inside_text(node: LexborNode) -> bool:
    return node.parent is not None and (node.parent.attributes.get("class") == "text" or _inside_text(node.parent))


@pytest.mark.parametrize("path", PATHS)
async def test_no_page_leads_to_a_page_that_is_not_there(room: Newsroom, path: str) -> None:
    await fill(room)
    tree = await _page(room, path)
    addresses = {node.attributes["href"] or "" for node in tree.css("[href^='/']")}
    assert len(addresses) > 5
    for address in addresses:
        assert (await room.get(address)).status_code == 200, address


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_stays_as_it_is_while_nothing_happens(room: Newsroom, path: str) -> None:
    await fill(room)
    first = await room.get(path)
    room.clock.move(timedelta(minutes=7))
    again = await room.get(path, if_none_match=first.headers["etag"])
    assert again.status_code == 304


@pytest.mark.parametrize("path", PATHS)
async def test_no_page_has_script_or_style_of_its_own_or_an_image_from_elsewhere(room: Newsroom, path: str) -> None:
    await fill(room)
    text = (await room.get(path)).text
    assert not re.search(r"<style|\sstyle=|<iframe|\son\w+=", text)
    assert re.findall(r"<script[^>]*>[^<]*", text) == [
        f'<script src="/static/enhance.js?v={static_mark("enhance.js")}" defer>'
    ]
    assert re.findall(r"<img(?! class=\"icon\" src=\"/feeds/[a-z0-9-]+/icon\")[^>]*>", text) == []


async def test_pages_and_feeds_tell_what_the_site_is(tmp_path: Path) -> None:
    async with newsroom(tmp_path, site=make_site(description="News, each piece once")) as made:
        page = await _page(made, "/")
        assert _one(page, "meta[name=description]").attributes["content"] == "News, each piece once"
        assert '<subtitle type="text">News, each piece once</subtitle>' in (await made.get("/feed.atom")).text


async def test_a_site_under_a_path_links_within_it(tmp_path: Path) -> None:
    async with newsroom(tmp_path, site=make_site(url="https://example.org/news/")) as made:
        lead, *_ = await fill(made)
        tree = await _page(made, "/")
        assert all((node.attributes["href"] or "").startswith("/news/") for node in tree.css("[href^='/']"))
        assert f"https://example.org/news/entries/{lead}" in (await made.get("/feed.atom")).text


BREAKING = '"><img src=x>&q=1#' + "'" + "{{7*7}}</script>"


async def test_a27_words_of_a_feed_stand_in_addresses_quoted_and_in_attributes_as_text(room: Newsroom) -> None:
    """Whatever a page makes of a name (a link to a category or a search, a title, what a script reads) stays one value."""
    await room.configure(make_feed(title=BREAKING, publisher=BREAKING, category=BREAKING))
    await room.poll("news-example", POLLED)
    parsed = replace(
        make_parsed_entry(headline=BREAKING), summary=from_text(BREAKING), author=BREAKING, tags=(BREAKING,)
    )
    (number,) = await room.publish("news-example", parsed)
    for path in ("/", "/feeds", "/feeds/news-example", f"/entries/{number}", "/stories", "/search?q=%3Cimg"):
        page = await _page(room, path)
        assert page.css("img[src=x]") == [], path
        assert "49" not in _words(page.css_first("main")), path
        assert all("<" not in (link.attributes["href"] or "") for link in page.css("a[href]")), path
