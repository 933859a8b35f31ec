"""Every rule for polling (P1-P30) through the real parts: HTTP server, fetcher, parser, SQLite; time moved by hand."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.config.model import Configuration
from aggregator.config.read import load
from aggregator.errors import ConfigurationError
from aggregator.model.feed import Feed, Move, Outcome
from aggregator.model.poll import Heed
from aggregator.polling.health import problems
from aggregator.polling.websub import Mode, Verification
from tests.documents import Item, rss
from tests.factories import NOON, make_feed
from tests.hub import Hub
from tests.integration.conftest import free_port
from tests.loopback import Answer, LoopbackServer, Request, Script
from tests.polling_room import (
    AGENT,
    LIMIT,
    NEWS,
    PollingRoom,
    document,
    not_modified,
    outcomes,
    polling_room,
    refusal,
)

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHANGED = rss([Item(name="rebels", headline="Filipino rebel chiefs become officials under peace deal")])


@pytest.fixture
async def server() -> AsyncIterator[LoopbackServer]:
    async with LoopbackServer() as running:
        yield running


@pytest.fixture
async def room(tmp_path: Path, server: LoopbackServer) -> AsyncIterator[PollingRoom]:
    async with polling_room(tmp_path / "news.db", server=server) as opened:
        yield opened


async def polled(room: PollingRoom, answer: Script, *, feed: Feed | None = None) -> Feed:
    """Configure a feed that is answered so, and poll it once."""
    feed = feed or room.feed()
    room.server.answers["/feed.xml"] = answer
    await room.configure(feed)
    await room.due()
    return feed


async def then(room: PollingRoom, feed: Feed, answer: Script) -> timedelta:
    """Change the answer and wait for the next request; give how long that took."""
    room.server.answers["/feed.xml"] = answer
    return await room.wait_for_the_next_request(feed)


async def test_p1_a_new_feed_costs_one_request_and_only_that_is_unconditional(room: PollingRoom) -> None:
    feed = await polled(room, document())
    await room.due()
    assert room.server.paths() == ["/feed.xml"]
    for _ in range(3):
        await then(room, feed, not_modified())
    first, *others = room.server.requests
    assert first.header("if-none-match") is first.header("if-modified-since") is None
    assert [request.header("if-none-match") for request in others] == ['"one"'] * 3


@pytest.mark.parametrize("etag", ['"one"', 'W/"a, b; c"', "unquoted", '"caf\xe9"'])
async def test_p2_the_etag_comes_back_byte_for_byte(room: PollingRoom, etag: str) -> None:
    feed = await polled(room, document(etag=etag))
    await then(room, feed, not_modified())
    assert room.last().header("if-none-match") == etag


@pytest.mark.parametrize(
    "sent", ["Tue, 10 Mar 2026 11:00:00 GMT", "Tuesday, 10-Mar-26 11:00:00 GMT", "2026-03-10", "x"]
)
async def test_p3_last_modified_comes_back_byte_for_byte_and_is_never_made_up(room: PollingRoom, sent: str) -> None:
    feed = await polled(room, document(etag=None, Last_Modified=sent))
    await then(room, feed, document(etag=None))
    assert room.last().header("if-modified-since") == sent
    await then(room, feed, document(etag=None))
    assert room.last().header("if-modified-since") is None


async def test_p4_both_validators_go_out_and_a_200_replaces_both_or_clears_them(room: PollingRoom) -> None:
    def sent() -> tuple[str | None, str | None]:
        return room.last().header("if-none-match"), room.last().header("if-modified-since")

    feed = await polled(room, document(etag='"one"', Last_Modified="first"))
    await then(room, feed, document(etag='"two"', Last_Modified="second", body=CHANGED))
    assert sent() == ('"one"', "first")
    await then(room, feed, document(etag='"three"'))
    assert sent() == ('"two"', "second")
    await then(room, feed, document(etag=None, body=CHANGED))
    assert sent() == ('"three"', None)
    await then(room, feed, document())
    assert sent() == (None, None)


async def test_p5_a_304_renews_what_it_carries_and_nothing_is_parsed(room: PollingRoom) -> None:
    feed = await polled(room, document())
    assert room.parser.documents == 1
    await then(room, feed, not_modified(ETag='"two"', Cache_Control="max-age=10800"))
    assert await then(room, feed, not_modified()) >= 3 * HOUR
    assert room.last().header("if-none-match") == '"two"'
    assert room.parser.documents == 1
    assert (await room.state(feed)).last_outcome is Outcome.NOT_MODIFIED


async def test_p6_a_restart_polls_nothing_early_and_keeps_validators(tmp_path: Path, server: LoopbackServer) -> None:
    async with polling_room(tmp_path / "news.db", server=server) as before:
        feed = await polled(before, document())
        clock = before.clock
    async with polling_room(tmp_path / "news.db", server=server, clock=clock) as after:
        await after.configure(feed)
        assert await after.due() == {}
        assert await then(after, feed, not_modified()) >= HOUR
        assert after.last().header("if-none-match") == '"one"'


async def test_p7_validators_go_with_their_exact_address_and_with_what_was_read(room: PollingRoom) -> None:
    feed = await polled(room, document())
    await then(room, feed, document(etag='"two"', body=b"<html><body>closed</body></html>"))
    await then(room, feed, not_modified())
    assert room.last().header("if-none-match") == '"one"', "a document that was not read has no validators"
    room.server.answers["/feed.xml/"] = document()
    await room.configure(room.feed("/feed.xml/", feed_id=feed.id))
    await room.due()
    assert (room.last().path, room.last().header("if-none-match")) == ("/feed.xml/", None)


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (document(), HOUR),
        (document(Cache_Control="max-age=7200"), 2 * HOUR),
        (document(Cache_Control="max-age=60"), HOUR),
        (document(Date=format_datetime(NOON), Expires=format_datetime(NOON + 3 * HOUR)), 3 * HOUR),
        (document(body=NEWS.replace(b"<item>", b"<ttl>300</ttl><item>", 1)), 5 * HOUR),
        (refusal(429, Cache_Control="max-age=36000"), 10 * HOUR),
        (refusal(503, Retry_After="18000"), 5 * HOUR),
    ],
    ids=["nothing", "max-age", "short max-age", "expires", "ttl", "429 with max-age", "503 with retry-after"],
)
async def test_p8_no_poll_comes_before_the_longest_of_what_was_said(
    room: PollingRoom, answer: Answer, least: timedelta
) -> None:
    feed = await polled(room, answer)
    assert least <= await then(room, feed, document()) <= least + 10 * MINUTE


async def test_p8_max_age_holds_after_a_304_and_the_ttl_after_every_one(room: PollingRoom) -> None:
    feed = await polled(room, document(body=NEWS.replace(b"<item>", b"<ttl>120</ttl><item>", 1)))
    assert await then(room, feed, not_modified(Cache_Control="max-age=10800")) >= 2 * HOUR
    assert await then(room, feed, not_modified(Cache_Control="no-cache")) >= 3 * HOUR
    assert await then(room, feed, not_modified()) >= 2 * HOUR


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"Cache-Control": "max-age=10800", "Age": "3600"}, 2 * HOUR),
        ({"Cache-Control": "no-cache, max-age=36000"}, HOUR),
        ({"Cache-Control": "no-store, max-age=36000"}, HOUR),
        ({"Cache-Control": "max-age=315360000"}, 7 * DAY),
        ({"Cache-Control": "max-age=garbage"}, HOUR),
        ({"Cache-Control": "max-age=7200", "Expires": format_datetime(NOON + 9 * HOUR)}, 2 * HOUR),
    ],
    ids=["age", "no-cache", "no-store", "absurd", "garbage", "max-age before expires"],
)
async def test_p9_a_lifetime_is_read_as_caches_do_and_cut_where_it_is_absurd(
    room: PollingRoom, headers: dict[str, str], least: timedelta
) -> None:
    answer = Answer(body=NEWS, headers={"ETag": '"one"', **headers})
    feed = await polled(room, answer)
    assert least <= await then(room, feed, not_modified()) <= least + 10 * MINUTE
    assert room.last().header("if-none-match") == '"one"'


async def test_p10_a_silent_server_is_asked_hourly_and_daily_where_every_answer_is_a_document(
    room: PollingRoom,
) -> None:
    configured = Configuration.model_validate({"feeds": [{"url": room.server.url("/feed.xml", host="news.example")}]})
    (feed,) = configured.enabled_feeds()
    await polled(room, document(), feed=feed)
    assert await then(room, feed, document(etag=None)) >= HOUR
    assert await then(room, feed, document(etag=None)) >= DAY


async def test_p11_the_interval_runs_from_the_end_of_the_poll_and_is_never_cut(room: PollingRoom) -> None:
    def slow(request: Request) -> Answer:
        room.clock.move(timedelta(seconds=70))
        return document()

    feed = await polled(room, slow)
    assert room.clock.now() == NOON + timedelta(seconds=70)
    assert (await room.next_poll(feed)) - room.clock.now() >= HOUR


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("said", ["18000", format_datetime(NOON + 5 * HOUR, usegmt=True)], ids=["seconds", "date"])
async def test_p12_retry_after_is_obeyed(room: PollingRoom, status: int, said: str) -> None:
    feed = await polled(room, refusal(status, Retry_After=said))
    assert await then(room, feed, document()) >= 5 * HOUR


async def test_p12_a_429_without_a_time_waits_four_hours_and_is_not_asked_again_at_once(room: PollingRoom) -> None:
    feed = await polled(room, refusal(429))
    assert len(room.server.requests) == 1
    room.clock.move(HOUR)
    assert (await room.ask(feed, heed=Heed.BANS)).outcome is Outcome.SKIPPED
    assert len(room.server.requests) == 1
    assert await then(room, feed, document()) >= 3 * HOUR


@pytest.mark.parametrize("status", [500, 502, 404, 401, 403, 420])
async def test_p12_retry_after_is_obeyed_with_any_other_refusal_by_all_as_well(room: PollingRoom, status: int) -> None:
    feed = await polled(room, refusal(status, Retry_After="72000"))
    room.clock.move(19 * HOUR)
    assert (await room.ask(feed, heed=Heed.BANS)).outcome is Outcome.SKIPPED
    assert await then(room, feed, document()) >= HOUR


async def test_p13_429s_slow_a_feed_down_and_successes_speed_it_up_slowly(room: PollingRoom) -> None:
    feed = await polled(room, document())
    usual = await then(room, feed, refusal(429, Retry_After="60"))
    waits = [await then(room, feed, refusal(429, Retry_After="60")) for _ in range(2)]
    waits += [await then(room, feed, not_modified()) for _ in range(16)]
    assert usual < waits[0] < waits[1] < waits[2], "each 429 makes the interval longer"
    assert waits[3] > 2 * usual, "one success does not forgive everything"
    assert waits[-1] <= usual + 10 * MINUTE, "in the end all is forgiven"


async def test_p14_a_429_pauses_its_registrable_domain_and_nothing_else(room: PollingRoom) -> None:
    first = room.feed("/a.xml", host="a.tumblr.example")
    second = room.feed("/b.xml", host="b.tumblr.example")
    other = room.feed("/c.xml", host="c.blogs.example")
    room.server.answers |= {path: document() for path in ("/a.xml", "/b.xml", "/c.xml")}
    await room.configure(first, second, other)
    await room.due()
    room.server.answers["/a.xml"] = refusal(429, Retry_After="36000")
    await room.wait_for_the_next_request(first)
    paused_at = room.clock.now()
    asked = room.asked(second)
    room.clock.move(9 * HOUR)
    assert set(await room.due()) == {"c-xml"}
    assert (await room.ask(second)).outcome is Outcome.SKIPPED
    assert room.asked(second) == asked
    (pause,) = await room.store.read(lambda tx: tx.feeds.pauses(now=room.clock.now()))
    assert pause.group.startswith("tumblr.example:")
    assert pause.until >= paused_at + 10 * HOUR
    room.clock.at = pause.until
    assert "b-xml" in await room.due()


async def redirecting(room: PollingRoom, answer: Answer) -> Feed:
    """Configure a feed of a 429 and one, not polled yet, whose address redirects to a third of the first one's group."""
    limited = room.feed("/t.xml", host="t.tumblr.example")
    feed = room.feed("/a.xml", host="a.first.example")
    located = replace(answer, headers={"Location": room.server.url("/ta.xml", host="a.tumblr.example")})
    room.server.answers |= {"/t.xml": refusal(429, Retry_After="36000"), "/a.xml": located, "/ta.xml": document()}
    await room.configure(limited)
    await room.due()
    room.clock.move(HOUR)
    await room.configure(limited, feed)
    return feed


