"""P14, P15: whose servers an address belongs to, and what a 429 means for them."""

from datetime import timedelta

import pytest

from aggregator.model.feed import DueFeed, FeedState
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.polling.groups import is_public, rate_group
from aggregator.polling.schedule import after_fetch, pause
from aggregator.polling.waits import REFUSED_FOR
from tests.factories import NOON, make_feed

FEED = make_feed(url="https://a.tumblr.com/rss")
DUE = DueFeed(feed=FEED, state=FeedState(), group=rate_group(FEED.url), lease=1)


def limited(url: str = FEED.url, status: int = 429, **headers: str) -> Failed:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Failed(kind=FailureKind.STATUS, message="it failed", status=status, headers=named, url=url)


@pytest.mark.parametrize(
    ("url", "group"),
    [
        ("https://a.tumblr.com/rss", "tumblr.com:443"),
        ("https://b.tumblr.com/rss?page=2", "tumblr.com:443"),
        ("https://TUMBLR.com", "tumblr.com:443"),
        ("http://a.tumblr.com/rss", "tumblr.com:80"),
        ("https://a.tumblr.com:8443/rss", "tumblr.com:8443"),
        ("https://feeds.bbci.co.uk/news/rss.xml", "bbci.co.uk:443"),
        ("https://one.blogspot.com/feed", "blogspot.com:443"),
        ("https://someone.github.io/feed", "github.io:443"),
        ("https://münchen.example.de/", "example.de:443"),
        ("https://bücher.de/rss", "xn--bcher-kva.de:443"),
        ("https://deep.sub.domain.unlisted-ending/", "domain.unlisted-ending:443"),
        ("http://co.uk/", "co.uk:80"),
        ("http://127.0.0.2:8900/rss", "127.0.0.2:8900"),
        ("http://[::1]:8900/rss", "[::1]:8900"),
        ("http://localhost:8900/rss", "localhost:8900"),
        ("no address", "no address"),
    ],
)
def test_p14_a_group_is_a_registrable_domain_and_a_port(url: str, group: str) -> None:
    assert rate_group(url) == group


@pytest.mark.parametrize(
    "url", ["https://a.tumblr.com/", "https://example.org.:8443/", "http://8.8.8.8/", "http://[2606:4700::1]/"]
)
def test_p14_hosts_of_the_internet_are_public(url: str) -> None:
    assert is_public(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/",
        "http://rsshub/feed",
        "http://rsshub.local/",
        "http://rsshub.lan./",
        "http://nas.home.arpa/",
        "http://127.0.0.1/",
        "http://192.168.1.20/",
        "http://100.64.0.1/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[bad/",
        "",
    ],
)
def test_p14_hosts_at_home_are_not(url: str) -> None:
    assert not is_public(url)


def test_p14_a_429_pauses_the_group_for_as_long_as_the_feed() -> None:
    paused = pause(DUE.feed.id, limited(retry_after="7200"), now=NOON)
    assert paused is not None
    assert paused.group == rate_group("https://b.tumblr.com/rss")
    assert paused.until == after_fetch(FEED, DUE.state, limited(retry_after="7200"), now=NOON).blocked_until
    assert paused.until == NOON + timedelta(hours=2)
    assert paused.reason == f"HTTP 429 to {FEED.id}: Retry-After of 120 min"


def test_p12_p14_a_429_without_a_time_pauses_the_group_for_four_hours() -> None:
    paused = pause(DUE.feed.id, limited(), now=NOON)
    assert paused is not None
    assert paused.until == NOON + REFUSED_FOR


def test_a23_a_forged_retry_after_pauses_the_group_for_a_day_at_most() -> None:
    paused = pause(DUE.feed.id, limited(retry_after="1000000000"), now=NOON)
    assert paused is not None
    assert paused.until == NOON + timedelta(hours=24)


def test_p14_the_group_of_the_server_that_answered_is_paused_not_that_of_the_feed() -> None:
    paused = pause(DUE.feed.id, limited("https://cdn.elsewhere.example/rss"), now=NOON)
    assert paused is not None
    assert paused.group == "elsewhere.example:443"


@pytest.mark.parametrize(
    "outcome",
    [
        limited(status=503, retry_after="7200"),
        limited(status=403),
        limited(status=500),
        limited("http://rsshub:1200/reddit"),
        limited("http://192.168.1.20/rss"),
        limited(""),
        Failed(kind=FailureKind.TIMEOUT, message="it failed", url=FEED.url),
        Gone(),
        NotModified(),
        Fetched(url=FEED.url, body=b""),
    ],
)
def test_p14_whatever_else_goes_wrong_concerns_one_feed(outcome: FetchOutcome) -> None:
    assert pause(DUE.feed.id, outcome, now=NOON) is None
