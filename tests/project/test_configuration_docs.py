"""docs/configuration.md tells of every setting what the schema does."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from textwrap import indent

import pytest
from pydantic.fields import FieldInfo

from aggregator.config.fields import Push, Shown
from aggregator.config.identity import RESERVED, feed_id
from aggregator.config.model import Configuration
from aggregator.config.read import load, parse
from aggregator.config.reference import SECTIONS, Setting, described, settings
from aggregator.errors import ConfigurationError
from aggregator.fetch.addresses import DOUBTFUL_PORTS, SERVICE_PORTS

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = [(section, setting.key) for section in SECTIONS for setting in settings(section)]
SECRETS = {"PAID_PASSWORD": "x", "NEWS_TOKEN": "Bearer y"}
"""What examples name of the environment."""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def document() -> str:
    return (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def told(section: str, key: str) -> Setting:
    (found,) = (setting for setting in settings(section) if setting.key == key)
    return found


SHAPES = {
    "feeds": "feeds: [{{url: 'https://a.example/', {}}}]",
    "digests": "digests: [{{name: a, {}}}]\nfeeds: []",
    "categories": "categories: {{World: {{{}}}}}\nfeeds: []",
    "rules": "feeds: [{{url: 'https://a.example/', mute: [{{{}}}]}}]",
    "retention": "feeds: [{{url: 'https://a.example/', retention: {{{}}}}}]",
}


def file_with(section: str, item: str) -> str:
    """Write a file in which one setting stands as the document writes it."""
    return SHAPES.get(section, f"{section}: {{{{{{}}}}}}\nfeeds: []").format(item)


def read_setting(section: str, key: str, value: str) -> object:
    """Read such a file, and give what became of the setting."""
    item = f"words: [a], {key}: {value}" if section == "rules" and key != "words" else f"{key}: {value}"
    found = parse(file_with(section, item), file="doc")
    holder: object
    match section:
        case "feeds":
            (holder,) = found.feeds
        case "digests":
            (holder,) = found.digests
        case "categories":
            holder = found.categories["World"]
        case "rules":
            (holder,) = found.feeds[0].mute
        case "retention":
            holder = found.feeds[0].retention
        case _:
            holder = getattr(found, section)
    return getattr(holder, key)


def field(section: str, key: str) -> FieldInfo:
    return SECTIONS[section].model_fields[key]


def test_the_tables_are_those_that_make_docs_writes() -> None:
    assert described(document()) == document()


def test_every_section_is_documented() -> None:
    nested = {"rules", "retention"}
    assert set(SECTIONS) - nested | {setting.key for setting in settings("")} == set(Configuration.model_fields)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_documented_and_no_other(section: str) -> None:
    keys = [setting.key for setting in settings(section)]
    assert sorted(keys) == sorted(SECTIONS[section].model_fields)


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_every_setting_has_kind_default_and_meaning(section: str, key: str) -> None:
    setting = told(section, key)
    assert setting.kind
    assert setting.default
    assert setting.meaning.endswith(".")


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_the_documented_default_is_the_default(section: str, key: str) -> None:
    default = told(section, key).default
    if field(section, key).is_required():
        assert default == "required"
    elif field(section, key).default is None or (section, key) == ("rules", "words"):
        assert default.strip("`") == "polling.interval" or "`" not in default or default == "`[]`"
    else:
        assert read_setting(section, key, default.strip("`")) == field(section, key).get_default(
            call_default_factory=True
        )


@pytest.mark.parametrize(("section", "key"), SETTINGS)
def test_the_documented_bounds_are_the_bounds(section: str, key: str) -> None:
    bounds = re.search(r"`(\w+)` to `(\w+)`", told(section, key).kind)
    if bounds is None:
        return
    shape = "{{example.org: {}}}" if "by registrable domain" in told(section, key).kind else "{}"
    for written in bounds.groups():
        read_setting(section, key, shape.format(written))
    too_much = {
        "10m": "11m",
        "5m": "6m",
        "10MiB": "11MiB",
        "50MiB": "51MiB",
        "1024GiB": "1025GiB",
        "256": "257",
        "365": "366",
        "65535": "65536",
        "1000": "1001",
        "2000": "2001",
        "1000000": "1000001",
        "100000": "100001",
        "36500d": "36501d",
    }.get(bounds[2], "31d")
    with pytest.raises(ConfigurationError, match=f"{bounds[1]} to {bounds[2]} is possible"):
        read_setting(section, key, shape.format(too_much))


@pytest.mark.parametrize(("section", "key", "known"), [("polling", "websub", Push), ("media", "images", Shown)])
def test_every_word_that_a_setting_may_be_is_one(section: str, key: str, known: type[StrEnum]) -> None:
    words = re.findall(r"`(\w+)`", told(section, key).kind)
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
    *_, shown = examples("text")
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
