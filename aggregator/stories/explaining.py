"""Explaining: why an entry is in its story, in words that people know."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Final

from aggregator.model.grouping import Placement
from aggregator.model.ids import EntryId
from aggregator.model.story import Veto
from aggregator.stories.items import Item
from aggregator.stories.placing import Judge
from aggregator.stories.window import OpenStory
from aggregator.text.story_terms import terms_of, words

MOST: Final = 6
"""Words that are named."""
QUOTED: Final = 24
"""Entries of a large story whose words are looked at."""
_ROUNDING: Final = 1e-9


def explained(
    item: Item,
    story: OpenStory,
    judge: Judge,
    *,
    vetoes: Sequence[Veto] = (),
    texts: Mapping[EntryId, str] | None = None,
) -> Placement:
    """Say how like an entry is to the others in its story, and which words they share.

    Args:
        item: the entry.
        story: it has it.
        judge: what likeness is judged by.
        vetoes: what was noted when it was placed.
        texts: plain texts of entries, where they are at hand: words are quoted from them.
    """
    others = [other for other in story.items if other is not item]
    shares = {
        term: weight * theirs
        for term, weight in item.weights.items()
        if others and (theirs := story.sums.get(term, 0.0) - weight) > _ROUNDING
    }
    telling = sorted(shares, key=lambda term: (-shares[term], term))[:MOST]
    return Placement(
        entry_id=item.entry.id,
        story=story.id,
        score=judge.score(item, others, sum(shares.values()) / len(others)) if others else 1.0,
        words=_written(telling, [item, *others], texts or {}) if telling else (),
        vetoes=tuple(vetoes),
    )


def _written(terms: Sequence[str], items: Sequence[Item], texts: Mapping[EntryId, str]) -> tuple[str, ...]:
    """Give terms as the first of some entries that has them writes them; one that none of them writes as one word, as it is."""
    written: dict[str, str] = {}
    missing = set(terms)
    for language, text in _quotable(items[:QUOTED], texts):
        for word in words(text):
            for term in missing.intersection(terms_of(word, language)):
                written[term] = word
                missing.discard(term)
            if not missing:
                return tuple(written[term] for term in terms)
    return tuple(written.get(term, term) for term in terms)


def _quotable(items: Sequence[Item], texts: Mapping[EntryId, str]) -> Iterable[tuple[str, str]]:
    """Give texts with their language: those of the first entry, then headlines, then texts of the others, until one stops asking."""
    first, *others = items
    yield first.language, first.entry.headline
    yield first.language, texts.get(first.entry.id, first.entry.body)
    headlines = ((item.language, item.entry.headline) for item in others)
    bodies = ((item.language, texts.get(item.entry.id, item.entry.body)) for item in others)
    yield from chain(headlines, bodies)
