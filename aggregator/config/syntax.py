"""The YAML library, and what it means when it gives up."""

from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import Event
from ruamel.yaml.reader import ReaderError


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file; lines and columns count from 1."""

    line: int
    column: int


class Unreadable(Exception):
    """Nothing after this place can be understood."""

    def __init__(self, mark: Mark, message: str) -> None:
        self.mark = mark
        self.message = message
        super().__init__(message)


def mark_of(event: Event) -> Mark:
    """Give the place where a piece begins."""
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def events(text: str) -> Iterator[Event]:
    """Read YAML piece by piece, no further than the caller asks for.

    Raises:
        Unreadable: the text is no YAML from some place on.
    """
    reached = Mark(1, 1)
    try:
        # typ and pure: the C parser behind typ="safe" alone knows YAML 1.1 only.
        for event in YAML(typ="safe", pure=True).parse(text):
            reached = mark_of(event)
            yield event
    except ReaderError as error:
        raise Unreadable(
            _place(text, error.position), f"character U+{error.character:04X} can't stand in YAML"
        ) from error
    except MarkedYAMLError as error:
        at_start = error.problem == _UNCLOSED  # found at the end of the file, made where the quote is
        mark = (error.context_mark if at_start else None) or error.problem_mark or error.context_mark
        place = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
        raise Unreadable(place, _explain(error)) from error
    except YAMLError as error:
        raise Unreadable(reached, f"not YAML: {error}") from error
    except ValueError as error:  # of chr(), for an escape such as "\U00110000"
        raise Unreadable(reached, f"not YAML from somewhere after here on: {error}") from error


def _place(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


_UNCLOSED = "found unexpected end of stream"
_HINTS = {
    "found character '\\t'": "a tab; YAML is indented with spaces",
    "mapping values are not allowed here": "a ':' where none can be; is the indentation right? "
    "Text that holds ': ' needs quotes",
    _UNCLOSED: "a quote is opened and never closed",
    "found character '@'": "text that begins with @ needs quotes",
    "found character '`'": "text that begins with ` needs quotes",
    "found character '%'": "text that begins with % needs quotes",
}
"""What the YAML library says, by its beginning, and what it means to a person who writes feeds."""


def _explain(error: MarkedYAMLError) -> str:
    said = str(error.problem or error.context or "it can't be read")
    for beginning, meaning in _HINTS.items():
        if said.startswith(beginning):
            return f"not YAML: {meaning}"
    opened = error.context_mark
    since = f" ({error.context} that begins on line {opened.line + 1})" if error.context and opened else ""
    return f"not YAML: {said}{since}"
