"""What is new about a story since a digest told it: what makes it worth telling again, and what is said of it."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Final

from aggregator.model.digest import DigestCandidate, Told
from aggregator.text.story_terms import story_terms
from aggregator.text.tongue import guess
from aggregator.text.words import first_words, one_line

SHARE: Final = 1 / 3
"""Publishers more, of those that had it, from which a story has grown: the second, the third, four after three, twelve after nine.
One more of twenty says nothing new."""
ALIKE: Final = 0.4
"""Terms that two headlines share, of all that they have, from which both say the same in other words. Of pairs of headlines of one story
in real feeds most share between a fifth and a half; so this alone makes no news: see `_headline`."""
NAMED: Final = 3
"""Publishers that are named; the others are counted."""
MOST_NUMBERS: Final = 2
"""Numbers that a headline may have for them to be told side by side: of more it is not plain which became which."""
LONGEST: Final = 120
"""Characters of the former headline."""


def changes(candidate: DigestCandidate, told: Told, *, start: datetime) -> str:
    """Say what has changed materially since `told`, as a sentence; empty where nothing has.

    Material are: a third more publishers; other numbers in the headline; a headline of another meaning, if it was written in the period.
    """
    found = (_publishers(candidate, told), _numbers(candidate, told), _headline(candidate, told, start=start))
    return "; ".join(said for said in found if said)


def _publishers(candidate: DigestCandidate, told: Told) -> str:
    new = [publisher for publisher in candidate.story.publishers if publisher not in told.publishers]
    if len(new) < max(ceil(SHARE * len(told.publishers)), 1):
        return ""
    return f"{len(new)} more publisher{'s' * (len(new) > 1)}: {_listed(new)}"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    if rest > 1:
        return f"{', '.join(map(one_line, names[:NAMED]))} and {rest} others"
    return ", ".join(map(one_line, names))


def _numbers(candidate: DigestCandidate, told: Told) -> str:
    now = [number for number in candidate.numbers if number not in told.numbers]
    was = [number for number in told.numbers if number not in candidate.numbers]
    if not now or not was or max(len(now), len(was)) > MOST_NUMBERS:
        return ""
    return f"now {' and '.join(now)}, was {' and '.join(was)}"


def _headline(candidate: DigestCandidate, told: Told, *, start: datetime) -> str:
    """Say that another headline leads, where it says something else and was written since.

    Which of several headlines leads may change with every entry: that is no news, nor is one of last week that now leads.
    """
    lead = candidate.story.lead
    if lead.renewed_at < start or _likeness(lead.label, told.headline, lead.language) >= ALIKE:
        return ""
    return f"new headline; was: {first_words(one_line(told.headline), length=LONGEST)}"


def _likeness(one: str, other: str, language: str | None) -> float:
    if one == other:
        return 1.0
    first, second = (frozenset(story_terms(text, guess(text, language))) for text in (one, other))
    return len(first & second) / max(len(first | second), 1)
