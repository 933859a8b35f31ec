"""Inputs that nobody writes on purpose: bytes and JSON that were changed."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final

Mutate = Callable[[Random, Sequence[bytes]], bytes]
"""Makes an input out of seeds."""

WORDS: Final = (
    *(
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<!DOCTYPE x [",
        b"<!ENTITY a 'b'>",
        b"&a;",
        b"&#0;",
        b"&#xD800;",
        b"&#x110000;",
    ),
    *(
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"xml:base='//['",
        b"xmlns:x='u'",
        b"<x:",
        b"</",
        b"/>",
        b"\x00",
        b"\xff\xfe",
    ),
    *(
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"http://[",
        b"javascript:",
        b"9" * 400,
        b"-1",
        b"1e999",
        b"NaN",
        b"null",
        b"[",
        b"{",
    ),
    *(
        b'"',
        b"'",
        b"\r\n\r\n",
        b"\t",
        b": ",
        b"- ",
        b"*a",
        b"&a ",
        b"!!python/object",
        b"%00",
        b"%",
        b"OR",
        b"NOT ",
        b"site:",
        b"(",
    ),
    *(
        "\u202e".encode(),
        "\u2028".encode(),
        "e\u0301".encode(),
        "\U0010ffff".encode(),
        b"9999-99-99",
        b"0000-00-00T00:00:00Z",
    ),
)


def mutated(random: Random, seeds: Sequence[bytes]) -> bytes:
    """Make an input out of one or two of the seeds, by one to eight changes."""
    found = bytearray(random.choice(seeds))
    for _ in range(random.randint(1, 8)):
        at = random.randint(0, len(found))
        end = min(len(found), at + int(random.expovariate(1 / 40)))
        match random.randrange(7):
            case 0:
                del found[at:end]
            case 1:
                found[at:at] = random.choice(WORDS)
            case 2:
                found[at:end] = random.randbytes(min(8, end - at))
            case 3:
                found[at:at] = found[at:end] * random.choice((2, 9, 200))
            case 4:
                other = random.choice(seeds)
                start = random.randint(0, len(other))
                found[at:end] = other[start : start + random.randint(1, 400)]
            case 5 if at < len(found):
                found[at] ^= 1 << random.randrange(8)
            case _:
                found[at:end] = random.choice(WORDS)
    return bytes(found)


ODD: Final[tuple[object, ...]] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        -(2**63),
        float("inf"),
        float("nan"),
        "",
        " ",
        "a" * 5000,
        [],
        {},
        [[]],
        [None],
    ),
    *(
        "\ud800",
        "\x00",
        "\u202e",
        "١٢٣",
        "javascript:alert(1)",
        "http://[",
        "9999-99-99",
        "0000-01-01T00:00:00Z",
        "<b>",
    ),
    *({"": ""}, {"name": {"name": 1}}, [1, "a", {}, None], "https://a.example/" + "%00" * 20),
)
"""Values where others are expected."""


def mutated_json(random: Random, seeds: Sequence[bytes]) -> bytes:
    """Make a document that is JSON all the same: one to six values of a seed that is another, or the wrong place; now and then bytes, too."""
    document: Any = json.loads(random.choice(seeds))
    for _ in range(random.randint(1, 6)):
        document = _changed(random, document)
    text = json.dumps(document, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.1:
        text = text.replace(*random.choice((("0", "1" * 5000), ("[", "[" * 20_000), ('":', '":' + '{"":' * 20_000))), 1)
    found = text.encode("utf-8", "surrogatepass")
    return mutated(random, [found]) if random.random() < 0.1 else found


def mutated_lines(random: Random, seeds: Sequence[bytes]) -> bytes:
    """Make a file of JSON lines: some of them changed, left out, said again, or put elsewhere."""
    lines = random.choice(seeds).splitlines(keepends=True)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(lines) + 1)
        match random.randrange(5):
            case 0:
                lines[at : at + 1] = []
            case 1:
                lines[at:at] = random.choices(lines or [b"\n"], k=random.choice((1, 1, 300)))
            case 2 if lines:
                lines[at - 1] = mutated(random, [lines[at - 1]])
            case 3:
                random.shuffle(lines)
            case _:
                with_json = [line for line in lines if line.startswith(b"{")] or [b"{}"]
                lines[at : at + 1] = [_json_line(random, with_json)]
    return b"".join(lines)


def _json_line(random: Random, lines: Sequence[bytes]) -> bytes:
    try:
        return mutated_json(random, lines) + b"\n"
    except (ValueError, RecursionError):  # a line that was changed before
        return random.choice(WORDS) + b"\n"


def _changed(random: Random, node: Any) -> Any:  # noqa: ANN401 -- JSON
    """Change a value somewhere in a document."""
    if isinstance(node, dict | list) and node and random.random() < 0.85:
        key = random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
        match random.randrange(6):
            case 0:
                del node[key]
            case 1 if isinstance(node, list):
                node += node * random.choice((1, 1, 40))
            case 2 if isinstance(node, dict):
                node[random.choice((*node, "", "url", "version", "items"))] = node[key]
            case _:
                node[key] = _changed(random, node[key])
        return node
    return _deep(random.choice((3, 200))) if random.random() < 0.03 else deepcopy(random.choice(ODD))


def _deep(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found
