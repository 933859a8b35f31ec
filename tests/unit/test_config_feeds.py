"""What feeds.yaml may say of feeds, beside the simple keys: rules, secrets, defaults, references to the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.model import Configuration
from aggregator.config.read import load, parse
from aggregator.errors import ConfigurationError
from aggregator.model.access import Access
from aggregator.model.feed import Feed
from aggregator.model.wanted import Filters, Part, Retention, Rule

SECRET = "hunter2-and-more"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_SECRET", SECRET)
    monkeypatch.setenv("MINUTES", "45")
    monkeypatch.delenv("NOT_THERE", raising=False)


def read(text: str) -> Configuration:
    return parse(text, file="feeds.yaml")


def read_feed(text: str) -> Feed:
    (feed,) = read(text).enabled_feeds()
    return feed


def access(item: str) -> Access:
    (found,) = read(f"feeds:\n- {item}").feed_access().values()
    return found


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def complaint_of_feed(item: str) -> str:
    return complaint(f"feeds:\n- {item}")


LAYERS = """
defaults: {category: World, interval: 45m, tags: [all], mute: [horoscope], retention: {age: 90d}, language: en}
categories:
  World: {interval: 15m, retention: {entries: 10}, mute: [{regex: 'best .* deals', fields: title}], max_entries: 5}
feeds:
- url: https://a.example/
  mute: golf
  max_entries: 7
"""


def test_what_is_said_nearest_to_a_feed_goes_first_and_rules_add_up() -> None:
    feed = read_feed(LAYERS)
    assert (feed.category, feed.interval, feed.unconditional_interval) == ("World", *[timedelta(minutes=15)] * 2)
    assert (feed.tags, feed.language, feed.max_entries) == (("all",), "en", 7)
    assert feed.retention == Retention(age=timedelta(days=90), entries=10)
    assert feed.filters.mute == (
        Rule(words=("horoscope",)),
        Rule(regex="best .* deals", fields=(Part.TITLE,)),
        Rule(words=("golf",)),
    )


def test_a_category_is_found_whatever_its_case_and_spelt_as_under_categories() -> None:
    feed = read_feed("categories: {World: {interval: 15m}}\nfeeds: [{url: 'https://a.example/', category: wORLD}]")
    assert (feed.category, feed.interval) == ("World", timedelta(minutes=15))


def test_categories_may_be_a_list_of_names() -> None:
    found = read("categories: [World, Sport]\nfeeds: [{url: 'https://a.example/', category: sport}]")
    assert found.enabled_feeds()[0].category == "Sport"


def test_a_category_may_switch_its_feeds_off_and_a_feed_itself_on() -> None:
    text = """
categories: {Sport: {enabled: false}}
feeds: [{url: 'https://a.example/', category: Sport}, {url: 'https://b.example/', category: Sport, enabled: true}]
"""
    assert [feed.url for feed in read(text).enabled_feeds()] == ["https://b.example/"]


def test_the_weight_of_a_category_counts_in_digests_that_say_none() -> None:
    found = read("categories: {World: {weight: 2}, Sport: {weight: 0}}\ndigest: {weights: {sport: 3}}\nfeeds: []")
    assert found.digest_plans[0].weights == {"World": 2.0, "Sport": 3.0}


def test_every_further_key_of_a_feed_arrives() -> None:
    feed = read_feed(
        "feeds: [{url: 'https://a.example/', full_text: true, keep: [chess], breakout: 4, max_entries: 20,"
        " strip_prefix: 'UPDATE: ', strip_suffix: [' - A', ' | A']}]"
    )
    assert feed.full_text
    assert feed.filters == Filters(keep=(Rule(words=("chess",)),), breakout=4)
    assert (feed.max_entries, feed.strip_prefix, feed.strip_suffix) == (20, ("UPDATE:",), ("- A", "| A"))


def test_login_headers_and_proxy_come_from_the_environment_and_stand_in_no_repr() -> None:
    text = (
        "feeds:\n- {url: 'https://a.example/', user: me, password: '${FEED_SECRET}', proxy: 'http://proxy.example:3128',"
        " headers: {X-Api-Key: '${FEED_SECRET}', Accept-Language: de}}"
    )
    found = read(text)
    (secrets,) = found.feed_access().values()
    assert secrets == Access(
        login=("me", SECRET),
        headers=(("X-Api-Key", SECRET), ("Accept-Language", "de")),
        proxy="http://proxy.example:3128",
    )
    assert SECRET not in repr(found) + repr(found.feeds) + repr(secrets) + repr(found.enabled_feeds())


def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\nnot this\n")
    path = tmp_path / "secret"
    assert access(f"{{url: 'https://a.example/', user: me, password_file: {path}}}").login == ("me", SECRET)
    assert access(f"{{url: 'https://a.example/', headers: {{Cookie: {{file: {path}}}}}}}").headers == (
        ("Cookie", SECRET),
    )
    assert "can't be read: No such file" in complaint_of_feed(
        f"{{url: 'https://a.example/', user: me, password_file: {path}x}}"
    )


def test_a_proxy_may_need_a_login_and_one_feed_may_do_without() -> None:
    text = "defaults: {proxy: 'http://proxy.example:3128'}\nfeeds: [{url: 'https://a.example/', proxy: none}, {url: 'https://b.example/'}]"
    assert [found.proxy for found in read(text).feed_access().values()] == ["http://proxy.example:3128"]


def test_headers_of_a_feed_go_over_those_of_its_category_whatever_their_case() -> None:
    text = """
