"""Images in a real browser: shown, and asked of nobody but us. Skipped where there is no Chromium."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Self

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.images import ImageClient
from aggregator.model.feed import ParsedFeed
from aggregator.services.icons import FeedIcons
from aggregator.services.images import ReaderImages
from aggregator.storage.files.image_cache import FileImageCache
from aggregator.storage.files.signing_key import signing_key
from aggregator.text.html import sanitise
from aggregator.web.desk import Media
from aggregator.web.signed import SignedAddresses
from tests.factories import make_feed, make_parsed_entry
from tests.loopback import Answer, LoopbackServer
from tests.manual_clock import ManualClock
from tests.newsroom import POLLED, Newsroom, newsroom
from tests.pictures import SVG, png
from tests.published import make_site

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine; apt-get install chromium brings it"),
]

NATURAL = "images => images.map(image => [image.alt, image.naturalWidth, image.naturalHeight])"


class Site:
    """A site and a publisher, each on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.publisher = LoopbackServer()
        self.url = ""
        self.entry = ""
        self.evil = ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20), "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(20)

    async def _serve(self) -> None:
        pace, clock, own = HostPacing(gap=timedelta()), ManualClock(), make_site()
        client = ImageClient(
            user_agent="test/1",
            timeout=timedelta(seconds=5),
            max_bytes=10**6,
            pace=pace,
            icons=True,
            allow_networks=[ip_network("127.0.0.0/8")],
        )
        cache = FileImageCache(self._folder / "images", max_bytes=10**7)
        media = Media(
            addresses=SignedAddresses(signing_key(self._folder / "key"), own),
            images=ReaderImages(client, cache, clock),
            icons=FeedIcons(client, cache, clock),
        )
        async with self.publisher, newsroom(self._folder, site=own, media=media) as room:
            await self._fill(room)
            self._server = uvicorn.Server(uvicorn.Config(room.app, log_config=None, lifespan="off"))
            with socket.create_server(("127.0.0.1", 0)) as listening:
                self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                self._ready.set()  # who comes before the server is up waits in the socket's queue
                await self._server.serve(sockets=[listening])
            await media.images.aclose()
            await media.icons.aclose()
            await client.aclose()

    async def _fill(self, room: Newsroom) -> None:
        def answer(body: bytes, media_type: str = "image/png") -> Answer:
            return Answer(body=body, headers={"Content-Type": media_type})

        self.publisher.answers |= {
            "/a.png": answer(png(120, 80)),
            "/b.png": Answer(status=302, headers={"Location": "/moved/b.png"}),
            "/moved/b.png": answer(png(64, 48)),
            "/evil.png": answer(SVG, "image/svg+xml"),
            "/favicon.ico": answer(png(16, 16)),
        }
        await room.configure(make_feed())
        document = ParsedFeed(format="rss20", title="News", home_url=self.publisher.url("/home"))
        await room.poll("news-example", POLLED, document=document)
        written = (
            '<p>Map: <img src="/a.png" alt="a map" width="120" height="80" srcset="/big.png 2x" onerror="alert(1)"></p>'
            '<p><picture><source srcset="/other.webp"><img src="/b.png" alt="moved"></picture></p>'
            '<video poster="/poster.png" src="https://v.example/v.mp4"></video><p style="background: url(/x.png)">End</p>'
        )
        drawn = '<p><img src="/evil.png" alt="a drawing"></p>'
        for name, body in (("entry", written), ("evil", drawn)):
            safe = sanitise(body, base_url=self.publisher.url("/news/1"))
            parsed = replace(make_parsed_entry(name), content=safe)
            (number,) = await room.publish("news-example", parsed)
            setattr(self, name, f"/entries/{number}")


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
    """A page that notes whom it asks, and what it complains about."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._site = site
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))

    def open(self, path: str) -> Page:
        self.page.goto(self._site.url + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    @property
    def outside(self) -> list[str]:
        return [url for url in self.asked if not url.startswith(f"{self._site.url}/")]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    yield Visit(context.new_page(), site)
    context.close()


def test_the_images_of_an_entry_are_shown_and_nobody_else_is_asked(visit: Visit, site: Site) -> None:
    page = visit.open(site.entry)
    assert page.locator(".text img").evaluate_all(NATURAL) == [["a map", 120, 80], ["moved", 64, 48]]
    assert visit.outside == []
    assert visit.complaints == []
    assert sum("/media/" in url for url in visit.asked) == 2
    assert {"/big.png", "/other.webp", "/poster.png", "/x.png"}.isdisjoint(site.publisher.paths())


def test_the_publisher_learns_of_no_reader(visit: Visit, site: Site) -> None:
    visit.open(site.entry)
    visit.open(site.entry)
    asked = [request for request in site.publisher.requests if request.path == "/a.png"]
    assert len(asked) == 1
    assert asked[0].header("user-agent") == "test/1"
    assert asked[0].header("referer") is None
    assert asked[0].header("cookie") is None


def test_a03_a_drawing_with_a_script_is_not_shown_and_its_text_is(visit: Visit, site: Site) -> None:
    page = visit.open(site.evil)
    (shown,) = page.locator(".text img").evaluate_all(NATURAL)
    assert shown == ["a drawing", 0, 0]
    assert visit.outside == []
    answer = page.goto(site.url + (page.locator(".text img").get_attribute("src") or ""))
    assert answer is not None
    assert answer.status == 415
    assert "alert" not in page.content()


@pytest.mark.parametrize("path", ["/feeds", "/feeds/news-example"])
def test_feeds_show_icons_of_our_own_then_those_of_their_sites(visit: Visit, path: str) -> None:
    icon = visit.open(path).locator("main img.icon").first
    assert icon.evaluate("image => image.complete && image.naturalWidth > 0")
    box = icon.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (16, 16)
    assert visit.outside == []
    assert [each for each in visit.complaints if "404" not in each] == []


def test_an_image_opened_by_itself_is_boxed_in(visit: Visit, site: Site) -> None:
    src = visit.open(site.entry).locator(".text img").first.get_attribute("src")
    page = visit.open(src or "")
    assert page.evaluate("document.images[0].naturalWidth") == 120
    assert page.evaluate("self.origin") == "null", "sandboxed: nothing of this site is within its reach"
