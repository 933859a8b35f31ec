"""Names of feeds, publishers and categories, as people write them."""

from collections.abc import Collection
from functools import lru_cache

from aggregator.text.terms import search_terms


def meant(text: str, names: Collection[str]) -> list[str]:
    """Give the names that a person means: those spelled so but for case and accents, else those that hold these words.

    The words of a part stand side by side in the name, and are whole: `arab` finds "Arab News", and not "Arabian".
    """
    asked = search_terms(text)
    spelled = {name: _spelled(name) for name in names}
    same = [name for name, terms in spelled.items() if terms == asked]
    return same or [name for name, terms in spelled.items() if asked and f" {asked} " in f" {terms} "]


@lru_cache(maxsize=10_000)
def _spelled(name: str) -> str:
    """Remember what a name is compared by: it is the same with every search."""
    return search_terms(name)
