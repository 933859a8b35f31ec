"""What is made of a hub's answers, above the transport: respx answers in its place, so no guard is asked here.

That the guard is asked is seen in tests/integration/test_address_guard.py, against real connections.
"""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
import pytest
import respx

from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.hub import HubClient
from aggregator.model.feed import DueFeed, FeedState
from aggregator.model.fetch import FailureKind
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.services.push import Subscriber
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import NOON, make_feed
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio

HUB = "https://hub.example/"
TOPIC = "https://a.example/self.xml"
FORM = {"hub.mode": "subscribe", "hub.topic": TOPIC}


@pytest.fixture
def web() -> Iterator[respx.MockRouter]:
    # The client's own choice of a transport is replaced: ours has none of the parts that respx replaces otherwise.
    with respx.mock(using="httpx", assert_all_called=False) as router:
        yield router


@pytest.fixture
async def hubs(web: respx.MockRouter) -> AsyncIterator[HubClient]:
    client = HubClient(user_agent="test/1", timeout=timedelta(seconds=1), pace=HostPacing(gap=timedelta()))
    yield client
    await client.aclose()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_blank(tmp_path / "news.db")
    yield opened
    await opened.aclose()


async def asked_for(store: SqliteStore, hubs: HubClient) -> Subscription:
    """Offer the hub, let a tick ask it, and give what became of the subscription."""
    subscriber = Subscriber(store, hubs, ManualClock(), callbacks="https://news.example/websub/", enabled=True)
    feed = make_feed("a")
    await store.write(lambda tx: tx.feeds.synchronise([feed], now=NOON))
    due = DueFeed(feed=feed, state=FeedState(), group=RateGroup("a.example:443"), lease=1)
    await subscriber.offered(due, Advertised(topic=TOPIC, hubs=(HUB,)))
    assert await subscriber.steps() == 1
    (subscription,) = await store.read(lambda tx: tx.pushes.of_feed(FeedId("a")))
    return subscription


@pytest.mark.parametrize("status", [200, 202, 204, 299])
async def test_a_hub_that_takes_the_form_has_nothing_to_say(
    web: respx.MockRouter, hubs: HubClient, status: int
) -> None:
    route = web.post(HUB).respond(status, text="thank you")
    assert await hubs.ask(HUB, FORM) is None
    assert dict(parse_qsl(route.calls.last.request.content.decode())) == FORM


@pytest.mark.parametrize(
    ("status", "said"), [(300, "HTTP 300 Multiple Choices"), (500, "HTTP 500 Internal Server Error"), (599, "HTTP 599")]
)
async def test_every_other_answer_is_a_refusal_under_its_name(
    web: respx.MockRouter, hubs: HubClient, status: int, said: str
) -> None:
    web.post(HUB).respond(status, headers={"Retry-After": "60"})
    failed = await hubs.ask(f"{HUB}?token=secret", FORM)
    assert failed
    assert (failed.kind, failed.status) == (FailureKind.STATUS, status)
    assert failed.message == f"{said} from {HUB}"
    assert failed.headers["retry-after"] == "60"


async def test_what_only_httpx_can_fail_at_is_a_failure_too_and_is_logged(
    web: respx.MockRouter, hubs: HubClient, caplog: pytest.LogCaptureFixture
) -> None:
    web.post(HUB).mock(side_effect=httpx.RemoteProtocolError("odd"))
    failed = await hubs.ask(HUB, FORM)
    assert failed
    assert failed.kind is FailureKind.NETWORK
    assert "RemoteProtocolError: odd" in failed.message
    assert [record.levelno for record in caplog.records if record.name.startswith("aggregator")] == [logging.ERROR]


async def test_a_hub_that_takes_the_form_is_waited_for(
    web: respx.MockRouter, hubs: HubClient, store: SqliteStore
) -> None:
    route = web.post(HUB).respond(202)
    subscription = await asked_for(store, hubs)
    assert subscription.stage is PushStage.REQUESTED
    form = dict(parse_qsl(route.calls.last.request.content.decode()))
    assert (form["hub.secret"], form["hub.topic"]) == (subscription.secret, TOPIC)


async def test_a_hub_that_has_moved_is_asked_there_once_with_the_same_form(
    web: respx.MockRouter, hubs: HubClient, store: SqliteStore
) -> None:
    here = web.post(HUB).respond(308, headers={"Location": "https://new.example/hub"})
    there = web.post("https://new.example/hub").respond(307, headers={"Location": HUB})
    subscription = await asked_for(store, hubs)
    assert subscription.hub == HUB
    assert subscription.stage is PushStage.WANTED
    assert subscription.message == "HTTP 307 Temporary Redirect from https://new.example/hub"
    assert (here.call_count, there.call_count) == (1, 1)
    assert here.calls.last.request.content == there.calls.last.request.content


@pytest.mark.parametrize("location", ["http://hub.example/", "ftp://new.example/"])
async def test_a_hub_that_leads_out_of_encryption_or_off_the_web_is_not_followed(
    web: respx.MockRouter, hubs: HubClient, store: SqliteStore, location: str
) -> None:
    web.post(HUB).respond(308, headers={"Location": location})
    subscription = await asked_for(store, hubs)
    assert subscription.message == f"HTTP 308 Permanent Redirect from {HUB}"
    assert len(web.calls) == 1
