"""YAML to text, lists and dictionaries, quickly, for a file in which nothing is unusual: almost every one.

libyaml reads 2,000 feeds in 0.03 s of CPU, ruamel's scanner, which is pure Python, in 0.6 s, and every command waits for
it. libyaml knows YAML 1.1 only, but most of what 1.2 changed is which text is a number or a boolean, and here all text
stays text. The rest is looked for.

Where anything is wrong, refused, or read differently by the two, `read` gives up: `positions` then reads the file as YAML
1.2, and finds words and places for what is wrong. The tests hold as a law that what is read here is read there, and alike.
"""

import os
import re
from collections.abc import Iterator
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from aggregator.config.references import resolve

Plain = str | list["Plain"] | dict[str, "Plain"] | None
Path = tuple[str | int, ...]
"""Keys, and places in lists from 0, on the way from the top of the file to a value."""

MAX_DEPTH: Final = 10
"""feeds.yaml needs four."""

NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
"""Text without quotes that means nothing (YAML 1.2.2 section 10.3.2)."""

_UNUSUAL: Final = re.compile("[\t\x85\u2028\u2029\ufeff]|\r(?!\n)|^(?:%|---|\\.\\.\\.)", re.MULTILINE)
"""Tabs, which the two refuse in different places; what breaks lines for one of them alone (YAML 1.2.2 section 5.4); byte
order marks; directives and all that separates documents."""

_BLOCKS: Final = frozenset("|>")
"""Styles of text over several lines: where a comment may stand behind the sign, or below it, the two disagree."""


class _Unusual(Exception):
    """Something is wrong or refused."""


def read(text: str) -> Plain:
    """Read YAML that holds one document; None where it is empty, or anything in it is unusual."""
    if _UNUSUAL.search(text):
        return None
    # CBaseLoader alone goes by libyaml and makes nothing of what it reads.
    events: Iterator[Event] = yaml.parse(text, Loader=yaml.CBaseLoader)
    try:
        root = [_value(event, events, MAX_DEPTH) for event in events if isinstance(event, NodeEvent)]
    except (yaml.YAMLError, UnicodeEncodeError, _Unusual):
        return None
    return root[0] if root else None


def _value(event: Event, events: Iterator[Event], depth: int) -> Plain:
    """Read the value that begins with `event`; `depth` is how much deeper lists and mappings may go."""
    kind = type(event)
    if kind is ScalarEvent:
        text = _text(event)
        return None if not event.style and text in NULL else resolve(text, os.environ)
    if kind is AliasEvent or event.anchor or event.tag or not depth:
        raise _Unusual
    return (_list if kind is SequenceStartEvent else _mapping)(events, depth - 1)


def _list(events: Iterator[Event], depth: int) -> list[Plain]:
    found: list[Plain] = []
    while type(event := next(events)) is not SequenceEndEvent:
        found.append(_value(event, events, depth))
    return found


def _mapping(events: Iterator[Event], depth: int) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    while type(event := next(events)) is not MappingEndEvent:
        key = _text(event)
        if key in found:
            raise _Unusual
        found[key] = _value(next(events), events, depth)
    return found


def _text(event: Event) -> str:
    """Give the text of a scalar, which nothing names (&) or declares (!!) to be something."""
    if type(event) is not ScalarEvent or event.anchor or event.tag or event.style in _BLOCKS:
        raise _Unusual
    text: str = event.value
    return text
