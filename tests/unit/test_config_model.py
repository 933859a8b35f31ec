"""What feeds.yaml means where it says little."""

from datetime import timedelta
from ipaddress import ip_network
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from aggregator.config.model import Configuration
from aggregator.config.read import parse
from aggregator.errors import ConfigurationError
from aggregator.model.feed import Feed
from aggregator.model.ids import FeedId


def read(text: str) -> Configuration:
    return parse(text, file="feeds.yaml")


def read_feed(item: str) -> Feed:
    (feed,) = read(f"feeds:\n  - {item}").enabled_feeds()
    return feed


def test_an_address_alone_is_a_feed() -> None:
    assert read_feed("url: https://www.arabnews.com/rss.xml") == Feed(
        id=FeedId("arabnews-com"),
        url="https://www.arabnews.com/rss.xml",
        title="",
        publisher="arabnews.com",
        category="General",
        interval=timedelta(hours=1),
        unconditional_interval=timedelta(days=1),
    )


def test_every_key_of_a_feed_arrives() -> None:
    feed = read_feed(
        "{url: 'http://127.0.0.2:8900/bbc.xml', id: bbc, title: BBC News - World, publisher: BBC, category: World,"
        " tags: [english, uk, english], language: en-GB, interval: 30m, allow_private_address: true}"
    )
    assert feed == Feed(
        id=FeedId("bbc"),
        url="http://127.0.0.2:8900/bbc.xml",
        title="BBC News - World",
        publisher="BBC",
        category="World",
        tags=("english", "uk"),
        language="en-GB",
        interval=timedelta(minutes=30),
        unconditional_interval=timedelta(minutes=30),
        allow_private_address=True,
    )


def test_a_publisher_is_called_like_its_feed_unless_it_has_a_name_of_its_own() -> None:
    assert read_feed("{url: 'https://a.example/', title: Arab News}").publisher == "Arab News"


def test_a_feed_is_polled_as_often_as_polling_says_unless_it_says_itself() -> None:
    configuration = read(
        "polling: {interval: 2h}\nfeeds:\n- url: https://a.example/\n- {url: 'https://b.example/', interval: 15m}"
    )
    assert [feed.interval for feed in configuration.enabled_feeds()] == [timedelta(hours=2), timedelta(minutes=15)]


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("polling: {}\nfeeds: [{url: 'https://a.example/'}]", 24),
        ("polling: {unconditional_interval: 6h}\nfeeds: [{url: 'https://a.example/'}]", 6),
        ("polling: {interval: 2d}\nfeeds: [{url: 'https://a.example/'}]", 48),
        ("feeds: [{url: 'https://a.example/', interval: 2h}]", 2),
    ],
)
def test_p10_without_conditional_requests_a_feed_is_polled_once_a_day_unless_told_otherwise(
    written: str, hours: int
) -> None:
    (feed,) = read(written).enabled_feeds()
    assert feed.unconditional_interval == timedelta(hours=hours)


def test_p15_gaps_are_put_over_those_that_we_know() -> None:
    gaps = read("polling: {gaps: {example.org: 5s, Example.com: 0s, 127.0.0.2: 1s}}\nfeeds: []").polling.gaps
    seconds = {domain: gap.total_seconds() for domain, gap in gaps.items()}
    assert seconds == {"reddit.com": 60, "example.org": 5, "example.com": 0, "127.0.0.2": 1}


def test_p15_a_gap_that_we_know_can_be_changed() -> None:
    assert read("polling: {gaps: {reddit.com: 2m}}\nfeeds: []").polling.gaps == {"reddit.com": timedelta(minutes=2)}


@pytest.mark.parametrize(
    ("url", "websub", "enabled"),
    [
        ("https://news.example.org/", "auto", True),
        ("http://localhost:8000/", "auto", False),
        ("http://192.168.1.20/", "auto", False),
        ("http://localhost:8000/", "on", True),
        ("https://news.example.org/", "off", False),
    ],
)
def test_p30_hubs_are_asked_where_they_can_reach_us_or_as_told(url: str, websub: str, *, enabled: bool) -> None:
    assert read(f"site: {{url: '{url}'}}\npolling: {{websub: {websub}}}\nfeeds: []").websub_enabled is enabled


def test_a_disabled_feed_is_not_polled() -> None:
    configuration = read("feeds:\n- url: https://a.example/\n- {url: 'https://b.example/', enabled: false}")
    assert [feed.id for feed in configuration.enabled_feeds()] == ["a-example"]
    assert len(configuration.feeds) == 2


def test_feeds_are_made_once_and_configurations_are_the_same_before_and_after() -> None:
    asked, unasked = read("feeds:\n- url: https://a.example/"), read("feeds:\n- url: https://a.example/")
    assert asked.enabled_feeds() is asked.enabled_feeds()
    assert asked == unasked


