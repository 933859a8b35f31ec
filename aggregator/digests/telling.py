"""A story as an item of a digest: plain text on one line, as it stays."""

from typing import Final

from aggregator.model.digest import DigestCandidate, DigestItem, DigestLink
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


def told(candidate: DigestCandidate, category: str, *, changed: str = "", brief: bool = False) -> DigestItem:
    """Make the item of a story.

    Args:
        candidate: the story.
        category: which of its categories it stands in.
        changed: what is new since it was last told.
        brief: leave the teaser and what is related out.
    """
    story, lead = candidate.story, candidate.story.lead
    headline = one_line(lead.label)
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
        related=() if brief else tuple(map(_link, candidate.related[:RELATED])),
    )


def teaser(headline: str, text: str) -> str:
    """Give the first two sentences of a text without the headline, where it begins with it; empty where it is nothing else."""
    line = one_line(text)
    if fold(line[: len(headline)]) == fold(headline):
        line = line[len(headline) :].lstrip(_JOINTS)
    said = first_sentences(line, length=TEASER)
    return said if len(said) >= _LEAST else ""


def _link(line: StoryLine) -> DigestLink:
    lead = line.lead
    return DigestLink(
        story=line.id, headline=one_line(lead.label), publisher=one_line(lead.publisher), language=lead.language
    )
