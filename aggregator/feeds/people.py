"""Authors and contributors, as feedparser takes them apart: a name, an address for mail, and who is mistaken for whom."""

import re
from typing import Final

from aggregator.feeds.constructs import mended, raw_text, resolved
from aggregator.feeds.elements import Element, UnfamiliarError
from aggregator.feeds.walk import Walk

_MAIL: Final = re.compile(
    r"[a-zA-Z0-9_.+-]+@(?:\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.|(?:[a-zA-Z0-9-]+\.)+)"
    r"(?:[a-zA-Z]{2,4}|[0-9]{1,3})\]?(?:\?subject=\S+)?"
)
_LONG: Final = 1000
_ADDRESSES: Final = frozenset({"uri", "url", "homepage"})


def read_author(walk: Walk, element: Element, depth: int, _: str | None) -> None:
    """Read an author: a name, perhaps with an address for mail, or elements of their own for both."""
    people = walk.listed("authors")
    inside = [part for part in element[2] if not isinstance(part, str)]
    text = mended("".join(part for part in element[2] if isinstance(part, str)).strip())
    if (inside and text) or not walk.store("author", text, depth):
        raise UnfamiliarError("author")
    if not inside:
        person = _person(text)
        people.append(person)
        if person:
            walk.at.setdefault("author_detail", person)
        return
    person = _parts(walk, inside)
    if not person.get("name"):
        # feedparser gives it the name of the one before.
        raise UnfamiliarError("author without a name")
    detail: dict[str, str | None] = walk.at.setdefault("author_detail", {})  # type: ignore[assignment]  # nothing else is there
    # Where the first author was a mere text, this is the very same dictionary, and the names of later ones replace that.
    detail.update(person)
    people.append(person)


def _parts(walk: Walk, inside: list[Element]) -> dict[str, str | None]:
    person: dict[str, str | None] = {}
    for part in inside:
        key = walk.names.element(part[0])
        if key in {"name", "email"}:
            person[key] = raw_text(part)
        elif key in _ADDRESSES:
            text = raw_text(part)
            walk.at["href"] = mended(resolved(walk.base(part), text)) if text else ""
        elif raw_text(part):
            raise UnfamiliarError(f"{key} in an author")
        else:
            walk.ignore(part)
    return person


def _person(text: str) -> dict[str, str | None]:
    """Split "jane@news.example (Jane Doe)"."""
    if "@" in text and len(text) > _LONG:
        raise UnfamiliarError("long author")
    found = _MAIL.search(text) if "@" in text else None
    if found is None:
        return {"name": text} if text else {}
    name = text.replace(found[0], "").replace("()", "").replace("<>", "").replace("&lt;&gt;", "").strip()
    name = name.removeprefix("(").removesuffix(")").strip()
    return {"name": name, "email": found[0]} if name else {"email": found[0]}


def read_contributor(walk: Walk, element: Element, _: int, __: str | None) -> None:
    """Read a contributor, of whom nothing is kept but that an address of his may be taken for a source's."""
    _parts(walk, [part for part in element[2] if not isinstance(part, str)])
