"""Edit the text of feeds.yaml: a piece is cut out, changed or put in, and every other character stays as it is.

Pure: text in, text out. Nothing here is trusted to have understood a file: `edits` reads the result again, and compares.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from aggregator.config.layout import FEEDS, Item, Layout, Pair, end_of_line, start_of_line
from aggregator.config.spelling import Value, spell

Fields = Mapping[str, Value]
_BREAK = re.compile(r"\r\n|\r|\n")


class Unspliceable(Exception):
    """The file is written in a way that can't be edited piece by piece; the message says in which."""


def add(text: str, found: Layout, placed: Sequence[tuple[int | None, Fields]]) -> str:
    """Put feeds into the list.

    Args:
        text: of feeds.yaml.
        found: its layout.
        placed: of each new feed the number of the feed that it comes behind, from 0, and its fields in the order in which
            they are written; None: at the beginning of a list that is empty.

    Raises:
        Unspliceable: see there.
    """
    _must_be_readable(found)
    if not found.items:
        return _add_first(text, found, [fields for _, fields in placed])
    blank = _break(text) if _is_airy(text, found.items) else ""
    pieces: defaultdict[int, str] = defaultdict(str)
    for after, fields in placed:
        number = len(found.items) - 1 if after is None else after
        neighbour = found.items[number]
        pieces[number] += blank + _item_lines(fields, neighbour.indent, neighbour.gap, _break(text))
    for number in sorted(pieces, reverse=True):
        text = _insert(text, found.items[number].lines.end, pieces[number])
    return text


def cut(text: str, found: Layout, number: int) -> str:
    """Take a feed out, the comments between its keys with it.

    Raises:
        Unspliceable: see there.
    """
    _must_be_readable(found)
    lines = found.items[number].lines
    if len(found.items) == 1 and found.feeds:
        # A list of nothing: without the brackets the key would have no value.
        colon = text.index(":", found.feeds.key.end) + 1
        return text[:colon] + " []" + text[colon : lines.start] + text[lines.end :]
    start = lines.start
    before, behind = text[:start], text[lines.end :]
    blank = _blank_before(before)
    if blank and (not behind or _BREAK.match(behind)):
        before = before[: len(before) - len(blank)]  # else two blank lines would meet, or end the file
    return before + behind


def move(text: str, found: Layout, number: int, *, after: int) -> str:
    """Put a feed behind another one, its lines as they are.

    Raises:
        Unspliceable: see there.
    """
    _must_be_readable(found)
    item, neighbour = found.items[number], found.items[after]
    if item.indent != neighbour.indent:
        raise Unspliceable("its feeds are indented differently")
    piece = text[item.lines.start : item.lines.end]
    if not _BREAK.search(piece[-2:]):
        piece += _break(text)
    blank = _break(text) if _is_airy(text, found.items) else ""
    place = neighbour.lines.end
    if place <= item.lines.start:
        return _insert(cut(text, found, number), place, blank + piece)
    return cut(_insert(text, place, blank + piece), found, number)


def put(text: str, found: Layout, number: int, key: str, value: Value) -> str:
    """Give a feed's key a value.

    Raises:
        Unspliceable: see there.
    """
    _must_be_readable(found)
    item = found.items[number]
    pair = item.pairs.get(key)
    if pair:
        return _replace(text, pair, spell(value))
    anchor = _anchor(item)
    if item.flow:
        return _insert(text, anchor.value.end, f", {key}: {_quoted(value)}")
    place = end_of_line(text, _end_of(text, anchor))
    return _insert(text, place, f"{item.key_indent}{key}: {spell(value)}{_break(text)}")


