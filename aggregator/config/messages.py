"""pydantic's findings, said to a person who writes feeds.yaml."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from aggregator.config.fields import quoted
from aggregator.config.nearest import did_you_mean
from aggregator.config.plain import Path
from aggregator.config.references import Reference


def located(path: Path, message: str) -> str:
    """Put the path of a value before a message: "feeds[3].url: ..."; the file itself has none."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{_shown_key(step)}" for step in path)
    return f"{''.join(steps).removeprefix('.')}: {message}" if path else message


def explain(error: ErrorDetails) -> str:
    """Say what is wrong with the value at `error["loc"]`."""
    match error["type"]:
        case "missing":
            return "is required"
        case "tuple_type":
            return f"expected a list, found {_kind(error['input'])}; write '- ' before each item, or [one, two]"
        case "model_type" | "dict_type" | "mapping_type":
            return f"expected keys with values, found {_kind(error['input'])}"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return error["msg"]


def unknown_key(key: str, known: Collection[str]) -> str:
    """Say that a key is none of `known`, and which was meant."""
    nearest = did_you_mean(key, known) or f"; possible are {', '.join(known)}"
    return f"unknown key {quoted(key)}{nearest}"


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """List the keys that the section at `path` below `model` may have."""
    section, is_free = model, False
    for step in path:
        if is_free or isinstance(step, int):
            is_free = False
            continue
        annotation = section.model_fields[step].annotation
        is_free = getattr(annotation, "__origin__", None) is Mapping
        section = _section_in(annotation) or section
    return tuple(section.model_fields)


def _section_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type, or what describes one
    """Find the section that a setting is, or holds: of `tuple[Section, ...]`, `Mapping[str, Section]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts = (_section_in(part) for part in getattr(annotation, "__args__", ()))
    return next((part for part in parts if part), None)


def _shown_key(key: str) -> str:
    """Leave a key as it is typed, unless it would break the line it is said on."""
    shown = quoted(key)
    return key if shown[1:-1] == key else shown


def _kind(value: object) -> str:
    match value:
        case Reference():
            return value.written
        case str():
            return quoted(value)
        case list():
            return "a list"
        case dict():
            return "keys with values"
        case _:
            return "nothing"
