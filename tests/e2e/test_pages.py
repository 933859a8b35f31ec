"""The pages in a real browser: Playwright driving Chromium, against a server on loopback.

Skipped where there is no Chromium; on Debian `apt-get install chromium` brings it.
"""

import asyncio
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from aggregator.model.entry import Byline, ParsedEntry, SafeHtml
from aggregator.model.feed import Move, Outcome
from aggregator.model.ids import EntryId, RateGroup, StoryId
from aggregator.model.poll import GroupPause, PollRecord
from aggregator.model.story import EventKind, StoryEvent, Veto
from tests.digest_archive import Archive
from tests.digest_made import SUNDAY, make_digest, whole_digest
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import POLLED, Newsroom, fill, newsroom
from tests.told import Told, tell

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine; apt-get install chromium brings it"),
]

WIDTHS = [320, 800, 1280]
SCHEMES = ["light", "dark"]

AXE = Path(os.environ.get("AXE_CORE", "node_modules/axe-core/axe.min.js"))
"""Deque's accessibility checker; `npm install axe-core` brings it."""

ATTACK = """<p>Text</p><script>document.title = 'broken'</script><img src=x onerror="document.title = 'broken'">
<svg onload="document.title = 'broken'"></svg><iframe srcdoc="<script>parent.document.title = 'broken'</script>"></iframe>
<style>body { display: none }</style><form action="https://evil.example/"><button>Send</button></form>
<object data="data:text/html,x"></object><base href="https://evil.example/">"""

CONTRASTS = """() => {
    const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const rgba = colour => {
        probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
        return [...probe.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = node => {
        for (; node; node = node.parentElement) {
            const colour = rgba(getComputedStyle(node).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255, 255];
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !node.checkVisibility() || node.closest('.unseen, .skip')) continue;
        const style = getComputedStyle(node);
        const [a, b] = [light(rgba(style.color)), light(behind(node))].sort((x, y) => y - x);
        const size = parseFloat(style.fontSize);
        const wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
        const contrast = (a + 0.05) / (b + 0.05);
        if (contrast < wanted) found.push([texts.currentNode.data.trim().slice(0, 40), contrast]);
    }
    return found;
}"""


