"""The JSON Schema says of feeds.yaml what the program does."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from aggregator.config import durations, sizes
from aggregator.config.model import Configuration
from aggregator.config.read import parse
from aggregator.config.reference import SECTIONS, settings
from aggregator.config.schema import schema
from aggregator.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def as_editors_do(text: str) -> Any:  # noqa: ANN401 -- YAML
    return YAML(typ="safe", pure=True).load(text)


def mistakes(text: str) -> list[str]:
    return sorted(error.json_path for error in VALIDATOR.iter_errors(as_editors_do(text)))


def examples() -> list[str]:
    document = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    found: list[str] = re.findall(r"^```yaml\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return found


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_feeds_we_ship_and_all_examples_fit() -> None:
    texts = [(ROOT / "feeds.yaml").read_text(encoding="utf-8"), *examples()]
    assert len(texts) > 5
    assert [mistakes(text) for text in texts] == [[] for _ in texts]


BROKEN = """
site: {titel: x}
polling: {interval: 30 parsecs, concurrency: many, websub: sometimes}
categories: {World: {weight: 11, interval: yes}}
defaults: {url: https://a.example/}
digest: {weekday: someday}
feeds:
- title: no address
- {url: ftp://a.example/, breakout: 1, mute: [{words: [a], fields: [titel]}], retention: {age: 3}}
- {url: https://a.example/, enabled: maybe, max_bytes: 3, headers: {A: {path: x}}}
"""


def test_each_mistake_of_a_bad_file_is_found_where_it_is() -> None:
    found = mistakes(BROKEN)
    assert [path.removeprefix("$.") for path in found] == [
        "categories",
        "defaults",
        "digest",
        "feeds[0]",
        "feeds[1].breakout",
        "feeds[1].mute",
        "feeds[1].retention",
        "feeds[1].url",
        "feeds[2]",
        "feeds[2].enabled",
        "feeds[2].headers",
        "polling",
        "site",
    ]
    with pytest.raises(ConfigurationError):
        parse(BROKEN, file="feeds.yaml")


def test_every_setting_is_in_it_with_what_it_means() -> None:
    assert SCHEMA["properties"].keys() == Configuration.model_fields.keys()
    described = dict(_described(SCHEMA))
    keys = {setting.key for section in SECTIONS for setting in settings(section)}
    assert keys <= described.keys()
    assert all(described[key] for key in keys)


def _described(node: object) -> list[tuple[str, str]]:
    if isinstance(node, list):
        return [pair for each in node for pair in _described(each)]
    if not isinstance(node, Mapping):
        return []
    own = [
        (key, str(each.get("description", "")))
        for key, each in node.get("properties", {}).items()
        if isinstance(each, Mapping) and "description" in each
    ]
    return own + [pair for each in node.values() for pair in _described(each)]


def test_defaults_stand_in_it_and_words_are_enumerated() -> None:
    polling = SCHEMA["properties"]["polling"]["anyOf"][0]["properties"]
    assert (polling["interval"]["default"], polling["concurrency"]["default"]) == ("1h", 16)
    assert polling["websub"]["anyOf"][0]["enum"] == ["auto", "on", "off"]
    assert SCHEMA["properties"]["feeds"]["items"]["required"] == ["url"]
    assert SCHEMA["properties"]["feeds"]["items"]["properties"]["enabled"]["default"] is True


@given(
    st.from_regex(r"\A *([0-9]{1,3}[wdhms] *){0,4}\Z", fullmatch=True)
    | st.text("0123456789 wdhms", max_size=8)
    | st.timedeltas(min_value=durations.parse("1s"), max_value=durations.parse("30d")).map(durations.spell)
)
def test_the_pattern_of_durations_is_what_is_read(text: str) -> None:
    pattern = SCHEMA["properties"]["polling"]["anyOf"][0]["properties"]["interval"]["anyOf"][0]["pattern"]
    assert bool(re.search(pattern, text)) == _is_read(durations.parse, text)


@given(st.from_regex(r"\A[0-9]{1,14} ?(KiB|MiB|GiB|kB)?\Z", fullmatch=True))
def test_the_pattern_of_sizes_is_what_is_read(text: str) -> None:
    pattern = SCHEMA["properties"]["media"]["anyOf"][0]["properties"]["cache"]["anyOf"][0]["pattern"]
    assert bool(re.search(pattern, text)) == _is_read(sizes.parse, text)


def _is_read(read: Any, text: str) -> bool:  # noqa: ANN401 -- one of two functions
    try:
        read(text)
    except ValueError:
        return False
    return True


def test_yaml_of_editors_takes_no_text_of_ours_for_a_date() -> None:
    # Editors read YAML 1.2, where 2024-01-01 is text; a library that makes a date of it would refuse titles for nothing.
    assert not isinstance(as_editors_do("06:30"), date | int)
