"""Letters: scripts, combining marks, and the folding of one letter's spellings."""

import functools
import re
import unicodedata

from aggregator.text.marks import LAST_MARK, mark_class

MAX_MARKS = 4
"""Combining marks kept on one letter. Pointed Hebrew and Burmese need up to four; more is what "zalgo" text is made of.
Also needed for time: putting n marks into canonical order is quadratic (64,000 of them: 3 s in CPython 3.11)."""

SPACELESS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana, iteration marks
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\U00020000-\U000323af"
)
"""Scripts written without spaces between words."""
SPACELESS_CHARACTER = re.compile(f"[{SPACELESS}]")


def spaceless_characters(text: str) -> int:
    """Count the characters of scripts that are written without spaces."""
    return len(SPACELESS_CHARACTER.findall(text))


def bounded_marks(text: str) -> str:
    """Cut runs of combining marks to `MAX_MARKS`."""
    if not may_have_marks(text):
        return text
    return _mark_runs(last=LAST_MARK if _ASTRAL.search(text) else 0xFFFF).sub(r"\1", text)


def may_have_marks(text: str) -> bool:
    """Tell in a pass over the text whether it may hold combining marks; a search for runs of them takes eight times as long."""
    return not text.isascii() and _mark().search(text) is not None


def is_plain(text: str) -> bool:
    """Tell that a text holds nothing but letters, signs, spaces, tabs and line feeds: no mark, no control, no surrogate."""
    try:
        unusual = text.encode().translate(None, _USUAL)
    except UnicodeEncodeError:
        return False
    return not unusual or _are_plain(unusual)


_USUAL = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
"""What is left of a text without these bytes is seldom more than a few quotes and dashes, the same ones again and again; it
is still UTF-8. So a look for what is unusual takes 1.6 us for 1,000 characters, and not 4.3."""


def _are_plain(unusual: bytes) -> bool:
    return _remembered(unusual) if len(unusual) <= _SHORT else _hold_nothing_extraordinary(unusual)


def _hold_nothing_extraordinary(unusual: bytes) -> bool:
    return _extraordinary().search(unusual.decode()) is None


_SHORT = 60
_remembered = functools.lru_cache(maxsize=1024)(_hold_nothing_extraordinary)


@functools.cache
def _mark() -> re.Pattern[str]:
    return re.compile(f"[{mark_class(spacing=False)}\U00010000-\U0010ffff]")


@functools.cache
def _extraordinary() -> re.Pattern[str]:
    controls = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    return re.compile(f"[{controls}{mark_class(spacing=False)}\U00010000-\U0010ffff]")


_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@functools.cache
def _mark_runs(*, last: int) -> re.Pattern[str]:
    found = mark_class(spacing=False, last=last)
    return re.compile(f"([{found}]{{{MAX_MARKS}}})[{found}]+")


_STRIPPED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
"""Diacritics of Latin, Greek and Cyrillic, Hebrew points, Arabic tashkeel (with the hamza of alef, waw and ya) and tatweel.
Marks of other scripts are vowels and stay: without them Hindi and Thai words fall together."""
_LETTERS = str.maketrans(
    {
        "ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h",
        **dict(zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789", strict=True)),
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ۀ": "ه", "ە": "ه", "ک": "ك", "ς": "σ",
    }
)  # fmt: skip


_LONG_LIGATURE = "\ufdfa"
"""An honorific that NFKC spells out in 18 characters."""


def fold(text: str) -> str:
    """Fold the spellings of a letter: case, width, diacritics, and the Arabic forms of alef, ya, ta marbuta and kaf."""
    if text.isascii():
        return text.casefold()
    return _fold_once(_fold_once(bounded_marks(text.replace(_LONG_LIGATURE, " "))))


def _fold_once(text: str) -> str:
    """Case folding undoes normalisation for a few letters and the other way round; twice is stable (UAX 15, section 11)."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", _STRIPPED.sub("", decomposed).translate(_LETTERS))
