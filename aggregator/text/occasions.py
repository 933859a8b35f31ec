"""Occasions: events that have a name of their own, and contests, which are told apart by who is beaten."""

import functools
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from aggregator.text.stop_words import is_stop_word
from aggregator.text.story_terms import terms_of

EVENT_WORDS: Final = frozenset(
    "hurricane storm typhoon cyclone operation orkan sturm sturmtief hurrikan taifun zyklon unwetter tempête ouragan typhon opération "
    "huracán tormenta tifón ciclón operación borrasca".split()
)
"""What is called by a name that follows it. Weather services name storms, general staffs operations."""
LANGUAGES: Final = ("en", "de", "fr", "es")
_GO_ON: Final = frozenset(
    "alert approaches barrels batters brings causes center centre chaos churns clean could damage dead death deaths debris destroys "
    "drenches evacuations expected families floods flooding forces forecast forms gains has heads hits hit intensifies is kills lashes "
    "leaves looms makes may moves nears path passes power pounds rages recovery relief response rips roars season slams soaks "
    "strengthens strikes surge survivors sweeps tears threat threatens toll tracker triggers turns updates victims warning warnings "
    "was watch waters weakens will winds wreaks".split()
)
"""What headlines that write all words with a capital go on with after "Hurricane", when they give no name."""
_CONTESTS: Final = {
    "en": frozenset(
        "beat beats beating defeat defeats defeated edge edges thrash thrashes outlast outlasts eliminate eliminates".split()
    ),
    "de": frozenset("schlägt schlagen besiegt besiegen bezwingt gegen".split()),
    "fr": frozenset("bat battent domine élimine contre".split()),
    "es": frozenset("vence derrota elimina supera golea".split()),
}
"""Verbs, and words, after which those stand who are beaten."""
_MOST: Final = 2
"""Words of a name that tell it."""


@functools.cache
def occasion_terms() -> frozenset[str]:
    """Give the terms of the words of events, in the languages that have them."""
    return frozenset(term for word in EVENT_WORDS for language in LANGUAGES for term in terms_of(word, language))


def called(written: Sequence[str]) -> Iterator[str]:
    """Give the words after those of events, where they are names.

    Args:
        written: the words of a headline.
    """
    for at, word in enumerate(written[:-1]):
        name = written[at + 1]
        low = name.lower()
        if word.lower() in EVENT_WORDS and name[0].isupper() and low not in _GO_ON and not is_stop_word(low):
            yield name


def beaten(written: Sequence[str], lower: Sequence[str], language: str) -> Sequence[str]:
    """Give the name after the first word of a contest.

    Args:
        written: the words of a headline.
        lower: the same in lower case.
        language: two letters.
    """
    known = _CONTESTS.get(language, frozenset())
    if known.isdisjoint(lower):
        return ()
    at = next(at for at, word in enumerate(lower) if word in known)
    return list(takewhile(lambda word: word[0].isupper(), written[at + 1 : at + 1 + _MOST]))