def drop(text: str, found: Layout, number: int, key: str) -> str:
    """Take a key and its value from a feed that has others; nothing where it has no such key.

    Raises:
        Unspliceable: see there.
    """
    _must_be_readable(found)
    item = found.items[number]
    pair = item.pairs.get(key)
    if pair is None:
        return text
    if item.flow:
        return _drop_between_braces(text, item, key)
    start = start_of_line(text, pair.key.start)
    end = end_of_line(text, _end_of(text, pair))
    if start == item.lines.start:  # the first key stands behind the dash: the second one takes its place
        following = list(item.pairs.values())[1]
        return text[: pair.key.start] + text[following.key.start :]
    return text[:start] + text[end:]


def _must_be_readable(found: Layout) -> None:
    if not found.readable:
        raise Unspliceable("its feeds are not each written behind a '- ' on lines of their own")


def _add_first(text: str, found: Layout, feeds: Sequence[Fields]) -> str:
    line_break = _break(text)
    lines = "".join(_item_lines(fields, "  ", " ", line_break) for fields in feeds)
    if found.feeds is None:
        return _insert(text, len(text), f"{FEEDS}:{line_break}{lines}")
    colon = text.index(":", found.feeds.key.end) + 1
    rest = text[max(found.feeds.value.end, colon) : end_of_line(text, max(found.feeds.value.end, colon))]
    place = end_of_line(text, colon)
    return _insert(text[:colon] + rest + text[place:], colon + len(rest), lines)


def _item_lines(fields: Fields, indent: str, gap: str, line_break: str) -> str:
    begins = [f"{indent}-{gap}", *[f"{indent} {gap}"] * (len(fields) - 1)]
    return "".join(
        f"{begin}{key}: {spell(value)}{line_break}" for begin, (key, value) in zip(begins, fields.items(), strict=True)
    )


def _insert(text: str, place: int, piece: str) -> str:
    """Put whole lines somewhere; where the text before has no line break at its end, it gets that of the piece."""
    before = text[:place]
    is_whole_line = bool(_BREAK.search(piece[-2:]))
    if not is_whole_line or not before or _BREAK.search(before[-1:]):
        return before + piece + text[place:]
    line_break = _break(text)
    return before + line_break + piece.removesuffix(line_break) + text[place:]


def _replace(text: str, pair: Pair, spelt: str) -> str:
    space = "" if text[pair.value.start - 1 : pair.value.start] in {" ", "\n"} else " "
    return text[: pair.value.start] + space + spelt + text[pair.value.end :]


def _quoted(value: Value) -> str:
    """Spell a value for a place between braces."""
    spelt = spell(value)
    return f'"{spelt}"' if isinstance(value, str) and re.search(r"[,\[\]{}:?]", spelt) and spelt[0] != '"' else spelt


def _anchor(item: Item) -> Pair:
    """Find the key that a new one comes behind: the address is first, and the title below it."""
    for key in ("title", "url"):
        if key in item.pairs:
            return item.pairs[key]
    return list(item.pairs.values())[-1]


def _end_of(text: str, pair: Pair) -> int:
    """Give where a value ends; a line may end with it, or with a comment."""
    return pair.value.end if pair.value.end > pair.key.end else text.index(":", pair.key.end) + 1


def _drop_between_braces(text: str, item: Item, key: str) -> str:
    names = list(item.pairs)
    number = names.index(key)
    if number:
        return text[: item.pairs[names[number - 1]].value.end] + text[item.pairs[key].value.end :]
    return text[: item.pairs[key].key.start] + text[item.pairs[names[1]].key.start :]


def _break(text: str) -> str:
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def _blank_before(before: str) -> str:
    """Give the blank line that a text ends with; empty where it ends with none."""
    line_break = "\r\n" if before.endswith("\r\n") else before[-1:]
    rest = before.removesuffix(line_break)
    return line_break if _BREAK.fullmatch(line_break) and (not rest or rest[-1] in "\r\n") else ""


def _is_airy(text: str, items: tuple[Item, ...]) -> bool:
    """Tell whether most feeds are kept apart by a blank line."""
    between = [text[first.lines.end : second.lines.start] for first, second in pairwise(items)]
    return 2 * sum(bool(re.match(r"[ ]*[\r\n]", gap)) for gap in between) > len(between)