@pytest.mark.parametrize("status", [301, 302])
async def test_p14_no_redirect_leads_around_a_pause_but_by_force(room: PollingRoom, status: int) -> None:
    feed = await redirecting(room, refusal(status))
    assert outcomes(await room.due()) == {"a-xml": Outcome.FAILED}
    assert room.server.paths() == ["/t.xml", "/a.xml"]
    state = await room.state(feed)
    assert f"the servers of tumblr.example:{room.server.port} asked to be left alone" in state.last_message
    assert len(await room.store.read(lambda tx: tx.feeds.pauses(now=room.clock.now()))) == 1
    assert (await room.ask(feed, heed=Heed.NOTHING)).outcome is Outcome.FETCHED
    room.clock.at = await room.next_poll(feed)
    room.clock.move(9 * HOUR)
    assert (await room.due())["a-xml"].outcome is Outcome.SAME_DOCUMENT, "the pause is over"


async def test_p14_a_pause_that_begins_in_a_cycle_holds_for_redirects_of_the_same_one(room: PollingRoom) -> None:
    feeds = [room.feed(f"/{name}.xml", host=f"{name}.first.example") for name in "ab"]
    onward = Answer(status=302, headers={"Location": room.server.url("/t.xml", host="a.tumblr.example")}, delay=0.1)
    room.server.answers |= {"/a.xml": onward, "/b.xml": onward, "/t.xml": refusal(429)}
    await room.configure(*feeds)
    await room.due()
    assert len(room.server.requests) == 3, "one of them met the 429, the other stopped before it"
    room.clock.move(5 * HOUR)
    await room.due()
    assert len(room.server.requests) == 6