class Site:
    """A filled site on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.url = ""
        self.paths: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20), "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(20)

    async def _serve(self) -> None:
        shelf = Archive(whole_digest(), make_digest(day=SUNDAY - timedelta(days=1)))
        async with newsroom(self._folder, digests=shelf) as room:
            lead, *_ = await fill(room)
            arabic, attacking, chinese = await _more(room)
            self.paths = {
                "front": "/",
                "front of a category": "/categories/world?window=24h",
                "entry": f"/entries/{lead}",
                "arabic": f"/entries/{arabic}",
                "chinese": f"/entries/{chinese}",
                "attack": f"/entries/{attacking}",
                "stories": "/stories",
                "story": "/stories/1",
                "arabic story": "/stories/3",
                "category": "/categories/world",
                "feeds": "/feeds",
                "feed": "/feeds/other",
                "troubled feed": "/feeds/broken",
                "digests": "/digests",
                "digest": "/digests/2018-09-02",
                "running digest": "/digests/today",
                "new since": "/digests?since=2018-08-30",
                "search": "/search?q=military",
                "error": "/nothing",
            }
            self._server = uvicorn.Server(uvicorn.Config(room.app, log_config=None, lifespan="off"))
            with socket.create_server(("127.0.0.1", 0)) as listening:
                self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                self._ready.set()  # who comes before the server is up waits in the socket's queue
                await self._server.serve(sockets=[listening])


async def _more(room: Newsroom) -> tuple[EntryId, EntryId, EntryId]:
    await room.configure(
        make_feed("arab-news", title="Arab News", publisher="Arab News", category="Middle East"),
        make_feed("other", title="Other World", publisher="Other", category="World"),
        make_feed("broken", title="", publisher="Broken", url=f"https://broken.example/feed?{'long=' * 60}"),
        make_feed("asharq", title="الشرق الأوسط", publisher="الشرق الأوسط", category="أخبار العالم"),
    )
    arabic = replace(
        make_parsed_entry("a", headline="قادة الجيش يجتمعون في بغداد", text="بغداد: التقى القادة"), language="ar"
    )
    attacking = replace(
        make_parsed_entry("x", headline="W" * 200, published_at=NOON - timedelta(hours=1)), content=SafeHtml(ATTACK)
    )
    (first,) = await room.publish("asharq", arabic)
    (second,) = await room.publish("other", attacking)
    # As long as they come, without a space to break at, with all an article can have and nothing to read.
    (third,) = await room.publish("other", _chinese())
    await _trouble(room)
    await _story_of_all_kinds(room, first, second)
    return first, second, third


def _chinese() -> ParsedEntry:
    byline = Byline(
        author="新华社" * 20,
        dated="2026-03-10 20:00",
        categories=("国际新闻" * 20,),
        dateline="北京",
        source_id="1" * 90,
    )
    chinese = make_parsed_entry(
        "c", headline="各国军事首脑在巴格达会晤讨论边境局势" * 8, text="", published_at=NOON - timedelta(hours=2)
    )
    return replace(chinese, language="zh-Hans", byline=byline, teaser="", summary=SafeHtml(""))


async def _story_of_all_kinds(room: Newsroom, arabic: EntryId, attacking: EntryId) -> None:
    """An Arabic story with an entry of endless words, and all that can happen to a story."""
    events = [
        StoryEvent(story=StoryId(3), kind=kind, at=NOON + timedelta(hours=1), entry=attacking, detail=detail)
        for kind, detail in (
            (EventKind.LEAD, "Other"),
            (EventKind.NUMBER, "V" * 200),
            (EventKind.MERGED, "4"),
            (EventKind.SPLIT, "1"),
        )
    ]
    vetoes = (Veto(story=StoryId(1), reason="different numbers"),)
    words = ("بغداد", "w" * 200)
    told = Told(id=3, entries=[arabic, attacking], events=events, related={1: 0.5}, words=words, vetoes=vetoes)
    await tell(room.store, told)


async def _trouble(room: Newsroom) -> None:
    """What /feeds and a feed's page tell when all goes wrong, with addresses as long as they come."""
    address = f"https://moved.example/{'long/' * 40}"
    refused = replace(
        POLLED,
        last_outcome=Outcome.FAILED,
        last_message=f"HTTP 429 Too Many Requests from {address}",
        failures=14,
        failing_since=NOON - timedelta(days=5),
        last_success_at=NOON - timedelta(days=5),
        malformed_since=NOON - timedelta(days=40),
        blocked_until=NOON + timedelta(hours=4),
        move=Move(address=address, candidate=address, seen=9, since=NOON - timedelta(days=9)),
    )
    pause = GroupPause(
        group=RateGroup("broken.example:443"), until=NOON + timedelta(hours=4), reason="HTTP 429 to broken"
    )
    record = PollRecord(
        at=NOON,
        outcome=Outcome.FAILED,
        status=429,
        message=refused.last_message,
        elapsed=timedelta(seconds=1.4),
        next_poll_at=NOON + timedelta(hours=4),
        next_poll_reason="4 h after HTTP 429",
    )
    fetched = PollRecord(at=NOON - timedelta(days=5), outcome=Outcome.FETCHED, status=200, received=57_300, new=3)
    for each in (fetched, replace(record, status=None, message="the name could not be resolved"), record):
        await room.poll("broken", refused, record=each, pause=pause)
    await room.poll("asharq", replace(POLLED, malformed_since=NOON - timedelta(days=3), last_message="not well-formed"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Containers have no user namespaces for Chromium's own sandbox; every page here is ours.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Visit:
    """A page that notes what it complains about and whom it asks for anything."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self._site = site
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", self._note)

    def _note(self, route: Route) -> None:
        if route.request.url.startswith(self._site.url):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def open(self, name: str) -> Page:
        self.page.goto(self.address(name))
        return self.page

    def address(self, name: str) -> str:
        return self._site.url + self._site.paths.get(name, name)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    yield Visit(context.new_page(), site)
    context.close()


NAMES = [
    "front",
    "front of a category",
    "chinese",
    "entry",
    "arabic",
    "stories",
    "story",
    "arabic story",
    "category",
    "feeds",
    "feed",
    "troubled feed",
    "digests",
    "digest",
    "running digest",
    "new since",
    "search",
    "error",
]


@pytest.mark.parametrize("name", [*NAMES, "attack"])
def test_no_page_is_wider_than_its_window_at_any_width(visit: Visit, name: str) -> None:
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 800})
        page = visit.open(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_teasers_end_where_the_server_cut_them_between_words(visit: Visit) -> None:
    page = visit.open("front")
    cut = page.evaluate("[...document.querySelectorAll('.teaser')].map(node => getComputedStyle(node).webkitLineClamp)")
    assert set(cut) == {"none"}


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read_in_light_and_dark(visit: Visit, name: str) -> None:
    for scheme in SCHEMES:
        visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert visit.open(name).evaluate(CONTRASTS) == []


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: AXE_CORE names its axe.min.js, or it is in node_modules")
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_in_light_and_dark_wide_and_narrow(visit: Visit, name: str) -> None:
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 320), ("dark", 320)):
        visit.page.set_viewport_size({"width": width, "height": 800})
        visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page = visit.open(name)
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run()")["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], (scheme, width)


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: AXE_CORE names its axe.min.js, or it is in node_modules")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_the_help_of_the_keyboard(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = visit.open("front")
    page.keyboard.press("?")
    page.evaluate(AXE.read_text())
    assert [each["id"] for each in page.evaluate("axe.run()")["violations"]] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_nobody_else_for_anything_and_breaks_no_rule_of_its_own(visit: Visit, name: str) -> None:
    visit.open(name)
    assert visit.outside == []
    assert [each for each in visit.complaints if "404" not in each] == []


def test_html_that_was_not_sanitised_would_still_do_nothing(visit: Visit) -> None:
    page = visit.open("attack")
    page.wait_for_timeout(150)
    assert page.title() != "broken"
    assert page.locator("main").is_visible()
    assert visit.outside == []
    assert any("Content Security Policy" in each for each in visit.complaints), "it was the policy that stopped it"
    page.evaluate("document.querySelector('form[action*=evil]').requestSubmit()")
    page.wait_for_timeout(150)
    assert page.url == visit.address("attack")
    assert visit.outside == []


def test_the_keyboard_leads_past_the_head_of_the_page(visit: Visit) -> None:
    page = visit.open("front")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("node => node === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_reader_comes_from_the_front_page_to_an_article_and_on_to_a_related_one(visit: Visit) -> None:
    page = visit.open("front")
    page.get_by_role("region", name="Latest").get_by_role("link", name="Iraq hosts military chiefs from Iran").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Iraq hosts military chiefs from Iran, Russia and Syria")
    related = page.get_by_role("complementary", name="Related Stories")
    related.get_by_role("link", name="Syria and Russia discuss Idlib").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Syria and Russia discuss Idlib"))


def test_a_reader_comes_from_the_front_page_to_a_story_and_learns_why_it_is_one(visit: Visit) -> None:
    page = visit.open("front")
    page.get_by_role("region", name="Top stories").get_by_role("link", name="Iraq hosts military chiefs").click()
    expect(page.get_by_text("2 publishers report this")).to_be_visible()
    reason = page.get_by_text("62 % alike: military, chiefs")
    assert not reason.is_visible()
    page.get_by_text("Why together?").click()
    expect(reason).to_be_visible()
    page.get_by_role("complementary", name="Related Stories").get_by_role("link", name="Syria and Russia").click()
    page.wait_for_url("**/stories/2")


def test_a_reader_searches(visit: Visit) -> None:
    page = visit.open("front")
    page.get_by_role("searchbox").fill("idlib")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=idlib")
    expect(page.get_by_role("link", name="Syria and Russia discuss Idlib")).to_be_visible()
    assert page.get_by_role("searchbox").input_value() == "idlib"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_links_at_the_head_can_be_touched_and_their_lines_stand_close(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    heights = (
        visit.open("front")
        .locator(".places a")
        .evaluate_all("links => links.map(link => link.getBoundingClientRect().height)")
    )
    assert len(heights) > 3
    assert all(24 <= height <= 32 for height in heights), "WCAG 2.2, 2.5.8"


def test_arabic_runs_from_the_right_and_the_rest_of_the_page_does_not(visit: Visit) -> None:
    page = visit.open("arabic")
    direction = "node => getComputedStyle(node).direction"
    assert page.locator("h1").evaluate(direction) == "rtl"
    assert page.locator(".text").evaluate(direction) == "rtl"
    assert page.locator(".facts").evaluate(direction) == "rtl"
    assert page.locator(".facts time").first.evaluate(direction) == "ltr"
    assert page.locator(".original").evaluate(direction) == "ltr"
    assert page.locator(".fields").evaluate(direction) == "ltr"
    card = visit.open("front").locator(".card", has_text="قادة الجيش").first
    assert card.evaluate(direction) == "rtl"


CHOSEN = "document.activeElement.textContent"


def test_letters_lead_from_headline_to_headline_and_open_one(visit: Visit) -> None:
    page = visit.open("front")
    headlines = page.locator("main .headline a").all_text_contents()
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate(CHOSEN) == headlines[place]
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "it is seen where one is"
    target = page.evaluate("document.activeElement.href")
    page.keyboard.press("o")
    page.wait_for_url(target)


def test_a_letter_leads_to_the_search_where_letters_are_letters_again(visit: Visit) -> None:
    page = visit.open("front")
    page.keyboard.press("s")
    page.keyboard.type("joks?")
    assert page.get_by_role("searchbox").input_value() == "joks?"
    assert page.locator("dialog").is_hidden()


def test_the_keys_are_explained_by_one_of_them_and_by_a_button(visit: Visit) -> None:
    page = visit.open("front")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard")
    assert help_.locator("kbd").all_text_contents() == ["j", "k", "o", "s", "?"]
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    button = page.get_by_role("button", name="Keyboard shortcuts")
    button.focus()
    page.keyboard.press("Enter")
    expect(help_).to_be_visible()
    help_.get_by_role("button", name="Close").click()
    assert button.evaluate("node => node === document.activeElement")


def test_letters_can_be_turned_off_for_good(visit: Visit) -> None:
    page = visit.open("front")
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Shortcuts of a single key").uncheck()
    page.keyboard.press("Escape")
    for _ in range(2):
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.closest('.headline')") is None, "WCAG 2.2, 2.1.4"
        page.reload()


def test_lists_say_how_long_ago_and_an_article_says_when(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(NOON + timedelta(hours=3, minutes=5))
    time = visit.open("front").locator("main .card time").first
    assert (time.text_content(), time.get_attribute("title")) == ("3 hours ago", "Tue, 10 Mar 2026 14:00")
    assert visit.open("entry").locator(".facts time").first.text_content() == "Tue, 10 Mar 2026 14:00"
    visit.page.clock.set_fixed_time(NOON + timedelta(days=30))
    assert visit.open("front").locator("main .card time").first.text_content() == "Tue, 10 Mar 2026 14:00"


def test_new_stories_are_counted_while_somebody_looks(visit: Visit) -> None:
    asked: list[str] = []

    def seven(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json=7)

    page = visit.page
    page.route("**/stories-since.json*", seven)
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => window.away ?? false})")
    page.clock.install(time=NOON)
    visit.open("front")
    page.clock.run_for(100_000)
    assert asked == [], "not at once"
    page.evaluate("window.away = true")
    page.clock.run_for(600_000)
    assert asked == [], "nobody looks"
    page.evaluate("window.away = false")
    page.clock.run_for(60_000)
    link = page.get_by_role("status").get_by_role("link", name="7 new or changed stories")
    link.wait_for()
    assert len(asked) == 1
    assert asked[0].endswith("?at=2026-03-10T12%3A00%3A00Z")


def test_who_does_not_answer_is_asked_less_and_less(visit: Visit) -> None:
    asked: list[str] = []

    def broken(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503)

    page = visit.page
    page.route("**/stories-since.json*", broken)
    page.clock.install(time=NOON)
    visit.open("front")
    for _ in range(120):  # half a minute each: an hour
        page.clock.run_for(30_000)
    assert 2 <= len(asked) <= 6, "after 2, 6, 14 and 30 minutes, then 62"
    assert page.get_by_role("status").text_content() == ""


def test_the_count_of_the_site_itself_is_understood(visit: Visit) -> None:
    page = visit.open("front")
    assert page.evaluate("fetch('/stories-since.json?at=2026-03-09T00:00:00Z').then(answer => answer.json())") == 3


def test_without_script_every_page_is_whole(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name in NAMES:
        page.goto(site.url + site.paths[name])
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.get_by_role("main").inner_text()
        assert page.get_by_role("button", name="Keyboard shortcuts").count() == 0, "it would do nothing"
    context.close()


def test_nothing_moves(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    page = visit.open("front")
    page.keyboard.press("?")
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_the_picture_of_a_story_has_a_name_and_fits(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 800})
    page = visit.open("arabic story")
    box = page.get_by_role("img", name="How coverage grew: 1 publisher at first, 2 after 60 min.").bounding_box()
    assert box is not None
    assert 250 < box["width"] <= 320


def test_a_table_becomes_a_list_on_a_telephone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 360, "height": 800})
    page = visit.open("feeds")
    assert page.locator("thead").is_hidden()
    assert "Last poll" in page.locator("tbody td").nth(2).evaluate("node => getComputedStyle(node, '::before').content")


def test_on_a_telephone_the_labels_of_a_feeds_page_stand_above_what_they_label(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 380, "height": 800})
    row = visit.open("troubled feed").locator(".fields > div").first
    label, value = row.locator("dt").bounding_box(), row.locator("dd").bounding_box()
    assert label
    assert value
    assert value["y"] >= label["y"] + label["height"]
    assert value["width"] > 300


def test_a_printed_article_names_its_original_and_leaves_the_furniture_out(visit: Visit) -> None:
    page = visit.open("entry")
    page.emulate_media(media="print")
    assert page.get_by_role("search").is_hidden()
    assert page.locator(".places").is_hidden()
    shown = page.locator(".original").evaluate("node => getComputedStyle(node, '::after').content")
    assert "https://news.example/lead" in shown
    assert page.locator(".original").evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"


def test_a_printed_front_page_is_news_alone_and_says_when(visit: Visit) -> None:
    visit.page.clock.set_fixed_time(NOON + timedelta(hours=3))
    page = visit.open("front")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.get_by_role("navigation").count() == 0
    assert page.locator("main .card time").first.inner_text() == "Tue, 10 Mar 2026 14:00", "paper does not grow older"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("main .card time").first.inner_text() == "3 hours ago"


@pytest.mark.parametrize(("path", "entry"), [("/feed.atom", "entry"), ("/feed.rss", "item")])
def test_a_feed_opened_in_a_browser_that_shows_xml_can_be_read(visit: Visit, path: str, entry: str) -> None:
    def as_xml(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-type": "application/xml; charset=utf-8"})

    visit.page.route(f"**{path}", as_xml)
    page = visit.open(path)
    assert page.locator(f"{entry} > title").first.is_visible()
    assert page.locator("id, guid").first.is_hidden()
    assert page.locator("content, item > *").last.is_hidden()
