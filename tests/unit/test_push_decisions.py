"""What is decided about hubs: discovery, requests, verification, renewal, signatures."""

import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.feed import ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.polling import websub
from aggregator.polling.hubs import Offer, advertised, compare, rest
from aggregator.polling.links import Link, links
from aggregator.polling.websub import Confirmed, Mode, Verification
from tests.factories import NOON
from tests.subscriptions import HUB, make_subscription

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TOPIC = "https://news-example.example/rss.xml"
FETCHED_FROM = "https://www.news.example/feeds/rss.xml?x=1"
CHALLENGE = b"0123456789abcdef"


def fetched(link: str | None = None) -> Fetched:
    return Fetched(url=FETCHED_FROM, headers={} if link is None else {"link": link}, body=b"")


def document(*hubs: str, topic: str | None = None) -> ParsedFeed:
    return ParsedFeed(format="atom10", hubs=hubs, topic=topic)


def verification(
    mode: Mode = Mode.SUBSCRIBE,
    *,
    topic: str = TOPIC,
    challenge: bytes = CHALLENGE,
    lease: timedelta | None = DAY,
    reason: str = "",
) -> Verification:
    return Verification(mode=mode, topic=topic, challenge=challenge, lease=lease, reason=reason)


# discovery


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<https://a/>; rel=hub", [("https://a/", {"hub"})]),
        ('<https://a/>; rel="hub"; title="a, b; c"', [("https://a/", {"hub"})]),
        ('<https://a/?x=1,2>; rel="hub", </self>; REL=Self', [("https://a/?x=1,2", {"hub"}), ("/self", {"self"})]),
        ('<https://a/> ; rel = "hub  self"', [("https://a/", {"hub", "self"})]),
        (', ,<https://a/>;rel=hub,, <https://b/>;rel="hub"', [("https://a/", {"hub"}), ("https://b/", {"hub"})]),
        ("<https://a/>; rel=hub; rel=self", [("https://a/", {"hub"})]),
        ('<https://a/>; title="\\"<https://evil/>; rel=hub"; rel=self', [("https://a/", {"self"})]),
        ("<https://a/>; crossorigin; rel=hub", [("https://a/", {"hub"})]),
        ('<https://a/>; rel=hub; anchor="https://other/"', []),
        ("<https://a/>; rel=hub, <broken", [("https://a/", {"hub"})]),
        ('<https://a/>; rel="hub', []),
        ("https://a/; rel=hub", []),
        ("", []),
    ],
)
def test_link_headers_are_read_as_rfc_8288_says(header: str, expected: list[tuple[str, set[str]]]) -> None:
    assert links(header) == tuple(Link(target=url, relations=frozenset(names)) for url, names in expected)


def test_a_header_of_endless_links_is_read_to_a_bound() -> None:
    assert len(links("<https://a/>; rel=hub, " * 5000)) == 100


