"""Write a digest as plain text: 72 columns, links as notes at the end, as mail and terminals show it."""

import unicodedata
from collections.abc import Iterator

from aggregator.model.digest import Digest, SectionKind
from aggregator.publish.digest_sheet import Sheet, SheetItem, SheetSection, sheet
from aggregator.publish.site import Site

MEDIA_TYPE = "text/plain"
WIDTH = 72
"""Columns. RFC 3676 section 4.2 asks for less than 78 in mail, and answers put marks before the lines they quote."""

_INDENT = "    "


def write(site: Site, digest: Digest) -> bytes:
    """Write a whole document, UTF-8. Equal input gives equal bytes."""
    return ("\n".join(lines(sheet(site, digest))) + "\n").encode()


def lines(made: Sheet) -> list[str]:
    """Write a digest as lines, none wider than `WIDTH` columns but for addresses and single words that are."""
    return [
        *folded(made.title.upper()),
        *folded(made.heading),
        "=" * WIDTH,
        *(line for part in made.sections for line in ("", *_section(part))),
        *_nothing(made),
        "",
        "-" * WIDTH,
        *folded(f"{made.span}. {made.counted}."),
        "",
        *(line for item in made.items for line in _addresses(item)),
        *[""] * bool(made.items),
        f"This digest:   {made.url}",
        f"New since:     {made.since_url}",
        f"All digests:   {made.list_url}",
    ]


def folded(text: str, *, first: str = "", rest: str = "") -> list[str]:
    """Break a line between words, or between characters of scripts that write none.

    Args:
        text: one line.
        first: stands before it.
        rest: stands before the lines that follow.
    """
    found, line, begun = list[str](), first, False
    for word, glued in _words(text):
        joint = " " if begun and not glued else ""
        if begun and width(line + joint + word) > WIDTH:
            found.append(line)
            line, joint = rest, ""
        line, begun = line + joint + word, True
    return [*found, line]


def width(text: str) -> int:
    """Count the columns of a text on a terminal: wide characters take two (UAX 11), marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Give the pieces between which a line may break, and whether a piece follows the one before it without a space."""
    for word in text.split(" "):
        piece, glued = "", False
        for character in word:
            # Before a wide character a line may break, except before closing punctuation (UAX 14, classes CL and NS).
            wide = unicodedata.east_asian_width(character) == "W" and unicodedata.category(character)[0] in "LNS"
            if wide and piece:
                yield piece, glued
                piece, glued = "", True
            piece += character
        yield piece, glued


def _section(part: SheetSection) -> Iterator[str]:
    yield from folded(part.title.upper())
    yield "-" * min(WIDTH, width(part.title.upper()))
    for item in part.items:
        if part.kind is not SectionKind.BRIEF:
            yield ""
        yield from _story(item, brief=part.kind is SectionKind.BRIEF)


def _story(item: SheetItem, *, brief: bool) -> Iterator[str]:
    headline = f"{item.headline} ({item.credits})" if brief else item.headline
    yield from folded(headline, first=_number(item), rest=_INDENT)
    if not brief:
        yield from _indented(f"{item.credits} - {item.time}")
    if item.changed:
        yield from _indented(f"New: {item.changed}")
    if item.formerly:
        yield from _indented(f"Before: {item.formerly}")
    if item.teaser:
        yield from _indented(item.teaser)
    for link in item.related:
        yield from folded(f"{link.headline} ({link.publisher})", first=f"{_INDENT}See: ", rest=f"{_INDENT}     ")


def _number(item: SheetItem) -> str:
    number = f"{item.number}."
    return f"{number:<{len(_INDENT) - 1}} "


def _indented(text: str) -> list[str]:
    return folded(text, first=_INDENT, rest=_INDENT)


def _nothing(made: Sheet) -> list[str]:
    return [] if made.sections else ["", *folded("Nothing was published in these hours, as far as the feeds say.")]


def _addresses(item: SheetItem) -> Iterator[str]:
    yield f"{_number(item)}{item.url}"
    if item.article_url:
        yield f"{_INDENT}{item.story_url}"
