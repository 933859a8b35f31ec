"""What is new about a story since a digest told it: what makes it worth telling again, and what is said of it."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Final

from aggregator.model.digest import DigestCandidate, Told
from aggregator.text.claims import Claims
from aggregator.text.story_terms import story_terms, terms_of, words
from aggregator.text.tongue import guess
from aggregator.text.words import first_words, one_line

SHARE: Final = 1 / 3
"""Publishers more, of those that had it, from which a story has grown: three after one, five after three, twelve after nine. One more
of twenty says nothing new."""
LEAST: Final = 2
"""Publishers more at least. In ten days of real feeds three of four stories that came back had one publisher more, and nothing new to tell."""
ALIKE: Final = 0.4
"""Terms that two headlines share, of all that they have, from which both say the same in other words. Of pairs of headlines of one story
in real feeds most share between a fifth and a half; so this alone makes no news: see `replaced`."""
NAMED: Final = 3
"""Publishers that are named; the others are counted."""
ANOTHER_HEADLINE: Final = "another headline"
LONGEST: Final = 120
"""Characters of the former headline."""


def changes(candidate: DigestCandidate, told: Told, *, start: datetime) -> str:
    """Say what has changed materially since `told`, in words of ours alone; empty where nothing has.

    Material are: a third more publishers, two at least; another number in the headline; a headline of another meaning, if it was written in the period.
    """
    headline = ANOTHER_HEADLINE if replaced(candidate, told, start=start) else ""
    found = (_publishers(candidate, told), _numbers(candidate, told), headline)
    return "; ".join(said for said in found if said)


def _publishers(candidate: DigestCandidate, told: Told) -> str:
    new = [publisher for publisher in candidate.story.publishers if publisher not in told.publishers]
    if len(new) < max(ceil(SHARE * len(told.publishers)), LEAST):
        return ""
    return f"{len(new)} more publishers: {_listed(new)}"


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    if rest > 1:
        return f"{', '.join(map(one_line, names[:NAMED]))} and {rest} others"
    return ", ".join(map(one_line, names))


def _numbers(candidate: DigestCandidate, told: Told) -> str:
    """Say that one number took the place of another beside the same word: "8 dead" is "12 dead" now, not "level 3"."""
    now = [number for number in candidate.numbers if number not in told.numbers]
    was = [number for number in told.numbers if number not in candidate.numbers]
    if len(now) != 1 or len(was) != 1:
        return ""
    lead = candidate.story.lead
    beside = (_beside(lead.headline, now[0], lead.language), _beside(told.headline, was[0], lead.language))
    return "" if beside[0].isdisjoint(beside[1]) else f"now {now[0]}, was {was[0]}"


def _beside(headline: str, number: str, language: str | None) -> frozenset[str]:
    """Give the terms of the words before and after a number."""
    tongue, written = guess(headline, language), words(headline)
    places = [at for at, word in enumerate(written) if number in Claims(word, tongue).figures]
    near = (word for at in places for word in (*written[max(at - 1, 0) : at], *written[at + 1 : at + 2]))
    return frozenset(term for word in near for term in terms_of(word, tongue))


def replaced(candidate: DigestCandidate, told: Told, *, start: datetime) -> str:
    """Give the headline that led when it was told, where another does that says something else and was written since; else nothing.

    It is in the language of the story, and shown beside what `changes` says in ours.
    Which of several headlines leads may change with every entry: that is no news, nor is one of last week that now leads.
    """
    lead = candidate.story.lead
    if lead.renewed_at < start or _likeness(lead.label, told.headline, lead.language) >= ALIKE:
        return ""
    return first_words(one_line(told.headline), length=LONGEST)


def _likeness(one: str, other: str, language: str | None) -> float:
    if one == other:
        return 1.0
    first, second = (frozenset(story_terms(text, guess(text, language))) for text in (one, other))
    return len(first & second) / max(len(first | second), 1)
