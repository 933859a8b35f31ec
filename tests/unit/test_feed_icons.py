"""Icons of feeds: looked for once a week, never waited for."""

from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.model.feed import FeedOverview, FeedState
from aggregator.services.icons import KEPT, FeedIcons, icon_addresses
from aggregator.web.letter_icon import letter_icon
from tests.factories import make_feed
from tests.manual_clock import ManualClock
from tests.pictures import ICO, MISSING, SLOW, MemoryCache, ScriptedImages, image

pytestmark = pytest.mark.anyio

ICON = image(ICO)


def overview(
    *,
    home: str | None = "https://www.news.example/world?a=b",
    feed_id: str = "news",
    url: str = "",
    private: bool = False,
    icon: str | None = None,
) -> FeedOverview:
    return FeedOverview(
        feed=make_feed(feed_id, url=url or None, allow_private_address=private),
        state=FeedState(),
        document_title="",
        home_url=home,
        icon_url=icon,
        entries=0,
        newest_entry_at=None,
    )


class Room:
    def __init__(self) -> None:
        self.sites = ScriptedImages(ICON)
        self.clock = ManualClock()
        self.icons = FeedIcons(self.sites, MemoryCache(), self.clock)

    async def looked(self, *feeds: FeedOverview) -> list[str]:
        """Ask for icons, wait for what that sets going, and tell who was asked."""
        before = len(self.sites.asked)
        for feed in feeds or (overview(),):
            await self.icons.of(feed)
        await self.icons.settle()
        return [url for url, _ in self.sites.asked[before:]]


@pytest.mark.parametrize(
    ("home", "address"),
    [
        ("https://www.news.example/world?a=b#c", "https://www.news.example/favicon.ico"),
        ("http://news.example:8080", "http://news.example:8080/favicon.ico"),
        ("HTTP://NEWS.example/", "http://news.example/favicon.ico"),
        (None, None),
        ("", None),
        ("javascript:alert(1)", None),
        ("http://user:secret@news.example/", None),
        ("http://[bad", None),
    ],
)
def test_the_icon_of_a_feed_is_that_of_its_home_page(home: str | None, address: str | None) -> None:
    assert icon_addresses(overview(home=home)) == (() if address is None else (address,))


NAMED = "https://img.example/icon.png"


async def test_what_a_document_calls_its_icon_is_asked_before_its_site() -> None:
    room = Room()
    assert await room.looked(overview(icon=NAMED)) == [NAMED]
    assert await room.icons.of(overview(icon=NAMED)) == ICON
    assert await room.looked(overview(icon=NAMED)) == []


async def test_a_named_icon_that_is_none_makes_room_for_that_of_the_site_and_both_are_asked_once_a_week() -> None:
    room = Room()
    room.sites.outcome = MISSING
    named = overview(icon=NAMED)
    assert await room.looked(named) == [NAMED, "https://www.news.example/favicon.ico"]
    assert await room.looked(named) == []
    room.clock.move(KEPT)
    assert len(await room.looked(named)) == 2


async def test_a_new_icon_is_looked_for_at_once() -> None:
    room = Room()
    await room.looked(overview(icon=NAMED))
    assert await room.looked(overview(icon=f"{NAMED}?2")) == [f"{NAMED}?2"]


@pytest.mark.parametrize("icon", ["javascript:alert(1)", "http://[bad", "", "https://www.news.example/favicon.ico"])
def test_no_address_is_asked_that_is_none_or_twice(icon: str) -> None:
    assert icon_addresses(overview(icon=icon)) == ("https://www.news.example/favicon.ico",)


async def test_nobody_waits_for_an_icon() -> None:
    room = Room()
    room.sites.open.clear()
    assert await room.icons.of(overview()) is None
    room.sites.open.set()
    await room.icons.settle()
    assert await room.icons.of(overview()) == ICON


async def test_an_icon_is_asked_for_once_a_week() -> None:
    room = Room()
    assert await room.looked(overview(), overview()) == ["https://www.news.example/favicon.ico"]
    room.clock.move(KEPT - timedelta(seconds=1))
    assert await room.looked() == []
    room.clock.move(timedelta(seconds=1))
    assert len(await room.looked()) == 1


@pytest.mark.parametrize("outcome", [MISSING, SLOW])
async def test_p23_a_site_without_icon_is_asked_once_a_week_too(outcome: object) -> None:
    room = Room()
    room.sites.outcome = MISSING if outcome is MISSING else SLOW
    assert len(await room.looked()) == 1
    assert await room.icons.of(overview()) is None
    assert await room.looked() == []
    room.clock.move(KEPT)
    assert len(await room.looked()) == 1


async def test_an_icon_stays_when_its_site_does_not_answer_later() -> None:
    room = Room()
    await room.looked()
    room.sites.outcome = SLOW
    room.clock.move(KEPT)
    assert len(await room.looked()) == 1
    assert await room.icons.of(overview()) == ICON
    assert await room.looked() == []


async def test_a17_what_one_feed_calls_its_home_gives_no_other_feed_an_icon() -> None:
    room = Room()
    assert len(await room.looked(overview(feed_id="news"), overview(feed_id="evil"))) == 2
    assert await room.looked(overview(feed_id="evil", home="https://evil.example/")) == [
        "https://evil.example/favicon.ico"
    ]
    room.sites.outcome = MISSING
    assert await room.icons.of(overview(feed_id="third")) is None


async def test_a_private_address_is_asked_only_at_the_server_that_a_person_opened() -> None:
    room = Room()
    home = "http://192.168.1.20:8000/notices"
    await room.looked(
        overview(feed_id="a", home=home, url="http://192.168.1.20:8000/rss.xml", private=True),
        overview(feed_id="b", home="http://192.168.1.1/", url="http://192.168.1.20:8000/rss.xml", private=True),
        overview(feed_id="c", home=home, url="http://192.168.1.20:8000/rss.xml"),
    )
    assert [private for _, private in room.sites.asked] == [True, False, False]


async def test_a_feed_without_home_page_asks_nobody() -> None:
    room = Room()
    assert await room.looked(overview(home=None)) == []


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Arab News", "A"),
        ("  “the Verge”", "T"),
        ("الشرق الأوسط", "ا"),
        ("新华社", "新"),
        ("ßtraße", "S"),
        ("<script>", "S"),
        ("&&&", "?"),
        ("", "?"),
        ("\x00\x1f9to5", "9"),
    ],
)
def test_a_feed_without_icon_has_a_letter(name: str, letter: str) -> None:
    drawn = letter_icon(name, seed="news").decode()
    text = LexborHTMLParser(drawn).css_first("text")
    assert text is not None
    assert text.text() == letter
    assert "<script" not in drawn


def test_the_colour_of_a_letter_is_the_feed_s_own_and_stays() -> None:
    assert letter_icon("A", seed="a") == letter_icon("A", seed="a")
    assert len({letter_icon("A", seed=str(number)) for number in range(20)}) > 15