@pytest.mark.parametrize("answer", [refusal(500), refusal(503), refusal(403), Answer(raw=b"")], ids=str)
async def test_p14_what_is_no_429_concerns_one_feed(room: PollingRoom, answer: Answer) -> None:
    feeds = [room.feed(f"/{name}.xml", host=f"{name}.tumblr.example") for name in ("a", "b", "c")]
    room.server.answers |= {"/a.xml": answer, "/b.xml": document(), "/c.xml": document()}
    await room.configure(*feeds)
    assert outcomes(await room.due()) == {"a-xml": Outcome.FAILED, "b-xml": Outcome.FETCHED, "c-xml": Outcome.FETCHED}


async def test_p14_a_429_of_a_private_host_concerns_one_feed(room: PollingRoom) -> None:
    feeds = [room.feed(f"/{name}.xml", host="rss-bridge.internal") for name in ("a", "b")]
    room.server.answers |= {"/a.xml": refusal(429), "/b.xml": document()}
    await room.configure(*feeds)
    assert outcomes(await room.due()) == {"a-xml": Outcome.FAILED, "b-xml": Outcome.FETCHED}
    assert await room.store.read(lambda tx: tx.feeds.pauses(now=room.clock.now())) == ()


async def test_p15_one_request_at_a_time_and_a_gap_within_a_group_others_meanwhile(
    tmp_path: Path, server: LoopbackServer
) -> None:
    loop, times, at_once = asyncio.get_running_loop(), list[tuple[str, float]](), 0

    def note(request: Request) -> Answer:
        times.append((request.header("host") or "", loop.time()))
        return Answer(body=NEWS, headers={"ETag": '"one"'}, delay=0.02)

    gap = timedelta(milliseconds=50)
    async with polling_room(tmp_path / "news.db", server=server, gap=gap) as room:
        feeds = [room.feed(f"/{host[0]}{n}.xml", host=host) for host in ("a.example", "b.example") for n in range(4)]
        room.server.answers |= {f"/{name}{n}.xml": note for name in "ab" for n in range(4)}
        await room.configure(*feeds)
        assert len(await room.due()) == 8
        at_once = server.most_at_once
    by_host = {host: [time for of, time in times if of == host] for host, _ in times}
    assert [len(each) for each in by_host.values()] == [4, 4]
    for each in by_host.values():
        assert min(later - earlier for earlier, later in pairwise(each)) >= 0.07
    assert at_once == 2, "two hosts are asked side by side, each by one request"