defaults: {headers: {Accept-Language: en, X-One: '1'}}
feeds: [{url: 'https://a.example/', headers: {accept-language: fr}}]
"""
    (found,) = read(text).feed_access().values()
    assert found.headers == (("accept-language", "fr"), ("X-One", "1"))


@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-For", "X-Forwarded-Host", "Remote-User", "Connection", "Proxy-Authorization", "Via"]
)
def test_a18_headers_that_servers_take_for_the_truth_are_refused(name: str) -> None:
    assert f"feeds[0].headers.{name}: {name} is" in complaint_of_feed(
        f"{{url: 'https://a.example/', headers: {{{name}: x}}}}"
    )


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("password: hunter2, user: me", "password: does not stand in this file; write ${FEED_PASSWORD}"),
        ("user: me", "needs user and password"),
        ("headers: {Authorization: Bearer abc}", "the value of Authorization does not stand in this file"),
        ("headers: {A b: c}", "is not the name of a header"),
        ("headers: {X-A: ' ü'}", "is no value of a header"),
        ("headers: {X-A: 1, x-a: 2}", "names a header twice"),
        ("proxy: 'socks5://a.example'", "is not a proxy"),
        ("proxy: 'http://u:p@a.example:1'", "holds a login, which does not stand in this file"),
        ("mute: [{}]", "needs words or a regex"),
        ("mute: [{regex: '(?=a)'}]", "look-around"),
        ("mute: [{words: a, fields: [titel]}]", "did you mean 'title'?"),
        ("keep: [{word: a}]", "unknown key 'word'; did you mean 'words'?"),
        ("breakout: 1", "2 to 1000 is possible"),
        ("max_entries: 0", "1 to 2000 is possible"),
        ("retention: {age: 1h}", "1d to 36500d is possible"),
        ("retention: {day: 1}", "unknown key 'day'; possible are age, entries"),
        ("title: '${NOT_THERE}'", "feeds.yaml:2:38: feeds[0].title: the environment variable NOT_THERE is not set"),
        ("title: '${}'", "names no environment variable"),
        ("interval: '${FEED_SECRET}'", "feeds[0].interval: ${FEED_SECRET} is not a duration"),
        ("tags: '${FEED_SECRET}'", "expected a list, found ${FEED_SECRET}"),
        ("id: 'x-${FEED_SECRET}!'", "feeds[0].id: x-${FEED_SECRET}! is not an id"),
    ],
)
def test_what_is_wrong_with_a_feed_is_said_and_no_secret_with_it(item: str, said: str) -> None:
    assert said in complaint_of_feed(f"{{url: 'https://a.example/', {item}}}")


def test_a_login_is_not_sent_for_everybody_to_read() -> None:
    item = "{{url: 'http://a.example/', user: me, password: '${{FEED_SECRET}}'{}}}"
    assert "must begin with https://" in complaint_of_feed(item.format(""))
    assert access(item.format(", allow_private_address: true")).login == ("me", SECRET)


def test_defaults_send_no_secret_to_every_server() -> None:
    assert "every server" in complaint("defaults: {headers: {Authorization: '${FEED_SECRET}'}}\nfeeds: []")


def test_two_categories_of_one_page_are_told() -> None:
    assert "would share the page" in complaint("categories: {World: {}, world: {}}\nfeeds: []")


def test_what_is_wrong_with_defaults_is_told_once_and_in_its_place() -> None:
    said = complaint("defaults: {intervall: 1h}\nfeeds: [{url: 'https://a.example/'}, {url: 'https://b.example/'}]")
    assert said == "feeds.yaml:1:12: defaults: unknown key 'intervall'; did you mean 'interval'?"


def test_a_reference_may_be_part_of_a_value_and_can_be_escaped() -> None:
    found = read("feeds: [{url: 'https://a.example/${MINUTES}', interval: '${MINUTES}m', title: '$${MINUTES} $x'}]")
    (feed,) = found.enabled_feeds()
    assert (feed.url, feed.interval, feed.title) == ("https://a.example/45", timedelta(minutes=45), "${MINUTES} $x")


def test_references_are_read_alike_in_a_file_that_is_read_thoroughly() -> None:
    block = "feeds:\n- url: https://a.example/\n  interval: ${MINUTES}m\n  title: |-\n    ${MINUTES}\n"
    assert read(block).enabled_feeds()[0].title == "45"


def test_addresses_of_subscription_lists_are_read() -> None:
    assert read("include: https://a.example/list.opml\nfeeds: []").include == ("https://a.example/list.opml",)
    assert (
        read("include: ['https://a.example/1', 'https://a.example/2']\nfeeds: []").include[1] == "https://a.example/2"
    )


def test_a_file_that_is_too_long_too_deep_or_clever_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text("# " + "x" * 1024 * 1024)
    with pytest.raises(ConfigurationError, match="longer than 1 MiB"):
        load(path)
    assert "nested more than 10 levels deep" in complaint("feeds: " + "[" * 12 + "]" * 12)
    assert "aliases (*a) are not used" in complaint("feeds: &a [*a]")
