"""/metrics, /readyz: what machines are told, and who may ask."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import anyio
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from aggregator.model.digest import DAILY, DigestPlan, MailState
from aggregator.model.feed import Outcome
from aggregator.model.fetch import FailureKind
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import EntryPlan, GroupPause, PollResult
from aggregator.services import watch as watching
from aggregator.services.digest import Digests
from aggregator.services.doctor import LONG_WAL
from aggregator.services.read import Reader
from aggregator.services.watch import PollTally, Watch, WatchedStore
from aggregator.web.desk import Collectors
from tests.digest_made import SUNDAY, make_digest
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import POLLED, Newsroom, fill, newsroom
from tests.published import make_site

pytestmark = pytest.mark.anyio

AT_HOME, PUBLIC = "http://localhost:8000/", "https://news.example.org/"
TOKEN = "0123456789abcdef-drawn-at-random"

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    watch = Watch(tally=PollTally(), database_bytes=lambda: 4096)
    async with newsroom(tmp_path, watch=watch, site=make_site(url=AT_HOME)) as made:
        yield made


def let_in(room: Newsroom, *, site: str = AT_HOME, token: str = "", networks: Sequence[str] = ()) -> None:
    """Serve the same rooms as a site of another address, for other collectors."""
    collectors = Collectors(token=token, networks=tuple(ip_network(network) for network in networks))
    room.app.state.desk = replace(room.app.state.desk, site=make_site(url=site), collectors=collectors)


async def ask(
    room: Newsroom, *, peer: str = "127.0.0.1", host: str = "127.0.0.1:8000", headers: dict[str, str] | None = None
) -> httpx.Response:
    transport = httpx.ASGITransport(room.app, client=(peer, 50000))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return await client.get("/metrics", headers=headers)


async def scrape(room: Newsroom) -> Samples:
    response = await ask(room)
    assert response.status_code == 200, response.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


@pytest.mark.parametrize("peer", ["203.0.113.9", "192.168.1.20", "::2", "testclient", ""])
async def test_a01_who_is_not_on_this_machine_gets_no_measurements(room: Newsroom, peer: str) -> None:
    response = await ask(room, peer=peer)
    assert response.status_code == 403
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "for this machine only" in response.text
    assert "aggregator_feeds" not in response.text


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.1"])
@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"),
        ("Via", "1.1 proxy"),
        ("X-Forwarded-Server", "proxy"),
        ("X-Client-IP", "127.0.0.1"),
        ("True-Client-IP", "127.0.0.1"),
        ("CF-Connecting-IP", "127.0.0.1"),
    ],
)
async def test_a01_what_a_header_says_of_where_a_request_came_from_opens_nothing(
    room: Newsroom, peer: str, header: tuple[str, str]
) -> None:
    assert (await ask(room, peer=peer, headers=dict([header]))).status_code == 403


@pytest.mark.parametrize("host", ["news.example", "evil.example:8000", "127.0.0.1.evil.example"])
async def test_a_name_that_was_rebound_to_this_machine_opens_nothing(room: Newsroom, host: str) -> None:
    assert (await ask(room, host=host)).status_code == 403


@pytest.mark.parametrize(
    ("peer", "host"), [("127.0.0.1", "localhost:8000"), ("::1", "[::1]:8000"), ("::ffff:127.0.0.1", "127.0.0.1:8000")]
)
async def test_this_machine_gets_measurements_by_every_name_of_it(room: Newsroom, peer: str, host: str) -> None:
    response = await ask(room, peer=peer, host=host)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


async def test_a01_behind_a_plain_proxy_on_this_machine_a_public_site_measures_for_nobody(room: Newsroom) -> None:
    """nginx's `proxy_pass http://127.0.0.1:8000;` adds no header and names 127.0.0.1:8000 as the host."""
    let_in(room, site=PUBLIC)
    response = await ask(room, headers={"Connection": "close"})
    assert response.status_code == 403
    assert "aggregator_feeds" not in response.text
    for advice in ("feeds.yaml", "metrics:", "token:", "allow_networks:"):
        assert advice in response.text


