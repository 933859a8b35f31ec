"""Likeness of two entries: the cosine of their vectors, with what words alone do not say."""

from typing import Final

from aggregator.model.grouping import StorySettings
from aggregator.stories.conflicts import conflict, same_pattern
from aggregator.stories.items import Item
from aggregator.stories.vectors import product
from aggregator.text.columns import column_terms
from aggregator.text.letters import SPACELESS_CHARACTER
from aggregator.text.occasions import occasion_terms
from aggregator.text.story_terms import terms_of

LONGEST_NAME: Final = 4
"""Terms."""
LONGEST_RUN: Final = 16
"""Terms of a name in a script without spaces, where every two characters are one: "prime minister" are eleven in Thai."""
MOSTLY: Final = 0.7
"""Share of the likeness that one run of characters must make, to be all that is shared."""
SLIGHT: Final = 0.2
"""A likeness so slight makes no story; it is not looked into, for most are."""
STRONG: Final = 0.5
"""A likeness so strong is more than a name's."""
SAME_TEXT: Final = 0.8
"""Likeness of what is nearly the same text."""
_UNJUDGED: Final = "unjudged"
LEAST_TEXT: Final = 10
"""Different terms of a text: a headline has nine on average, that of a round-up fewer."""
NAMED_EVENTS: Final = frozenset(term for word in ("storm", "hurricane") for term in terms_of(word, "en"))
"""Weather services name storms: there the name is the event."""


def dot(one: Item, other: Item) -> float:
    """Give the cosine of the terms of two entries, 0 to 1."""
    return product(one.weights, other.weights)


def likeness(one: Item, other: Item, cosine: float, settings: StorySettings, share: float) -> float:
    """Judge how like two entries are, 0 to 1.

    Args:
        one: an entry.
        other: another.
        cosine: `dot` of both.
        settings: what a mere name and a link count.
        share: how much of it is likeness of meaning, see `vectors.Vectors`.
    """
    found = cosine
    if cosine > SLIGHT and (is_of_columns(one, other) or is_of_round_ups(one, other, cosine)):
        return 0.0
    if cosine > SLIGHT and one.language != other.language and not share_a_name(one, other):
        found = 0.0
    elif SLIGHT < cosine < STRONG and is_one_name(one, other):
        found = cosine * settings.one_name
    if share and one.meaning is not None and other.meaning is not None:
        meaning = sum(mine * theirs for mine, theirs in zip(one.meaning, other.meaning, strict=True))
        found += share * (max(0.0, meaning) - found)
    if are_linked(one, other) or share_an_occasion(one, other):
        found += settings.linked
    return min(1.0, found)


def is_of_round_ups(one: Item, other: Item, cosine: float) -> bool:
    """Tell whether an entry tells of several events, and not nearly the same and enough of it: for their name two share no event."""
    if not one.is_round_up and not other.is_round_up:
        return False
    return cosine < SAME_TEXT or min(len(one.weights), len(other.weights)) < LEAST_TEXT


def is_of_columns(one: Item, other: Item) -> bool:
    """Tell whether two entries share but numbers and words of columns: "quiz", "September 17, 2021"."""
    shared = (one.weights.keys() & other.weights.keys()) - column_terms()
    return all(term[0].isdigit() for term in shared)


def is_one_name(one: Item, other: Item) -> bool:
    """Tell whether all that two entries share stands in one place in both, as the words of a name do.

    Two articles that share "Sri Lanka" or "General Motors" and nothing else tell of one country, not of one event.
    """
    shared = one.weights.keys() & other.weights.keys()
    if len(shared) > LONGEST_RUN:
        return False
    is_spaceless = not all(map(str.isascii, shared)) and any(map(SPACELESS_CHARACTER.match, shared))
    most = LONGEST_RUN if is_spaceless else LONGEST_NAME
    if not 0 < len(shared) <= most or not shared.isdisjoint(NAMED_EVENTS):
        return False
    if len(shared) == 1:
        return True
    beside = one.neighbours & other.neighbours
    links = [pair for pair in beside if pair[0] in shared and pair[1] in shared and pair[0] != pair[1]]
    if is_spaceless:
        return _is_run(shared, links, one, other)
    return len(links) >= len(shared) - 1 and _reached(min(shared), links) >= shared


def _is_run(shared: set[str], links: list[tuple[str, str]], one: Item, other: Item) -> bool:
    """Tell whether nearly all that is shared is one run of characters: a pair or two is in common by chance."""
    worth = {term: one.weights[term] * other.weights[term] for term in shared}
    runs = (sum(worth[term] for term in sorted(_reached(start, links))) for start in sorted(shared))
    return max(runs) >= MOSTLY * sum(worth[term] for term in sorted(shared))


def share_a_name(one: Item, other: Item) -> bool:
    """Tell whether two entries share a name or a number: what else is spelt alike in two languages says what thousands of texts say.

    "El presidente visita el hospital central" and "Il presidente apre il congresso centrale" have but such words in common.
    """
    shared = one.weights.keys() & other.weights.keys()
    if any(term[0].isdigit() for term in shared):
        return True
    return not shared.isdisjoint(one.claims.names) or not shared.isdisjoint(other.claims.names)


def _reached(start: str, links: list[tuple[str, str]]) -> set[str]:
    reached = {start}
    while True:
        further = {term for link in links if not reached.isdisjoint(link) for term in link}
        if further <= reached:
            return reached
        reached |= further


def share_an_occasion(one: Item, other: Item) -> bool:
    """Tell whether the headlines of both call one event by its name: "Storm Petra" ties as a link does."""
    return may_share_an_occasion(one) and not one.claims.occasions.isdisjoint(other.claims.occasions)


def may_share_an_occasion(item: Item) -> bool:
    """Tell whether the headline of an entry calls an event by its name."""
    return not occasion_terms().isdisjoint(item.headline) and bool(item.claims.occasions)


def are_linked(one: Item, other: Item) -> bool:
    """Tell whether one links to the other, or both to one article."""
    mine, theirs = one.entry, other.entry
    if not mine.links and not theirs.links:
        return False
    return mine.url_key in theirs.links or theirs.url_key in mine.links or not mine.links.isdisjoint(theirs.links)


def contradiction(one: Item, other: Item) -> str | None:
    """Say what keeps two entries from being one event, see `stories.conflicts`; None where nothing does."""
    later, earlier = (one, other) if one.order > other.order else (other, one)
    found = later.contradictions.get(earlier.position, _UNJUDGED)
    if found is _UNJUDGED:
        found = conflict(one.claims, other.claims) if same_pattern(one.headline, other.headline) else None
        later.contradictions[earlier.position] = found
    return found
