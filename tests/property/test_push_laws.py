"""Laws of what is decided about hubs."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.feed import ParsedFeed
from aggregator.model.fetch import Fetched
from aggregator.model.push import PushStage, Subscription
from aggregator.polling import hubs as hubs_of
from aggregator.polling import websub
from aggregator.polling.links import links
from aggregator.polling.websub import Mode, Verification
from aggregator.text.urls import web_url
from tests.factories import NOON
from tests.subscriptions import make_subscription

TOPIC = "https://news-example.example/rss.xml"
SCRAPS = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            ";",
            ",",
            '"',
            "\\",
            "=",
            " ",
            "rel",
            "hub",
            "self",
            "anchor",
            "https://a.example/",
            "http://[",
            "\t",
            "é",
            "/x",
        ]
    ),
    max_size=30,
).map("".join)
LEASES = st.none() | st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds))
EVENTS = st.one_of(
    st.sampled_from(["due", "unwanted", "refused", "put off"]),
    st.builds(
        Verification,
        mode=st.sampled_from(Mode),
        topic=st.sampled_from([TOPIC, "https://other.example/"]),
        challenge=st.binary(max_size=3),
        lease=LEASES,
        reason=st.text(max_size=5),
    ),
)


@given(SCRAPS | st.text())
def test_any_link_header_is_read(header: str) -> None:
    for link in links(header):
        assert link.target in header
        assert not set(link.target) & set('<>" \t')


@given(SCRAPS, st.lists(st.text(max_size=20), max_size=4), st.none() | st.text(max_size=20))
def test_hubs_are_few_and_addresses_whatever_is_said(header: str, hubs: list[str], topic: str | None) -> None:
    fetched = Fetched(url=TOPIC, headers={"link": header}, body=b"")
    said = hubs_of.advertised(fetched, ParsedFeed(format="rss20", hubs=tuple(hubs), topic=topic))
    if said:
        assert 1 <= len(set(said.hubs)) == len(said.hubs) <= hubs_of.MOST_HUBS
        assert all(web_url(hub) == hub for hub in said.hubs)
        assert web_url(said.topic)


@given(st.text(min_size=1), st.integers(3600, 30 * 86400))
def test_renewal_comes_between_two_thirds_and_three_quarters_of_the_lease(token: str, seconds: int) -> None:
    lease = timedelta(seconds=seconds)
    assert lease * (2 / 3) <= websub.renewal(token, lease) <= lease * (3 / 4)


@given(st.lists(st.tuples(EVENTS, st.integers(0, 10**6)), max_size=20))
def test_whatever_happens_a_subscription_has_a_next_step_and_a_lease_of_a_hub(
    events: list[tuple[str | Verification, int]],
) -> None:
    subscription: Subscription | None = make_subscription()
    now = NOON
    for event, seconds in events:
        if subscription is None:
            return
        now += timedelta(seconds=seconds)
        before = subscription
        if isinstance(event, Verification):
            confirmed = websub.answer(subscription, event, now=now)
            subscription = confirmed.then if confirmed else subscription
        elif event == "refused":
            subscription = websub.refused(subscription, "no", now=now)
        else:
            subscription = websub.due(subscription, wanted=event != "unwanted", now=now)
        if event == "put off" and subscription and subscription.stage in {PushStage.REQUESTED, PushStage.LEAVING}:
            subscription = websub.put_off(subscription, until=now + timedelta(hours=5))
            assert subscription.failures == before.failures, "who was not asked did not fail"
        if subscription is None:
            return
        if subscription != before and event != "refused":
            assert subscription.next_step_at
            assert now < subscription.next_step_at <= now + timedelta(days=30)
        if subscription.stage in {PushStage.LEAVING, PushStage.DENIED}:
            assert subscription.lease_until is None
        assert subscription.lease_until is None or subscription.lease_until <= now + websub.LONGEST_LEASE
        assert subscription.token == before.token
        if before.stage is PushStage.ACTIVE and subscription.stage is PushStage.ACTIVE:
            assert (subscription.lease_until or NOON) >= (before.lease_until or NOON), "asking again shortens no lease"
        grew = (subscription.lease_until or NOON) > (before.lease_until or NOON)
        assert not grew or isinstance(event, Verification), "only a hub's verification lengthens a lease"