def test_p30_link_headers_come_before_what_the_document_says() -> None:
    said = advertised(
        fetched(f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"'),
        document("https://other.example/", topic="https://other.example/feed"),
    )
    assert said == Advertised(topic=TOPIC, hubs=(HUB,))


def test_p30_without_link_headers_the_document_says_it() -> None:
    assert advertised(fetched(), document(HUB, topic=TOPIC)) == Advertised(topic=TOPIC, hubs=(HUB,))


def test_p30_the_topic_is_the_feeds_own_address_not_the_one_that_was_fetched() -> None:
    odd = "https://NEWS.example:443/rss.xml?b&a"
    said = advertised(fetched(), document(HUB, topic=odd))
    assert said
    assert said.topic == odd, "hubs compare it character by character"


def test_a_feed_that_does_not_say_its_own_address_has_no_topic() -> None:
    assert advertised(fetched(f"<{HUB}>; rel=hub"), document()) is None


def test_a_link_header_may_name_the_hub_and_the_document_the_topic() -> None:
    assert advertised(fetched(f"<{HUB}>; rel=hub"), document(topic=TOPIC)) == Advertised(topic=TOPIC, hubs=(HUB,))


def test_relative_links_are_of_the_address_that_answered() -> None:
    said = advertised(fetched('</hub>; rel="hub", <rss.xml>; rel="self"'), document())
    assert said == Advertised(topic="https://www.news.example/feeds/rss.xml", hubs=("https://www.news.example/hub",))


@pytest.mark.parametrize(
    "hub", ["ftp://hub.example/", "javascript:alert(1)", "https://me:secret@hub.example/", "hub", "http://[bad"]
)
def test_hubs_are_http_addresses(hub: str) -> None:
    assert advertised(fetched(), document(hub, topic=TOPIC)) is None


@pytest.mark.parametrize("hub", ["ftp://hub.example/", "javascript:alert(1)", "http://[bad", "https://me:x@a/"])
def test_links_that_are_no_addresses_are_passed_over(hub: str) -> None:
    header = f"<{hub}>; rel=hub, <{HUB}>; rel=hub, <{hub}>; rel=self, <{TOPIC}>; rel=self"
    assert advertised(fetched(header), document()) == Advertised(topic=TOPIC, hubs=(HUB,))


def test_at_most_two_hubs_are_taken_each_once() -> None:
    many = ["https://a.example/#x", "https://a.example/", "https://b.example/", "https://c.example/"]
    said = advertised(fetched(), document(*many, topic=TOPIC))
    assert said
    assert said.hubs == ("https://a.example/", "https://b.example/")


# what a document changes


def test_a_hub_without_a_subscription_is_wanted() -> None:
    assert compare([], Advertised(topic=TOPIC, hubs=(HUB,))) == Offer(wanted=(HUB,))


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.REQUESTED, PushStage.ACTIVE, PushStage.DENIED])
def test_a_hub_that_stays_changes_nothing(stage: PushStage) -> None:
    assert compare([make_subscription(stage=stage)], Advertised(topic=TOPIC, hubs=(HUB,))) == Offer()


def test_a_hub_that_is_named_no_more_is_left() -> None:
    known = make_subscription(stage=PushStage.ACTIVE)
    other = "https://other.example/"
    assert compare([known], Advertised(topic=TOPIC, hubs=(other,))) == Offer(wanted=(other,), ended=(known,))
    assert compare([known], None) == Offer(ended=(known,))


def test_another_topic_ends_the_subscription_before_a_new_one_begins() -> None:
    known = make_subscription(stage=PushStage.ACTIVE)
    said = Advertised(topic="https://news-example.example/new.xml", hubs=(HUB,))
    assert compare([known], said) == Offer(ended=(known,))
    assert compare([replace(known, stage=PushStage.LEAVING)], said) == Offer()
    assert compare([], said) == Offer(wanted=(HUB,))


# what is due


def due(subscription: Subscription, *, wanted: bool = True, after: timedelta = timedelta(0)) -> Subscription | None:
    return websub.due(subscription, wanted=wanted, now=NOON + after)


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.ACTIVE, PushStage.DENIED])
def test_what_is_due_is_requested_and_has_an_hour(stage: PushStage) -> None:
    lease = NOON + DAY if stage is PushStage.ACTIVE else None
    asked = due(make_subscription(stage=stage, lease_until=lease))
    assert asked
    assert (asked.stage, asked.next_step_at) == (PushStage.REQUESTED, NOON + HOUR)
    assert asked.lease_until == lease, "the hub sends on while the renewal is pending"


def test_a_request_that_was_not_verified_counts_as_refused() -> None:
    given_up = due(make_subscription(stage=PushStage.REQUESTED))
    assert given_up
    assert (given_up.stage, given_up.failures, given_up.next_step_at) == (PushStage.WANTED, 1, NOON + HOUR)
    assert "did not verify" in given_up.message


