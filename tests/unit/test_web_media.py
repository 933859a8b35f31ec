"""Images on pages, through ASGI: their addresses, what is answered there, and what lies around every answer."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.model.entry import Enclosure, SafeHtml
from aggregator.model.feed import ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import Image, ImageOutcome, NotAnImage
from aggregator.services.icons import FeedIcons
from aggregator.services.images import ReaderImages
from aggregator.web.desk import Media
from aggregator.web.signed import SignedAddresses
from tests.factories import make_feed, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newsroom import POLLED, Newsroom, newsroom
from tests.pictures import HTML, ICO, MISSING, SLOW, SVG, MemoryCache, ScriptedImages, image, png
from tests.published import make_site

pytestmark = pytest.mark.anyio

BODY = (
    '<p>Before <a href="https://news.example/x"><img src="https://img.example/a.png?b=1&amp;c=2" alt="A &quot;map&quot;"'
    ' width="40" height="30" title="Idlib"></a> after <img src="https://img.example/b.jpg"></p>'
)
SANDBOX = "default-src 'none'; form-action 'none'; sandbox"


class Desk:
    """A site that shows images, and what stands behind it."""

    def __init__(self, room: Newsroom, publisher: ScriptedImages, sites: ScriptedImages, media: Media) -> None:
        self.room = room
        self.publisher = publisher
        self.sites = sites
        self.media = media

    def link(self, url: str = "https://img.example/a.png") -> str:
        link = self.media.addresses.link(url)
        assert link is not None
        return link

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.room.get(path, **headers)

    async def answer(self, outcome: ImageOutcome) -> httpx.Response:
        self.publisher.outcome = outcome
        return await self.get(self.link())

    async def entry(self, body: str = BODY, *, image_url: str | None = None) -> LexborHTMLParser:
        parsed = replace(make_parsed_entry(), content=SafeHtml(body), image_url=image_url)
        await self.room.configure(make_feed())
        (number,) = await self.room.publish("news-example", parsed)
        return LexborHTMLParser((await self.get(f"/entries/{number}")).text)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    publisher, sites, cache, clock = ScriptedImages(), ScriptedImages(image(ICO)), MemoryCache(), ManualClock()
    media = Media(
        addresses=SignedAddresses(bytes(32), make_site()),
        images=ReaderImages(publisher, cache, clock),
        icons=FeedIcons(sites, cache, clock),
    )
    async with newsroom(tmp_path, media=media) as room:
        yield Desk(room, publisher, sites, media)


# On the page


async def test_every_image_of_an_entry_is_loaded_from_here(desk: Desk) -> None:
    first, second = (await desk.entry()).css(".text img")
    assert first.attributes == {
        "src": desk.link("https://img.example/a.png?b=1&c=2"),
        "alt": 'A "map"',
        "width": "40",
        "height": "30",
        "title": "Idlib",
        "loading": "lazy",
        "decoding": "async",
    }
    assert second.attributes["src"] == desk.link("https://img.example/b.jpg")
    assert second.attributes["alt"] == ""


async def test_no_address_on_a_page_that_a_browser_loads_by_itself_leads_elsewhere(desk: Desk) -> None:
    page = await desk.entry(image_url="https://img.example/lead.jpg")
    loaded = page.css(
        "img, source, video, audio, iframe, script, link[rel=stylesheet], link[rel=icon], [style], [srcset]"
    )
    addresses = [node.attributes.get("src") or node.attributes.get("href") or "" for node in loaded]
    assert len(addresses) >= 4
    assert [address for address in addresses if not address.startswith("/") or address.startswith("//")] == []


async def test_the_links_of_a_page_lead_where_they_led(desk: Desk) -> None:
    links = (await desk.entry()).css(".text a")
    assert [link.attributes["href"] for link in links] == ["https://news.example/x"]


async def test_an_entry_whose_text_has_no_image_shows_the_one_that_comes_with_it(desk: Desk) -> None:
    page = await desk.entry("<p>Text</p>", image_url="https://img.example/lead.jpg")
    (shown,) = page.css("main img")
    assert shown.attributes["src"] == desk.link("https://img.example/lead.jpg")


@pytest.mark.parametrize("shown", [True, False])
async def test_images_are_shown_of_the_feeds_that_may_show_them(desk: Desk, *, shown: bool) -> None:
    await desk.entry(image_url="https://img.example/lead.jpg")
    await desk.room.configure(replace(make_feed(), shows_images=shown))
    page = LexborHTMLParser((await desk.get("/entries/1")).text)
    assert len(page.css("main img")) == (2 if shown else 0)
    main = page.css_first("main")
    assert main is not None
    assert ('A "map"' in main.text()) is not shown
    await desk.room.poll(
        "news-example", POLLED, document=ParsedFeed(format="rss20", title="News", home_url="https://news.example/")
    )
    await desk.get("/feeds/news-example/icon")
    await desk.media.icons.settle()
    icon = await desk.get("/feeds/news-example/icon")
    assert icon.headers["content-type"] == ("image/x-icon" if shown else "image/svg+xml")
    assert bool(desk.sites.asked) is shown


@pytest.mark.parametrize("usual", [True, False])
async def test_images_of_a_feed_that_is_gone_from_feeds_yaml_are_shown_as_those_of_others(
    desk: Desk, *, usual: bool
) -> None:
    await desk.entry()
    await desk.room.configure(make_feed("other"))
    told = desk.room.app.state.desk
    desk.room.app.state.desk = replace(told, media=replace(desk.media, usual=usual))
    page = LexborHTMLParser((await desk.get("/entries/1")).text)
    assert len(page.css("main img")) == (2 if usual else 0)


@pytest.mark.parametrize("shown", [True, False])
async def test_a_picture_is_offered_as_a_file_only_where_it_is_not_shown(desk: Desk, *, shown: bool) -> None:
    picture, sound = Enclosure(url="https://cdn.example/1.jpg"), Enclosure(url="https://cdn.example/1.mp3")
    parsed = replace(make_parsed_entry(), image_url=picture.url, enclosures=(picture, sound))
    await desk.room.configure(replace(make_feed(), shows_images=shown))
    (number,) = await desk.room.publish("news-example", parsed)
    links = LexborHTMLParser((await desk.get(f"/entries/{number}")).text).css(".fields a")
    assert [link.attributes["href"] for link in links] == ([sound.url] if shown else [picture.url, sound.url])


async def test_an_image_is_not_shown_twice(desk: Desk) -> None:
    page = await desk.entry(image_url="https://img.example/lead.jpg")
    assert len(page.css("main img")) == 2


async def test_an_image_that_gets_no_address_is_its_text(desk: Desk) -> None:
    page = await desk.entry('<p>a <img src="https://news.example/feeds" alt="ours &lt;b&gt;"> b</p>')
    assert page.css("main img") == []
    text = page.css_first(".text")
    assert text is not None
    assert "a ours <b> b" in text.text()


async def test_the_published_feeds_name_images_where_they_are(desk: Desk) -> None:
    await desk.entry(image_url="https://img.example/lead.jpg")
    for path in ("/feed.atom", "/feed.rss", "/feed.json"):
        text = (await desk.get(path)).text
        assert "https://img.example/b.jpg" in text
        assert "/media/" not in text


async def test_a_site_without_images_shows_their_texts_and_asks_nobody(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        await room.configure(make_feed())
        parsed = replace(make_parsed_entry(), content=SafeHtml(BODY), image_url="https://img.example/lead.jpg")
        (number,) = await room.publish("news-example", parsed)
        page = LexborHTMLParser((await room.get(f"/entries/{number}")).text)
        assert page.css("img") == []
        text = page.css_first(".text")
        assert text is not None
        assert 'Before A "map" after' in text.text()
        assert (await room.get("/media/x/y")).status_code == 404
        assert (await room.get("/feeds/news-example/icon")).headers["content-type"] == "image/svg+xml"


# What is answered


async def test_an_image_comes_with_its_type_and_may_be_kept(desk: Desk) -> None:
    response = await desk.get(desk.link())
    assert response.status_code == 200
    assert response.content == png()
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"] == 'inline; filename="image.png"'
    assert response.headers["cache-control"] == "public, max-age=2592000, immutable"
    assert re.fullmatch(r'"[0-9a-f]{32}"', response.headers["etag"])
    assert desk.publisher.asked == [("https://img.example/a.png", False)]


@pytest.mark.parametrize(
    "name",
    [
        "setup.exe",
        "a.png%22;%20filename=%22b.exe",
        "a%0d%0aset-cookie:x=1",
        "..%2f..%2fetc%2fpasswd",
        "a%e2%80%a8b.html",
        "%e2%80%aegpj.exe",
    ],
)
async def test_a10_an_image_is_saved_under_a_name_of_ours_whatever_its_address_says(desk: Desk, name: str) -> None:
    response = await desk.get(desk.link(f"https://img.example/{name}"))
    assert response.status_code == 200
    assert response.headers["content-disposition"] == 'inline; filename="image.png"'
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    "body",
    [
        HTML,
        SVG,
        b"<!doctype html><p>x",
        b"%PDF-1.7",
        b"<?xml version='1.0'?><html/>",
        b"GIF",
        b"\x00\x00\x01\x00\x00\x00<html>",
    ],
)
async def test_a30_nothing_but_an_image_can_be_answered_where_bytes_of_others_are(desk: Desk, body: bytes) -> None:
    """An `Image` is made of bytes alone, so a page of a publisher can't be one, whatever type its server gives it."""
    assert Image.of(body) is None
    response = await desk.answer(NotAnImage(message=body.decode("latin-1")))
    assert (response.status_code, response.headers["content-type"]) == (415, "text/plain; charset=utf-8")
    assert response.text == "What the publisher sent is no PNG, JPEG, GIF, WebP or AVIF.\n"


