"""YAML, with the place of everything in it.

The file is read event by event instead of as finished objects, because that way

- text stays as it was typed: `no` is no boolean, `010` no octal and `1.10` no 1.1, and the schema decides what a
  value is meant to be (YAML 1.2 leaves that choice to the schema, chapter 10);
- an alias is refused where it stands: nested aliases make billions of items of a few lines, and a list can hold
  itself;
- depth is bounded before Python's stack is.
"""

import os
from dataclasses import dataclass, field

from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from aggregator.config.plain import MAX_DEPTH, NULL, Path, Plain
from aggregator.config.references import resolve
from aggregator.config.syntax import Mark, Unreadable, events, mark_of
from aggregator.errors import Problem


@dataclass(slots=True, kw_only=True)
class Places:
    """Where keys and values stand, by their path from the top of the file."""

    values: dict[Path, Mark] = field(default_factory=dict)
    keys: dict[Path, Mark] = field(default_factory=dict)

    def of(self, path: Path) -> Mark:
        """Find a value, else its key, else what it would stand in."""
        for length in range(len(path), -1, -1):
            mark = self.values.get(path[:length]) or self.keys.get(path[:length])
            if mark:
                return mark
        return Mark(1, 1)

    def of_key(self, path: Path) -> Mark:
        """Find a key."""
        return self.keys.get(path) or self.of(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A YAML document as text, lists and dictionaries."""

    root: Plain
    """None: the document is empty, or can't be read to its end; in that case there are problems."""
    places: Places
    problems: tuple[Problem, ...]
    broken: bool
    """The rest of the document, after the last problem, is unread."""


def read(text: str, *, file: str) -> Tree:
    """Read one YAML document; `file` is what problems call it."""
    builder = _Builder(file)
    try:
        for event in events(text):
            builder.take(event)
    except Unreadable as problem:
        builder.report(problem.mark, problem.message)
        return Tree(root=None, places=builder.places, problems=tuple(builder.problems), broken=True)
    return Tree(root=builder.root, places=builder.places, problems=tuple(builder.problems), broken=False)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    path: Path
    items: list[Plain] | dict[str, Plain]
    key: str | None = None
    """Of a mapping: the key whose value comes next."""

    def next_path(self) -> Path:
        step = len(self.items) if isinstance(self.items, list) else self.key
        return self.path if step is None else (*self.path, step)

    def add(self, value: Plain) -> None:
        if isinstance(self.items, list):
            self.items.append(value)
        elif self.key is not None:
            self.items.setdefault(self.key, value)  # of a key that is given twice the first counts
            self.key = None


class _Builder:
    """Puts events together again, and remembers where they stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Plain = None
        self.places = Places()
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._documents = 0

    def report(self, mark: Mark, message: str) -> None:
        self.problems.append(Problem(self.file, mark.line, mark.column, message))

    def take(self, event: Event) -> None:
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise Unreadable(
                        mark_of(event), "a second document begins here ('---'); one file holds one document"
                    )
            case ScalarEvent() | AliasEvent() | SequenceStartEvent() | MappingStartEvent():
                self._node(event)
            case SequenceEndEvent() | MappingEndEvent():
                self._open.pop()
            case _:
                pass

    def _node(self, event: NodeEvent) -> None:
        self._refuse_cleverness(event)
        inside = self._open[-1] if self._open else None
        if inside and isinstance(inside.items, dict) and inside.key is None:
            self._key(inside, event)
        else:
            self._value(inside, event)

    def _refuse_cleverness(self, event: NodeEvent) -> None:
        if isinstance(event, AliasEvent):
            self.report(mark_of(event), f"aliases (*{event.anchor}) are not used in this file; write the value again")
        elif event.anchor:
            self.report(mark_of(event), f"anchors (&{event.anchor}) are not used in this file; leave it out")
        tag = str(getattr(event, "tag", None) or "").replace("tag:yaml.org,2002:", "!!")
        if tag:
            self.report(
                mark_of(event), f"tags ({tag}) are not used in this file; leave it out, and quote text if need be"
            )

    def _key(self, inside: _Open, event: NodeEvent) -> None:
        if not isinstance(event, ScalarEvent):
            raise Unreadable(mark_of(event), "a key must be a word")
        inside.key = event.value
        path, mark = inside.next_path(), mark_of(event)
        first = self.places.keys.setdefault(path, mark)
        if first is not mark:
            self.report(mark, f"duplicate key {event.value!r}; it stands on line {first.line} already")

    def _value(self, inside: _Open | None, event: NodeEvent) -> None:
        path = inside.next_path() if inside else ()
        value = _plain(event)
        # An empty value "begins" where the next token does, lines below; its key is the place to look at.
        self.places.values.setdefault(path, self.places.of_key(path) if value is None else mark_of(event))
        if inside:
            inside.add(value)
        else:
            self.root = value
        if isinstance(value, list | dict):
            if len(self._open) == MAX_DEPTH:
                raise Unreadable(mark_of(event), f"nested more than {MAX_DEPTH} levels deep")
            self._open.append(_Open(path, value))


def _plain(event: NodeEvent) -> Plain:
    match event:
        case SequenceStartEvent():
            return []
        case MappingStartEvent():
            return {}
        case ScalarEvent(value=str(value), style=style) if style or value not in NULL:
            return resolve(value, os.environ)
        case _:
            return None
