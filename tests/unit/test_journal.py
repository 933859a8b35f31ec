"""A line a request, and what is counted of it."""

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from aggregator.services.watch import RequestTally
from aggregator.web.journal import NOWHERE, Journal
from tests.locked import PASSWORD, TOKEN, by_password, log_in
from tests.newsroom import Newsroom, newsroom

pytestmark = pytest.mark.anyio
LOGGER = "aggregator.web.journal"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


async def test_every_request_is_one_line(room: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for address in ("/", "/entries/5", "/search?q=private+words", "/a%20b%0Ac", "/websub/secret-of-a-hub"):
        await room.get(address)
    told = [line.split() for line in lines(caplog)]
    assert [words[:3] for words in told] == [
        ["GET", "/", "200"],
        ["GET", "/entries/5", "404"],
        ["GET", "/search", "200"],
        ["GET", "/a%20b\\nc", "404"],
        ["GET", "/websub/***", "404"],
    ]
    assert all(words[4::2] == ["ms", "bytes"] for words in told)


async def test_supervisors_are_told_of_to_who_looks_for_mistakes_alone(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for address in ("/healthz", "/readyz", "/metrics"):
        await room.get(address)
    assert lines(caplog) == []


async def test_requests_are_counted_by_pattern_not_by_address(room: Newsroom) -> None:
    for number in range(1, 4):
        await room.get(f"/entries/{number}")
        await room.get(f"/nowhere/{number}/{number}")
    tally = room.watch.requests
    assert tally.answers["/entries/{entry_id}", 404] == 3
    assert tally.answers[NOWHERE, 404] == 3
    assert tally.durations()[-1] == (float("inf"), 6)


@pytest.mark.parametrize("fails", [False, True])
async def test_it_is_known_whether_anybody_waits_for_an_answer(*, fails: bool) -> None:
    tally, seen = RequestTally(), list[bool]()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(tally.is_quiet())
        if fails:
            raise ConnectionError

    async def unused() -> Message:
        raise AssertionError

    async def ignored(_: Message) -> None: ...

    scope = {"type": "http", "method": "GET", "path": "/"}
    with suppress(ConnectionError):
        await Journal(app, tally=tally)(scope, unused, ignored)
    assert seen == [False]
    assert tally.is_quiet()


async def test_a14_a25_no_secret_of_a_reader_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with newsroom(tmp_path, guard=by_password()) as room:
        await log_in(room.client, password="a wrong password")
        await log_in(room.client)
        cookie = room.client.cookies["aggregator-session"]
        await room.get("/")
        answers = [await room.get(f"/feed.atom?token={TOKEN}"), await room.get("/metrics")]
        for answer in answers:
            assert TOKEN not in answer.text
    assert lines(caplog)
    # httpx is the reader here, and notes what it asks for.
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    written = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert "/feed.atom" in written
    for secret in (PASSWORD, "a wrong password", TOKEN, cookie):
        assert secret not in written