@pytest.mark.parametrize(
    "path", ["/", "/entries/1", "/feeds", "/search", "/media", "/feeds/news-example/icon", "/login"]
)
async def test_a30_no_address_of_ours_takes_one_of_others_and_shows_what_is_there(desk: Desk, path: str) -> None:
    await desk.entry()
    elsewhere = "https://evil.example/page"
    for query in ("url", "u", "src", "q", "next", "feed", "page", "image"):
        response = await desk.get(f"{path}?{query}={elsewhere}")
        assert response.headers.get("location", "/").startswith("/"), query
    assert elsewhere not in [url for url, _ in desk.publisher.asked + desk.sites.asked]


async def test_an_image_that_a_browser_holds_is_not_sent_again(desk: Desk) -> None:
    first = await desk.get(desk.link())
    again = await desk.get(desk.link(), if_none_match=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert len(desk.publisher.asked) == 1


async def test_an_image_is_not_compressed_a_second_time(desk: Desk) -> None:
    body = png() + bytes(5000)
    desk.publisher.outcome = image(body)
    response = await desk.get(desk.link(), accept_encoding="gzip")
    assert "content-encoding" not in response.headers
    assert response.content == body


async def test_head_tells_of_an_image_without_sending_it(desk: Desk) -> None:
    response = await desk.room.client.head(desk.link())
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(png()))


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (NotAnImage(message="<script>"), 415),
        (MISSING, 404),
        (Failed(kind=FailureKind.STATUS, message="<script>", status=410), 404),
        (Failed(kind=FailureKind.STATUS, message="<script>", status=500), 502),
        (SLOW, 504),
        (Failed(kind=FailureKind.NETWORK, message="<script>"), 502),
        (Failed(kind=FailureKind.TOO_LARGE, message="<script>"), 502),
        (Failed(kind=FailureKind.BAD_RESPONSE, message="<script>"), 502),
        (Failed(kind=FailureKind.REFUSED_ADDRESS, message="<script>"), 403),
    ],
)
async def test_a02_a03_what_went_wrong_is_said_in_a_plain_line_of_our_own(
    desk: Desk, outcome: ImageOutcome, status: int
) -> None:
    response = await desk.answer(outcome)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-security-policy"] == SANDBOX
    assert response.headers["cache-control"] == "public, max-age=60"
    assert "script" not in response.text
    assert "example" not in response.text