@pytest.mark.parametrize("site", [AT_HOME, PUBLIC])
@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "203.0.113.9", "Via": "1.1 proxy"}])
async def test_a01_a_token_opens_from_anywhere_and_through_proxies(
    room: Newsroom, site: str, headers: dict[str, str]
) -> None:
    let_in(room, site=site, token=TOKEN)
    for scheme in ("Bearer", "bearer"):
        response = await ask(
            room, peer="203.0.113.9", host="news.example.org", headers={**headers, "Authorization": f"{scheme} {TOKEN}"}
        )
        assert response.status_code == 200


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \xe9\xff"],
)
async def test_a01_without_the_token_nobody_gets_measurements_not_even_this_machine(room: Newsroom, sent: str) -> None:
    let_in(room, token=TOKEN)
    for peer in ("203.0.113.9", "127.0.0.1"):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(room.app, client=(peer, 50000)), base_url="http://127.0.0.1:8000"
        ) as client:
            response = await client.get("/metrics", headers={b"Authorization": sent.encode("latin-1")} if sent else {})
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
        assert response.headers["cache-control"] == "no-store"
        assert TOKEN not in response.text


@pytest.mark.parametrize("empty", ["", "Bearer "])
async def test_a01_no_token_is_no_token_that_can_be_sent(room: Newsroom, empty: str) -> None:
    let_in(room, site=PUBLIC, token="")
    response = await ask(room, peer="203.0.113.9", headers={"Authorization": empty} if empty else {})
    assert response.status_code == 403


def test_a01_the_token_is_not_shown_where_the_desk_is() -> None:
    assert TOKEN not in repr(Collectors(token=TOKEN))


@pytest.mark.parametrize(
    ("peer", "host", "status"),
    [
        ("192.168.1.20", "192.168.1.2:8000", 200),
        ("::ffff:192.168.1.20", "news.lan", 200),
        ("192.168.1.20", "news.example.org", 200),
        ("fd00::7", "[fd00::1]:8000", 200),
        ("192.168.2.20", "192.168.1.2:8000", 403),
        ("127.0.0.1", "127.0.0.1:8000", 403),
        ("192.168.1.20", "evil.example.net", 403),
        ("testclient", "192.168.1.2:8000", 403),
    ],
)
async def test_a01_networks_open_to_who_asks_from_there_by_a_name_of_ours(
    room: Newsroom, peer: str, host: str, status: int
) -> None:
    let_in(room, site=PUBLIC, networks=["192.168.1.0/24", "fd00::/64"])
    assert (await ask(room, peer=peer, host=host)).status_code == status


async def test_a01_networks_do_not_open_to_what_a_proxy_there_passes_on(room: Newsroom) -> None:
    let_in(room, site=PUBLIC, networks=["192.168.1.0/24"])
    headers = {"X-Forwarded-For": "192.168.1.20"}
    response = await ask(room, peer="192.168.1.20", host="news.example.org", headers=headers)
    assert response.status_code == 403
    assert "allow_networks" in response.text


async def test_feeds_are_counted_by_condition_and_each_once(room: Newsroom) -> None:
    await fill(room)
    samples = await scrape(room)
    assert of(samples, "aggregator_feeds", condition="ok") == 2
    assert of(samples, "aggregator_feeds", condition="failing") == 1
    assert of(samples, "aggregator_feeds", condition="gone") == 0
    assert sum(value for (name, _), value in samples.items() if name == "aggregator_feeds") == 3
    assert (of(samples, "aggregator_entries"), of(samples, "aggregator_copies")) == (3, 1)
    assert of(samples, "aggregator_database_bytes") == 4096


