"""Read Link headers (RFC 8288 section 3). Pure.

Written by hand because a comma may stand in an address and a semicolon in a quoted text, so that no split at either
is right. What is broken ends the reading: what came before it counts.
"""

import re
from dataclasses import dataclass

MOST_LINKS = 100

_TARGET = re.compile(r'[\s,]*<([^<>"\s]*)>')
_PARAMETER = re.compile(r'\s*;\s*([\w!#$%&\'*+.^`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')
_REST = re.compile(r"\s*(?:,|$)")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link."""

    target: str
    """As written, which may be relative."""
    relations: frozenset[str] = frozenset()
    """In lower case."""


def links(header: str) -> tuple[Link, ...]:
    """Read the value of a Link header, or of several joined with ", ".

    Links that are said of something else than this document (`anchor`) are left out (section 3.2).
    """
    found: list[Link] = []
    place = 0
    while len(found) < MOST_LINKS and (target := _TARGET.match(header, place)):
        parameters, place = _parameters(header, target.end())
        if not (rest := _REST.match(header, place)):
            break
        place = rest.end()
        if "anchor" not in parameters:
            relations = frozenset(parameters.get("rel", "").lower().split())
            found.append(Link(target=target[1], relations=relations))
    return tuple(found)


def _parameters(header: str, place: int) -> tuple[dict[str, str], int]:
    """Read the parameters from a place on; of a name that stands twice the first counts (section 3.3, on `rel`)."""
    found: dict[str, str] = {}
    while parameter := _PARAMETER.match(header, place):
        name, quoted, bare = parameter.groups()
        found.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) if quoted is not None else bare or "")
        place = parameter.end()
    return found, place