async def test_who_comes_while_too_much_is_under_way_is_told_to_come_again(desk: Desk) -> None:
    desk.media.images._longest_wait *= 0
    desk.publisher.open.clear()
    response = await desk.get(desk.link())
    desk.publisher.open.set()
    assert response.status_code == 503
    assert response.headers["retry-after"] == "10"
    assert response.headers["cache-control"] == "no-store"


async def test_only_addresses_that_were_made_here_are_fetched(desk: Desk) -> None:
    _, _, signature, name = desk.link().split("/")
    other = desk.link("https://img.example/other.png").split("/")[3]
    paths = [
        f"/media/{signature}/{other}",
        f"/media//{name}",
        f"/media/{signature}/",
        f"/media/{signature}",
        f"/media/{signature[:-1]}/{name}",
        f"/media/{signature}/{name}=",
        f"/media/{signature}/{name}/x",
        f"/media/{'A' * 43}/{name}",
        "/media/",
        "/media",
        "/media/%3Cscript%3E/http:a%3Cscript%3E",
        "/media/%ff/%00",
        f"/media/{signature}/..%2F..%2Fetc%2Fpasswd",
        f"/media/../media/{name}",
    ]
    for path in paths:
        response = await desk.get(path)
        assert response.status_code == 404, path
        assert "<script>" not in response.text
    assert desk.publisher.asked == []