def test_categories_that_differ_in_case_alone_are_one_spelt_as_at_first() -> None:
    configuration = read(
        "feeds:\n- {url: 'https://a.example/', category: Middle East}\n"
        "- {url: 'https://b.example/', category: middle east}"
    )
    assert {feed.category for feed in configuration.enabled_feeds()} == {"Middle East"}


def test_renaming_moving_and_adding_feeds_changes_no_id() -> None:
    before = read("feeds:\n- {url: 'https://a.example/rss', title: A, category: X}\n- url: https://b.example/rss")
    after = read(
        "feeds:\n- url: https://new.example/\n- url: https://b.example/rss\n"
        "- {url: 'https://a.example/rss', title: Another, category: Y}"
    )
    assert {feed.url: feed.id for feed in before.enabled_feeds()}.items() <= {
        feed.url: feed.id for feed in after.enabled_feeds()
    }.items()


def test_sections_that_are_left_out_or_empty_have_their_defaults() -> None:
    left_out, empty = read("feeds: []"), read("site:\npolling:\ncopies:\n  window:\nfeeds: []")
    assert left_out == empty
    assert left_out.polling.max_bytes == 10 * 1024 * 1024
    assert left_out.copies.window == timedelta(hours=48)
    assert left_out.enabled_feeds() == ()


def test_every_setting_arrives_as_what_it_means() -> None:
    configuration = read(
        """
site: {title: Related Stories, description: Each piece once., url: 'https://news.example/reader', timezone: Asia/Beirut, contact: me@example.org}
polling:
  interval: 90m
  unconditional_interval: 2d
  host_gap: 0s
  timeout: 5s
  max_bytes: 512KiB
  concurrency: 4
  allow_networks: [192.168.0.0/16, 'fd00::/8']
copies: {window: 1d}
feeds: []
"""
    )
    site, polling = configuration.site, configuration.polling
    assert (site.title, site.url) == ("Related Stories", "https://news.example/reader/")
    assert site.description == "Each piece once."
    assert (site.timezone, site.contact) == (ZoneInfo("Asia/Beirut"), "me@example.org")
    assert (polling.interval, polling.host_gap) == (timedelta(minutes=90), timedelta(0))
    assert (polling.timeout, polling.max_bytes) == (timedelta(seconds=5), 512 * 1024)
    assert (polling.concurrency, configuration.copies.window) == (4, timedelta(days=1))
    assert polling.unconditional_interval == timedelta(days=2)
    assert polling.allow_networks == (ip_network("192.168.0.0/16"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("2024", "2024"), ("010", "010"), ("1.10", "1.10"), ("no", "no"), ("true", "true"), ("12:30:45", "12:30:45")],
)
def test_text_is_what_was_typed_whatever_yaml_might_make_of_it(written: str, meant: str) -> None:
    assert read_feed(f"{{url: 'https://a.example/', title: {written}}}").title == meant


def test_norwegian_is_a_language() -> None:
    assert read_feed("{url: 'https://a.example/', language: no}").language == "no"


def test_a_language_may_be_written_as_locales_are() -> None:
    assert read_feed("{url: 'https://a.example/', language: en_GB}").language == "en-GB"


def test_a_title_is_one_line() -> None:
    assert read_feed("{url: 'https://a.example/', title: \"Arab\\n  News\"}").title == "Arab News"


def test_a_configuration_never_changes() -> None:
    configuration = read("feeds: []")
    with pytest.raises(ValidationError):
        configuration.site.title = "Other"


def test_a01_nobody_is_named_as_a_reader_of_measurements_by_default() -> None:
    metrics = read("feeds: []").metrics
    assert (metrics.token, metrics.allow_networks) == (None, ())


def test_a01_readers_of_measurements_arrive_and_the_token_is_shown_nowhere() -> None:
    token = "k7Zq-0123456789.~+/=="
    configuration = read(f"metrics: {{token: '{token}', allow_networks: [10.0.0.0/8]}}\nfeeds: []")
    assert configuration.metrics.token is not None
    assert configuration.metrics.token.get_secret_value() == token
    assert configuration.metrics.allow_networks == (ip_network("10.0.0.0/8"),)
    assert token not in f"{configuration} {configuration!r} {configuration.model_dump_json()}"


@pytest.mark.parametrize("token", ["short", "k7Zq 0123456789abcdef", "k7Zqä0123456789abcdef", "k7Zq" * 51])
def test_a01_a_token_that_is_none_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(f"metrics: {{token: '{token}'}}\nfeeds: []")
    assert "feeds.yaml:1:18: metrics.token: is not a token; write 16 to 200" in str(caught.value)
    assert token not in str(caught.value)
