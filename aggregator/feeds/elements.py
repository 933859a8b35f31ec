"""A well-formed document as a tree of plain tuples, with the names that feedparser has for its elements.

Built over expat, the very parser under feedparser's strict one: what is not well-formed to one is not to the other, and
line ends, references and attribute values come out the same. Elements are tuples and not objects because a document
has hundreds of them. For tree and walk of 50 kB that takes 0.35 ms, lxml 0.33, ElementTree 0.5 (it takes each reference
for a text of its own).
"""

from typing import Final, Protocol, TypeAlias
from xml.parsers import expat

from aggregator.feeds.feedparser_names import NAMESPACES

Element: TypeAlias = tuple[str, dict[str, str], list["Element | str"]]
"""Name as expat gives it ("local" or "namespace local"), attributes likewise, and what is inside in document order."""

_USERLAND: Final = "backend.userland.com/rss"
_RSS_1: Final = "http://purl.org/rss/1.0/"
_NETSCAPE: Final = "http://my.netscape.com/rdf" + "/simple/0.9/"  # in two: whole, it looks like a package index
_ATOM: Final = "http://www.w3.org/2005/atom"
_XLINK: Final = "http://www.w3.org/1999/xlink"


class UnfamiliarError(Exception):
    """Here feedparser does something that the fast path does not know how to do."""


class Names:
    """Names of elements and attributes as feedparser has them: its own prefixes, everything in lower case.

    It looks names up in what was declared before the element; here everything that a document declares counts. A document in
    which that could make a difference, because it gives one prefix to two namespaces, is unfamiliar.
    """

    def __init__(self) -> None:
        self.version = ""
        """`rss10` and the like, where a namespace has told it already."""
        self._own_prefixes: dict[str, str] = {}
        """Prefix in the document to feedparser's, for namespaces that it knows."""
        self._bound: dict[str, str] = {}
        self._unknown: dict[str, str] = {}
        self._elements: dict[str, str] = {}

    def declare(self, prefix: str | None, uri: str | None) -> None:
        """Note `xmlns[:prefix]="uri"`.

        Raises:
            UnfamiliarError: the prefix has stood for something else.
        """
        if not uri:
            return
        address = uri.lower()
        self.version = self.version or _version(prefix, address)
        if " " in uri or (prefix and self._bound.setdefault(prefix.lower(), uri) != uri) or address == _XLINK:
            raise UnfamiliarError(f"namespace {uri}")
        own = own_prefix(address)
        if own is None:
            # The first prefix stays its name, but no prefix is none.
            if not self._unknown.setdefault(uri, prefix or "") and prefix:
                raise UnfamiliarError(f"namespace {uri} under two names")
        elif prefix:
            self._own_prefixes[prefix] = own

    def element(self, name: str) -> str:
        """Name an element: `title`, `dc_creator`, `media_content`."""
        known = self._elements.get(name)
        if known is None:
            known = self._elements[name] = self._named(name, "_")
        return known

    def attributes(self, element: Element) -> dict[str, str]:
        """Name an element's attributes: `href`, `xml:base`; values of `rel` and `type` in lower case.

        Raises:
            UnfamiliarError: two of them come out with one name.
        """
        found = {self._named(name, ":") if " " in name else name.lower(): value for name, value in element[1].items()}
        if len(found) != len(element[1]):
            raise UnfamiliarError("attributes that differ in case")
        for name in ("rel", "type"):
            if name in found:
                found[name] = found[name].lower()
        return found

    def _named(self, name: str, joint: str) -> str:
        uri, _, local = name.rpartition(" ")
        own = own_prefix(uri.lower())
        prefix = (self._unknown.get(uri, "") if own is None else own).lower()
        if joint == ":":
            if prefix in {"rdf", "xml"} and own is None:
                raise UnfamiliarError(f"attribute of {uri}")
            prefix = own or ""
        else:
            prefix = self._own_prefixes.get(prefix, prefix).lower()
        return f"{prefix}{joint}{local.lower()}" if prefix else local.lower()


def own_prefix(address: str) -> str | None:
    """Give feedparser's prefix for the address of a namespace in lower case, None for one it does not know."""
    return "" if _USERLAND in address else NAMESPACES.get(address)


def _version(prefix: str | None, address: str) -> str:
    if address == _NETSCAPE:
        return "" if prefix else "rss090"
    return {_RSS_1: "rss10", _ATOM: "atom10"}.get(address, "")


class Notes(Protocol):
    """Who is told of what leaves no trace in the tree (`imprints.Marks`)."""

    def note(self, target: str, inside: "list[Element | str]") -> None:
        """Take note of a processing instruction, and of what stands before it in its element."""
        ...

    def declare(self, depth: int, prefix: str | None, uri: str | None) -> None:
        """Take note of a namespace that an element at this depth declares."""
        ...


def read_tree(text: str, notes: Notes | None = None) -> tuple[Element, Names, frozenset[str]] | None:
    """Build the tree of a document.

    Args:
        text: from the first element on.
        notes: may add to what is inside of the element that an instruction stands in.

    Returns:
        Its root, its names, and the names of all attributes in it, as expat has them; None where it is not well-formed.

    Raises:
        UnfamiliarError: its namespaces are used in a way that would need feedparser itself.
    """
    names, outermost, used = Names(), list[Element | str](), set[str]()
    stack = [outermost]

    def start(name: str, attributes: dict[str, str]) -> None:
        inside: list[Element | str] = []
        stack[-1].append((name, attributes, inside))
        stack.append(inside)
        if attributes:
            used.update(attributes)

    def declare(prefix: str | None, uri: str | None) -> None:
        names.declare(prefix, uri)
        if notes:
            notes.declare(len(stack), prefix, uri)

    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.buffer_size = 64 * 1024
    parser.StartNamespaceDeclHandler = declare
    if notes:
        parser.ProcessingInstructionHandler = lambda target, _: notes.note(target, stack[-1])
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda data: stack[-1].append(data)  # noqa: PLW0108  the innermost at that moment
    try:
        parser.Parse(text.encode(), True)  # noqa: FBT003  expat takes no keywords
    except (expat.ExpatError, UnicodeEncodeError):
        return None
    root = outermost[0]
    return None if isinstance(root, str) else (root, names, frozenset(used))
