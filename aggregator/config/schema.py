"""feeds.yaml as a JSON Schema (draft 2020-12), for editors: what may stand where, and what it means."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aggregator.config.meanings import MEANINGS
from aggregator.config.reference import Setting, settings

Schema = dict[str, Any]

_REFERENCE: Final[Schema] = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"}
"""Any value may come from the environment."""
_TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
"""`title: 2024` is text to us, and a number to every editor."""
_DURATION: Final[Schema] = {
    "type": "string",
    "pattern": r"^\s*(?=[0-9])([0-9]{1,6}w)?\s*([0-9]{1,6}d)?\s*([0-9]{1,6}h)?\s*([0-9]{1,6}m)?\s*([0-9]{1,6}s)?\s*$",
}
_SIZE: Final[Schema] = {"type": ["string", "integer"], "pattern": r"^[0-9]{1,12}\s*(KiB|MiB|GiB)?$", "minimum": 0}
_ADDRESS: Final[Schema] = {"type": "string", "pattern": "^https?://"}
_ITEM_SECTIONS: Final = ("digests", "feeds")


def schema() -> Schema:
    """Make the schema of a whole file."""
    sections = [name for name in MEANINGS if name not in {"", "rules", "retention"}]
    top = {name: _section(name) for name in [*sections, "defaults"]}
    top |= {name: {"type": "array", "items": top[name]} for name in _ITEM_SECTIONS}
    top["categories"] = _any_of(
        {"type": "object", "additionalProperties": _or_nothing(_section("categories"))},
        {"type": "array", "items": _TEXT},
    )
    top |= {each.key: _setting(each) for each in settings("")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "feeds.yaml",
        "description": "Which feeds there are, and how the service behaves.",
        "type": "object",
        "properties": {name: _or_nothing(top[name]) if name != "feeds" else top[name] for name in top},
        "required": ["feeds"],
        "additionalProperties": False,
        "$defs": {"rule": _section("rules"), "retention": _section("retention")},
    }


def _section(name: str) -> Schema:
    known = settings(name)
    made: Schema = {
        "type": "object",
        "properties": {each.key: _setting(each) for each in known},
        "additionalProperties": False,
    }
    required = [each.key for each in known if each.default == "required"]
    return made | ({"required": required} if required else {})


def _setting(setting: Setting) -> Schema:
    made = _of_kind(setting.kind)
    made = made if setting.default == "required" else _or_nothing(made)
    default = {} if setting.default == "required" else {"default": _default(setting.default)}
    return {**made, "description": _plain(setting.meaning), **({} if default.get("default") is None else default)}


def _plain(meaning: str) -> str:
    """Give Markdown as text: links as what they say."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", meaning).replace("`", "")


def _default(told: str) -> Any:  # noqa: ANN401 - a value of any setting
    """Read a default as it is told; None where it is words."""
    found = re.fullmatch(r"`(.*)`", told)
    if found is None or found[1] == "polling.interval":
        return None
    literal = {"true": True, "false": False, "[]": [], "{}": {}}
    if found[1] in literal:
        return literal[found[1]]
    if found[1].startswith(("[", "{")):
        return None
    return int(found[1]) if found[1].isdecimal() else found[1]


def _of_kind(kind: str) -> Schema:
    words = re.findall(r"`([^`]+)`", kind)
    numbers = [float(number) for number in re.findall(r"(?<![`\w.])[0-9]+(?:\.[0-9]+)?", kind)]
    for beginning, made in _kinds(words, numbers).items():
        if kind.startswith(beginning):
            return made
    if kind.startswith("list of "):
        return {"type": "array", "items": _of_kind(kind.removeprefix("list of "))}
    if re.fullmatch(r"`\w+`(, `\w+`)* or `\w+`", kind):
        return _value({"type": "string", "enum": words})
    return _value(_TEXT)


def _kinds(words: list[str], numbers: list[float]) -> Mapping[str, Schema]:
    """Give what a kind means, by how it begins."""
    bounds = {} if len(numbers) < 2 else {"minimum": numbers[0], "maximum": numbers[-1]}  # noqa: PLR2004 -- from, to
    whole = {"minimum": int(words[0]), "maximum": int(words[-1])} if all(map(str.isdecimal, words)) and words else {}
    one = _value({"type": "string", "enum": words})
    rule = _any_of(_TEXT, {"$ref": "#/$defs/rule"})
    return {
        "durations, ": _by_name(_value(_DURATION)),
        "duration, ": _value(_DURATION),
        "numbers from ": _by_name(_value({"type": "number", **bounds})),
        "number from ": _value({"type": "number", **bounds}),
        "number, ": _value({"type": "integer", **whole}),
        "size, ": _value(_SIZE),
        "switch": _value({"type": "boolean"}),
        "http(s) address": _value(_ADDRESS),
        "address of a list": _any_of(_value(_ADDRESS), {"type": "array", "items": _value(_ADDRESS)}),
        "name of an environment variable": {"type": "string", "pattern": _REFERENCE["pattern"]},
        "text or list of text": _any_of(_TEXT, {"type": "array", "items": _TEXT}),
        "one or several of ": _any_of(one, {"type": "array", "items": one}),
        "rules": _any_of(_TEXT, {"$ref": "#/$defs/rule"}, {"type": "array", "items": rule}),
        "headers, ": _by_name(_any_of(_TEXT, _file())),
        "retention": {"$ref": "#/$defs/retention"},
    }


def _file() -> Schema:
    return {
        "type": "object",
        "properties": {"file": {"type": "string", "description": "Its first line is the value."}},
        "required": ["file"],
        "additionalProperties": False,
    }


def _by_name(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _value(made: Schema) -> Schema:
    """Let a value come from the environment as well."""
    return made if made is _TEXT else _any_of(made, _REFERENCE)


def _or_nothing(made: Schema) -> Schema:
    """Let a key stand without a value, which means the default."""
    return _any_of(made, {"type": "null"})


def _any_of(*choices: Schema) -> Schema:
    flat = (part for each in choices for part in (each["anyOf"] if set(each) == {"anyOf"} else [each]))
    return {"anyOf": list(flat)}
