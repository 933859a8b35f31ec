"""Write a digest as Markdown (CommonMark 0.31)."""

import re
from collections.abc import Iterator

from aggregator.model.digest import Digest, SectionKind
from aggregator.publish.digest_sheet import Sheet, SheetItem, SheetSection, sheet
from aggregator.publish.site import Site

MEDIA_TYPE = "text/markdown"

_SPECIAL = re.compile(r"([\\`*_\[\]<>#&|~!$])")
_FIRST = re.compile(r"^([-+=:]|\d{1,9}(?=[.)]))")
_NOT_IN_ADDRESSES = {"<": "%3C", ">": "%3E", "\\": "%5C", " ": "%20", "|": "%7C"}


def write(site: Site, digest: Digest) -> bytes:
    """Write a whole document, UTF-8. Equal input gives equal bytes."""
    return ("\n\n".join(_blocks(sheet(site, digest))) + "\n").encode()


def plainly(text: str) -> str:
    r"""Write a text of one line so that nothing in it is markup.

    Section 2.4: a backslash before ASCII punctuation makes it literal. What begins a list or an underline only does so
    at the beginning of a line; a number there gets its point escaped.
    """
    escaped = _SPECIAL.sub(r"\\\1", text)
    begun = _FIRST.match(escaped)
    if begun is None:
        return escaped
    at = begun.end() if escaped[0].isdigit() else 0
    return f"{escaped[:at]}\\{escaped[at:]}"


def link(text: str, url: str) -> str:
    """Write a link (section 6.3); the address in angle brackets may hold parentheses."""
    address = "".join(_NOT_IN_ADDRESSES.get(character, character) for character in url)
    return f"[{plainly(text)}](<{address}>)"


def _blocks(made: Sheet) -> Iterator[str]:
    yield f"# {plainly(made.title)}"
    yield f"**{plainly(made.heading)}**"
    for part in made.sections:
        yield f"## {plainly(part.title)}"
        yield from _section(part)
    if not made.sections:
        yield "Nothing was published in these hours, as far as the feeds say."
    yield "---"
    yield plainly(f"{made.span}. {made.counted}.")
    links = (("This digest", made.url), ("New since", made.since_url), ("All digests", made.list_url))
    yield " · ".join(link(text, url) for text, url in links)


def _section(part: SheetSection) -> Iterator[str]:
    if part.kind is SectionKind.BRIEF:
        yield "\n".join(f"- {link(item.headline, item.url)} - {_credits(item)}{_new(item)}" for item in part.items)
        return
    for item in part.items:
        yield from _story(item)


def _story(item: SheetItem) -> Iterator[str]:
    yield f"### {link(item.headline, item.url)}"
    yield f"*{_credits(item)} · {plainly(item.time)}*"
    if item.changed:
        yield _new(item).lstrip()
    if item.teaser:
        yield plainly(item.teaser)
    if item.related:
        yield "\n".join(f"- {link(each.headline, each.url)} ({plainly(each.publisher)})" for each in item.related)


def _credits(item: SheetItem) -> str:
    return f"{plainly(item.credits)} · {link(item.page_name, item.story_url)}"


def _new(item: SheetItem) -> str:
    new = f" **New:** {plainly(item.changed)}" if item.changed else ""
    return f"{new} **Before:** {plainly(item.formerly)}" if item.formerly else new
