"""A copy of the site on a plain file server, clicked through in a real browser. Skipped where there is no Chromium."""

import asyncio
import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.digest_made import whole_digest
from tests.integration.test_export import SITE, crawled, export, seal, static_server
from tests.newsroom import fill, newsroom

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine; apt-get install chromium brings it"),
]

CLICKS = 25


async def _write(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(newsroom(folder, site=SITE))
        await fill(room)
        await seal(room, whole_digest())
        report = await export(room, folder / "root" / "news")
        assert report.failed == ()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a copy below the root of its host."""
    folder = tmp_path_factory.mktemp("copy")
    # On a thread of its own: Playwright keeps a loop running on this one.
    writing = threading.Thread(target=lambda: asyncio.run(_write(folder)))
    writing.start()
    writing.join(30)
    with static_server(folder / "root") as host:
        yield f"{host}news/"


class Visit:
    """A page that notes what went wrong and who else was asked."""

    def __init__(self, page: Page, start: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("response", lambda answer: self.troubles.append(answer.url) if answer.status >= 400 else None)
        page.on("request", lambda asked: None if asked.url.startswith(start) else self.outside.append(asked.url))


@pytest.fixture(scope="module")
def visit(start: str) -> Iterator[Visit]:
    with sync_playwright() as playwright:
        # Containers have no user namespaces for Chromium's own sandbox; every page here is ours.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield Visit(browser.new_page(), start)
        browser.close()


def test_every_page_of_a_copy_is_shown_whole_and_asks_nobody_else(visit: Visit, start: str) -> None:
    pages = [address for address in crawled(start) if address.endswith((".html", "/"))]
    assert len(pages) > 10
    for address in pages:
        visit.page.goto(address)
        expect(visit.page.get_by_role("heading", level=1)).to_have_count(1)
        assert visit.page.evaluate("getComputedStyle(document.body).maxWidth") != "none", "the style sheet is there"
    assert visit.troubles == []
    assert visit.outside == []


def test_a_reader_clicks_through_a_copy_and_never_comes_to_nowhere(visit: Visit, start: str) -> None:
    chosen, page = random.Random(0), visit.page
    page.goto(start)
    for _ in range(CLICKS):
        links = [
            link
            for link in page.locator("a:visible").all()
            if (link.evaluate("link => link.href")).startswith(start) and link.get_attribute("type") is None
        ]
        link = chosen.choice(links[1:])  # the first leads to the content of its own page
        address = link.evaluate("link => link.href")
        link.click()
        page.wait_for_url(address)
        if urlsplit(address).path.endswith((".html", "/")):
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
        else:
            page.goto(start)  # a document for programs
    assert visit.troubles == []
