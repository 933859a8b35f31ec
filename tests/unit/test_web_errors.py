"""What goes wrong, and what every answer carries."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from starlette.routing import Route

from aggregator.errors import DatabaseUnusable
from aggregator.ports import Transaction
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.web.app import create_app
from tests.manual_clock import ManualClock
from tests.newsroom import Newsroom, fill, newsroom
from tests.published import make_site

pytestmark = pytest.mark.anyio

T = TypeVar("T")


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


class BrokenStore:
    """Implements `ports.Store`; every transaction raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def read(self, work: Callable[[Transaction], T]) -> T:
        raise self._error

    async def write(self, work: Callable[[Transaction], T]) -> T:
        raise self._error

    async def aclose(self) -> None:
        pass


def _client_of(error: Exception) -> httpx.AsyncClient:
    store, clock, site = BrokenStore(error), ManualClock(), make_site()
    app = create_app(Reader(store), Digests(store, clock, site.timezone), clock, site)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/feeds/",
        "/entries/0",
        "/entries/-1",
        "/entries/1.5",
        "/entries/one",
        "/entries/%D9%A1",  # an Arabic digit one
        "/entries/9223372036854775807",
        "/entries/9223372036854775808",
        f"/entries/{'9' * 5000}",
        "/entries/1%00",
        "/stories/0",
        "/stories/one",
        "/stories/99",
        "/stories/99.atom",
        "/stories/9223372036854775808",
        f"/stories/{'9' * 5000}.json",
        "/categories/none",
        "/categories/%00",
        "/categories/%FF%FE",
        "/feeds/none",
        "/feeds/%00",
        f"/feeds/{'a' * 100}",
        "/static/none.css",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/app.py",
    ],
)
async def test_what_is_not_there_is_a_404_page(room: Newsroom, path: str) -> None:
    await fill(room)
    response = await room.get(path)
    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.text
    assert 'href="/categories/world"' in response.text, "the ways to elsewhere"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "wrong", "expected"),
    [
        ("/?after=x", "after=&#39;x&#39;", "follow the link"),
        ("/?after=", "after=&#39;&#39;", "follow the link"),
        ("/?after=%00", "after=", "follow the link"),
        ("/?after=MS4yLjM", "after=", "follow the link"),
        ("/?after=MS45OTk5OTk5OTk5OTk5OTk5OTk5OTk", "after=", "follow the link"),  # an id beyond 64 bits
        ("/?after=MS4tMQ", "after=", "follow the link"),  # an id below zero
        ("/?after=OTk5OTk5OTk5OTk5OTk5OTk5Ljk", "after=", "follow the link"),  # a time beyond all years
        ("/feed.atom?after=x", "after=", "follow the link"),
        ("/categories/world?after=x", "after=", "follow the link"),
        ("/feed.rss?archive=x", "archive=", "prev-archive"),
        ("/stories?after=x", "after=", "follow the link"),
        ("/stories.atom?after=x", "after=", "follow the link"),
        ("/feeds/other.json?after=x", "after=", "follow the link"),
        ("/digests/2018-02-30", "2018-02-30", "like 2018-09-02"),
        ("/digests/20180902", "20180902", "like 2018-09-02"),
        ("/digests/2018-W35-7", "2018-W35-7", "like 2018-09-02"),
        ("/digests/%D9%A22018-09-0", "2018", "like 2018-09-02"),
        ("/digests/10000-01-01", "10000-01-01", "like 2018-09-02"),
        ("/search?q=!!!", "!!!", "word"),
        (f"/search?q={'a' * 301}", "301 characters", "300 at most"),
    ],
)
async def test_what_can_t_be_is_a_400_page_that_says_what_was_expected(
    room: Newsroom, path: str, wrong: str, expected: str
) -> None:
    await fill(room)
    response = await room.get(path)
    assert response.status_code == 400, response.text
    assert wrong in response.text
    assert expected in response.text


