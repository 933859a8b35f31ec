"""Which entries the rules of feeds.yaml mute, and which they let break out. Pure."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from aggregator.model.wanted import Filters, Part, Rule
from aggregator.text.patterns import Finder, any_word, expression

Said = Callable[[Part], str]
"""Gives what an entry says in one of its parts; several values of one part stand on lines of their own."""

UNWANTED = "keep"
"""Stands for the rule where an entry is muted because none of `keep` fits it."""


def muted_by(filters: Filters, said: Said) -> str:
    """Name the rule that mutes an entry; empty where none does."""
    rule = next((rule for rule in filters.mute if fits(rule, said)), None)
    if rule is not None:
        return rule.name
    return UNWANTED if filters.keep and not any(fits(rule, said) for rule in filters.keep) else ""


def fits(rule: Rule, said: Said) -> bool:
    """Tell whether an entry says what a rule is about, in one of the parts that it looks at."""
    finders = _finders(rule)
    return any(finds(said(part)) for part in rule.fields for finds in finders)


def breaks_out(filters: Filters, publishers: int) -> bool:
    """Tell whether a muted entry is shown all the same, because so many publishers have its story."""
    return filters.breakout is not None and publishers >= filters.breakout


def saying(parts: Mapping[Part, str]) -> Said:
    """Let a mapping say it; parts that it has not are empty."""
    return lambda part: parts.get(part, "")


@lru_cache(maxsize=4096)
def _finders(rule: Rule) -> tuple[Finder, ...]:
    words = (any_word(rule.words),) if rule.words else ()
    return (*words, expression(rule.regex)) if rule.regex else words