async def test_p15_the_feeds_of_a_host_take_turns_at_going_first(room: PollingRoom) -> None:
    feeds = [room.feed(f"/{n}.xml") for n in range(8)]
    room.server.answers |= {f"/{n}.xml": document() for n in range(8)}
    await room.configure(*feeds)
    await room.due()
    room.server.answers |= {f"/{n}.xml": not_modified() for n in range(8)}
    orders = set()
    for _ in range(4):
        room.server.requests.clear()
        room.clock.move(2 * HOUR)
        await room.due()
        orders.add(tuple(room.server.paths()))
    assert len({order[0] for order in orders}) > 1


async def test_p16_feeds_that_were_added_together_come_apart_and_stay_so(room: PollingRoom) -> None:
    feeds = [room.feed(f"/{n}.xml", host=f"host{n}.example") for n in range(24)]
    room.server.answers |= {f"/{n}.xml": document() for n in range(24)}
    await room.configure(*feeds)
    await room.due()
    first = {feed.id: await room.next_poll(feed) - room.clock.now() for feed in feeds}
    assert len(set(first.values())) > 20
    assert max(first.values()) - min(first.values()) > 3 * MINUTE
    room.clock.move(DAY)
    await room.due()
    assert {feed.id: await room.next_poll(feed) - room.clock.now() for feed in feeds} == first


