"""Who may read: every address of the site, with every kind of credential, right and wrong."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.routing import Route

from aggregator.model.entry import ParsedEntry
from aggregator.web.attempts import Password, Word
from aggregator.web.buckets import Buckets
from aggregator.web.guard import Guard
from aggregator.web.pages.login import local
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.locked import PASSWORD, PROXY, TOKEN, MemorySecret, by_password, by_proxy, form_token, log_in, password_hash
from tests.newsroom import Newsroom, newsroom

pytestmark = pytest.mark.anyio

OPEN = {
    "/healthz": 200,
    "/readyz": 200,
    "/metrics": 403,
    "/robots.txt": 200,
    "/favicon.ico": 200,
    "/static/style.css": 200,
    "/websub/1": 404,
    "/login": 200,
    "/logout": 405,
}
"""What is open, and what it answers to anybody."""


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, guard=by_password()) as made:
        await made.configure(make_feed("example"))
        await made.publish("example", make_parsed_entry())
        yield made


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, guard=by_proxy()) as made:
        yield made


def addresses(room: Newsroom) -> list[str]:
    """Give an address of every route."""
    paths = {route.path for route in room.app.routes if isinstance(route, Route)}
    filled = {re.sub(r"\{[^}]*\}", "style.css" if path.startswith("/static/") else "1", path) for path in paths}
    assert len(filled) > 30
    return sorted(filled)


def basic(password: str, user: str = "anybody") -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def from_address(room: Newsroom, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(room.app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


WRONG = {
    "nothing": {},
    "another cookie": {"cookie": "aggregator-session=1.99999999999.aaaaaaaaaaaaaaaaaaaaaa." + "a" * 43},
    "a header of no proxy": {"remote-user": "admin", "x-forwarded-for": "10.1.2.3"},
    "a bearer": {"authorization": f"Bearer {TOKEN}"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
async def test_a20_every_route_is_closed_that_is_not_named_as_open(room: Newsroom, headers: dict[str, str]) -> None:
    for address in addresses(room):
        answer = await room.client.get(address, headers=headers)
        if address in OPEN:
            assert answer.status_code == OPEN[address], address
            continue
        assert answer.status_code in {303, 401}, address
        if answer.status_code == HTTPStatus.SEE_OTHER:
            assert answer.headers["location"].startswith("/login?next=%2F"), address
        assert "Example" not in answer.text


async def test_a20_what_is_open_is_a_route(room: Newsroom) -> None:
    assert set(OPEN) - set(addresses(room)) == set()


async def test_a20_another_method_opens_nothing(room: Newsroom) -> None:
    for address in addresses(room):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            status = (await room.client.request(method, address)).status_code
            assert status in ({400, 404, 405, 415} if address in OPEN else {401}), (method, address)


@pytest.mark.parametrize(
    "address", ["//feeds", "/feeds/../stories", "/static/../feeds", "/login/", "/healthz/x", "/%2e"]
)
async def test_an_address_that_looks_open_is_closed(room: Newsroom, address: str) -> None:
    assert (await room.client.get(f"http://testserver{address}")).status_code in {303, 401}


async def test_the_password_opens_everything_to_feed_readers(room: Newsroom) -> None:
    for address in ("/feed.atom", "/stories.json", "/", "/feeds.opml"):
        answer = await room.get(address, authorization=basic(PASSWORD))
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "private, no-cache"


async def test_feed_readers_are_told_how_to_send_it(room: Newsroom) -> None:
    for headers in ({}, {"authorization": basic("wrong")}, {"authorization": "Basic !"}):
        answer = await room.get("/feed.atom", **headers)
        assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic")
        assert answer.headers["cache-control"] == "no-store"


async def test_the_token_opens_feeds_and_nothing_else(room: Newsroom) -> None:
    for address in ("/feed.atom", "/stories.rss", "/feeds/example.json", "/search.atom?q=headline"):
        found = await room.get(f"{address}{'&' if '?' in address else '?'}token={TOKEN}")
        assert found.status_code == 200, address
        assert TOKEN not in found.text
    for address in ("/", "/feeds", "/entries/1", "/media/a/b", "/feeds/example/icon"):
        assert (await room.get(f"{address}?token={TOKEN}")).status_code in {303, 401}, address
    for token in ("", "wrong", TOKEN[:-1], f"{TOKEN}&token={TOKEN}", "é"):
        assert (await room.get(f"/feed.atom?token={token}")).status_code == 401, token


@pytest.mark.parametrize("suffix", ["atom", "rss", "json"])
async def test_who_was_let_in_by_a_token_reads_the_whole_history(tmp_path: Path, suffix: str) -> None:
    token = "feed-token+with/what~has.to_be-quoted"
    async with newsroom(tmp_path, guard=replace(by_password(), feed_token=token)) as closed:
        await closed.configure(make_feed("example"))
        await closed.publish("example", *many())
        address, seen = f"/feed.{suffix}?token={quote(token, safe='')}", set[str]()
        while address:
            found = await closed.get(address)
            assert found.status_code == 200, address
            seen |= set(re.findall(r"Headline \d+", found.text))
            further = re.search(r'(?:"next_url": |rel="prev-archive"[^>]*href=)"([^"]+)"', found.text)
            address = unescape(further[1]).removeprefix("https://news.example") if further else ""
    assert seen == {entry.headline for entry in many()}


def many() -> list[ParsedEntry]:
    return [make_parsed_entry(str(number), headline=f"Headline {number}") for number in range(120)]


async def test_a_token_stands_in_links_to_further_documents_alone(room: Newsroom) -> None:
    await room.publish("example", *many())
    found = await room.get(f"/feed.atom?token={TOKEN}")
    holding = re.findall(rf'<link rel="([^"]+)"[^>]*token={TOKEN}', found.text)
    assert holding == ["prev-archive"]
    assert found.text.count(TOKEN) == 1
    assert TOKEN not in (await room.get("/feed.atom", authorization=basic(PASSWORD))).text


async def test_who_logs_in_reads_until_he_logs_out(room: Newsroom) -> None:
    entered = await log_in(room.client, wanted="/feeds?since=2018-09-02")
    assert (entered.status_code, entered.headers["location"]) == (303, "/feeds?since=2018-09-02")
    page = await room.get("/")
    assert (page.status_code, page.headers["cache-control"]) == (200, "private, no-cache")
    left = await room.client.post("/logout", data={"token": form_token(await room.get("/login"))})
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert (await room.get("/")).status_code == 303


async def test_what_was_made_for_one_who_is_let_in_is_given_to_nobody_else(room: Newsroom) -> None:
    for _ in range(2):  # the second time it would come from what is kept
        assert (await room.client.get("/stories", headers={"authorization": basic(PASSWORD)})).status_code == 200
        assert (await room.client.get("/feed.atom", headers={"authorization": basic(PASSWORD)})).status_code == 200
    assert (await room.client.get("/stories")).status_code == 303
    assert (await room.client.get("/feed.atom")).status_code == 401


async def test_a21_a_copied_cookie_is_worth_nothing_after_logging_out(room: Newsroom) -> None:
    await log_in(room.client)
    copied = room.client.cookies["aggregator-session"]
    await room.client.post("/logout", data={"token": form_token(await room.get("/login"))})
    assert (await room.get("/", cookie=f"aggregator-session={copied}")).status_code == 303


async def test_a21_logging_in_begins_a_session_of_its_own(room: Newsroom) -> None:
    planted = "1.99999999999.aaaaaaaaaaaaaaaaaaaaaa." + "a" * 43
    room.client.cookies.set("aggregator-session", planted, domain="testserver.local")
    await log_in(room.client)
    first = room.client.cookies["aggregator-session"]
    async with from_address(room, "127.0.0.1") as other:
        await log_in(other)
        assert len({planted, first, other.cookies["aggregator-session"]}) == 3


async def test_a21_sessions_end_when_the_password_changes(tmp_path: Path) -> None:
    secret, before, after = MemorySecret(), tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    async with newsroom(before, guard=by_password(secret=secret)) as room:
        await log_in(room.client)
        cookie = f"aggregator-session={room.client.cookies['aggregator-session']}"
        assert (await room.get("/", cookie=cookie)).status_code == 200
    async with newsroom(after, guard=by_password(secret=secret, password="another one")) as room:
        assert (await room.get("/", cookie=cookie)).status_code == 303


async def test_a_session_ends_by_itself(room: Newsroom) -> None:
    await log_in(room.client)
    cookie = f"aggregator-session={room.client.cookies['aggregator-session']}"
    room.clock.move(timedelta(days=30, seconds=-1))
    assert (await room.get("/", cookie=cookie)).status_code == 200
    room.clock.move(timedelta(seconds=1))
    assert (await room.get("/", cookie=cookie)).status_code == 303


@pytest.mark.parametrize("secure", [True, False])
async def test_the_cookie_is_kept_from_scripts_and_other_sites(tmp_path: Path, *, secure: bool) -> None:
    async with newsroom(tmp_path, guard=by_password(secure=secure)) as room:
        room.client.base_url = httpx.URL("https://testserver")
        said = (await log_in(room.client)).headers["set-cookie"]
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(said.split("; "))
        assert ("Secure" in said.split("; "), said.startswith("__Host-")) == (secure, secure)


NEXT = [
    "//e",
    "/\\e",
    "/%5ce",
    "/%5Ce",
    "/\t/e",
    "https:e",
    "https://e",
    "e",
    "",
    "/ e",
    "/%2fe",
    "/\r\nx: y",
    "/é",
    "\\/e",
]


@pytest.mark.parametrize("wanted", NEXT)
async def test_a04_logging_in_leads_to_no_other_site(room: Newsroom, wanted: str) -> None:
    assert (await log_in(room.client, wanted=wanted)).headers["location"] == "/"


def test_a04_what_is_of_this_site_is_kept() -> None:
    for wanted in ("/", "/entries/5", "/search?q=a%5Cb&sort=new", "/categories/middle-east"):
        assert local(wanted) == wanted


async def test_a_form_of_another_browser_or_site_does_nothing(room: Newsroom) -> None:
    token = form_token(await room.get("/login"))
    fields = {"password": PASSWORD, "next": "/", "token": token}
    foreign = [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
    for headers in foreign:
        assert (await room.client.post("/login", data=fields, headers=headers)).status_code == 403
    async with from_address(room, "127.0.0.1") as other:
        assert (await other.post("/login", data=fields)).status_code == 403
    for headers in (
        {"origin": "http://testserver"},
        {"origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
    ):
        assert (await room.client.post("/login", data=fields, headers=headers)).status_code == 303


async def test_logging_out_wants_the_token_of_the_session(room: Newsroom) -> None:
    before = form_token(await room.get("/login"))
    await log_in(room.client)
    for token in ("", before, "x" * 43):
        assert (await room.client.post("/logout", data={"token": token})).status_code == 403
    assert (await room.get("/")).status_code == 200


async def test_a15_nothing_changes_by_get(room: Newsroom) -> None:
    await log_in(room.client)
    token = form_token(await room.get("/login"))
    for method in ("GET", "HEAD"):
        answer = await room.client.request(method, f"/logout?token={token}")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await room.get("/")).status_code == 200


EXTRA = [
    {"admin": "1"},
    {"password": [PASSWORD, PASSWORD]},
    {"token": None},
]


@pytest.mark.parametrize("change", EXTRA, ids=str)
async def test_a22_fields_that_nobody_offered_are_refused(room: Newsroom, change: dict[str, object]) -> None:
    token = form_token(await room.get("/login"))
    fields = {"password": PASSWORD, "next": "/", "token": token} | change
    sent = {name: value for name, value in fields.items() if value is not None}
    assert (await room.client.post("/login", data=sent)).status_code == 400


async def test_s13_a_form_is_of_bounded_length(room: Newsroom) -> None:
    token = form_token(await room.get("/login"))
    fields = {"password": "x" * 9000, "next": "/", "token": token}
    assert (await room.client.post("/login", data=fields)).status_code == 413
    assert (await room.client.post("/login", json=fields)).status_code == 415


@pytest.mark.slow
async def test_s13_passwords_are_not_guessed_from_one_network(room: Newsroom) -> None:
    async with from_address(room, "2001:db8::1") as guesser, from_address(room, "2001:db8::ffff") as neighbour:
        for number in range(10):
            assert (await log_in(guesser, password=f"guess {number}")).status_code == 403
        late = await log_in(guesser)
        assert (late.status_code, late.headers["retry-after"]) == (429, "30")
        assert "30 seconds" in late.text
        basically = await neighbour.get("/feed.atom", headers={"authorization": basic(PASSWORD)})
        assert (basically.status_code, basically.headers["retry-after"]) == (429, "30")
        async with from_address(room, "2001:db8:0:1::1") as elsewhere:
            assert (await log_in(elsewhere)).status_code == 303
        room.clock.move(timedelta(seconds=30))
        assert (await log_in(guesser)).status_code == 303


@pytest.mark.slow
async def test_s13_passwords_are_not_guessed_from_many_networks_at_once() -> None:
    """The account is one: beyond a hundred tries, wherever they come from, one a second is looked at."""
    password, now = Password(password_hash()), NOON
    for number in range(100):
        assert await password.look(f"guess {number}", f"client {number // 10}", now) is Word.WRONG
    assert await password.look(PASSWORD, "another client", now) is Word.LATER
    assert password.wait("another client", now) == timedelta(seconds=1)
    assert await password.look("one more", "another client", now + timedelta(seconds=1)) is Word.WRONG
    assert await password.look(PASSWORD, "another client", now + timedelta(seconds=1)) is Word.LATER
    assert await password.look(PASSWORD, "another client", now + timedelta(seconds=2)) is Word.RIGHT


async def test_the_proxy_names_who_asks(behind: Newsroom) -> None:
    async with from_address(behind, PROXY) as proxy:
        assert (await proxy.get("/", headers={"remote-user": "ann"})).status_code == 200
        for headers in ([], [("remote-user", " ")], [("remote-user", "ann"), ("remote-user", "admin")]):
            answer = await proxy.get("/", headers=headers)
            assert answer.status_code == 401
            assert "through its proxy" in answer.text
        assert (await proxy.get(f"/feed.atom?token={TOKEN}")).status_code == 200


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1", "::1", "unix"])
async def test_a01_a_header_from_elsewhere_names_nobody(behind: Newsroom, peer: str) -> None:
    async with from_address(behind, peer) as other:
        headers = {"remote-user": "admin", "x-forwarded-for": PROXY, "forwarded": f"for={PROXY}"}
        for address in addresses(behind):
            status = (await other.get(address, headers=headers)).status_code
            assert status == 401 if address not in OPEN else status in {200, 403, 404, 405}, address
        assert (await other.get("/login", headers=headers)).status_code == 404


async def test_searches_and_images_are_counted_by_client(tmp_path: Path) -> None:
    guard = Guard(searches=Buckets(2, timedelta(minutes=1)), images=Buckets(1, timedelta(minutes=1)))
    async with newsroom(tmp_path, guard=guard) as room:
        # What was asked before, and is kept, costs nothing and is not counted.
        assert [(await room.get(f"/search?q={word}")).status_code for word in "aab"] == [200, 200, 200]
        page, document = await room.get("/search?q=c"), await room.get("/search.atom?q=c")
        assert [(each.status_code, each.headers["retry-after"]) for each in (page, document)] == [(429, "30")] * 2
        assert page.headers["content-type"].startswith("text/html")
        assert document.headers["content-type"].startswith("text/plain")
        assert [(await room.get("/media/a/b")).status_code for _ in range(2)] == [404, 429]
        assert (await room.get("/")).status_code == 200
        async with from_address(room, "192.0.2.9") as other:
            assert (await other.get("/search?q=c")).status_code == 200


async def test_a_token_that_opens_no_page_is_not_carried_along(room: Newsroom) -> None:
    answer = await room.get(f"/feeds?since=2018-09-02&token={TOKEN}")
    assert answer.headers["location"] == "/login?next=%2Ffeeds%3Fsince%3D2018-09-02"


async def test_the_way_to_log_in_works_without_scripts_and_by_ear(room: Newsroom) -> None:
    page = (await room.get("/login")).text
    assert '<label for="password">Password</label>' in page
    assert 'autocomplete="current-password"' in page
    token = form_token(await room.get("/login"))
    wrong = await room.client.post("/login", data={"password": "x", "next": "/feeds", "token": token})
    assert 'role="alert"' in wrong.text
    assert 'aria-describedby="problem"' in wrong.text
    assert 'name="next" value="/feeds"' in wrong.text
