"""docs/configuration.md tells of every setting what the schema does."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from textwrap import indent

import pytest
from pydantic.fields import FieldInfo

from aggregator.config.digests import DigestSettings, NamedDigestSettings
from aggregator.config.feeds import FeedSettings
from aggregator.config.fields import Push, Shown
from aggregator.config.identity import RESERVED, feed_id
from aggregator.config.mail import Mail
from aggregator.config.model import Configuration, Copies, Media, Metrics, Polling, Site, Stories
from aggregator.config.read import load, parse
from aggregator.config.section import Section
from aggregator.errors import ConfigurationError
from aggregator.fetch.addresses import DOUBTFUL_PORTS, SERVICE_PORTS

ROOT = Path(__file__).resolve().parents[2]
SECTIONS: dict[str, type[Section]] = {
    "site": Site,
    "polling": Polling,
    "copies": Copies,
    "stories": Stories,
    "media": Media,
    "metrics": Metrics,
    "mail": Mail,
    "digest": DigestSettings,
    "digests": NamedDigestSettings,
    "feeds": FeedSettings,
}
SETTINGS = [(section, key) for section, model in SECTIONS.items() for key in model.model_fields]


def document() -> str:
    return (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def rows(section: str) -> dict[str, list[str]]:
    """Give the table of a section: kind, default and meaning by key."""
    (body,) = re.findall(rf"^## {section}$(.*?)(?=^##|\Z)", document(), re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", body, re.MULTILINE)
    return {key: rest.split(" | ") for key, rest in lines}


def read_setting(section: str, key: str, value: str) -> object:
    """Read a configuration in which one setting is written as the document writes it."""
    item = f"{key}: {value}"
    if section == "feeds":
        return getattr(parse(f"feeds:\n- url: https://a.example/\n  {item}", file="doc").feeds[0], key)
    if section == "digests":
        return getattr(parse(f"digests:\n- name: a\n  {item}\nfeeds: []", file="doc").digests[0], key)
    return getattr(getattr(parse(f"{section}: {{{item}}}\nfeeds: []", file="doc"), section), key)


def field(section: str, key: str) -> FieldInfo:
    return SECTIONS[section].model_fields[key]


def test_every_section_is_documented() -> None:
    assert set(SECTIONS) == set(Configuration.model_fields)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_documented_and_no_other(section: str) -> None:
    assert list(rows(section)) == list(SECTIONS[section].model_fields)


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_every_setting_has_kind_default_and_meaning(section: str, key: str) -> None:
    kind, default, meaning = rows(section)[key]
    assert kind
    assert default
    assert meaning.endswith(".")


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_the_documented_default_is_the_default(section: str, key: str) -> None:
    default = rows(section)[key][1]
    if field(section, key).is_required():
        assert default == "required"
    elif field(section, key).default is None:
        assert default.strip("`") == "polling.interval" or "`" not in default
    else:
        assert read_setting(section, key, default.strip("`")) == field(section, key).get_default(
            call_default_factory=True
        )


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_the_documented_bounds_are_the_bounds(section: str, key: str) -> None:
    bounds = re.search(r"`(\w+)` to `(\w+)`", rows(section)[key][0])
    if bounds is None:
        return
    shape = "{{example.org: {}}}" if "by registrable domain" in rows(section)[key][0] else "{}"
    for written in bounds.groups():
        read_setting(section, key, shape.format(written))
    too_much = {
        "10m": "11m",
        "5m": "6m",
        "10MiB": "11MiB",
        "50MiB": "51MiB",
        "1024GiB": "1025GiB",
        "256": "257",
        "65535": "65536",
    }.get(bounds[2], "31d")
    with pytest.raises(ConfigurationError, match=f"{bounds[1]} to {bounds[2]} is possible"):
        read_setting(section, key, shape.format(too_much))


@pytest.mark.parametrize(("section", "key", "known"), [("polling", "websub", Push), ("media", "images", Shown)])
def test_every_word_that_a_setting_may_be_is_one(section: str, key: str, known: type[StrEnum]) -> None:
    words = re.findall(r"`(\w+)`", rows(section)[key][0])
    assert words == list(known)
    assert [read_setting(section, key, word) for word in words] == words


def test_every_reserved_id_is_documented() -> None:
    assert set(re.findall(r"The id `([a-z-]+)` is taken", document())) == RESERVED


def examples(language: str) -> Iterator[str]:
    yield from re.findall(rf"^```{language}\n(.*?)^```$", document(), re.MULTILINE | re.DOTALL)


def test_every_example_is_a_configuration() -> None:
    written = list(examples("yaml"))
    assert len(written) >= 2
    for example in written:
        assert parse(example, file="example").feeds


def test_every_example_of_an_id_is_right() -> None:
    pairs = re.findall(r"^\| `(https?://[^`]+)` \| `([^`]+)` \|$", document(), re.MULTILINE)
    assert pairs
    assert [(url, feed_id(url)) for url, _ in pairs] == pairs


def test_the_example_of_messages_is_what_is_said() -> None:
    broken = """\
site:
  title: News
  timezone: Asia/Beirt
feeds:
  - url: htp://www.arabnews.com/rss.xml
    catgory: World
    interval: 30 parsecs
"""
    with pytest.raises(ConfigurationError) as caught:
        parse(broken, file="feeds.yaml")
    (shown,) = examples("text")
    assert shown.strip() == str(caught.value), indent(str(caught.value), "    ")


def test_the_ports_that_are_refused_are_those_documented() -> None:
    ((never, at_home),) = re.findall(r"^### Ports$(.*?)^At home only(.*?)^A feed", document(), re.MULTILINE | re.DOTALL)
    assert {port for port in ports(never) if port > 1023} == {port for port in SERVICE_PORTS if port > 1023}
    assert {port for port in ports(never) if port <= 1023} < SERVICE_PORTS
    assert ports(at_home) == DOUBTFUL_PORTS


def ports(text: str) -> set[int]:
    """Read the ports of a list: "1, 2, 5 to 7"."""
    lists = "".join(line for line in text.splitlines(keepends=True) if line.startswith("- "))
    spans = re.findall(r"([0-9]+)(?: to ([0-9]+))?", lists.replace("below 1024", ""))
    return {port for first, last in spans for port in range(int(first), int(last or first) + 1)}


def test_the_feeds_we_ship_can_be_polled() -> None:
    feeds = load(ROOT / "feeds.yaml").enabled_feeds()
    assert 18 <= len(feeds) <= 30
    assert {feed.language for feed in feeds} >= {"en", "ar", "fr", "de", "es"}
    assert len({feed.category for feed in feeds}) >= 5
    assert all(feed.url.startswith("https://") and feed.title for feed in feeds)