@pytest.mark.parametrize("status", [301, 308])
async def test_p17_a_permanent_redirect_is_believed_after_three_polls(room: PollingRoom, status: int) -> None:
    target = room.server.url("/new.xml", host="news.example")
    room.server.answers["/new.xml"] = document()
    feed = await polled(room, refusal(status, Location=target))
    for _ in range(2):
        await room.wait_for_the_next_request(feed)
    assert room.server.paths() == ["/feed.xml", "/new.xml"] * 3
    room.clock.at = await room.next_poll(feed)
    await room.due()
    assert room.server.paths()[6:] == ["/new.xml"]
    assert (await room.state(feed)).move.address == target


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_p17_a_temporary_redirect_is_never_believed(room: PollingRoom, status: int) -> None:
    room.server.answers["/new.xml"] = document()
    feed = await polled(room, refusal(status, Location="/new.xml"))
    for _ in range(5):
        await room.wait_for_the_next_request(feed)
    assert room.server.paths() == ["/feed.xml", "/new.xml"] * 6


async def test_p17_validators_do_not_follow_a_feed_to_another_address_and_loops_are_refused(room: PollingRoom) -> None:
    feed = await polled(room, document())
    room.server.answers["/new.xml"] = document(etag='"new"')
    await then(room, feed, refusal(301, Location="/new.xml"))
    asked, followed = room.server.requests[-2:]
    assert (asked.header("if-none-match"), followed.header("if-none-match")) == ('"one"', None)
    room.server.answers["/new.xml"] = refusal(301, Location="/feed.xml")
    await room.wait_for_the_next_request(feed)
    assert (await room.state(feed)).last_outcome is Outcome.FAILED
    assert (await room.state(feed)).move.address is None


@pytest.mark.parametrize(
    "answer",
    [Answer(body=b"<html><body>This domain is for sale</body></html>"), refusal(403), refusal(500), Answer(raw=b"")],
    ids=["for sale", "403", "500", "nothing"],
)
async def test_p17_an_adopted_address_that_turns_bad_is_given_up_in_the_end(room: PollingRoom, answer: Answer) -> None:
    room.server.answers["/new.xml"] = document()
    feed = await polled(room, refusal(301, Location=room.server.url("/new.xml", host="new.example")))
    for _ in range(2):
        await room.wait_for_the_next_request(feed)
    assert (await room.state(feed)).move.address
    room.server.answers |= {"/feed.xml": document(), "/new.xml": answer}
    room.server.requests.clear()
    for _ in range(11):
        room.clock.at = await room.next_poll(feed)
        await room.due()
    assert room.server.paths()[-1] == "/feed.xml"
    assert room.server.paths().count("/feed.xml") == 1
    assert (await room.state(feed)).failures == 0


async def test_p18_a_410_behind_a_redirect_is_not_the_end_of_a_feed(room: PollingRoom) -> None:
    room.server.answers["/portal"] = refusal(410)
    feed = await polled(room, document())
    await then(room, feed, refusal(301, Location=room.server.url("/portal", host="portal.example")))
    state = await room.state(feed)
    assert (state.gone, state.last_outcome) == (False, Outcome.FAILED)
    await then(room, feed, document(body=CHANGED))
    assert (await room.state(feed)).last_outcome is Outcome.FETCHED


async def test_p18_a_410_ends_polling_keeps_entries_and_is_reported(room: PollingRoom) -> None:
    feed = await polled(room, document())
    await then(room, feed, refusal(410))
    room.clock.move(400 * DAY)
    assert await room.due() == {}
    assert len(await room.entries()) == 1
    state = await room.state(feed)
    assert state.gone
    assert "410" in state.last_message


async def test_p18_a_404_backs_off_and_never_stops(room: PollingRoom) -> None:
    feed = await polled(room, refusal(404))
    waits = [await then(room, feed, refusal(404)) for _ in range(8)]
    assert waits[:3] == sorted(waits[:3])
    assert waits[0] < waits[2]
    assert max(waits) <= 25 * HOUR