def test_refusals_are_answered_by_a_doubling_back_off_of_a_day_at_most() -> None:
    subscription, waits = make_subscription(stage=PushStage.REQUESTED), []
    for _ in range(8):
        subscription = websub.refused(subscription, "no", now=NOON)
        assert subscription.next_step_at
        waits.append((subscription.next_step_at - NOON) // HOUR)
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert (subscription.stage, subscription.message) == (PushStage.WANTED, "no")


def test_a_renewal_that_is_refused_keeps_the_lease() -> None:
    renewing = make_subscription(stage=PushStage.REQUESTED, lease_until=NOON + DAY)
    assert websub.refused(renewing, "no", now=NOON).lease_until == NOON + DAY


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.DENIED])
def test_what_no_hub_knows_of_is_forgotten_when_it_is_not_wanted(stage: PushStage) -> None:
    assert due(make_subscription(stage=stage), wanted=False) is None


@pytest.mark.parametrize("stage", [PushStage.REQUESTED, PushStage.ACTIVE])
def test_what_a_hub_knows_of_is_left_in_three_requests(stage: PushStage) -> None:
    lease = NOON + DAY if stage is PushStage.ACTIVE else None
    leaving = due(make_subscription(stage=stage, lease_until=lease, failures=4), wanted=False)
    waits = []
    while leaving:
        assert (leaving.stage, leaving.lease_until) == (PushStage.LEAVING, None)
        assert leaving.next_step_at
        waits.append((leaving.next_step_at - NOON) // HOUR)
        leaving = due(leaving, wanted=True)
    assert waits == [1, 2, 4]


def test_a_hub_that_refuses_to_be_left_is_asked_again_in_its_time() -> None:
    leaving = make_subscription(stage=PushStage.LEAVING, failures=1, next_step_at=NOON + HOUR)
    assert websub.refused(leaving, "500", now=NOON) == replace(leaving, message="500")


# hubs that want to be left alone


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, None, HOUR),
        (429, "60", HOUR),
        (429, "80000", timedelta(seconds=80_000)),
        (429, "999999", DAY),
        (429, "soon", HOUR),
        (503, "600", timedelta(seconds=600)),
        (503, None, None),
        (500, None, None),
    ],
)
def test_p12_a_hub_is_left_alone_as_long_as_it_asks(
    status: int, header: str | None, expected: timedelta | None
) -> None:
    headers = {} if header is None else {"retry-after": header}
    failed = Failed(kind=FailureKind.STATUS, message="no", status=status, headers=headers)
    assert rest(failed, now=NOON) == (expected and NOON + expected)


def test_p12_a_hub_that_rests_is_not_asked_before_however_few_its_refusals() -> None:
    requested = make_subscription(stage=PushStage.REQUESTED)
    assert websub.refused(requested, "no", now=NOON, rests_until=NOON + 5 * HOUR).next_step_at == NOON + 5 * HOUR
    later = replace(requested, failures=4)
    assert websub.refused(later, "no", now=NOON, rests_until=NOON + 5 * HOUR).next_step_at == NOON + 16 * HOUR
    leaving = make_subscription(stage=PushStage.LEAVING, next_step_at=NOON + HOUR)
    assert websub.refused(leaving, "no", now=NOON, rests_until=NOON + 5 * HOUR).next_step_at == NOON + 5 * HOUR
    assert websub.refused(leaving, "no", now=NOON, rests_until=NOON + HOUR / 2).next_step_at == NOON + HOUR


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.ACTIVE, PushStage.DENIED, PushStage.LEAVING])
def test_what_is_put_off_counts_as_no_failure_and_keeps_its_lease(stage: PushStage) -> None:
    lease = NOON + DAY if stage is PushStage.ACTIVE else None
    before = make_subscription(stage=stage, lease_until=lease, failures=2)
    asking = due(before)
    assert asking
    waiting = websub.put_off(asking, until=NOON + HOUR)
    assert (waiting.failures, waiting.lease_until, waiting.next_step_at) == (2, lease, NOON + HOUR)
    assert due(waiting, after=HOUR) == websub.due(
        replace(before, next_step_at=NOON + HOUR), wanted=True, now=NOON + HOUR
    )


