"""From entries to a sealed digest to its page, its feed and every address they name, over a real database."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.services.digest import Digests
from tests.factories import NOON, make_parsed_entry
from tests.newsroom import Newsroom, fill, newsroom
from tests.published import make_site

pytestmark = pytest.mark.anyio


async def _links_of(room: Newsroom, path: str) -> set[str]:
    response = await room.get(path)
    assert response.status_code == 200, response.text
    return {node.attributes["href"] or "" for node in LexborHTMLParser(response.text).css("main [href^='/']")}


async def test_a_day_becomes_a_digest_whose_page_never_changes_and_whose_links_lead_somewhere(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        site = make_site()
        digests = Digests(room.store, room.clock, site.timezone, title=site.title)
        await fill(room)
        room.clock.move(timedelta(hours=1))
        preview = await room.get("/digests/today")
        assert "Iraq hosts military chiefs" in preview.text
        room.clock.move(timedelta(days=1))
        (sealed,) = await digests.seal_due()
        path = f"/digests/{sealed.date}"
        before = (await room.get(path)).text
        for address in await _links_of(room, path):
            assert (await room.get(address)).status_code == 200, address
        await room.publish("other", make_parsed_entry("later", published_at=NOON), at=room.clock.now())
        room.clock.move(timedelta(days=1))
        assert (await room.get(path)).text == before, "the day after is not made yet"
        (item,) = json.loads((await room.get("/digests.json")).text)["items"]
        assert item["url"] == site.address(path.removeprefix("/"))
        assert {path} <= await _links_of(room, "/digests")
        assert {path} <= await _links_of(room, "/")


async def test_a_preview_becomes_the_digest(tmp_path: Path) -> None:
    async with newsroom(tmp_path) as room:
        digests = Digests(room.store, room.clock, make_site().timezone)
        await fill(room)
        room.clock.move(timedelta(hours=1))
        preview = await digests.preview()
        room.clock.move(timedelta(days=1))
        (sealed,) = await digests.seal_due()
        assert (sealed.date, [item.story for item in sealed.items]) == (
            preview.date,
            [item.story for item in preview.items],
        )