@pytest.mark.parametrize("status", [401, 403])
async def test_p18_who_is_not_let_in_stays_away_for_four_hours(room: PollingRoom, status: int) -> None:
    feed = await polled(room, refusal(status))
    assert await then(room, feed, document()) >= 4 * HOUR


async def test_p19_network_errors_back_off_to_a_day_and_are_never_the_end(room: PollingRoom) -> None:
    feed = make_feed("feed-xml", url=f"http://news.example:{free_port()}/feed.xml")
    await room.configure(feed)
    waits = []
    for _ in range(10):
        assert outcomes(await room.due()) == {"feed-xml": Outcome.FAILED}
        waits.append(await room.next_poll(feed) - room.clock.now())
        room.clock.at = await room.next_poll(feed)
    assert waits[0] < waits[1] < waits[2] < waits[3]
    assert waits[0] >= HOUR
    assert all(wait <= 48 * HOUR for wait in waits)
    assert waits[-1] >= 24 * HOUR


def hinting(hints: str) -> Answer:
    return document(body=NEWS.replace(b"<item>", hints.encode() + b"<item>", 1))


async def test_p20_skipped_hours_are_waited_out_in_gmt(room: PollingRoom) -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(12, 20))
    feed = await polled(room, hinting(f"<skipHours>{hours}</skipHours>"))
    await then(room, feed, not_modified())
    assert room.clock.now() >= datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
    room.clock.at = datetime(2026, 3, 11, 11, 30, tzinfo=UTC)
    await room.due()
    assert (await room.next_poll(feed)).hour == 20, "a 304 goes by the document it stands for"


async def test_p20_skipped_days_are_waited_out(room: PollingRoom) -> None:
    feed = await polled(room, hinting("<skipDays><day>Tuesday</day><day>Wednesday</day></skipDays>"))
    await then(room, feed, not_modified())
    assert room.clock.now().date().isoformat() == "2026-03-12"


async def test_p20_ttl_and_update_period_make_polls_later_never_sooner(room: PollingRoom) -> None:
    feed = await polled(room, hinting("<ttl>240</ttl>"))
    assert await then(room, feed, hinting("<ttl>5</ttl>")) >= 4 * HOUR
    syndication = b'<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    period = hinting("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>")
    answer = Answer(body=period.body.replace(b"<rss", syndication, 1), headers={"ETag": '"two"'})
    assert HOUR <= await then(room, feed, answer) < 2 * HOUR
    assert await then(room, feed, not_modified()) >= 6 * HOUR


async def test_p21_one_user_agent_for_all_and_no_other_after_a_refusal(room: PollingRoom) -> None:
    feed = await polled(room, refusal(403))
    await then(room, feed, refusal(429))
    await then(room, feed, document())
    assert [request.header("user-agent") for request in room.server.requests] == [AGENT] * 3


async def test_p22_no_cookie_referer_query_or_fragment_goes_out(room: PollingRoom) -> None:
    room.server.answers["/feed.xml"] = document(Set_Cookie="tracker=1; Path=/; Max-Age=99999")
    feed = make_feed("feed-xml", url=room.server.url("/feed.xml?lang=en#latest", host="news.example"))
    await room.configure(feed)
    await room.due()
    room.server.answers["/feed.xml"] = refusal(302, Location="/moved.xml")
    room.server.answers["/moved.xml"] = document(Set_Cookie="another=1")
    for _ in range(2):
        room.clock.at = await room.next_poll(feed)
        await room.due()
    assert [request.target for request in room.server.requests] == [
        "/feed.xml?lang=en",
        *(["/feed.xml?lang=en", "/moved.xml"] * 2),
    ]
    for request in room.server.requests:
        names = {name.lower() for name, _ in request.headers}
        assert names <= {
            b"host", b"user-agent", b"accept", b"accept-encoding", b"connection", b"if-none-match", b"if-modified-since"
        }  # fmt: skip


async def test_p23_no_address_is_guessed_whatever_the_answer(room: PollingRoom) -> None:
    page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head><body>Hello</body></html>'
    feed = await polled(room, Answer(body=page))
    for answer in (refusal(404), refusal(410)):
        await then(room, feed, answer)
    assert set(room.server.paths()) == {"/feed.xml"}


