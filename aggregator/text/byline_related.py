"""Links that a publisher's system listed as related, in a field or in a block at the end of the text."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

from aggregator.model.entry import Link
from aggregator.text.byline_tree import field_names, is_inside, remove, words_of
from aggregator.text.html import plain_text
from aggregator.text.urls import web_url

MAX_RELATED = 50

_RELATED_NAME = re.compile(r"related(?:-[a-z-]+)?|read-?more(?:-[a-z-]+)?|see-?also|also-?read")
_RELATED_WORDS = (
    r"related(?:\s(?:links?|stor(?:y|ies)|articles?|news|content|coverage|topics|reading))?|read\smore|also\sread|read\salso|see\salso|"
    r"more\son\sthis(?:\sstory)?|lire\saussi|à\slire\saussi|siehe\sauch|mehr\szum\sthema|lea\stambién|اقرأ\sأيضا|اقرأ\sأيضاً"
)
RELATED_LABEL = re.compile(rf">\s*+(?=[ralsmàا])(?:{_RELATED_WORDS})\s?:?(?:\s|&nbsp;)*<", re.IGNORECASE)
_RELATED_LABEL_ALONE = re.compile(rf"(?:{_RELATED_WORDS})\s?:?", re.IGNORECASE)
_LAST_PLACES = 60
"""How many elements from the end are tried as the label: the block is at the end of the text, and lists are short."""
_TELLING_LINK = 3
"""Words of a headline; "Continue reading" and "here" lead to the entry itself."""


def take_related(body: LexborNode, base_url: str | None) -> tuple[Link, ...]:
    """Read related links, each address once, and take their elements out of the tree."""
    found = [*_related_fields(body, base_url), *_related_block(body, base_url)]
    return tuple({link.url: link for link in reversed(found)}.values())[::-1][:MAX_RELATED]


def _related_fields(body: LexborNode, base_url: str | None) -> list[Link]:
    """Read `field-name-field-related*` and its kin, whatever its label says."""
    names = {
        node.mem_id: "related" for node in body.css("[class]") if any(map(_RELATED_NAME.fullmatch, field_names(node)))
    }
    nodes = [node for node in body.css("[class]") if node.mem_id in names and not is_inside(node, names)]
    with_links = [(node, _links([node], base_url)) for node in nodes]
    remove(node for node, found in with_links if found)
    return [link for _, found in with_links for link in found]


def _related_block(body: LexborNode, base_url: str | None) -> list[Link]:
    """Read a label such as "Related:" and the links after it, where nothing else follows to the end of the text."""
    for label in body.css("h2, h3, h4, h5, h6, p, strong, b, em, span")[-_LAST_PLACES:]:
        if not _RELATED_LABEL_ALONE.fullmatch(_outside_links(label)):
            continue
        block = [label, *_following(label, body)]
        found = _links(block, base_url)
        if found and not any(_outside_links(node) for node in block[1:]) and all(map(_is_telling, found)):
            remove(block)
            return found
    return []


def _following(node: LexborNode, body: LexborNode) -> list[LexborNode]:
    """List what comes after an element up to the end, as the roots of disjoint trees."""
    following: list[LexborNode] = []
    up: LexborNode | None = node
    while up is not None and up.mem_id != body.mem_id:
        after = up.next
        while after is not None:
            following.append(after)
            after = after.next
        up = up.parent
    return following


_LINK = re.compile(r"<a\b[^>]*+>.*?</a>", re.DOTALL)


def _outside_links(node: LexborNode) -> str:
    return plain_text(_LINK.sub(" ", node.html or "")).strip(" ,;|•·-")


def _links(nodes: Iterable[LexborNode], base_url: str | None) -> list[Link]:
    anchors = (anchor for node in nodes if node.is_element_node for anchor in node.css("a[href]"))
    found = ((web_url(anchor.attributes.get("href"), base=base_url), words_of(anchor)) for anchor in anchors)
    return [Link(url=url, text=text) for url, text in found if url and text]


def _is_telling(link: Link) -> bool:
    return len(link.text.split()) >= _TELLING_LINK or not link.text.isascii()