# requests


def test_a_subscription_asks_for_ten_days_and_gives_the_secret() -> None:
    asked = websub.form(make_subscription(stage=PushStage.REQUESTED, secret="5ec"), callback="https://me.example/t")
    assert asked == {
        "hub.callback": "https://me.example/t",
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": "864000",
        "hub.secret": "5ec",
    }


def test_without_a_secret_none_is_sent() -> None:
    assert "hub.secret" not in websub.form(
        make_subscription(stage=PushStage.REQUESTED), callback="https://me.example/t"
    )


def test_unsubscribing_names_callback_and_topic_only() -> None:
    leaving = make_subscription(stage=PushStage.LEAVING, secret="5ec")
    assert websub.form(leaving, callback="https://me.example/t") == {
        "hub.callback": "https://me.example/t",
        "hub.mode": "unsubscribe",
        "hub.topic": TOPIC,
    }


# verification

REQUESTED = make_subscription(stage=PushStage.REQUESTED, failures=3, message="old")


def granted(lease: timedelta | None) -> Subscription:
    confirmed = websub.answer(REQUESTED, verification(lease=lease), now=NOON)
    assert confirmed
    assert confirmed.then
    return confirmed.then


def test_a_verified_request_is_active_for_the_lease() -> None:
    active = granted(9 * DAY)
    assert (active.stage, active.lease_until) == (PushStage.ACTIVE, NOON + 9 * DAY)
    assert (active.failures, active.message) == (0, "")
    assert active.next_step_at
    assert NOON + 6 * DAY <= active.next_step_at <= NOON + 6.75 * DAY + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("lease", "expected"),
    [
        (None, 10 * DAY),
        (timedelta(0), 10 * DAY),
        (timedelta(seconds=1), HOUR),
        (30 * DAY, 30 * DAY),
        (31 * DAY, 30 * DAY),
        (timedelta(seconds=999_999_999), 30 * DAY),
    ],
)
def test_leases_are_held_within_bounds(lease: timedelta | None, expected: timedelta) -> None:
    assert granted(lease).lease_until == NOON + expected


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.DENIED, PushStage.LEAVING])
def test_a_subscription_that_was_not_requested_is_not_confirmed(stage: PushStage) -> None:
    assert websub.answer(make_subscription(stage=stage), verification(), now=NOON) is None


ACTIVE = make_subscription(stage=PushStage.ACTIVE, lease_until=NOON + 5 * DAY, next_step_at=NOON + 3 * DAY)


def test_a_hub_that_asks_again_is_confirmed_again_and_shortens_no_lease() -> None:
    again = websub.answer(ACTIVE, verification(lease=timedelta(seconds=9)), now=NOON)
    assert again == Confirmed(then=ACTIVE)
    assert websub.answer(ACTIVE, verification(lease=5 * DAY), now=NOON) == Confirmed(then=ACTIVE)


def test_a_hub_that_renews_a_lease_by_itself_lengthens_it() -> None:
    renewed = websub.answer(ACTIVE, verification(lease=9 * DAY), now=NOON)
    assert renewed
    assert renewed.then
    assert (renewed.then.stage, renewed.then.lease_until) == (PushStage.ACTIVE, NOON + 9 * DAY)
    assert renewed.then.next_step_at
    assert renewed.then.next_step_at >= NOON + 6 * DAY


@pytest.mark.parametrize(
    "asked",
    [
        verification(Mode.UNSUBSCRIBE),
        verification(topic="https://other.example/"),
        verification(challenge=b""),
        verification(challenge=b"x" * 1025),
    ],
)
def test_only_the_same_question_is_confirmed_again(asked: Verification) -> None:
    assert websub.answer(ACTIVE, asked, now=NOON) is None


