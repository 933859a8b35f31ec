"""Bylines: labelled fields that a publisher's system printed into the description, back into fields.

Seen in the wild: feeds of Drupal sites (Arab News and others) whose description is the rendered node. Its author, id, date and
main category come first, and an aggregator that strips the tags shows `Author: AFPID: 1550642699890643100Wed, 2019-02-20 05:59
BAMAKO, Mali: ...` as the teaser of every entry. The rules rest on how the systems print fields:

- Drupal 7, `modules/field/theme/field.tpl.php`: `<div class="field field-name-field-author field-label-above">` around `.field-label` and
  `.field-item`; the zurb_foundation theme prints `<h2 class="field-label">` and a list, or bare text behind an unclassed label.
- Drupal 8 and later, `field.html.twig` (classy): `field--name-field-author`, `.field__label`, `.field__item`.
- Drupal Views, `views-view-fields.tpl.php`: `views-field views-field-field-author`, `.views-label`, `.field-content`.
- The same without its tags, as some feeds and most other aggregators pass it on.

A label alone is weak evidence ("Author: Julie Kalman" is a whole description somewhere), so a field needs its markup or, in text without
tags, a second field right beside it at the very beginning. The machine's own date format counts as a field: nobody writes prose in it.
What is not recognised stays where it is, byte for byte.
"""

import re
from collections.abc import Container, Iterable
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.entry import Byline, Link
from aggregator.text.dateline import dateline
from aggregator.text.html import MAX_LENGTH, decoded, plain_text
from aggregator.text.markup import too_complex
from aggregator.text.urls import web_url
from aggregator.text.words import one_line, xml_safe

MAX_VALUE = 200
"""Characters of a field; what is longer is no author, id, date or category."""
MAX_RELATED = 50
MAX_VALUES = 20
"""Authors, and categories, of one entry."""


def extract(html: str, *, base_url: str | None = None) -> tuple[Byline, str]:
    """Take labelled fields out of a description.

    Args:
        html: The description as the feed holds it, before sanitising: classes are the evidence.
        base_url: What related links are resolved against.

    Returns:
        The fields, and the HTML that is left: the very same string where no field was found. A dateline ("BAMAKO, Mali") is
        part of what the author wrote, so it is only noted and stays. The HTML that is left is no safer than it was.
    """
    if len(html) > MAX_LENGTH:
        return Byline(), html
    byline, rest = Byline(), html
    if _FIELD_MARKUP.search(html) or _RELATED_LABEL.search(html):
        byline, rest = _from_markup(html, base_url)
    if byline == Byline():
        byline, rest = _from_text(html)
    return replace(byline, dateline=dateline(rest)), rest


# --- fields with markup ------------------------------------------------------------------------------------------

_FIELD_MARKUP = re.compile(r"\b(?:field-name-|field--name-|views-field-)")
_FIELD_CLASS = re.compile(r"(?:field-name-|field--name-|views-field-)(?:field-)?([a-z0-9-]+)")
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


def _from_markup(html: str, base_url: str | None) -> tuple[Byline, str]:
    legal = xml_safe(html)
    body = None if too_complex(legal) else LexborHTMLParser(f"<body>{legal}").body
    if body is None:
        return Byline(), html
    byline = _fields(body)
    related = _dedupe([*_related_fields(body, base_url), *_related_block(body, base_url)])
    if byline == Byline() and not related:
        return byline, html
    return replace(byline, related=related), _left(body)


def _fields(body: LexborNode) -> Byline:
    """Read the fields and take their elements out of the tree."""
    found: dict[str, list[str]] = {}
    spent: list[LexborNode] = []
    for node, kind in _outermost(body):
        values = _values(node)
        if values and _fits(kind, values):
            found.setdefault(kind, []).extend(values)
            spent.append(node)
    _remove(spent)
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
        (node, known[node.mem_id]) for node in body.css("[class]") if node.mem_id in known and not _inside(node, known)
    ]


def _inside(node: LexborNode, known: Container[int]) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.mem_id in known:
            return True
        parent = parent.parent
    return False


def _kind(node: LexborNode) -> str | None:
    return next((kind for name in _field_names(node) if (kind := _KINDS.get(name))), None)


def _field_names(node: LexborNode) -> list[str]:
    words = (node.attributes.get("class") or "").lower().split()
    return [match[1] for word in words if (match := _FIELD_CLASS.fullmatch(word))]


def _values(node: LexborNode) -> list[str]:
    """Give what a field says without its label, an item each."""
    if items := node.css(_ITEMS):
        innermost = (item for item in items if len(item.css(_ITEMS)) == 1)
        return [value for item in innermost if (value := _text(item))]
    whole, label = _text(node), node.css_first(_LABELS) or next(node.iter(), None)
    said = _text(label) if label is not None else ""
    value = whole.removeprefix(said).strip() if _LABEL_TEXT.fullmatch(said) else whole
    return [value] if value else []


def _fits(kind: str, values: list[str]) -> bool:
    if any(len(value) > MAX_VALUE for value in values):
        return False
    return kind != "dated" or all(any(map(str.isdigit, value)) for value in values)


def _text(node: LexborNode) -> str:
    return plain_text(node.html or "")


def _remove(nodes: Iterable[LexborNode]) -> None:
    """Take disjoint elements out. lexbor frees them: nobody may hold one, or anything inside of one, after this."""
    for node in nodes:
        node.decompose()


_EMPTY = re.compile(r"<(p|div|ul|ol|li|span|strong|b)\b[^<>]*+>(?:\s|&nbsp;)*+</\1>")
_LEVELS = 4


def _left(body: LexborNode) -> str:
    """Write the tree without the elements that taking fields out has emptied."""
    html = body.inner_html or ""
    for _ in range(_LEVELS):
        html = _EMPTY.sub("", html)
    return html.strip()


