"""Steps over a tree of HTML that the readers of bylines share."""

import re
from collections.abc import Container, Iterable

from selectolax.lexbor import LexborNode

from aggregator.text.html import plain_text

FIELD_MARKUP = re.compile(r"\b(?:field-name-|field--name-|views-field-)")
"""A first look: HTML without it holds no such field and need not be parsed."""
_FIELD_CLASS = re.compile(r"(?:field-name-|field--name-|views-field-)(?:field-)?([a-z0-9-]+)")


def field_names(node: LexborNode) -> list[str]:
    """List what the classes of an element say it holds: "author" of `field-name-field-author`."""
    words = (node.attributes.get("class") or "").lower().split()
    return [match[1] for word in words if (match := _FIELD_CLASS.fullmatch(word))]


def is_inside(node: LexborNode, known: Container[int]) -> bool:
    """Tell whether one of the elements around this one is known, by its `mem_id`."""
    parent = node.parent
    while parent is not None:
        if parent.mem_id in known:
            return True
        parent = parent.parent
    return False


def words_of(node: LexborNode) -> str:
    """Give the words of an element."""
    return plain_text(node.html or "")


def remove(nodes: Iterable[LexborNode]) -> None:
    """Take disjoint elements out. lexbor frees them: nobody may hold one, or anything inside of one, after this."""
    for node in nodes:
        node.decompose()