@pytest.mark.parametrize(
    "path",
    ["LINK", "/media/a/b", "/media/a", "/media", "/feeds/news-example/icon", "/feeds/nothing/icon", "/feeds/!/icon"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
async def test_a03_every_answer_where_bytes_of_others_may_be_is_sandboxed(desk: Desk, path: str, method: str) -> None:
    await desk.room.configure(make_feed())
    response = await desk.room.client.request(method, path.replace("LINK", desk.link()))
    assert response.headers["content-security-policy"] == SANDBOX
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in response.headers


async def test_a_fault_of_ours_is_sandboxed_too(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(url: str, *, allow_private_address: bool = False) -> ImageOutcome:
        raise RuntimeError("boom")

    desk.publisher.fetch = broken  # type: ignore[method-assign]
    response = await desk.get(desk.link())
    assert response.status_code == 500
    assert response.headers["content-security-policy"] == SANDBOX
    assert "boom" not in response.text
    assert "boom" in caplog.text


async def test_pages_load_images_from_here_alone(desk: Desk) -> None:
    policy = (await desk.get("/")).headers["content-security-policy"]
    assert "img-src 'self';" in policy
    assert policy.startswith("default-src 'none';")


async def test_images_take_no_room_where_the_dates_of_pages_are_remembered(desk: Desk) -> None:
    assert "last-modified" not in (await desk.get(desk.link())).headers


# Icons


async def polled(desk: Desk, *, home: str | None = "https://www.news.example/") -> None:
    await desk.room.configure(make_feed())
    await desk.room.poll("news-example", POLLED, document=ParsedFeed(format="rss20", title="News", home_url=home))


async def test_a_feed_has_a_letter_until_its_icon_is_there(desk: Desk) -> None:
    await polled(desk)
    first = await desk.get("/feeds/news-example/icon")
    assert first.headers["content-type"] == "image/svg+xml"
    assert ">E</text>" in first.text
    assert first.headers["cache-control"] == "public, max-age=60"
    await desk.media.icons.settle()
    then = await desk.get("/feeds/news-example/icon")
    assert (then.headers["content-type"], then.content) == ("image/x-icon", ICO)
    assert then.headers["cache-control"] == "public, max-age=604800"
    assert then.headers["content-disposition"] == 'inline; filename="icon.ico"'
    assert desk.sites.asked == [("https://www.news.example/favicon.ico", False)]
    assert desk.publisher.asked == []


async def test_a_feed_that_is_not_configured_has_no_icon(desk: Desk) -> None:
    assert (await desk.get("/feeds/nothing/icon")).status_code == 404
    assert (await desk.get("/feeds/NOTHING/icon")).status_code == 404


@pytest.mark.parametrize("path", ["/feeds", "/feeds/news-example"])
async def test_icons_stand_beside_the_names_of_feeds_and_move_nothing(desk: Desk, path: str) -> None:
    await polled(desk)
    (icon,) = LexborHTMLParser((await desk.get(path)).text).css("main img")
    assert icon.attributes["src"] == "/feeds/news-example/icon"
    assert (icon.attributes["width"], icon.attributes["height"], icon.attributes["alt"]) == ("16", "16", "")
