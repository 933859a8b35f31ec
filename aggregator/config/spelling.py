"""Write a value the way feeds.yaml reads it: plain where no reader could take it for something else, else in quotes."""

import re
from collections.abc import Sequence
from typing import Final

from aggregator.config.plain import NULL

Value = str | bool | Sequence[str]

_PLAIN: Final = re.compile(
    r"[^\W_](?:[\w ./()+&'\u2019\u2013-]|[:?=~%;@!$*](?=[\w./()+&=?~%-])|#(?<=[\w/]#))*", re.UNICODE
)
"""No sign at its beginning, no ': ', no ' #', nothing that means something inside brackets (YAML 1.2.2 section 7.3.3)."""
_MEANS: Final = re.compile(
    r"y|n|yes|no|on|off|true|false|[-+.]?\d[\d_.,:eExXoOa-fA-F+-]*|\d{4}-\d\d?-\d\d?.*", re.IGNORECASE
)
"""What other readers of YAML, such as editors with a schema, may take for a boolean, a number, a time or a date."""
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\"}


def spell(value: Value) -> str:
    """Write text, a switch, or a list of texts on one line."""
    if isinstance(value, bool):
        return typed(value)
    if isinstance(value, str):
        return _text(value)
    return f"[{', '.join(map(_text, value))}]"


def typed(switch: bool) -> str:  # noqa: FBT001 -- a switch is what it writes
    """Give a switch as a person types it."""
    return "true" if switch else "false"


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text == text.strip() and text not in NULL and not _MEANS.fullmatch(text)
    return text if is_plain and text.isprintable() else f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 -- YAML 1.2.2 section 5.7