def test_a_hub_may_verify_late_what_it_was_granted_before() -> None:
    """The renewal was refused or put off, while the lease goes on."""
    waiting = replace(ACTIVE, stage=PushStage.WANTED)
    confirmed = websub.answer(waiting, verification(lease=9 * DAY), now=NOON)
    assert confirmed
    assert confirmed.then
    assert confirmed.then.stage is PushStage.ACTIVE
    assert websub.answer(waiting, verification(lease=9 * DAY), now=NOON + 5 * DAY) is None, "its lease is over"


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.REQUESTED, PushStage.ACTIVE, PushStage.DENIED])
def test_an_end_that_was_not_requested_is_not_confirmed(stage: PushStage) -> None:
    assert websub.answer(make_subscription(stage=stage), verification(Mode.UNSUBSCRIBE), now=NOON) is None


def test_a_requested_end_is_confirmed_and_forgotten() -> None:
    leaving = make_subscription(stage=PushStage.LEAVING)
    assert websub.answer(leaving, verification(Mode.UNSUBSCRIBE), now=NOON) == Confirmed(then=None)


@pytest.mark.parametrize("topic", ["", TOPIC + "/", TOPIC.upper(), "https://other.example/"])
def test_another_topic_is_not_confirmed(topic: str) -> None:
    assert websub.answer(REQUESTED, verification(topic=topic), now=NOON) is None


@pytest.mark.parametrize(("length", "expected"), [(0, False), (1, True), (1024, True), (1025, False)])
def test_challenges_are_of_bounded_length(length: int, *, expected: bool) -> None:
    confirmed = websub.answer(REQUESTED, verification(challenge=b"x" * length), now=NOON)
    assert (confirmed is not None) is expected


@pytest.mark.parametrize("stage", [PushStage.REQUESTED, PushStage.ACTIVE])
def test_a_denial_ends_the_lease_and_rests_a_week(stage: PushStage) -> None:
    live = make_subscription(stage=stage, lease_until=NOON + DAY)
    confirmed = websub.answer(live, verification(Mode.DENIED, challenge=b"", reason="no\r\n more\x00 "), now=NOON)
    assert confirmed
    assert confirmed.then == replace(
        live,
        stage=PushStage.DENIED,
        lease_until=None,
        next_step_at=NOON + 7 * DAY,
        message="the hub denied it: no more",
    )


def test_a_denial_of_what_is_being_left_ends_it() -> None:
    leaving = make_subscription(stage=PushStage.LEAVING)
    assert websub.answer(leaving, verification(Mode.DENIED), now=NOON) == Confirmed(then=None)


# content


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
def test_signatures_of_every_method_of_the_specification_are_checked(method: str) -> None:
    right = hmac.new(b"5ec", b"body", getattr(hashlib, method.lower())).hexdigest()
    assert websub.is_signed("5ec", b"body", f"{method}={right}")
    assert websub.is_signed("5ec", b"body", f" {method}={right.upper()} ")
    assert not websub.is_signed("5ec", b"body!", f"{method}={right}")
    assert not websub.is_signed("other", b"body", f"{method}={right}")
    assert not websub.is_signed("5ec", b"body", f"{method}={right[:-1]}")


@pytest.mark.parametrize("signature", ["", "sha1", "sha1=", "=", "sha256=é", "sha256=\udc80"])
def test_what_is_no_signature_signs_nothing(signature: str) -> None:
    assert not websub.is_signed("5ec", b"body", signature)


def test_weaker_methods_sign_nothing() -> None:
    assert not websub.is_signed("5ec", b"body", "md5=" + hmac.new(b"5ec", b"body", "md5").hexdigest())


def test_a_hub_may_send_until_the_lease_ends() -> None:
    subscription = make_subscription(stage=PushStage.ACTIVE, lease_until=NOON)
    assert websub.is_live(subscription, now=NOON - HOUR)
    assert not websub.is_live(subscription, now=NOON)
    assert not websub.is_live(make_subscription(), now=NOON)
