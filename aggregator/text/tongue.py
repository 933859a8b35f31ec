"""Tongue: in which language a text is written, as far as its script and stop words tell."""

import functools
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Final

from aggregator.text.letters import fold
from aggregator.text.stop_words import BY_LANGUAGE

UNKNOWN: Final = ""

_SCRIPTS: Final = (
    (re.compile("[\u3040-\u30ff]"), "ja"),  # before Han: Japanese has both
    (re.compile("[\u3400-\u9fff]"), "zh"),
    (re.compile("[\u0e00-\u0e7f]"), "th"),
    (re.compile("[\uac00-\ud7af]"), "ko"),
    (re.compile("[\u0590-\u05ff]"), "he"),
    (re.compile("[\u0900-\u097f]"), "hi"),
    (re.compile("[\u0370-\u03ff]"), "el"),
    (re.compile("[پچژگی]"), "fa"),  # letters that Arabic lacks
    (re.compile("[\u0600-\u06ff]"), "ar"),
    (re.compile("[іїєґ]", re.IGNORECASE), "uk"),
    (re.compile("[\u0400-\u04ff]"), "ru"),
)
_LETTERS: Final = {
    "fr": frozenset("àâèêëîïôœùûç"), "de": frozenset("äöüß"), "es": frozenset("ñ¿¡áíóú"), "it": frozenset("àèìòù"),
    "pt": frozenset("ãõçáâêô"), "sv": frozenset("åäö"), "pl": frozenset("ąćęłńśźż"), "tr": frozenset("çğışöü"), "vi": frozenset("ăđơư"),
}  # fmt: skip
_ENDINGS: Final = {
    "fr": ("ement", "eur", "eurs", "euse", "eux", "aux", "ique", "iques", "ais", "ait", "ees"),
    "de": ("ung", "ungen", "heit", "keit", "lich", "liche", "lichen", "schaft", "ische", "ischen", "endem", "enden", "ern", "tet"),
    "es": ("os", "as", "cion", "ciones", "dad", "dades", "ado", "ados", "ada", "adas", "ido", "idos", "aron", "ieron", "eros", "tan", "cia", "miento"),
    "it": ("zione", "zioni", "mento", "menti", "ita", "ato", "ati", "ata", "ggio", "etti"),
    "pt": ("os", "as", "cao", "coes", "dade", "dades", "mente", "ado", "ados", "ada", "adas", "aram", "ou", "eiro", "eira", "eiros", "inho"),
    "nl": ("heid", "lijk", "lijke", "ijk", "aar", "eren", "ische", "tie", "ties", "oor", "eel"),
}  # fmt: skip
"""Frequent endings, folded; none that English has as often."""
_LONG: Final = 5
_ENDING: Final = 0.25
_ENOUGH: Final = 3
_SPELLING: Final = 2 * _ENDING
_TWO: Final = 2
_FOREIGN: Final = re.compile("[Ͱ-᷿぀-힯]")
_ACCENTED: Final = re.compile("[À-ɏḀ-ỿ]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = ("en", "fr", "de", "es", "it", "pt", "nl", "sv", "pl", "tr", "id", "vi")


_PARTICLES: Final = frozenset("al de del di da el la le von".split())
_ENGLISH_TOO: Final = _PARTICLES | frozenset("war die dies man men hat son van door over come sin ai".split())
"""Stop words of other languages that English headlines have, too, as words or in names ("Man shot in Playa del Rey"): by themselves
they tell nothing, but two particles, or the spelling, do. Of 33,782 headlines in English 71 were taken for another language before,
26 are now."""


def guess(text: str, given: str | None = None) -> str:
    """Give the language of a text: two or three letters in lower case, "en" where nothing tells.

    Args:
        text: a headline, or more.
        given: BCP 47 tag that a feed gives. Its script must bear it out: many feeds of other languages say "en".
    """
    script = None if text.isascii() else _by_script(text)
    tag = (given or UNKNOWN).lower().partition("-")[0].partition("_")[0]
    if script is not None:
        return tag if tag in _OF_SCRIPT.get(script, ()) else script
    if tag and tag not in _NOT_LATIN:
        return tag
    return _by_words(text)


_OF_SCRIPT: Final = {
    "ar": ("ar", "fa", "ur", "ckb", "ps"), "fa": ("fa", "ur", "ps", "ckb", "ar"), "ru": ("ru", "bg", "sr", "mk", "be", "kk"),
    "hi": ("hi", "mr", "ne"), "zh": ("zh", "ja"), "uk": ("uk", "be"),
}  # fmt: skip
_NOT_LATIN: Final = frozenset("ja zh th ko he hi el fa ar uk ru ur bg".split())


def _by_script(text: str) -> str | None:
    if not _FOREIGN.search(text):
        return None
    found = [(len(script.findall(text)), language) for script, language in _SCRIPTS]
    letters = sum(map(len, _WORD.findall(text)))
    foreign = sum(1 for character in text if character >= "\u0370" and character.isalpha())
    if 2 * foreign <= letters:
        return None
    return next((language for count, language in found if count), None)


def _by_words(text: str) -> str:
    """Count stop words. A headline without any is most often English; so is one whose words English has, too."""
    is_accented = not text.isascii() and _ACCENTED.search(text) is not None
    words = _WORD.findall(fold(text)) if is_accented else text.lower().split()
    evidence = _foreign().intersection(words)
    if not evidence:
        return "en"
    known = _speakers()
    counts = Counter(chain.from_iterable(known[word] for word in words if word in known))
    small = [word for word in _WORD.findall(text) if word[0].islower()]
    worth = {language: counts[language] + _spelling(language, small) for language in _LATIN if counts[language]}
    best = max(worth, key=worth.__getitem__)
    if (
        evidence <= _ENGLISH_TOO
        and _spelling(best, small) < _SPELLING
        and sum(map(_PARTICLES.__contains__, small)) < _TWO
    ):
        return "en"
    return best if worth[best] > counts["en"] and worth[best] > 1 else "en"


def _spelling(language: str, words: Iterable[str]) -> float:
    """Say how much words written small speak for a language: those with a capital are names, of which texts of all languages are full.

    A letter that few other languages have counts as much as a stop word, an ending a quarter of it.
    """
    letters, endings = _LETTERS.get(language, frozenset()), _ENDINGS.get(language, ())
    has_letter = not letters.isdisjoint(chain.from_iterable(words))
    found = sum(len(word) >= _LONG and fold(word).endswith(endings) for word in words)
    return has_letter + _ENDING * min(found, _ENOUGH)


@functools.cache
def _speakers() -> dict[str, tuple[str, ...]]:
    """Give for each stop word the languages that have it."""
    all_words = set().union(*(BY_LANGUAGE[language] for language in _LATIN))
    return {word: tuple(one for one in _LATIN if word in BY_LANGUAGE[one]) for word in all_words}


@functools.cache
def _foreign() -> frozenset[str]:
    """Give the stop words that English does not have."""
    return frozenset(word for word, languages in _speakers().items() if "en" not in languages)
