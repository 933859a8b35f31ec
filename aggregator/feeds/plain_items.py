"""Items of the usual kind straight to `RawEntry`, in a third of the time: a title, a link, texts and dates, each once.

    elements.read_tree -> `walk`, which builds feedparser's dictionaries -> xmlfeed -> RawEntry
                      `-> this, where no element of an entry has an effect on another ----^

Nothing is decided here that `walk` and `xmlfeed` do not decide: what is given is what they would give, or nothing at all. That
both agree is a property test.
"""

from collections.abc import Callable, Container
from typing import Final, TypeAlias

from aggregator.feeds.constructs import construct, raw_text, resolved, text_of
from aggregator.feeds.elements import Element, Names
from aggregator.feeds.raw import Markup, RawEntry, Title

_HTML: Final = "text/html"
_PLAIN: Final = "text/plain"

_TYPES: Final = frozenset({"html", "text", _HTML, _PLAIN})
_ABOUT: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"
_SIZES: Final = frozenset({"url", "width", "height"})
_OF_PERSON: Final = frozenset({"uri", "url", "homepage"})

_SLOTS: Final = {
    **{
        name: name
        for name in ("title", "link", "id", "published", "updated", "author", "summary", "content", "comments")
    },
    "guid": "id",
    "pubdate": "published",
    "dc_date": "updated",
    "dc_creator": "author",
    "description": "described",
    "content_encoded": "encoded",
    "media_thumbnail": "image",
    "category": "tag",
    "dc_subject": "tag",
}
"""What an element of this name is to an entry."""
_TEXTS: Final = (("described", "summary", _HTML), ("encoded", "content", _HTML))

Found: TypeAlias = dict[str, Element]


class _UnusualError(Exception):
    """Something here may bear on something else: not for us."""