async def test_lag_is_that_of_the_feed_that_waits_longest_and_may_be_polled(room: Newsroom) -> None:
    await room.configure(make_feed("a"), make_feed("b"), make_feed("paused"), make_feed("blocked"), make_feed("gone"))
    ago = NOON - timedelta(hours=5)
    await room.poll("a", replace(POLLED, next_poll_at=NOON - timedelta(minutes=2)))
    await room.poll("b", POLLED)
    pause = GroupPause(group=RateGroup("paused.example:443"), until=NOON + timedelta(hours=1), reason="HTTP 429")
    await room.poll("paused", replace(POLLED, next_poll_at=ago), pause=pause)
    await room.poll("blocked", replace(POLLED, next_poll_at=ago, blocked_until=NOON + timedelta(hours=1)))
    await room.poll("gone", replace(POLLED, next_poll_at=ago, gone=True))
    samples = await scrape(room)
    assert (of(samples, "aggregator_feeds_overdue"), of(samples, "aggregator_poll_lag_seconds")) == (1, 120)
    assert of(samples, "aggregator_group_pauses") == 1
    assert of(samples, "aggregator_feed_problems", kind="gone") == 1


async def test_polls_are_counted_with_how_they_ended_and_how_long_they_took(room: Newsroom) -> None:
    tally = room.watch.tally
    done = PollResult(feed_id=FeedId("a"), feed_title="A", outcome=Outcome.FETCHED, elapsed=timedelta(seconds=0.3))
    tally.record(replace(done, new=4, changed=2, received=9000))
    tally.record(replace(done, outcome=Outcome.FAILED, failure=FailureKind.NOT_A_FEED))
    samples = await scrape(room)
    assert of(samples, "aggregator_polls_total", outcome="fetched") == 1
    assert of(samples, "aggregator_polls_total", outcome="not modified") == 0
    assert of(samples, "aggregator_poll_failures_total", kind="not a feed") == 1
    assert of(samples, "aggregator_parse_failures_total") == 1
    assert of(samples, "aggregator_poll_duration_seconds_bucket", le="0.5") == 2
    assert of(samples, "aggregator_poll_duration_seconds_bucket", le="0.25") == 0
    assert of(samples, "aggregator_poll_duration_seconds_count") == 2
    assert of(samples, "aggregator_poll_duration_seconds_sum") == pytest.approx(0.6)
    assert of(samples, "aggregator_received_bytes_total") == 9000
    assert (of(samples, "aggregator_entries_new_total"), of(samples, "aggregator_entries_changed_total")) == (4, 2)


async def test_no_label_names_a_feed_however_many_there_are(room: Newsroom) -> None:
    await scrape(room)  # which counts as a request itself
    few = await scrape(room)
    await room.configure(*(make_feed(f"feed-{number}") for number in range(200)))
    many = await scrape(room)
    assert {name for name, _ in many} >= {
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "aggregator_build_info",
    }
    assert len(many) == len(few)
    assert "feed-1" not in (await ask(room)).text


async def test_a_process_that_is_ready_says_so(room: Newsroom) -> None:
    response = await room.get("/readyz")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert response.json() == {"ready": True, "reasons": [], "warnings": [], "polls": False, "last_polling_at": None}


async def test_a_process_that_is_not_ready_says_why(room: Newsroom) -> None:
    room.watch.polling = WatchedStore(room.store, room.clock)
    room.watch.started_at = NOON - timedelta(minutes=10)
    room.watch.stop()
    response = await room.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["the program is stopping"]
    room.watch.stopping = False
    assert "polling has not looked" in (await room.get("/readyz")).json()["reasons"][0]


async def test_healthz_and_readyz_wait_equally_long_for_a_database_that_hangs(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "DEADLINE", timedelta(seconds=0.02))
    desk = room.app.state.desk
    room.app.state.desk = replace(desk, reader=Hanging(room.store))
    for path in ("/healthz", "/readyz"):
        assert (await room.get(path)).status_code == 503


class Hanging(Reader):
    async def categories(self) -> list[str]:
        await anyio.sleep(1)
        return []

    async def probe(self) -> None:
        await anyio.sleep(1)


async def test_a_database_that_is_closed_is_not_ready_and_the_page_names_no_file(room: Newsroom) -> None:
    await room.store.aclose()
    response = await room.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert "news.db" not in response.text