async def test_p24_gzip_is_asked_for_read_once_and_bounded(room: PollingRoom) -> None:
    feed = await polled(room, Answer(body=NEWS, headers={"ETag": '"one"'}, gzip=True))
    assert "gzip" in (room.last().header("accept-encoding") or "")
    assert len(await room.entries()) == 1
    await then(room, feed, Answer(body=b" " * (LIMIT * 50), gzip=True))
    assert (await room.state(feed)).last_outcome is Outcome.FAILED
    twice = gzip.compress(gzip.compress(NEWS))
    await then(room, feed, Answer(body=twice, headers={"Content-Encoding": "gzip, gzip"}))
    assert (await room.state(feed)).last_outcome is Outcome.FAILED
    assert len(await room.entries()) == 1


async def test_p25_the_request_names_feed_types_the_right_host_and_ascii_names(room: PollingRoom) -> None:
    room.server.answers["/f%C3%BChrung.xml"] = document()
    feed = make_feed("feed-xml", url=room.server.url("/führung.xml", host="bücher.example"))
    await room.configure(feed)
    assert outcomes(await room.due()) == {"feed-xml": Outcome.FETCHED}
    assert room.last().header("host") == f"xn--bcher-kva.example:{room.server.port}"
    accepted = room.last().header("accept") or ""
    assert all(f"application/{kind}" in accepted for kind in ("atom+xml", "rss+xml", "feed+json"))


async def test_p26_the_same_bytes_change_nothing_and_count_against_their_server(room: PollingRoom) -> None:
    feed = await polled(room, document())
    before = await room.entries()
    waits = [await then(room, feed, document()) for _ in range(4)]
    assert room.parser.documents == 1
    assert (await room.state(feed)).last_outcome is Outcome.SAME_DOCUMENT
    assert await room.entries() == before
    assert waits[0] < 2 * HOUR
    assert waits[-1] >= DAY, "it answers no conditional requests, so it is asked once a day"


async def test_p26_the_same_entries_in_other_bytes_are_no_news(room: PollingRoom) -> None:
    feed = await polled(room, document())
    room.server.answers["/feed.xml"] = document(body=NEWS.replace(b"<item>", b"<!-- made at 12:01 --><item>", 1))
    room.clock.at = await room.next_poll(feed)
    result = (await room.due())["feed-xml"]
    assert (result.outcome, result.new, result.changed) == (Outcome.FETCHED, 0, 0)


