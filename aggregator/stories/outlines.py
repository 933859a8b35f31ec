"""Outlines: what an engine holds of all stories that are open, without what their entries say.

Two hundred new entries need to know of thirty thousand others how many have a word and which stories do, and when which of these are due; what
these say, they need to know of a few hundred. So an engine can be made of an outline, and get what else it wants as it comes to it
(`restoring.lean_on`): it does from then on what the one would have done that gave the outline.

An outline is numbers as they lie in memory. Who keeps it keeps `signature` with it; one that has another is of no use.
"""

import hashlib
import json
import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import Final, cast

from aggregator.model.grouping import StoryNews, StorySettings
from aggregator.stories import reading
from aggregator.stories.engine import StoryEngine
from aggregator.stories.numbers import moment, number
from aggregator.stories.postings import NOWHERE, Holding
from aggregator.stories.vectors import Vectors
from aggregator.stories.window import OpenStory

FORMAT: Final = 3
"""Counts changes of what stands in an outline, and of what an engine makes of it."""
PIECE: Final = 2**16
"""Numbers of a piece of the postings, of 12 bytes: three copies of it are in memory while it is kept."""

_ROOM: Final = 5
"""Bits fewer than those of its length: what is packed is up to a sixteenth longer than it has to be."""
_LEAST_ROOM: Final = 9
"""Bits of what the length of anything that is packed can be divided by."""

Part = tuple[str, bytes]
"""What it is, and what it says."""


def signature(settings: StorySettings, vectors: Vectors) -> str:
    """Name what an outline must have been made by to be of use."""
    rules = (FORMAT, sys.byteorder, reading.signature(settings, vectors), settings)
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


def outlined(engine: StoryEngine) -> Iterator[Part]:
    """Give the outline of an engine of which all `changes` have been stored."""
    engine.rest(len(engine.window.stories))
    counts, counted = engine.readings.frequencies.outline()
    yield "read", packed([engine.readings.outline(), counted, struct.pack("<q", number(engine.readings.latest))])
    yield "agenda", packed(engine.agenda.outline())
    yield "window", packed(engine.window.outline())
    holding = engine.window.postings.outline()
    terms = [*counts, *(term for term in holding if term not in counts)]
    for piece, chosen in enumerate(_pieces(terms, holding)):
        # Read in order of their names, they are the same pieces the next time, and most of them as long as before.
        yield f"terms {piece:05}", _postings(chosen, counts, holding)


def resume(engine: StoryEngine, parts: Iterable[Part], news: Callable[[int], StoryNews] | None = None) -> bool:
    """Bring a new engine to where another one was when it gave an outline, or last told its changes; it leans on an archive.

    Args:
        engine: one that has seen no entry, with the same `signature`, and the rulings and the `next_story` that are stored.
        parts: the outline, in any order; others, that are not of an engine, are passed over.
        news: gives what was stored after the reading of a position; None where nothing has been since.

    Returns:
        False where the outline is too old, since what the engine has to forget is not stored any more: it is of no use then.
    """
    due = _take_up(engine, parts)
    changed: Sequence[OpenStory] = ()
    if news:
        learned = news(engine.readings.position)
        if not engine.readings.frequencies.can_recall(learned.first_position):
            return False
        changed = _learn(engine, learned)
    # The clock first: what was due until then has been done, but for stories that came late, which close when the next entry comes.
    engine.advance(engine.readings.latest)
    engine.agenda.take_up(due)
    for story in changed:
        engine.agenda.note(story)
    return True


def _take_up(engine: StoryEngine, parts: Iterable[Part]) -> list[bytes]:
    """Take up all but what is due, and give that."""
    counts: dict[str, int] = {}
    counted, due = b"", list[bytes]()
    for name, content in parts:
        match name.split()[0]:
            case "read":
                read, counted, latest = unpacked(content)
                engine.readings.take_up(read, moment(struct.unpack("<q", latest)[0]))
            case "agenda":
                due = unpacked(content)
            case "window":
                engine.window.take_up(unpacked(content))
            case "terms":
                counts.update(_take_up_postings(engine, content))
            case _:
                pass
    engine.readings.frequencies.take_up(counts, counted)
    return due


def _learn(engine: StoryEngine, news: StoryNews) -> list[OpenStory]:
    """Take what is new; give the stories that are other ones now. Nothing is due at another time but those."""
    readings = engine.readings
    for one in news.readings:
        readings.recall(one)
    readings.stored()
    readings.drop_before(news.first_position)
    present = {entry for entry, _, _ in news.members}
    links = (to for entry, position, to in news.links if entry in present and readings.last(entry) == position)
    return engine.window.learn(news.members, links, {one.entry.id for one in news.readings})


def _pieces(terms: Iterable[str], holding: Mapping[str, Holding]) -> Iterator[list[str]]:
    """Part terms so that none of the parts is very large."""
    piece: list[str] = []
    room = PIECE
    for term in terms:
        room -= 1 + len(holding.get(term, NOWHERE)[0])
        if piece and room < 0:
            yield piece
            piece, room = [], PIECE
        piece.append(term)
    yield piece


def _postings(terms: Sequence[str], counts: Mapping[str, int], holding: Mapping[str, Holding]) -> bytes:
    held = [holding.get(term, NOWHERE) for term in terms]
    return packed(
        [
            json.dumps(terms, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            array("I", (counts.get(term, 0) for term in terms)),
            array("I", (len(stories) for stories, _ in held)),
            _one_after_another("I", (stories for stories, _ in held)),
            _one_after_another("d", (weights for _, weights in held)),
        ]
    )


def _one_after_another(kind: str, sequences: Iterable[Iterable[float]]) -> "array[float]":
    """Put numbers of one kind (`array.typecode`) together: what is an array already is copied as it lies."""
    whole: array[float] = array(kind)
    for numbers in sequences:
        whole.extend(numbers)
    return whole


def _take_up_postings(engine: StoryEngine, content: bytes) -> Iterator[tuple[str, int]]:
    """Note the stories of some terms; give how often these were counted."""
    names, counts, lengths, numbers, sums = unpacked(content)
    terms = json.loads(names.decode("utf-8", "surrogatepass"))
    stories, weights = cast("Holding", (array("I", numbers), array("d", sums)))
    bounds = pairwise(chain([0], accumulate(array("I", lengths))))
    engine.window.postings.take_up(
        {
            term: (stories[start:end], weights[start:end])
            for term, (start, end) in zip(terms, bounds, strict=True)
            if end > start
        }
    )
    return ((term, count) for term, count in zip(terms, array("I", counts), strict=True) if count)


def packed(pieces: "Sequence[bytes | array[int] | array[float]]") -> bytes:
    """Put some pieces together, arrays as they lie in memory, with room for a little more at the end.

    What is as long as what it takes the place of is written over it: SQLite gives no page back, takes none, and is done in half the time.
    """
    lengths = [memoryview(piece).nbytes for piece in pieces]
    head = struct.pack(f"<I{len(pieces)}Q", len(pieces), *lengths)
    length = len(head) + sum(lengths)
    return b"".join((head, *pieces, bytes(-length % (1 << max(_LEAST_ROOM, length.bit_length() - _ROOM)))))


def unpacked(content: bytes) -> list[bytes]:
    """Give the pieces that `packed` put together."""
    (number_of_pieces,) = struct.unpack_from("<I", content)
    lengths = struct.unpack_from(f"<{number_of_pieces}Q", content, 4)
    start = 4 + 8 * number_of_pieces
    ends = list(accumulate(lengths, initial=start))
    return [content[first:last] for first, last in pairwise(ends)]