@pytest.mark.parametrize("path", ["/feed.atom", "/stories.rss", "/stories/1.json", "/search.json"])
async def test_a_program_that_asks_for_what_can_t_be_is_answered_in_plain_text(room: Newsroom, path: str) -> None:
    response = await room.get(f"{path}?q=gale&after=x")
    assert (response.status_code, response.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert response.text.startswith("after='x' is not the mark")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("words", ["a\0b", "\ud800", "NEAR(a", '"', "a* OR b", "col:umn", "-", "a" * 300])
async def test_no_words_of_a_search_break_it(room: Newsroom, words: str) -> None:
    await fill(room)
    query = httpx.QueryParams({"q": words.encode("utf-8", "surrogatepass").decode("latin-1")})
    assert (await room.client.get("/search", params=query)).status_code in {200, 400}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/feed.atom", "/entries/1", "/search", "/healthz"])
async def test_a12_a15_nothing_can_be_changed_over_the_web(room: Newsroom, method: str, path: str) -> None:
    response = await room.client.request(method, path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
async def test_a12_nothing_can_be_deleted_or_replaced_at_any_address(room: Newsroom, method: str) -> None:
    """There are no users, so nobody could delete what is another's: nobody can delete anything."""
    (number, *_) = await fill(room)
    paths = {re.sub(r"\{[^}]*\}", str(number), route.path) for route in room.app.routes if isinstance(route, Route)}
    assert len(paths) > 30
    for path in paths:
        assert (await room.client.request(method, path)).status_code in {404, 405}, path
    assert (await room.get(f"/entries/{number}")).status_code == 200


async def test_a_surprise_is_a_500_page_that_shows_nothing_internal(caplog: pytest.LogCaptureFixture) -> None:
    async with _client_of(RuntimeError("secret of the house")) as client:
        for path in ("/", "/feed.atom", "/entries/1"):
            response = await client.get(path)
            assert response.status_code == 500
            assert "<h1>Internal Server Error</h1>" in response.text
            assert "secret" not in response.text
            assert "Traceback" not in response.text
            assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert "secret of the house" in caplog.text


async def test_a_database_that_can_t_be_read_is_a_503_that_names_no_file(caplog: pytest.LogCaptureFixture) -> None:
    async with _client_of(DatabaseUnusable("/home/me/aggregator.db is locked")) as client:
        response = await client.get("/")
    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
    assert "/home/me" not in response.text
    assert "/home/me" in caplog.text


async def test_healthz_is_ok_while_the_database_answers(room: Newsroom) -> None:
    response = await room.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("error", [DatabaseUnusable("/home/me/aggregator.db"), OSError(5, "Input/output error")])
async def test_healthz_is_a_503_when_it_does_not(error: Exception) -> None:
    async with _client_of(error) as client:
        response = await client.get("/healthz")
    assert (response.status_code, response.text) == (503, "the database does not answer\n")


async def test_robots_are_let_in_to_read_that_they_shall_not_index(room: Newsroom) -> None:
    response = await room.get("/robots.txt")
    assert response.text == "User-agent: *\nDisallow: /search\nDisallow: /media/\n"
    assert 'name="robots" content="noindex"' in (await room.get("/")).text


@pytest.mark.parametrize(
    "path", ["/", "/feed.atom", "/feed.json", "/feeds.opml", "/static/style.css", "/nothing", "/healthz", "/?after=x"]
)
async def test_every_answer_carries_the_headers_that_protect_it(room: Newsroom, path: str) -> None:
    headers = (await room.get(path)).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/", "/feed.atom", "/feed.json", "/static/style.css", "/nothing", "/healthz"])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_head_answers_what_get_answers_without_the_body(room: Newsroom, path: str, coding: str) -> None:
    get = await room.client.get(path, headers={"accept-encoding": coding})
    head = await room.client.head(path, headers={"accept-encoding": coding})
    assert head.content == b""
    assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers))


async def test_a_large_page_is_sent_compressed(room: Newsroom) -> None:
    plain = await room.client.get("/static/style.css", headers={"accept-encoding": "identity"})
    packed = await room.client.get("/static/style.css", headers={"accept-encoding": "br, gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


async def test_a_file_with_the_mark_of_its_content_may_be_kept_for_long(room: Newsroom) -> None:
    page = (await room.get("/")).text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert (await room.get(address)).headers["cache-control"] == "public, max-age=31536000"
    assert (await room.get("/static/style.css?v=old")).headers["cache-control"] == "public, max-age=300"


async def test_who_asks_for_an_icon_unasked_gets_it(room: Newsroom) -> None:
    response = await room.get("/favicon.ico")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")
    assert response.content == (await room.get("/static/favicon.svg")).content


@pytest.mark.parametrize(
    ("name", "media_type"), [("style.css", "text/css; charset=utf-8"), ("favicon.svg", "image/svg+xml")]
)
async def test_files_of_the_program_have_their_type(room: Newsroom, name: str, media_type: str) -> None:
    assert (await room.get(f"/static/{name}")).headers["content-type"] == media_type


UP = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "....//", "/", "%2f", "file:///"]


@pytest.mark.parametrize("folder", ["/static/", "/media/", "/media/x/", "/feeds/", "/digests/", "/categories/", "/"])
async def test_a19_no_address_leads_to_a_file_outside(room: Newsroom, tmp_path: Path, folder: str) -> None:
    (tmp_path / "secret.txt").write_text("a secret of this machine")
    for up in UP:
        for target in (
            f"{up * 12}etc/passwd",
            f"{up}news.db",
            f"{up}{tmp_path}/secret.txt",
            f"{up}rendering.py",
            f"style.css{up}",
        ):
            response = await room.client.get(f"http://testserver{folder}{target}")
            assert response.status_code in {303, 307, 400, 404}, (folder, target)
            assert not re.search("root:|a secret|SQLite format|def render", response.text), (folder, target)
