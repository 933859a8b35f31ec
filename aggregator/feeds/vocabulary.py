"""The elements that the fast path knows, and what feedparser makes of each."""

import re
from typing import Final

from aggregator.feeds.constructs import XHTML, media_type, mended, raw_text, resolved, text_of
from aggregator.feeds.elements import Element, UnfamiliarError
from aggregator.feeds.people import read_author, read_contributor
from aggregator.feeds.walk import Handler, Walk

_PAGES: Final = frozenset({"text/html", XHTML})
_WITHOUT_EFFECT: Final = (
    "width height url uri homepage email name subtitle tagline itunes_subtitle rights copyright dc_rights "
    "feedburner_browserfriendly webmaster dc_publisher dc_contributor expirationdate cloud generator "
    "itunes_block itunes_explicit media_credit media_rating media_restriction media_license media_player cc_license "
    "creativecommons_license georss_point image"
)
"""Known to feedparser, but nothing of them is read, and as long as nothing stands in them they change nothing else."""


def _text(key: str) -> Handler:
    def read(walk: Walk, element: Element, depth: int, _: str | None) -> None:
        walk.text(element, key, depth)

    return read


def _nothing(_: Walk, element: Element, __: int, ___: str | None) -> None:
    raw_text(element)


def _group(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    walk.children(element, depth, walk.language_at(element, lang))


# --- texts -------------------------------------------------------------------------------------------------------


def _title(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    walk.title(element, depth, lang)


def _media_title(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    walk.media_title(element, depth, lang)


def _description(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    walk.summary(element, depth, lang, "text/html", feeds="subtitle")


def _summary(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    walk.summary(element, depth, lang, "text/plain")


def _content(walk: Walk, element: Element, _: int, lang: str | None) -> None:
    walk.content(element, lang, "text/plain")


def _encoded(walk: Walk, element: Element, _: int, lang: str | None) -> None:
    walk.content(element, lang, "text/html")


# --- addresses ---------------------------------------------------------------------------------------------------

_BROKEN: Final = re.compile("&([A-Za-z0-9_]+);")


def _identifier(walk: Walk, element: Element, depth: int, _: str | None) -> None:
    """Read `guid` or `id`: it is the link as well, until there is one."""
    value = walk.text(element, "id", depth)
    if not element[1] or walk.attributes(element).get("ispermalink", "true") == "true":
        walk.at.setdefault("link", value)


def _link(walk: Walk, element: Element, _: int, __: str | None) -> None:
    """Read `link`: RSS has the address inside, Atom in an attribute."""
    link: dict[str, str | None] = {"rel": "alternate", **walk.with_href(element)}
    kind = link.setdefault("type", "application/atom+xml" if link["rel"] == "self" else "text/html")
    walk.listed("links").append(link)
    text, base = raw_text(element), walk.base(element)
    if (href := link.get("href")) is not None:
        link["href"] = href = resolved(base, href)
        if link["rel"] == "alternate" and media_type(kind or "") in _PAGES:
            walk.at["link"] = href
        return
    address = mended(resolved(base, text)) if text else ""
    if "&" in address:
        # feedparser mends "?a=1&b;=2" here, which its other parser makes of "&b".
        address = _BROKEN.sub(r"&\1", address.replace("&amp;", "&") if walk.in_entry else address)
    walk.at["link"] = address
    if address:
        link["href"] = address


def _enclosure(walk: Walk, element: Element, _: int, __: str | None) -> None:
    raw_text(element)
    walk.listed("links").append({**walk.with_href(element), "rel": "enclosure"})


def _media_content(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    walk.listed("media_content").append(dict(walk.attributes(element)))
    _group(walk, element, depth, lang)


def _thumbnail(walk: Walk, element: Element, _: int, __: str | None) -> None:
    text = text_of(element)
    address = resolved(walk.base(element), text) if text else ""
    walk.listed("media_thumbnail").append({"url": address, **walk.attributes(element)})


def _itunes_image(walk: Walk, element: Element, _: int, __: str | None) -> None:
    raw_text(element)
    attributes = walk.attributes(element)
    if href := attributes.get("href") or attributes.get("url"):
        walk.at["image"] = {"href": href}


_OF_SOURCE: Final = frozenset(
    (
        "title",
        "link",
        "id",
        "author",
        "contributor",
        "category",
        "updated",
        "published",
        "subtitle",
        "rights",
        "generator",
    )
)
"""What may stand in a source."""


def _source(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    """Read `source`: RSS has address and name in it, Atom the head of a feed."""
    if not walk.in_entry:
        raise UnfamiliarError("source outside of an entry")
    for part in element[2]:
        key = "" if isinstance(part, str) else walk.names.element(part[0])
        # The text of a link that has its address elsewhere becomes part of the source's name, as that of the unknown does.
        if key and (key not in _OF_SOURCE or (key == "link" and part[1] and raw_text(part))):  # type: ignore[arg-type]  # no str
            raise UnfamiliarError(f"{key} in a source")
    attributes = walk.attributes(element)
    found: dict[str, object] = {"href": attributes["url"]} if "url" in attributes else {}
    found |= walk.source(element, depth, walk.language_at(element, lang))
    if text := mended("".join(part for part in element[2] if isinstance(part, str)).strip()):
        found["title"] = text
    walk.at["source"] = found


# --- tags --------------------------------------------------------------------------------------------------------

_ITUNES: Final = "http://www.itunes.com/"
_MEDIA: Final = "http://search.yahoo.com/mrss/category_schema"


def _category(walk: Walk, element: Element, _: int, __: str | None) -> None:
    attributes = walk.attributes(element)
    scheme = attributes.get("scheme", attributes.get("domain"))
    _tag(walk, element, attributes.get("term"), scheme, attributes.get("label"))


def _media_category(walk: Walk, element: Element, _: int, __: str | None) -> None:
    attributes = walk.attributes(element)
    _tag(walk, element, attributes.get("term"), attributes.get("scheme", _MEDIA), attributes.get("label"))


def _itunes_category(walk: Walk, element: Element, depth: int, lang: str | None) -> None:
    inside = [part for part in element[2] if not isinstance(part, str)]
    if inside and not walk.in_entry:
        # Of a podcast, where nothing reads its categories.
        for part in inside:
            if walk.names.element(part[0]) != "itunes_category":
                raise UnfamiliarError(f"{part[0]} in a category")
            _itunes_category(walk, part, depth + 1, lang)
        return
    _tag(walk, element, walk.attributes(element).get("text"), _ITUNES, None)


def _tag(walk: Walk, element: Element, term: str | None, scheme: str | None, label: str | None) -> None:
    """Add what the attributes say; then the text, into the last tag if that has no term yet."""
    text = text_of(element)
    if not walk.in_entry:
        return
    _add(walk, term, scheme, label)
    tags = walk.listed("tags")
    last = tags[-1] if tags else None
    if text and last and not last["term"]:
        walk.tags.discard((last["term"], last["scheme"], last["label"]))
        last["term"] = text
        walk.tags.add((text, last["scheme"], last["label"]))
    elif text:
        _add(walk, text, None, None)


def _add(walk: Walk, term: str | None, scheme: str | None, label: str | None) -> None:
    """Add a tag that is not there yet. feedparser compares it with every other: 50,000 of them take it a minute."""
    if (term or scheme or label) and (term, scheme, label) not in walk.tags:
        walk.tags.add((term, scheme, label))
        walk.listed("tags").append({"term": term, "scheme": scheme, "label": label})


def _keywords(scheme: str | None) -> Handler:
    def read(walk: Walk, element: Element, _: int, __: str | None) -> None:
        if element[1]:
            raise UnfamiliarError("keywords with attributes")
        for word in text_of(element).split(","):
            if word.strip() and walk.in_entry:
                _add(walk, word.strip(), scheme, None)

    return read


# --- all of them -------------------------------------------------------------------------------------------------

_BY_HANDLER: Final[dict[str, Handler]] = {
    "title dc_title": _title,
    "media_title": _media_title,
    "description dc_description media_description": _description,
    "summary itunes_summary": _summary,
    "content": _content,
    "content_encoded": _encoded,
    "id guid": _identifier,
    "link": _link,
    "enclosure": _enclosure,
    "source": _source,
    "media_group": _group,
    "media_content": _media_content,
    "media_thumbnail": _thumbnail,
    "itunes_image": _itunes_image,
    "category keywords dc_subject": _category,
    "media_category": _media_category,
    "itunes_category": _itunes_category,
    "itunes_keywords": _keywords(_ITUNES),
    "media_keywords": _keywords(None),
    "author dc_author dc_creator itunes_author managingeditor": read_author,
    "contributor": read_contributor,
    "published issued pubdate dcterms_issued": _text("published"),
    "updated modified lastbuilddate dc_date dcterms_modified": _text("updated"),
    "created dcterms_created": _text("created"),
    "language dc_language": _text("language"),
    _WITHOUT_EFFECT: _nothing,
}
HANDLERS: Final = {name: handler for names, handler in _BY_HANDLER.items() for name in names.split()}
"""By feedparser's name of the element."""
