"""What feedparser carries from one element of a document to the next, and the rules that depend on it.

Its handlers see no tree: they act on flags and on what was kept before. So the first of two titles counts, a second
description becomes the content, and a guid is the link until there is a link. The rules here were read off
feedparser 6.0.14 and are held to it by differential tests.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from aggregator.feeds.constructs import XHTML, construct, media_type, mended, raw_text, resolved, text_of
from aggregator.feeds.elements import Element, Names, UnfamiliarError
from aggregator.feeds.feedparser_names import HANDLED
from aggregator.feeds.plain_items import PlainItems
from aggregator.feeds.raw import RawEntry

Handler: TypeAlias = Callable[["Walk", Element, int, "str | None"], None]
"""Takes an element, its depth and the language around it."""

KEPT: Final = frozenset({"comments", "feedburner_origlink", "ttl", "sy_updateperiod", "sy_updatefrequency"})
"""Names without a handler of their own under which feedparser keeps texts that we read."""

_TAKEN: Final = KEPT | frozenset(
    ("date", "date_parsed", "links", "authors", "author_detail", "title_detail", "summary_detail", "description_detail")
)
"""Names under which feedparser keeps something else as well: an unknown element of that name would overwrite it."""

_LANG: Final = "http://www.w3.org/XML/1998/namespace lang"
_COPIED: Final = frozenset({"text/plain", "text/html", XHTML})


class Walk:
    """A document on the way to feedparser's dictionaries; `at` is the one of feed, entry or source that is being read."""

    def __init__(self, names: Names, version: str, bases: Mapping[int, str], handlers: Mapping[str, Handler]) -> None:
        self.names = names
        self.version = version
        self.feed: dict[str, object] = {}
        self.entries: list[dict[str, object] | RawEntry] = []
        self.at = self.feed
        self.title_depth = -1
        """Depth of the title that counts: a later one counts only further out. -1: there was none."""
        self._bases = bases
        self._handlers = handlers
        self._by_name: dict[str, Handler] = {}
        self._plain = PlainItems(names, version, {*handlers, *_TAKEN})
        self.tags: set[tuple[str | None, str | None, str | None]] = set()
        """Term, scheme and label of the entry's tags."""
        self._depths: dict[str, int] | None = None
        """How deep what is kept of an entry was found: what is further in does not replace it. None outside of entries."""
        self._has_content = False
        self.known = 0
        """Entries that were passed over."""
        self.leaks = False
        """Whether what stands before an entry changed how it was read."""
        self.channel: list[dict[str, str]] = []
        """Attributes of each `channel`."""

    # --- where it is -------------------------------------------------------------------------------------------

    @property
    def in_entry(self) -> bool:
        """Tell whether an entry is being read, and not a source in it."""
        return self._depths is not None

    def entry(self, item: Element, depth: int, lang: str | None) -> None:
        """Read an entry that is at this depth, with that language in force inside."""
        if not self._has_content and not self._bases and (plain := self._plain.read(item, lang, self.ignore)):
            self.entries.append(plain)
            self.title_depth = depth + 1 if plain.title else -1
            return
        self.leaks |= self._has_content
        self.at, self._depths, self.tags, self.title_depth = {}, {}, set(), -1
        self.entries.append(self.at)
        if item[1] and (about := self.names.attributes(item).get("rdf:about")):
            self.at["id"] = about
        self.children(item, depth, lang)
        self.at, self._depths, self._has_content = self.feed, None, False

    def pass_over(self) -> None:
        """Leave everything as if an entry had been read."""
        self.leaks |= self._has_content
        self.title_depth, self._has_content = -1, False
        self.known += 1

    def source(self, source: Element, depth: int, lang: str | None) -> dict[str, object]:
        """Read the source of an entry with the rules that hold for feeds."""
        entry, depths = self.at, self._depths
        self.at, self._depths, self.title_depth = {}, None, -1
        self.children(source, depth, lang)
        found, self.at, self._depths = self.at, entry, depths
        return found

    def children(self, container: Element, depth: int, lang: str | None) -> None:
        """Read what stands in an element that is itself at this depth."""
        by_name, inside = self._by_name, depth + 1
        for child in container[2]:
            if type(child) is tuple:
                (by_name.get(child[0]) or self._handler(child[0]))(self, child, inside, lang)

    def child(self, element: Element, depth: int, lang: str | None) -> None:
        """Read an element that is at this depth."""
        (self._by_name.get(element[0]) or self._handler(element[0]))(self, element, depth, lang)

    def _handler(self, name: str) -> Handler:
        """Find out what to do about elements of this name, as expat has it."""
        key = self.names.element(name)
        handler = self._handlers.get(key)
        if handler is None:
            handler = partial(_keep, key) if key in KEPT else Walk.ignore
        self._by_name[name] = handler
        return handler

    def language_at(self, element: Element, outer: str | None) -> str | None:
        """Give the language in force in an element; an empty one ends that of what is around it."""
        if not element[1]:
            return outer
        own = element[1].get(_LANG, element[1].get("lang"))
        return outer if own is None else own or None

    def base(self, element: Element) -> str:
        """Give the base that feedparser has in force at an element; empty where it has none."""
        return self._bases.get(id(element), "") if self._bases else ""

    # --- keeping -------------------------------------------------------------------------------------------------

    def store(self, key: str, value: object, depth: int) -> bool:
        """Keep a value, unless it is further in than one that is kept; tell whether it was kept."""
        depths = self._depths
        if depths is not None:
            if depth > depths.get(key, depth):
                return False
            depths[key] = depth
        self.at[key] = value
        return True

    def listed(self, key: str) -> list[dict[str, str | None]]:
        """Give the list of this name, which begins empty."""
        found = self.at.get(key)
        if found is None:
            found = self.at[key] = []
        return found  # type: ignore[return-value]  # nothing else puts anything there

    def attributes(self, element: Element) -> dict[str, str]:
        """Give the attributes of an element, to be changed at will."""
        return self.names.attributes(element) if element[1] else {}

    def with_href(self, element: Element) -> dict[str, str]:
        """Give them with the address under `href`, whichever of three names it has."""
        attributes = self.attributes(element)
        href = attributes.get("url", attributes.get("uri", attributes.get("href")))
        if href:
            attributes.pop("url", None)
            attributes.pop("uri", None)
            attributes["href"] = href
        return attributes

    def ignore(self, element: Element, depth: int = 0, lang: str | None = None) -> None:  # noqa: ARG002  a handler
        """Pass over an element that has no effect on anything that is read."""
        waiting = [element]
        while waiting:
            name, _, inside = waiting.pop()
            key = self.names.element(name)
            if key in HANDLED or key in _TAKEN or key.endswith(("svg", "math")):
                raise UnfamiliarError(key)
            if inside and (len(inside) > 1 or not isinstance(inside[0], str)):
                waiting.extend(part for part in inside if not isinstance(part, str))

    # --- texts ---------------------------------------------------------------------------------------------------

    def title(self, element: Element, depth: int, lang: str | None) -> None:
        """Read `title`: the first one counts."""
        if self.media_title(element, depth, lang):
            self.title_depth = depth

    def media_title(self, element: Element, depth: int, lang: str | None) -> str:
        """Read `media:title`: it counts until there is a title."""
        value, kind, _ = self.construct(element, "text/plain")
        if not -1 < self.title_depth <= depth:
            self.store("title", value, depth)
            self.at["title_detail"] = self._detail(element, kind, lang)
        return value

    def summary(self, element: Element, depth: int, lang: str | None, default: str, *, feeds: str = "summary") -> None:
        """Read a summary, which is called otherwise (`feeds`) where it is a feed's: after another one it is the content."""
        if "summary" in self.at and not self._has_content:
            self.content(element, lang, "text/plain")
            return
        key = "summary" if self._depths is not None else feeds
        value, kind, _ = self.construct(element, default)
        self.store(key, value, depth)
        self.at[f"{key}_detail"] = self._detail(element, kind, lang)

    def content(self, element: Element, lang: str | None, default: str) -> None:
        """Read a content; it is the summary as well, where there is none."""
        self._has_content = True
        value, kind, attributes = self.construct(element, default)
        if self._depths is not None:
            detail = self._detail(element, kind, lang)
            detail["value"] = value
            self.listed("content").append(detail)
        if media_type(attributes.get("type", default)) in _COPIED:
            self.at.setdefault("summary", value)

    def construct(self, element: Element, default: str) -> tuple[str, str, dict[str, str]]:
        """Read a text construct: what it says, its type, its attributes."""
        attributes = self.attributes(element)
        value, kind = construct(element, attributes, self.names, default, version=self.version)
        return value, kind, attributes

    def _detail(self, element: Element, kind: str, lang: str | None) -> dict[str, str | None]:
        language = self.language_at(element, lang)
        return {
            "type": kind,
            "language": language.replace("_", "-") if language else None,
            "base": self.base(element),
        }

    def text(self, element: Element, key: str, depth: int) -> str:
        """Read a plain text and keep it under this name."""
        value = text_of(element)
        self.store(key, value, depth)
        return value


def _keep(key: str, walk: Walk, element: Element, depth: int, _: str | None) -> None:
    """Keep a text under its element's own name; where there are attributes, feedparser keeps those instead."""
    text = raw_text(element)
    if element[1]:
        walk.at[key] = element[1]
    else:
        walk.store(key, mended(resolved(walk.base(element), text) if text and key == "comments" else text), depth)