async def test_p27_an_address_is_fetched_once_however_many_want_it(room: PollingRoom, tmp_path: Path) -> None:
    await polled(room, document(), feed=room.feed(tags=["world", "politics", "english"]))
    assert len(room.server.requests) == 1
    url = room.server.url("/feed.xml", host="news.example")
    file = tmp_path / "feeds.yaml"
    file.write_text(f"feeds:\n  - url: {url}\n    id: one\n  - url: {url}\n    id: two\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="url"):
        load(file)


async def test_p27_a_feed_that_moved_to_the_address_of_another_is_not_fetched_beside_it(room: PollingRoom) -> None:
    first = room.feed("/a.xml", host="a.first.example", feed_id="a")
    second = room.feed("/feed.xml", host="news.example", feed_id="b")
    room.server.answers |= {"/a.xml": refusal(301, Location=second.url), "/feed.xml": document()}
    await room.configure(first, second)
    for _ in range(4):
        await room.due()
        room.clock.move(2 * HOUR)
    assert (await room.state(first)).move.address is None
    room.server.requests.clear()
    room.clock.move(2 * DAY)
    await room.due()
    assert sorted(room.server.paths()) == ["/a.xml", "/feed.xml"], "the redirect to the other feed is not followed"
    (problem,) = problems(await room.store.read(lambda tx: tx.feeds.overview()), now=room.clock.now())
    assert problem.message.startswith("a is the same feed as b")
    await room.configure(first)
    for _ in range(2):
        room.clock.at = await room.next_poll(first)
        await room.due()
    assert room.server.paths()[-1] == "/feed.xml"
    assert (await room.state(first)).move.address == second.url, "nobody else is polled there any more"


async def test_p28_a_person_waits_as_well_and_is_told_until_when_unless_by_force(room: PollingRoom) -> None:
    feed = await polled(room, document(Cache_Control="max-age=10800"))
    room.clock.move(HOUR)
    refused = await room.ask(feed)
    assert refused.outcome is Outcome.SKIPPED
    assert refused.skipped_until is not None
    assert refused.skipped_until >= NOON + 3 * HOUR
    assert len(room.server.requests) == 1
    assert (await room.ask(feed, heed=Heed.NOTHING)).outcome is Outcome.SAME_DOCUMENT
    assert len(room.server.requests) == 2


async def test_p28_where_nobody_asked_to_wait_a_person_need_not(room: PollingRoom) -> None:
    feed = await polled(room, document())
    room.clock.move(10 * MINUTE)
    assert (await room.ask(feed)).outcome is Outcome.SAME_DOCUMENT


@asynccontextmanager
async def strict_room(folder: Path, server: LoopbackServer, *, allow_loopback: bool) -> AsyncIterator[PollingRoom]:
    async with polling_room(folder / "strict.db", server=server, allow_loopback=allow_loopback, seconds=0.2) as room:
        yield room


async def test_p29_no_private_address_is_dialled_unless_a_person_allowed_it(
    tmp_path: Path, server: LoopbackServer
) -> None:
    async with strict_room(tmp_path, server, allow_loopback=False) as room:
        feed = await polled(room, document())
        assert server.connections == 0
        assert (await room.state(feed)).last_outcome is Outcome.FAILED
        assert await room.next_poll(feed) - room.clock.now() >= 4 * HOUR


async def test_p29_size_time_and_redirects_are_bounded(tmp_path: Path, server: LoopbackServer) -> None:
    async with strict_room(tmp_path, server, allow_loopback=True) as room:
        feed = await polled(room, document(body=NEWS + b" " * LIMIT))
        for number in range(9):
            server.answers[f"/hop{number}.xml"] = refusal(302, Location=f"/hop{number + 1}.xml")
        for answer in (Answer(body=NEWS, delay=5), refusal(302, Location="/hop0.xml")):
            await then(room, feed, answer)
            assert (await room.state(feed)).last_outcome is Outcome.FAILED
        assert await room.entries() == []
        assert len(server.requests) == 3 + 5, "five redirects are followed, no sixth"


async def test_p30_while_a_hub_sends_polls_are_slower_but_never_end(room: PollingRoom, server: LoopbackServer) -> None:
    topic = room.server.url("/self.xml", host="news.example")
    async with Hub(room.clock, verifies=False) as hub:
        link = f'<{hub.url}>; rel="hub", <{topic}>; rel="self"'
        feed = await polled(room, document(Link=link))
        assert await room.subscriber.steps() == 1
        (form,) = hub.asked
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", topic)
    assert form["hub.callback"].startswith("https://reader.example/websub/")
    token = form["hub.callback"].rpartition("/")[2]
    meant = Verification(mode=Mode.SUBSCRIBE, topic=topic, challenge=b"x", lease=2 * DAY)
    assert await room.subscriber.verify(token, meant)
    await then(room, feed, not_modified())
    waits = [await then(room, feed, not_modified()) for _ in range(6)]
    assert 12 * HOUR <= waits[0] <= 13 * HOUR
    assert waits[-1] < 2 * HOUR, "the hub's lease is over"


@pytest.mark.parametrize(
    "inside",
    [
        "http://10.0.0.7/feed.xml",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://127.0.0.1:6379/",
    ],
)
async def test_a31_an_address_that_is_refused_is_not_remembered_however_often_a_server_says_it_for_good(
    room: PollingRoom, inside: str
) -> None:
    feed = await polled(room, refusal(301, Location=inside))
    for _ in range(4):
        await room.wait_for_the_next_request(feed)
    state = await room.state(feed)
    assert state.move == Move()
    assert state.last_outcome is Outcome.FAILED
    assert room.server.paths() == ["/feed.xml"] * 5


async def test_a31_an_address_that_was_remembered_is_judged_again_before_it_is_asked(room: PollingRoom) -> None:
    """Where the name of a new address turns to the network at home later on, the feed goes back to its own."""
    room.server.answers["/new.xml"] = document(Connection="close")
    feed = await polled(room, refusal(301, Location=room.server.url("/new.xml", host="new.example")))
    for _ in range(2):
        await room.wait_for_the_next_request(feed)
    assert (await room.state(feed)).move.address
    room.server.answers["/feed.xml"] = document()
    before = len(room.server.requests)
    room.turned.add("new.example")
    room.clock.at = await room.next_poll(feed)
    await room.due()
    assert len(room.server.requests) == before, "refused before it was dialled"
    assert (await room.state(feed)).move.address is None
    room.clock.at = await room.next_poll(feed)
    await room.due()
    assert room.server.paths()[before:] == ["/feed.xml"]