async def test_grouping_is_measured_with_what_waits(room: Newsroom) -> None:
    await fill(room)
    await room.store.write(
        lambda tx: tx.entries.save(FeedId("other"), EntryPlan(new=(make_parsed_entry("n"),)), now=NOON)
    )
    room.watch.work.placed(3, 0.5)
    room.watch.work.placed(1, 0.25)
    samples = await scrape(room)
    assert of(samples, "aggregator_entries_ungrouped") == 1
    assert of(samples, "aggregator_stories_open") == 2
    assert of(samples, "aggregator_entries_grouped_total") == 4
    assert of(samples, "aggregator_grouping_seconds_total") == 0.75


async def test_digests_and_their_mail_are_measured(tmp_path: Path) -> None:
    async with newsroom(tmp_path, site=make_site(url=AT_HOME)) as room:
        shelf = Digests(
            room.store, room.clock, make_site().timezone, plans=[DigestPlan(name=DAILY), DigestPlan(name="x")]
        )
        room.app.state.desk = replace(room.app.state.desk, digests=shelf)
        empty = await scrape(room)
        assert of(empty, "aggregator_digests", digest=DAILY) == of(empty, "aggregator_mails_waiting") == 0
        assert of(empty, "aggregator_mail_wait_seconds") == 0
        sealed, people = make_digest(day=SUNDAY), ["ann@example.org", "bob@example.org"]
        await room.store.write(lambda tx: tx.digests.seal(sealed, recipients=people, now=NOON - timedelta(hours=1)))
        (first, _) = await room.store.read(lambda tx: tx.mails.of(sealed.name, sealed.date))
        room.watch.work.mailed(replace(first, state=MailState.REFUSED))
        samples = await scrape(room)
        assert of(samples, "aggregator_digests", digest=DAILY) == 1
        assert (
            of(samples, "aggregator_digest_timestamp_seconds", digest=DAILY) == (NOON - timedelta(hours=1)).timestamp()
        )
        assert of(samples, "aggregator_mails_waiting") == 2
        assert of(samples, "aggregator_mail_wait_seconds") == 3600
        assert of(samples, "aggregator_mails_total", state="refused") == 1
        assert of(samples, "aggregator_mails_total", state="sent") == 0


async def test_a_mail_that_is_refused_and_a_backup_that_failed_are_no_reason_not_to_be_ready(room: Newsroom) -> None:
    room.watch.care.refused = ("the disk of backups is full",)
    room.watch.work.mails[MailState.REFUSED] += 1
    assert (await room.get("/readyz")).status_code == 200


async def test_requests_care_and_room_are_measured(room: Newsroom) -> None:
    room.watch.care.backed_up_at = NOON
    room.watch.care.findings = ("a page is damaged",)
    room.watch.database_bytes, room.watch.journal_bytes, room.watch.free_bytes = (lambda: 3), (lambda: 1), (lambda: 2)
    for number in (7, 8):
        await room.get(f"/entries/{number}")
    samples = await scrape(room)
    assert of(samples, "aggregator_http_requests_total", route="/entries/{entry_id}", status="404") == 2
    assert of(samples, "aggregator_http_request_duration_seconds_count") == 2
    assert of(samples, "aggregator_care_timestamp_seconds", work="backup") == NOON.timestamp()
    assert of(samples, "aggregator_database_findings") == 1
    assert of(samples, "aggregator_database_journal_bytes") == 1
    assert of(samples, "aggregator_disk_free_bytes") == 2


async def test_d8_a_journal_that_is_held_open_is_told_of_and_the_service_stays_ready(room: Newsroom) -> None:
    room.watch.journal_bytes = lambda: LONG_WAL
    assert of(await scrape(room), "aggregator_warnings") == 0
    room.watch.journal_bytes = lambda: LONG_WAL + 1
    assert of(await scrape(room), "aggregator_warnings") == 1
    answer = await room.get("/readyz")
    assert answer.status_code == 200
    (said,) = answer.json()["warnings"]
    assert said == "the journal of the database has grown to 256 MiB: some program reads from it for very long"