# --- related links -------------------------------------------------------------------------------------------------

_RELATED_NAME = re.compile(r"related(?:-[a-z-]+)?|read-?more(?:-[a-z-]+)?|see-?also|also-?read")
_RELATED_WORDS = (
    r"related(?:\s(?:links?|stor(?:y|ies)|articles?|news|content|coverage|topics|reading))?|read\smore|also\sread|read\salso|see\salso|"
    r"more\son\sthis(?:\sstory)?|lire\saussi|à\slire\saussi|siehe\sauch|mehr\szum\sthema|lea\stambién|اقرأ\sأيضا|اقرأ\sأيضاً"
)
_RELATED_LABEL = re.compile(rf">\s*(?:{_RELATED_WORDS})\s?:?(?:\s|&nbsp;)*<", re.IGNORECASE)
_RELATED_LABEL_ALONE = re.compile(rf"(?:{_RELATED_WORDS})\s?:?", re.IGNORECASE)
_LAST_PLACES = 60
"""How many elements from the end are tried as the label: the block is at the end of the text, and lists are short."""
_TELLING_LINK = 3
"""Words of a headline; "Continue reading" and "here" lead to the entry itself."""


def _related_fields(body: LexborNode, base_url: str | None) -> list[Link]:
    """Read `field-name-field-related*` and its kin, whatever its label says."""
    names = {
        node.mem_id: "related" for node in body.css("[class]") if any(map(_RELATED_NAME.fullmatch, _field_names(node)))
    }
    nodes = [node for node in body.css("[class]") if node.mem_id in names and not _inside(node, names)]
    with_links = [(node, _links([node], base_url)) for node in nodes]
    _remove(node for node, found in with_links if found)
    return [link for _, found in with_links for link in found]


def _related_block(body: LexborNode, base_url: str | None) -> list[Link]:
    """Read a label such as "Related:" and the links after it, where nothing else follows to the end of the text."""
    for label in body.css("h2, h3, h4, h5, h6, p, strong, b, em, span")[-_LAST_PLACES:]:
        if not _RELATED_LABEL_ALONE.fullmatch(_outside_links(label)):
            continue
        block = [label, *_following(label, body)]
        found = _links(block, base_url)
        if found and not any(_outside_links(node) for node in block[1:]) and all(map(_is_telling, found)):
            _remove(block)
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
    found = ((web_url(anchor.attributes.get("href"), base=base_url), _text(anchor)) for anchor in anchors)
    return [Link(url=url, text=text) for url, text in found if url and text]


def _is_telling(link: Link) -> bool:
    return len(link.text.split()) >= _TELLING_LINK or not link.text.isascii()


def _dedupe(links: list[Link]) -> tuple[Link, ...]:
    return tuple({link.url: link for link in reversed(links)}.values())[::-1][:MAX_RELATED]


# --- fields without markup -----------------------------------------------------------------------------------------

_GAP = r"(?:[\s\u00a0|]|&nbsp;|&\#160;|</?(?:p|div|span|br|b|strong)\b[^<>]{0,200}>)*+"
_LABEL_KINDS = {"Author": "author", "By": "author", "ID": "source_id", "Main category": "categories", "Date": "dated"}
_LABEL = rf"(?:{'|'.join(map(re.escape, _LABEL_KINDS))})\s?:"
_CLOCK = r"\d{2}:\d{2}(?::\d{2})?"
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,\s"
_MACHINE_DATE = rf"{_WEEKDAY}(?:\d{{4}}-\d{{2}}-\d{{2}}\s{_CLOCK}|\d{{2}}/\d{{2}}/\d{{4}}\s-\s{_CLOCK}|[A-Z][a-z]+\s\d{{1,2}},\s\d{{4}}\s-\s{_CLOCK})"
"""Drupal's medium and long formats, in the spellings that its installer offers."""
_START = re.compile(rf"{_GAP}(?:{_LABEL}|{_MACHINE_DATE})")
_SKIPPED = re.compile(_GAP)
_FIELD = re.compile(
    rf"""
      (?P<dated>{_MACHINE_DATE})
    | ID\s?:{_GAP}(?P<source_id>\d{{3,30}})
    | (?P<label>Author|By|Main[ ]category|Date)\s?:(?P<value>[^<>\n]{{0,{MAX_VALUE}}}?)(?=<|\n|{_LABEL}|{_MACHINE_DATE})
    """,
    re.VERBOSE,
)
_ENOUGH_FIELDS = 2
_GLUED = re.compile(r"\s*,\s*|(?<=[a-z])(?=[A-Z])")


def _from_text(html: str) -> tuple[Byline, str]:
    """Read fields that lost their markup: "Author: AFPID: 1550642699890643100Wed, 2019-02-20 05:59 BAMAKO, Mali: ..."."""
    if not _START.match(html):
        return Byline(), html
    begin = at = _end(_SKIPPED, html, 0)
    found: dict[str, str] = {}
    while match := _FIELD.match(html, at):
        kind = _LABEL_KINDS[match["label"]] if match["label"] else "dated" if match["dated"] else "source_id"
        found[kind] = one_line(decoded(match[match.lastgroup or 0]))
        at = _end(_SKIPPED, html, match.end())
    if len(found) < _ENOUGH_FIELDS:
        return Byline(), html
    categories = _GLUED.split(found.get("categories", ""))
    byline = Byline(
        author=found.get("author") or None,
        source_id=found.get("source_id") or None,
        dated=found.get("dated") or None,
        categories=tuple(name for name in dict.fromkeys(categories) if name)[:MAX_VALUES],
    )
    return byline, html[:begin] + html[at:]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
