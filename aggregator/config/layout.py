"""Where the feeds stand in the text of feeds.yaml, to the character: what an edit cuts out, changes, or puts beside.

Places are counted in characters from the beginning of the text. A comment or blank line belongs to nothing here but the
comments between and right below the keys of a feed, as far as they are indented like its keys: those are the feed's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ruamel.yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from aggregator.config.syntax import Unreadable, events

FEEDS: Final = "feeds"
_DASH: Final = re.compile(r"([ ]*)-([ ]+)")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From the first character to behind the last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A key and its value; of a value that is not there, an empty span behind the colon."""

    key: Span
    value: Span
    scalar: bool
    """The value is text, not a list or mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One feed."""

    lines: Span
    """Whole lines, its own comments included."""
    indent: str
    """In front of its dash."""
    gap: str
    """Between the dash and its first key."""
    flow: bool
    """Written in braces."""
    pairs: dict[str, Pair]
    """In the order of the text."""

    @property
    def key_indent(self) -> str:
        """What stands in front of its second key."""
        return f"{self.indent} {self.gap}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The list of feeds."""

    feeds: Pair | None
    """The key `feeds` and all of its value; None: there is no such key."""
    items: tuple[Item, ...]
    readable: bool
    """False: not every feed begins behind a dash on a line of its own, so that no line can be put beside it."""


@dataclass(slots=True)
class _Node:
    """A value, and what is in it."""

    start: int
    end: int
    scalar: bool = False
    flow: bool = False
    mapping: bool = False
    children: list["_Node"] = field(default_factory=list)
    value: str = ""


def layout(text: str) -> Layout | None:
    """Find the feeds in a text; None: it is no mapping, or no YAML."""
    try:
        root = _tree(text)
    except Unreadable:
        return None
    if root is None or not root.mapping:
        return None if root and not root.scalar else Layout(feeds=None, items=(), readable=True)
    feeds = next(((key, value) for key, value in _pairs(root) if key.value == FEEDS), None)
    if feeds is None:
        return Layout(feeds=None, items=(), readable=not root.flow)
    key, value = feeds
    items = tuple(_item(text, node) for node in value.children)
    return Layout(
        feeds=_pair(text, key, value),
        items=tuple(item for item in items if item),
        readable=not root.flow and None not in items and not (value.flow and value.children),
    )


def end_of_line(text: str, place: int) -> int:
    """Give where the next line begins."""
    found = _LINE.match(text, place)
    return found.end() if found else len(text)


def start_of_line(text: str, place: int) -> int:
    """Give where this line begins."""
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def _tree(text: str) -> _Node | None:
    stack: list[_Node] = []
    root: _Node | None = None
    for event in events(text):
        match event:
            case MappingEndEvent() | SequenceEndEvent():
                _close(stack.pop(), event)
            case NodeEvent():
                node = _node(text, event)
                if stack:
                    stack[-1].children.append(node)
                root = root or node
                if not node.scalar:
                    stack.append(node)
            case _:
                pass
    return root


def _close(node: _Node, event: Event) -> None:
    # A block ends where the next thing begins, which may be lines below: its last piece tells where it really does.
    if node.flow:
        node.end = event.end_mark.index
    elif node.children:
        node.end = node.children[-1].end


def _node(text: str, event: NodeEvent) -> _Node:
    start, end = event.start_mark.index, event.end_mark.index
    match event:
        case MappingStartEvent() | SequenceStartEvent():
            mapping = isinstance(event, MappingStartEvent)
            return _Node(start, end, flow=bool(event.flow_style), mapping=mapping)
        case ScalarEvent(style="|" | ">"):
            return _Node(start, start + len(text[start:end].rstrip()), scalar=True, value=str(event.value))
        case ScalarEvent():
            return _Node(start, end, scalar=True, value=str(event.value))
        case _:  # an alias, which no file that is read has
            return _Node(start, end, scalar=True)


def _pairs(mapping: _Node) -> Iterator[tuple[_Node, _Node]]:
    return zip(mapping.children[::2], mapping.children[1::2], strict=True)


def _pair(text: str, key: _Node, value: _Node) -> Pair:
    span = Span(start=value.start, end=value.end)
    if value.scalar and value.start == value.end:  # an empty value "begins" where the next token does
        colon = text.find(":", key.end) + 1
        span = Span(start=colon, end=colon)
    return Pair(key=Span(start=key.start, end=key.end), value=span, scalar=value.scalar)


def _item(text: str, node: _Node) -> Item | None:
    begins = start_of_line(text, node.start)
    dash = _DASH.fullmatch(text, begins, node.start)
    if not node.mapping or not node.children or dash is None:
        return None
    pairs = {key.value: _pair(text, key, value) for key, value in _pairs(node)}
    last = node.end if node.flow else max(pair.value.end for pair in pairs.values())
    indent = dash[1]
    return Item(
        lines=Span(start=begins, end=_own_end(text, end_of_line(text, last), len(indent))),
        indent=indent,
        gap=dash[2],
        flow=node.flow,
        pairs=pairs,
    )


def _own_end(text: str, end: int, indent: int) -> int:
    """Take along the comments right below that are indented more than the dash: keys that are switched off, notes."""
    while end < len(text):
        below = end_of_line(text, end)
        line = text[end:below]
        stripped = line.lstrip(" ")
        if not stripped.startswith("#") or len(line) - len(stripped) <= indent:
            break
        end = below
    return end
