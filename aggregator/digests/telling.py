"""A story as an item of a digest: plain text on one line, as it stays."""

import re
from collections.abc import Collection
from typing import Final

from aggregator.model.digest import DigestCandidate, DigestItem, DigestLink
from aggregator.model.ids import StoryId
from aggregator.model.story import StoryLine
from aggregator.text.letters import fold
from aggregator.text.sentences import first_sentences
from aggregator.text.words import one_line

RELATED: Final = 3
"""Related stories that are named: enough to lead on, too few to be read instead."""
TEASER: Final = 300
"""Characters: two sentences of news have 190 on average, and nine pairs of ten fit."""
_LEAST: Final = 3
"""Characters of a teaser that is worth its line."""
_JOINTS: Final = " \t.,:;!?-\u2013\u2014|\u2026"
"""What may stand between a headline and the text that follows it."""
_DATED: Final = re.compile(r"^(?:[A-Z][a-z]+ [0-9]{1,2}, [0-9]{4},? [0-9]{1,2}:[0-9]{2} ?(?:AM|PM|am|pm) )+")
"""When it was published, as some systems write it before every text: "September 19, 2021 8:51 AM". The item has its time."""
_BULLETS: Final = ("\u2022", "\u25aa", "\u25e6", "\u2023")
"""A text that begins with one is a list of other articles."""


def told(
    candidate: DigestCandidate,
    category: str,
    *,
    changed: str = "",
    formerly: str = "",
    brief: bool = False,
    standing: Collection[StoryId] = frozenset(),
) -> DigestItem:
    """Make the item of a story.

    Args:
        candidate: the story.
        category: which of its categories it stands in.
        changed: what is new since it was last told.
        formerly: the headline that it was told under, where that is what is new.
        brief: leave the teaser and what is related out.
        standing: stories that are items of the digest themselves, and are not named as related.
    """
    story, lead = candidate.story, candidate.story.lead
    headline = one_line(lead.label)
    related = [line for line in candidate.related[:RELATED] if line.id not in standing]
    return DigestItem(
        story=story.id,
        entry=lead.id,
        headline=headline,
        teaser="" if brief else teaser(headline, candidate.text or lead.teaser),
        url=lead.url,
        publisher=one_line(lead.publisher),
        others=tuple(one_line(publisher) for publisher in story.publishers if publisher != lead.publisher),
        category=category,
        language=lead.language,
        at=lead.listed_at,
        changed=changed,
        formerly=formerly,
        related=() if brief else tuple(map(_link, related)),
    )


def teaser(headline: str, text: str) -> str:
    """Give the first two sentences of a text without the headline, where it begins with it; empty where it is nothing else."""
    line = _DATED.sub("", one_line(text))
    if line.startswith(_BULLETS):
        return ""
    if fold(line[: len(headline)]) == fold(headline):
        line = line[len(headline) :].lstrip(_JOINTS)
    said = first_sentences(line, length=TEASER)
    return said if len(said) >= _LEAST else ""


def _link(line: StoryLine) -> DigestLink:
    lead = line.lead
    return DigestLink(
        story=line.id, headline=one_line(lead.label), publisher=one_line(lead.publisher), language=lead.language
    )
