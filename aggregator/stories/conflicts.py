"""Conflicts: what keeps two headlines of one wording from being one event.

Likeness proposes, conflicts veto. Headlines that follow one pattern and differ in a number, a score, a date, the side taken or the
name in one place ("Magnitude 6.1 earthquake off Japan", "Magnitude 6.4 earthquake off Chile") report two events on one subject:
such stories are related. All of this is symmetric.
"""

from collections.abc import Iterable
from typing import Final, TypeVar

from aggregator.text.claims import Claims
from aggregator.text.quantities import SERIAL, Number

T = TypeVar("T")

PATTERN: Final = 0.5
"""Share of the shorter headline's terms that both must have for their differences to be comparable."""
LEAST: Final = 2
"""Terms that both must have for that."""
LONGEST_NAME: Final = 3
"""Terms of a name."""
SAME_NUMBER: Final = 0.03
"""Numbers this near are one, rounded or revised: a magnitude of 6.1 and of 6.2."""
STEPS: Final = 1.5
"""Steps of the rounder of two numbers by which they may differ: 23,000 are 23,134, and 6.1 is 6.2, but 19,400 are not 19,900."""
ROUGH_NUMBER: Final = 0.2
"""So near where one of them is rough: "more than 30 cities" are 34."""

NUMBER, SCORE, DATE, OPPOSITE, NAME = (
    "different numbers",
    "different scores",
    "different dates",
    "opposite words",
    "different names",
)


def same_pattern(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Tell whether two headlines, given as terms, are so much alike that what differs is to be compared."""
    ones, others = frozenset(mine), frozenset(theirs)
    shared = len(ones & others)
    return shared >= LEAST and shared >= PATTERN * min(len(ones), len(others))


def conflict(one: Claims, other: Claims) -> str | None:
    """Say what keeps two headlines from being one event; None where nothing does."""
    if not same_pattern(one.term_set, other.term_set):
        return None
    if one.is_numbered and other.is_numbered:
        if one.scores and other.scores and one.scores.isdisjoint(other.scores):
            return SCORE
        if _numbers_differ(one, other):
            return NUMBER
    if one.is_dated and other.is_dated and _dates_differ(one, other):
        return DATE
    if _sides_differ(one, other):
        return OPPOSITE
    return NAME if _names_differ(one, other) or _occasions_differ(one, other) else None


def _dates_differ(one: Claims, other: Claims) -> bool:
    return any(mine and theirs and mine.isdisjoint(theirs) for mine, theirs in zip(one.dates, other.dates, strict=True))


def _numbers_differ(one: Claims, other: Claims) -> bool:
    """Tell whether any thing that both count is counted otherwise, or both give precise figures and none is the same."""
    counted_otherwise = any(
        not any(_same(mine, theirs, term) for mine in one.numbers[term] for theirs in other.numbers[term])
        for term in one.numbers.keys() & other.numbers.keys()
    )
    return counted_otherwise or _are_others(_precise(one), _precise(other))


def _precise(claims: Claims) -> frozenset[float]:
    """Give figures that nobody has rounded."""
    amounts = (values for term, values in claims.numbers.items() if not term.startswith(SERIAL))
    return frozenset(number.value for values in amounts for number in values if number.is_precise)


def _same(one: Number, other: Number, term: str) -> bool:
    """Tell whether two numbers may be one, rounded or revised; what says which one, and not how many, is never rounded."""
    if term.startswith(SERIAL):
        return one.value == other.value
    apart = abs(one.value - other.value)
    if one.is_rough or other.is_rough:
        return apart <= ROUGH_NUMBER * max(one.value, other.value)
    return apart <= SAME_NUMBER * max(one.value, other.value) and apart <= STEPS * max(one.step, other.step)


def _sides_differ(one: Claims, other: Claims) -> bool:
    """Tell whether both say the opposite of one subject: "Reds beat Blues" and "Blues lose to Reds" do not."""
    if not (one.sides and other.sides):
        return False
    opposed = any((axis, not side) in other.sides for axis, side in one.sides)
    return opposed and not one.leading.isdisjoint(other.leading)


def _names_differ(one: Claims, other: Claims) -> bool:
    """Tell whether one place of the pattern is filled with different names."""
    shared = one.term_set & other.term_set
    if max(len(one.term_set), len(other.term_set)) > len(shared) + LONGEST_NAME:
        return False
    mine, theirs = _only(one.terms, shared), _only(other.terms, shared)
    if mine is None or theirs is None or mine[1:] != theirs[1:]:
        return False
    names, others = set(mine[0]), set(theirs[0])
    if names <= one.places and others <= other.places:
        return True
    if mine[1] is None:
        return names <= one.names and others <= other.names
    # At the end of a headline as well, where these are surely names: "artist Ada Brandt", "artist Jonas Reyk".
    return mine[2] is None and names <= one.proper and others <= other.proper


def _occasions_differ(one: Claims, other: Claims) -> bool:
    """Tell whether events that have names have others, one side beats others, or figures are those of other countries."""
    if _are_others(one.occasions, other.occasions):
        return True
    if _are_others(one.where, other.where) and any(map(_are_others, one.levels, other.levels)):
        return True
    if _are_others(one.beaten, other.beaten) and not one.leading.isdisjoint(other.leading):
        return True
    return (
        bool(one.numbers and other.numbers) and _are_others(one.homes, other.homes) and not _share_a_number(one, other)
    )


def _are_others(mine: frozenset[T], theirs: frozenset[T]) -> bool:
    return bool(mine and theirs) and mine.isdisjoint(theirs)


def _share_a_number(one: Claims, other: Claims) -> bool:
    mine = {number.value for values in one.numbers.values() for number in values}
    return any(number.value in mine for values in other.numbers.values() for number in values)


def _only(terms: tuple[str, ...], shared: frozenset[str]) -> tuple[tuple[str, ...], str | None, str | None] | None:
    """Give what only this headline has, if it stands in one place, with the terms before and after it."""
    at = [place for place, term in enumerate(terms) if term not in shared]
    if not at or at[-1] - at[0] >= len(at) or len(at) > LONGEST_NAME:
        return None
    before = terms[at[0] - 1] if at[0] else None
    after = terms[at[-1] + 1] if at[-1] + 1 < len(terms) else None
    return terms[at[0] : at[-1] + 1], before, after
