"""The table of combining marks against Python's own; a newer Python may know marks that are not in it yet."""

import re
import unicodedata
from collections.abc import Iterator

from aggregator.text.marks import LAST_MARK, combining_marks, mark_class


def known(kinds: set[str]) -> Iterator[str]:
    """Collect marks as `unicodedata` has them."""
    for point in range(0x80, LAST_MARK + 1):
        character = chr(point)
        if unicodedata.category(character) in kinds or unicodedata.combining(character):
            yield character


def in_table(*, spacing: bool) -> set[str]:
    marks = re.compile(f"[{mark_class(spacing=spacing, last=LAST_MARK)}]")
    return {chr(point) for point in range(LAST_MARK + 1) if marks.match(chr(point))}


def test_every_mark_that_python_knows_is_in_the_table() -> None:
    for kinds, spacing in ({"Mn", "Me"}, False), ({"Mn", "Me", "Mc"}, True):
        missing = set(known(kinds)) - in_table(spacing=spacing)
        assert sorted(f"{ord(mark):04X}" for mark in missing) == []


def test_nothing_else_is_in_it_but_what_python_does_not_know_yet() -> None:
    others = in_table(spacing=True) - set(known({"Mn", "Me", "Mc"}))
    assert {unicodedata.category(character) for character in others} <= {"Cn"}


def test_marks_are_given_by_plane() -> None:
    basic, astral = mark_class(spacing=True), mark_class(spacing=True, first=0x10000, last=LAST_MARK)
    assert max(basic) < "\U00010000" <= min(set(astral) - {"-"})


def test_marks_one_by_one_are_those_of_the_ranges() -> None:
    for spacing in (False, True):
        basic = {mark for mark in in_table(spacing=spacing) if mark < "\U00010000"}
        assert set(combining_marks(spacing=spacing)) == basic
