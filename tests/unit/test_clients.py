"""Who asks, and how often."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Scope

from aggregator.web.buckets import Buckets
from aggregator.web.clients import UNKNOWN, client
from tests.factories import NOON

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def asked(peer: str | None, *forwarded: str) -> Scope:
    headers = [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded]
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("scope", "who"),
    [
        (asked("192.0.2.1"), "192.0.2.1"),
        (asked("192.0.2.1", "203.0.113.5"), "192.0.2.1"),
        (asked("10.0.0.1", "203.0.113.5"), "203.0.113.5"),
        (asked("10.0.0.1", "198.51.100.7, 203.0.113.5"), "203.0.113.5"),
        (asked("10.0.0.1", "198.51.100.7", "203.0.113.5, 10.9.9.9"), "203.0.113.5"),
        (asked("10.0.0.1", "203.0.113.5:4711"), "203.0.113.5"),
        (asked("10.0.0.1", "[2001:db8:1:2:3::4]:4711"), "2001:db8:1:2::/64"),
        (asked("10.0.0.1", "203.0.113.5, nonsense"), "10.0.0.1"),
        (asked("10.0.0.1", ""), "10.0.0.1"),
        (asked("10.0.0.1"), "10.0.0.1"),
        (asked("::ffff:192.0.2.1"), "192.0.2.1"),
        (asked("::ffff:10.0.0.1", "203.0.113.5"), "203.0.113.5"),
        (asked("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
        (asked(None, "203.0.113.5"), UNKNOWN),
        (asked("10.0.0.1", ",".join(["10.0.0.2"] * 10_000)), "10.0.0.2"),
    ],
)
def test_a_client_is_who_a_trusted_proxy_says_and_else_who_is_there(scope: Scope, who: str) -> None:
    assert client(scope, TRUSTED) == who


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=255)), max_size=4))
def test_a01_whatever_stands_in_the_header_changes_nothing_for_who_is_no_proxy(forwarded: list[str]) -> None:
    assert client(asked("192.0.2.1", *forwarded), TRUSTED) == "192.0.2.1"
    assert client(asked("10.0.0.1", *forwarded), TRUSTED)


def test_what_was_taken_comes_back_bit_by_bit() -> None:
    buckets = Buckets(3, timedelta(seconds=30))
    assert [buckets.take("a", NOON) for _ in range(5)] == [timedelta()] * 3 + [timedelta(seconds=10)] * 2
    assert buckets.take("b", NOON) == timedelta()
    later = NOON + timedelta(seconds=9)
    assert buckets.take("a", later) == timedelta(seconds=1)
    assert buckets.take("a", later + timedelta(seconds=1)) == timedelta()
    assert buckets.take("a", NOON - timedelta(days=1)) > timedelta()


def test_only_so_many_clients_are_remembered() -> None:
    buckets = Buckets(1, timedelta(minutes=1), most=100)
    for number in range(1000):
        assert not buckets.take(str(number), NOON)
    assert len(buckets) == 100
    assert buckets.take("999", NOON)


@given(st.lists(st.integers(0, 60), max_size=60), st.integers(1, 10))
def test_in_no_time_is_more_taken_than_the_bucket_and_what_came_back(pauses: list[int], size: int) -> None:
    buckets, now, taken = Buckets(size, timedelta(minutes=1)), NOON, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = buckets.take("a", now)
        taken += not wait
        assert wait <= timedelta(minutes=1) / size
    assert taken <= size + (now - NOON).total_seconds() * size / 60 + 0.001
