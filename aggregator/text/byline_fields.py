"""Fields that still have the markup of the system that printed them."""

import re

from selectolax.lexbor import LexborNode

from aggregator.model.entry import Byline
from aggregator.text.byline_tree import field_names, is_inside, remove, words_of

MAX_VALUE = 200
"""Characters of a field; what is longer is no author, id, date or category."""
MAX_VALUES = 20
"""Authors, and categories, of one entry."""

_KINDS = {
    **dict.fromkeys(("author", "authors", "author-name", "byline", "by-line", "writer", "reporter", "uid"), "author"),
    **dict.fromkeys(("nid-source", "id", "source-id", "article-id", "external-id", "nid"), "source_id"),
    **dict.fromkeys(
        ("post-date", "created", "date", "published", "published-at", "publish-date", "publication-date", "pub-date"),
        "dated",
    ),
    **dict.fromkeys(("main-category", "main-categories", "category", "categories", "section"), "categories"),
}
_LABELS = ".field-label, .field__label, .views-label"
_ITEMS = ".field-item, .field__item, .field-content, li"
_LABEL_TEXT = re.compile(r"[^:]{1,40}:")


def take_fields(body: LexborNode) -> Byline:
    """Read the fields and take their elements out of the tree."""
    found: dict[str, list[str]] = {}
    spent: list[LexborNode] = []
    for node, kind in _outermost(body):
        values = _values(node)
        if values and _fits(kind, values):
            found.setdefault(kind, []).extend(values)
            spent.append(node)
    remove(spent)
    return Byline(
        author=", ".join(list(dict.fromkeys(found.get("author", ())))[:MAX_VALUES]) or None,
        source_id=next(iter(found.get("source_id", ())), None),
        dated=next(iter(found.get("dated", ())), None),
        categories=tuple(dict.fromkeys(found.get("categories", ())))[:MAX_VALUES],
    )


def _outermost(body: LexborNode) -> list[tuple[LexborNode, str]]:
    """Find the fields we know, but not those inside of another: an element must not be taken out twice."""
    known = {node.mem_id: kind for node in body.css("[class]") if (kind := _kind(node))}
    return [
        (node, known[node.mem_id])
        for node in body.css("[class]")
        if node.mem_id in known and not is_inside(node, known)
    ]


def _kind(node: LexborNode) -> str | None:
    return next((kind for name in field_names(node) if (kind := _KINDS.get(name))), None)


def _values(node: LexborNode) -> list[str]:
    """Give what a field says without its label, an item each."""
    if items := node.css(_ITEMS):
        innermost = (item for item in items if len(item.css(_ITEMS)) == 1)
        return [value for item in innermost if (value := words_of(item))]
    whole, label = words_of(node), node.css_first(_LABELS) or next(node.iter(), None)
    said = words_of(label) if label is not None else ""
    value = whole.removeprefix(said).strip() if _LABEL_TEXT.fullmatch(said) else whole
    return [value] if value else []


def _fits(kind: str, values: list[str]) -> bool:
    if any(len(value) > MAX_VALUE for value in values):
        return False
    return kind != "dated" or all(any(map(str.isdigit, value)) for value in values)
