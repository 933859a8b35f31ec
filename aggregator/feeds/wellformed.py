"""The fast path: well-formed documents of familiar vocabulary, read as feedparser would, in a seventh of its time.

    text -> elements.read_tree (expat) -> this walk -> the part of feedparser's result that xmlfeed reads

A feed must not change its guids because it changed parsers, so this is no better reader than feedparser but the same
one: of every element it either knows exactly what feedparser makes of it, or it leaves the whole document to feedparser
(`UnfamiliarError`). What feedparser makes of an element depends on those before it; what is carried from one to the next is
the state of `Walk`.
"""

from collections.abc import Iterable
from typing import Final

from aggregator.feeds.constructs import bases
from aggregator.feeds.elements import Element, Names, UnfamiliarError, read_tree
from aggregator.feeds.feedparser_names import HANDLED
from aggregator.feeds.imprints import KNOWN, Marks
from aggregator.feeds.vocabulary import HANDLERS
from aggregator.feeds.walk import Walk

_VERSIONS: Final = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_XML: Final = "http://www.w3.org/XML/1998/namespace "
_IN_IMAGE: Final = frozenset({"url", "width", "height", "description"})
_IN_TEXT_INPUT: Final = frozenset({"name", "description"})
_TITLED: Final = {"image": _IN_IMAGE, "textinput": _IN_TEXT_INPUT}
_OWNER: Final = frozenset({"itunes_name", "itunes_email", "name", "email"})


def read(text: str, marks: Marks | None = None) -> dict[str, object] | None:
    """Read a document as feedparser would.

    Args:
        text: A document that went through the pre-pass.
        marks: Those in the text; None: there are none.

    Returns:
        `version`, `feed` and `entries` as `xmlfeed.read_feed` takes them; None where feedparser itself must look at it, or
        marks do not stand around entries. With marks also `around`: what else decides what an entry is read to, but for what
        `feed` says.
    """
    if text.startswith("<!"):
        return None
    try:
        tree = read_tree(text, marks)
        return None if tree is None else _document(*tree, marks)
    except (UnfamiliarError, RecursionError):
        return None


def _document(root: Element, names: Names, attributes: frozenset[str], marks: Marks | None) -> dict[str, object]:
    kind = names.element(root[0])
    version = _version(kind, root, names)
    walk = Walk(names, version, bases(root) if _mentions(attributes, "base") else {}, HANDLERS)
    lang = walk.language_at(root, None) if _mentions(attributes, "lang") else None
    if lang and kind != "rdf_rdf":
        walk.feed["language"] = lang.replace("_", "-")
    if kind == "feed":
        _channel(walk, root, 1, lang)
    else:
        _root(walk, root, lang, "rss" if kind == "rss" else "rdf")
    parsed: dict[str, object] = {"version": version, "feed": walk.feed, "entries": walk.entries}
    if marks:
        marks.check(len(walk.entries), walk.known)
        if walk.leaks or _mentions(attributes, "base"):
            raise UnfamiliarError("what stands before an entry changes it")
        parsed["around"] = (kind, root[1], walk.channel, marks.declared)
    return parsed


def _version(kind: str, root: Element, names: Names) -> str:
    """Name the format as feedparser does, of which a namespace may have told first."""
    if kind == "rss":
        if names.version.startswith("rss"):
            return names.version
        number = names.attributes(root).get("version", "")
        return _VERSIONS.get(number) or ("rss20" if number.startswith("2.") else "rss")
    if (kind == "feed" and names.version == "atom10") or (kind == "rdf_rdf" and names.version in {"rss10", "rss090"}):
        return names.version
    raise UnfamiliarError(f"root {kind} of version {names.version!r}")


def _mentions(attributes: Iterable[str], wanted: str) -> bool:
    """Tell whether an attribute of this name is in the document, be it XML's own or one without a namespace.

    Raises:
        UnfamiliarError: there is one that feedparser would take for it.
    """
    found = {name for name in attributes if name.rpartition(" ")[2].lower() == wanted}
    if not found <= {wanted, _XML + wanted}:
        raise UnfamiliarError(f"attributes {found}")
    return bool(found)


def _root(walk: Walk, root: Element, lang: str | None, kind: str) -> None:
    """Read what stands in `rss` or `rdf:RDF`."""
    for child in root[2]:
        if isinstance(child, str):
            continue
        key = walk.names.element(child[0])
        inner = walk.language_at(child, lang)
        if key == "channel":
            walk.channel.append(child[1])
            _refuse_links(walk, child)
            _channel(walk, child, 2, inner)
        elif kind == "rdf" and key == "item":
            _item(walk, child, 2, inner)
        elif kind == "rdf" and key == KNOWN:
            walk.pass_over()
        elif kind == "rdf" and key in _TITLED:
            _titled(walk, child, 3, _TITLED[key])
        elif kind == "rdf" and key not in HANDLED:
            walk.ignore(child)
        else:
            raise UnfamiliarError(f"{key} in {kind}")


def _channel(walk: Walk, channel: Element, depth: int, lang: str | None) -> None:
    """Read what stands in `channel` or `feed`, which is itself at this depth."""
    for child in channel[2]:
        if isinstance(child, str):
            continue
        key = walk.names.element(child[0])
        if key in {"item", "entry"}:
            _item(walk, child, depth + 1, walk.language_at(child, lang))
        elif key == KNOWN:
            walk.pass_over()
        elif key in _TITLED:
            _titled(walk, child, depth + 2, _TITLED[key])
        elif key == "itunes_owner" and not walk.version.startswith("atom"):
            _leaves(walk, child, _OWNER)
        else:
            walk.child(child, depth + 1, lang)


def _item(walk: Walk, item: Element, depth: int, lang: str | None) -> None:
    _refuse_links(walk, item)
    walk.entry(item, depth, lang)


def _refuse_links(walk: Walk, element: Element) -> None:
    """Refuse what feedparser takes for elements of the Channel Definition Format."""
    if element[1] and not {"href", "lastmod"}.isdisjoint(walk.names.attributes(element)):
        raise UnfamiliarError("attributes of CDF")


def _titled(walk: Walk, element: Element, depth: int, familiar: frozenset[str]) -> None:
    """Pass over `image` or `textInput`: nothing of it is kept, but its title counts as one that was seen."""
    walk.title_depth = -1
    for child in element[2]:
        if isinstance(child, str):
            continue
        key = walk.names.element(child[0])
        if key == "title":
            walk.title_depth = depth if walk.construct(child, "text/plain")[0] else walk.title_depth
        elif key == "link" or key in familiar:
            _leaves(walk, child, frozenset())
        else:
            raise UnfamiliarError(f"{key} in {element[0]}")


def _leaves(walk: Walk, element: Element, familiar: frozenset[str]) -> None:
    """Make sure that nothing but these stands in an element, and nothing in them."""
    for child in element[2]:
        if not isinstance(child, str) and (
            walk.names.element(child[0]) not in familiar or any(not isinstance(part, str) for part in child[2])
        ):
            raise UnfamiliarError(f"{child[0]} in {element[0]}")
