"""The way to WebSub hubs, against a real server."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.hub import MOST_SAID, HubClient
from aggregator.model.fetch import Failed, FailureKind
from tests.loopback import Answer, LoopbackServer

pytestmark = pytest.mark.anyio

FORM = {
    "hub.callback": "https://reader.example/push/a?b=ü&c",
    "hub.mode": "subscribe",
    "hub.topic": "https://news.example/feed\r\nX: y",
}


@pytest.fixture
async def hubs() -> AsyncIterator[HubClient]:
    client = HubClient(user_agent="aggregator/0.1", timeout=timedelta(seconds=0.2), pace=HostPacing(gap=timedelta()))
    yield client
    await client.aclose()


async def refused(hubs: HubClient, answer: Answer) -> Failed:
    async with LoopbackServer() as server:
        server.answers["/hub"] = answer
        failed = await hubs.ask(server.url("/hub"), FORM, allow_private_address=True)
        assert isinstance(failed, Failed)
        assert len(server.requests) == 1
        return failed


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_p30_a_form_goes_to_the_hub_as_it_is(hubs: HubClient, status: int) -> None:
    async with LoopbackServer() as server:
        server.answers["/hub"] = Answer(status=status)
        assert await hubs.ask(server.url("/hub?a=b"), FORM, allow_private_address=True) is None
        (request,) = server.requests
        assert (request.method, request.target) == ("POST", "/hub?a=b")
        assert request.header("content-type") == "application/x-www-form-urlencoded"
        assert dict(parse_qsl(request.body.decode(), strict_parsing=True)) == FORM
        assert sorted(name.decode().lower() for name, _ in request.headers) == [
            "accept",
            "accept-encoding",
            "connection",
            "content-length",
            "content-type",
            "host",
            "user-agent",
        ]


async def test_what_a_hub_says_to_a_form_it_refuses_is_told_on_one_short_line(hubs: HubClient) -> None:
    said = "\x1b[31mNo\r\n\tsuch topic\x00\u2028here " + "x" * 1000
    failed = await refused(hubs, Answer(status=422, body=said.encode(), headers={"Retry-After": "60"}))
    assert failed.kind is FailureKind.STATUS
    assert failed.status == 422
    assert failed.headers["retry-after"] == "60"
    phrase, _, words = failed.message.partition("/hub: ")
    assert phrase.startswith("HTTP 422 ")
    assert words.startswith("[31mNo such topic here xxx")
    assert len(words) == MOST_SAID
    assert failed.url.endswith("/hub")


async def test_a_packed_or_foreign_explanation_does_no_harm(hubs: HubClient) -> None:
    packed = await refused(hubs, Answer(status=400, body=b"x" * 100_000, gzip=True))
    assert packed.message.startswith("HTTP 400 Bad Request from ")
    assert packed.message.endswith("/hub")
    foreign = await refused(hubs, Answer(status=400, body=b"\xff\xfe no"))
    assert foreign.message.endswith("/hub: no")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_hubs_redirect_is_not_followed(hubs: HubClient, status: int) -> None:
    failed = await refused(hubs, Answer(status=status, headers={"Location": "/other"}))
    assert failed.status == status


async def test_a_hub_of_this_machine_is_not_asked_by_a_public_feed(hubs: HubClient) -> None:
    async with LoopbackServer() as server:
        failed = await hubs.ask(server.url("/hub"), FORM)
        assert failed is not None
        assert failed.kind is FailureKind.REFUSED_ADDRESS
        assert server.connections == 0


async def test_a_hub_that_does_not_answer_runs_into_the_deadline(hubs: HubClient) -> None:
    assert (await refused(hubs, Answer(delay=5))).kind is FailureKind.TIMEOUT


@pytest.mark.parametrize("hub", ["mailto:hub@hub.example", "http://0177.0.0.1/", "http://[bad", ""])
async def test_what_is_no_address_is_no_hub(hubs: HubClient, hub: str) -> None:
    failed = await hubs.ask(hub, FORM)
    assert failed is not None
    assert failed.kind is FailureKind.REFUSED_ADDRESS


@pytest.mark.parametrize("location", ["mailto:a@b.example", "http://[bad", "http://0177.0.0.1/", "//", "\x01"])
async def test_a_hubs_redirect_to_nowhere_is_a_refusal_like_others(hubs: HubClient, location: str) -> None:
    failed = await refused(hubs, Answer(status=308, headers={"Location": location}))
    assert (failed.kind, failed.status) == (FailureKind.STATUS, 308)


async def test_an_endless_explanation_is_cut_and_not_waited_for(hubs: HubClient) -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        yield b"HTTP/1.1 403 Forbidden\r\n\r\n"
        while True:
            yield b"no " * 10_000

    failed = await refused(hubs, Answer(stream=endless))
    assert failed.status == 403
    assert failed.message.partition("/hub: ")[2] == ("no " * MOST_SAID)[:MOST_SAID].rstrip()


async def test_the_login_of_a_hubs_address_goes_along_and_no_cookie_ever_does(hubs: HubClient) -> None:
    async with LoopbackServer() as server:
        server.answers["/hub"] = Answer(status=202, headers={"Set-Cookie": "id=1; Path=/"})
        for _ in range(2):
            hub = server.url("/hub").replace("//", "//re%40der:secret@")
            assert await hubs.ask(hub, FORM, allow_private_address=True) is None
        assert {request.header("authorization") for request in server.requests} == {"Basic cmVAZGVyOnNlY3JldA=="}
        assert {request.header("cookie") for request in server.requests} == {None}


async def test_p15_hubs_and_feeds_of_one_group_take_turns() -> None:
    pace = HostPacing(gap=timedelta(hours=1))
    client = HubClient(user_agent="a/1", timeout=timedelta(seconds=1), pace=pace)
    async with LoopbackServer() as server:
        server.answers["/hub"] = Answer(status=202)
        assert await client.ask(server.url("/hub"), FORM, allow_private_address=True) is None
        assert len(pace) == 1
    await client.aclose()
