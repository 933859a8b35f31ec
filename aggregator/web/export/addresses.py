"""Which file each address of the site becomes.

    /                      index.html          /?after=...             index.2.html
    /stories               stories.html        /stories?after=...      stories.2.html
    /entries/5             entries/5.html      /feeds/arab-news/icon   feeds/arab-news/icon.svg
    /feed.atom             feed.atom           /feed.atom?archive=...  feed.1520683200-50.atom
    /?window=7d            index.window-7d.html

Pages are named `.html` and linked so: that works on every static host and from `file://`, where `/stories/` would show a
folder. Names are made of ids and slugs, never of texts, and a part of one is `PART` or the address is not exported.
Later pages of a list are numbered, for their marks name other entries with every poll; archives are named by their marks,
which stand for the same entries for good. Numbers come after a dot, which no id and no slug has.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aggregator.errors import QueryError
from aggregator.model.query import Cursor

NOTE = "search.html"
"""The page that says what a copy of the site can't do."""
NOT_FOUND = "404.html"
"""What static hosts show for an address that is no file (GitHub Pages, GitLab Pages, Netlify, Cloudflare Pages)."""
ROBOTS = "robots.txt"

PART = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_DOCUMENTS = (".atom", ".rss", ".json", ".opml")
_OUTSIDE = frozenset({"search", "media", "healthz", "readyz", "metrics", "websub", "robots", "favicon", "404", "index"})
"""First parts of addresses that need the program, or whose files have a content of their own here."""
_ITEM = re.compile(r"(?:entries|stories)/[0-9]{1,19}")
_ITEM_FILE = re.compile(rf"({_ITEM.pattern})\.html")
_DAY = re.compile(r"digests/(?:[a-z0-9-]+/)?[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FILE = re.compile(rf"({_DAY.pattern})\.html")
_RUNNING = re.compile(r"digests/(?:[^/]+/)?today")
"""What changes until the day is over: a copy has what is sealed."""
_DIGESTS = re.compile(r"digests(?:/[a-z0-9-]+)?(?:\.(?:atom|rss|json))?")
_CONTINUING = frozenset({"after", "before"})
_SINCE = frozenset({"since"})
_CHOOSING = frozenset({"window", "category"})
"""What can be asked of the front page: each has a few answers, which it leads to itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What becomes one file."""

    path: str
    """Below the site's address, without leading slash; empty for the front page."""
    number: int = 1
    """Of a page of a list."""
    mark: str = ""
    """What else tells it from others of its path: of an archive time and number, of a front page what is chosen."""

    @property
    def file(self) -> str:
        """Give the name of the file, with slashes, below the folder of the export."""
        stem, dot, suffix = self.path.rpartition(".")
        if not dot:
            stem, suffix = self.path or "index", "svg" if self.path.endswith("/icon") else "html"
        number = str(self.number) if self.number > 1 else ""
        return ".".join(part for part in (stem, self.mark, number, suffix) if part)

    @property
    def is_item(self) -> bool:
        """Tell the page of an entry or a story, of which there are as many as there is news."""
        return _ITEM.fullmatch(self.path) is not None

    @property
    def is_day(self) -> bool:
        """Tell the page of a sealed digest, each of which leads to the one before."""
        return _DAY.fullmatch(self.path) is not None

    @property
    def is_document(self) -> bool:
        """Tell what is made for programs, and says absolute addresses."""
        return self.path.endswith(_DOCUMENTS)

    @property
    def is_page(self) -> bool:
        """Tell what is made for people."""
        return self.file.endswith(".html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address with the way to ask the application for it."""

    address: Address
    query: str = ""
    depth: int = 1
    """How many documents of its list have been passed to come here, itself included."""

    @property
    def target(self) -> str:
        """Give path and query, as the application is asked."""
        return f"/{self.address.path}" + (f"?{self.query}" if self.query else "")


def place_of(path: str, query: str, *, on: Place) -> Place | None:
    """Find what a link leads to.

    Args:
        path: below the site's address, without leading slash.
        query: without "?".
        on: where the link stands; what continues its list is the next page.

    Returns:
        None for what only the running program can answer.
    """
    parts = path.split("/") if path else []
    is_name = all(PART.fullmatch(part) for part in parts)
    if not is_name or _RUNNING.fullmatch(path) or (parts and parts[0].partition(".")[0] in _OUTSIDE):
        return None
    plain = Place(address=Address(path=path))
    if not query or parts[:1] == ["static"]:  # the mark of a file's content is for caches
        return plain
    if path == on.address.path and query == on.query:
        return on
    return _asked(plain, query, on)


def item_of(file: str) -> Place | None:
    """Find the entry, story or sealed digest whose page a file is; None for other files."""
    found = _ITEM_FILE.fullmatch(file) or _DAY_FILE.fullmatch(file)
    return Place(address=Address(path=found[1])) if found else None


def _asked(plain: Place, query: str, on: Place) -> Place | None:
    path, given = plain.address.path, parse_qsl(query)
    names = {name for name, _ in given}
    if names <= _CONTINUING:
        # Where another page leads into the middle of a list, that list begins: its pages are cut elsewhere.
        further = Place(address=Address(path=path, number=on.address.number + 1), query=query, depth=on.depth + 1)
        return further if path == on.address.path and given else plain
    if names == _SINCE and _DIGESTS.fullmatch(path):  # of all digests, which a copy has, these are the newest
        return plain
    if not path and names <= _CHOOSING and all(PART.fullmatch(value) and "." not in value for _, value in given):
        mark = ".".join(sorted(f"{name}-{value}" for name, value in given))
        return Place(address=Address(path=path, mark=mark), query=query)
    return _archive(path, query, on) if names == {"archive"} and path == on.address.path else None


def _archive(path: str, query: str, on: Place) -> Place | None:
    try:
        cursor = Cursor.from_text(dict(parse_qsl(query))["archive"])
    except QueryError:
        return None
    mark = f"{int(cursor.listed_at.timestamp())}-{cursor.id}"
    return Place(address=Address(path=path, mark=mark), query=query, depth=on.depth + 1)