class PlainItems:
    """Reads items of one document, which has no `xml:base` in it.

    Args:
        names: of its elements.
        version: of its format.
        known: names of elements that have any effect.
    """

    def __init__(self, names: Names, version: str, known: Container[str]) -> None:
        self._names = names
        self._version = version
        self._known = known
        self._slots: dict[str, str] = {}
        self._is_atom = version.startswith("atom")

    def read(self, item: Element, lang: str | None, ignore: Callable[[Element], None]) -> RawEntry | None:
        """Read an item in which this language is in force; None where it is not of the usual kind.

        Args:
            item: the element.
            lang: as it stands in the document.
            ignore: what is done about elements without any effect. Not kept: it is the walk's, and in a cycle of both a
                document would stay in memory, 10 MB of documents a worker.
        """
        try:
            found: Found = {}
            tags = self._sort(item, found, ignore)
            return self._entry(item, found, tags, lang)
        except _UnusualError:
            return None

    def _sort(self, item: Element, found: Found, ignore: Callable[[Element], None]) -> list[Element]:
        """Find out what is what; gives the tags, of which there may be any number."""
        tags: list[Element] = []
        slots = self._slots
        for child in item[2]:
            if type(child) is tuple:
                slot = slots.get(child[0]) or self._slot(child[0])
                if slot == "tag":
                    tags.append(child)
                elif slot == "none":
                    ignore(child)
                elif slot in found:
                    raise _UnusualError
                else:
                    found[slot] = child
        return tags

    def _slot(self, name: str) -> str:
        key = self._names.element(name)
        slot = _SLOTS.get(key)
        if slot is None:
            if key in self._known:
                raise _UnusualError
            slot = "none"
        self._slots[name] = slot
        return slot

    def _entry(self, item: Element, found: Found, tags: list[Element], lang: str | None) -> RawEntry:
        get = found.get
        if item[1] and (len(item[1]) > 1 or _ABOUT not in item[1]):
            raise _UnusualError
        guid, of_guid = item[1].get(_ABOUT) or None, None
        if (element := get("id")) is not None:
            guid = text_of(element) or None
            of_guid = guid if not element[1] or _is_permalink(element) else None
        link = get("link")
        title = self._title(get("title"))
        summary, content = self._texts(found)
        return RawEntry(
            guid=guid,
            link=of_guid if link is None else self._address(link),
            link_is_guid=link is None and of_guid is not None,
            title=title,
            summary=summary,
            content=content,
            author=self._author(get("author")),
            published=_text(get("published")),
            updated=_text(get("updated")),
            tags=self._tags(tags) if tags else (),
            language=self._language(found, lang) if lang else None,
            images=_thumbnail(get("image")),
            comments=_text(get("comments"), address=True) or None,
        )

    def _language(self, found: Found, lang: str) -> str | None:
        has_text = not found.keys().isdisjoint(("title", "summary", "described", "content", "encoded"))
        return lang.replace("_", "-") if has_text else None

    def _construct(self, element: Element, default: str) -> tuple[str, str]:
        attributes = element[1]
        if attributes and (attributes.keys() != {"type"} or attributes["type"] not in _TYPES):
            raise _UnusualError
        return construct(element, attributes, self._names, default, version=self._version)

    def _title(self, element: Element | None) -> Title | None:
        if element is None:
            return None
        value, kind = self._construct(element, _PLAIN)
        return Title(value=value, is_html=kind == _HTML, may_hold_markup=not self._is_atom) if value else None

    def _texts(self, found: Found) -> tuple[Markup | None, Markup | None]:
        """Read a summary and a content; of two summaries, the second would be the content."""
        read = []
        for named, slot, kind in _TEXTS:
            element, other = found.get(named), found.get(slot)
            if element is not None and other is not None:
                raise _UnusualError
            if element is not None:
                read.append(self._markup(element, kind))
            else:
                read.append(None if other is None else self._markup(other, _PLAIN))
        summary, content = read
        return (None if summary and content and summary.value == content.value else summary), content

    def _markup(self, element: Element, default: str) -> Markup | None:
        value, kind = self._construct(element, default)
        return Markup(value=value, is_html=kind == _HTML) if value else None

    def _address(self, element: Element) -> str | None:
        """Read a link: RSS has the address inside, Atom in an attribute."""
        attributes = element[1]
        if not attributes:
            address = text_of(element)
            if "&" in address or ":///" in address:
                raise _UnusualError
            return address or None
        kinds = attributes.get("rel", "alternate"), attributes.get("type", _HTML)
        if (
            kinds != ("alternate", _HTML)
            or "href" not in attributes
            or not attributes.keys() <= {"rel", "type", "href"}
        ):
            raise _UnusualError
        if element[2]:
            raise _UnusualError
        return resolved("", attributes["href"]) or None

    def _author(self, element: Element | None) -> str:
        if element is None:
            return ""
        if not any(type(part) is tuple for part in element[2]):
            text = text_of(element)
            if "@" in text:
                raise _UnusualError
            return text
        name = ""
        for part in element[2]:
            if type(part) is str:
                if part.strip():
                    raise _UnusualError
                continue
            key, text = self._names.element(part[0]), raw_text(part)  # type: ignore[arg-type]  # no str
            if key == "name" and not name:
                name = text
            elif key not in _OF_PERSON:
                raise _UnusualError
        if not name:
            raise _UnusualError
        return name

    def _tags(self, elements: list[Element]) -> tuple[str, ...]:
        """Read tags: RSS has them as text, Atom in an attribute."""
        kept: dict[str, None] = {}
        for element in elements:
            attributes, text = element[1], text_of(element)
            if attributes and (text or len(attributes) > 1 or not attributes.get("term")):
                raise _UnusualError
            if attributes:
                kept[attributes["term"]] = None
            elif text:
                kept[text] = None
        return tuple(kept)


def _is_permalink(element: Element) -> bool:
    if len(element[1]) > 1 or "isPermaLink" not in element[1]:
        raise _UnusualError
    return element[1]["isPermaLink"] == "true"


def _text(element: Element | None, *, address: bool = False) -> str:
    if element is None:
        return ""
    if address and element[1]:
        raise _UnusualError
    text = text_of(element)
    if address and ":///" in text:
        raise _UnusualError
    return text


def _thumbnail(element: Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    if "url" not in element[1] or not element[1].keys() <= _SIZES or raw_text(element):
        raise _UnusualError
    return (element[1]["url"], "")
