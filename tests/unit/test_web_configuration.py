"""What the site says of feeds.yaml: whether it is in force, what is wrong with it, and what it mutes."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from aggregator.config.read import parse
from aggregator.errors import Problem
from aggregator.model.wanted import Filters, Rule
from aggregator.services.in_force import InForce
from aggregator.services.watch import Watch
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newsroom import Newsroom, newsroom
from tests.published import make_site

pytestmark = pytest.mark.anyio

WRONG = [Problem("feeds.yaml", 3, 13, f"feeds[{number}]: unknown key '<b>'") for number in range(12)]


@pytest.fixture
def in_force(tmp_path: Path, anyio_backend: str) -> InForce:
    return InForce(tmp_path / "feeds.yaml", parse("feeds: []", file="feeds.yaml"), ManualClock())


@pytest.fixture
async def room(tmp_path: Path, in_force: InForce) -> AsyncIterator[Newsroom]:
    site = make_site(url="http://localhost:8000/")
    async with newsroom(tmp_path, watch=Watch(in_force=in_force), site=site) as room:
        yield room


async def measurements(room: Newsroom) -> str:
    """Ask as a collector on this machine does."""
    transport = httpx.ASGITransport(room.app, client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        return (await client.get("/metrics")).text


def broken(in_force: InForce) -> None:
    in_force.standing = replace(in_force.standing, problems=tuple(WRONG), since=NOON + timedelta(hours=1))


async def test_while_the_file_is_in_force_nothing_is_said_of_it(room: Newsroom) -> None:
    page = (await room.get("/feeds")).text
    assert "feeds.yaml can't be applied" not in page
    assert "was changed" not in page
    assert "<entry>" not in (await room.get("/feeds/problems.atom")).text
    assert "aggregator_configuration_problems 0.0" in await measurements(room)


async def test_what_is_wrong_with_the_file_is_on_the_page_and_in_the_feed_of_problems(
    room: Newsroom, in_force: InForce
) -> None:
    broken(in_force)
    page = (await room.get("/feeds")).text
    assert "feeds.yaml can't be applied" in page
    assert page.count("feeds.yaml:3:13: feeds[") == 10
    assert "and 2 more" in page
    assert "<b>" not in page.partition("can't be applied")[2].partition("</section>")[0]
    feed = (await room.get("/feeds/problems.json")).json()
    (item,) = feed["items"]
    assert item["title"] == "feeds.yaml can't be applied"
    assert "feeds.yaml:3:13: feeds[0]" in item["content_text"]
    assert item["date_published"] == "2026-03-10T13:00:00Z"


async def test_machines_are_told_and_the_program_stays_ready(room: Newsroom, in_force: InForce) -> None:
    broken(in_force)
    assert "aggregator_configuration_problems 12.0" in await measurements(room)
    answer = await room.get("/readyz")
    assert answer.status_code == 200
    assert json.loads(answer.text)["configuration"] == {"applied_at": "2026-03-10T12:00:00Z", "problems": 12}


async def test_a_file_that_was_applied_while_the_program_ran_is_told_with_its_time(
    room: Newsroom, in_force: InForce
) -> None:
    in_force.applied()
    assert "feeds.yaml was changed, and applied at" in (await room.get("/feeds")).text


async def test_the_page_of_a_feed_says_how_many_entries_are_muted(room: Newsroom) -> None:
    await room.configure(make_feed("a", filters=Filters(mute=(Rule(words=("golf",)),))))
    await room.publish("a", make_parsed_entry("1", headline="Golf today"), make_parsed_entry("2", headline="Chess"))
    page = (await room.get("/feeds/a")).text
    assert "1 of them muted by rules of feeds.yaml" in page
    assert "Golf today" not in page
    assert "Golf today" not in (await room.get("/feeds/a.atom")).text


async def test_the_schema_may_be_read_by_editors_of_other_sites(room: Newsroom) -> None:
    answer = await room.get("/feeds.schema.json")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["properties"]["feeds"]["type"] == "array"
