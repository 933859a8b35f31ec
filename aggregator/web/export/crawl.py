"""Write the site as files: from the front page, follow every link that leads to a part of it.

The application is asked in this process, address by address, instead of the services behind it: what belongs to a page is put
together by its handler, so that a copy says what the site says, and a page that is added to the site is in the copy as
soon as a page links to it.

Pages come first, then documents for programs, whose addresses are absolute; then the note, 404.html, robots.txt, and a page
for each address that is linked and has none. What leads nowhere in the copy leads to the note. Every answer is staged, and
`SiteFiles.commit` puts all in place at the end, so that whatever goes wrong before leaves the last copy as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import cast
from urllib.parse import SplitResult, urlsplit

from starlette.applications import Starlette

from aggregator.model.export import Exported
from aggregator.ports import SiteFiles
from aggregator.publish.digest_places import list_path
from aggregator.publish.site import Site
from aggregator.web.desk import Desk
from aggregator.web.export.addresses import NOT_FOUND, NOTE, ROBOTS, Address, Place, item_of, place_of
from aggregator.web.export.asking import Told, answers, ask
from aggregator.web.export.links import Rewrite, in_document, in_page, relative, within
from aggregator.web.export.plan import MOST_PAGES, REACH, Plan

Show = Callable[[int, int], None]
"""Takes how many addresses were asked for, and how many there are as far as is known."""

_ROBOTS = b"User-agent: *\nDisallow:\n"
"""Pages say noindex themselves, which only a crawler that may read them can see; searches, which the site's own file
keeps crawlers from, are not here."""
_SEEDS = ("", "stories", "digests", "feeds", "feeds.opml", "feed.atom", "feed.rss", "feed.json")
_FRONT = Place(address=Address(path=""))
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of an export."""

    files: Exported
    failed: tuple[str, ...]
    """Addresses that could not be answered; why is in the log. Their files are as the last export left them."""


@dataclass(slots=True)
class SiteExport:
    """One export.

    Args:
        app: the application, its templates made for a copy (`create_app(live=False)`).
        files: where to.
        url: where the copy will be published, ending with a slash: for what has to be absolute. Ids stay those of the
            site (RFC 4287 section 4.2.6: they MUST NOT change when a document is "relocated, migrated, syndicated,
            republished, exported, or imported").
        full: all pages of all lists, not only the newest.
        pages: of each list, unless all are wanted.
        show: is told after each address.
    """

    app: Starlette
    files: SiteFiles
    url: str
    full: bool = False
    pages: float = MOST_PAGES
    show: Show = lambda _, __: None
    _ours: dict[str, bool] = field(default_factory=dict)
    _linked: set[Address] = field(default_factory=set)
    _missing: set[Address] = field(default_factory=set)
    _failed: list[str] = field(default_factory=list)
    _plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self._plan = Plan(pages=inf, reach=inf) if self.full else Plan(pages=self.pages)

    @property
    def _desk(self) -> Desk:
        return cast("Desk", self.app.state.desk)

    @property
    def _site(self) -> Site:
        return self._desk.site

    async def run(self) -> Report:
        """Write the whole copy.

        Raises:
            UserError: the folder can't be written to.
        """
        self._begin()
        while place := self._plan.next():
            await self._export(place)
            self.show(self._plan.given, self._plan.size)
        await self._write_what_is_missing()
        await self._write_fixed()
        return Report(files=self.files.commit(), failed=tuple(self._failed))

    def _begin(self) -> None:
        """Begin with the lists, and with entries, stories and digests that earlier runs have written: their addresses stay."""
        named = (list_path(plan.name) for plan in self._desk.digests.plans)
        for path in dict.fromkeys((*_SEEDS, *named)):
            self._plan.begin(Place(address=Address(path=path)))
        for place in filter(None, map(item_of, sorted(self.files.names))):
            self._plan.begin(place, distance=REACH)

    async def _export(self, place: Place) -> None:
        told = await ask(self.app, place.target)
        if told.status >= _SERVER_ERROR:
            self._failed.append(place.target)
            self.files.keep(place.address.file)
        elif told.location:
            await self._write_moved(place, told.location)
        elif told.status != 200:  # noqa: PLR2004 -- HTTP's
            self._missing.add(place.address)
        else:
            self.files.stage(place.address.file, self._written(place, told))

    def _written(self, place: Place, told: Told) -> bytes:
        if place.address.is_document:
            return self._document(place, told.body.decode()).encode()
        if place.address.is_page:
            return in_page(told.body.decode(), self._site, self._page_link(place)).encode()
        return told.body

    def _document(self, place: Place, text: str) -> str:
        def absolute(link: SplitResult) -> str | None:
            address = self._follow(link, place) if self._is_ours(link.path) else None
            return self._absolute(address) if address else None

        return in_document(text, self._site, absolute, style=self._page_link(place))

    def _is_ours(self, path: str) -> bool:
        """Tell an address of the site from one that only begins as its addresses do."""
        if path not in self._ours:
            self._ours[path] = answers(self.app, f"/{path}")
        return self._ours[path]

    def _page_link(self, on: Place) -> Rewrite:
        def rewrite(link: SplitResult) -> str | None:
            if not self._is_ours(link.path):
                return None
            address = self._follow(link, on)
            file = relative(address.file if address else NOTE, beside=on.address.file)
            return urlsplit(file)._replace(query=_mark(link), fragment=link.fragment if address else "").geturl()

        return rewrite

    def _follow(self, link: SplitResult, on: Place) -> Address | None:
        found = place_of(link.path, link.query, on=on)
        address = self._plan.follow(found, on=on) if found else None
        if address:
            self._linked.add(address)
        return address

    def _absolute(self, address: Address) -> str:
        """Give the address of a file where the copy is published; of the front page, that of the site."""
        return self.url + (address.file if address != _FRONT.address else "")

    async def _write_moved(self, place: Place, location: str) -> None:
        """Lead from an old address to the one that it has become, as of a story that has merged."""
        link = within(self._site, location)
        found = place_of(link.path, link.query, on=place) if link else None
        if found is None or not place.address.is_page:
            self._missing.add(place.address)
            return
        self._plan.begin(found, distance=REACH)
        self._linked.add(found.address)
        to = relative(found.address.file, beside=place.address.file)
        await self._write(place.address.file, self._page_link(place), "exported.html", address=to)

    async def _write_what_is_missing(self) -> None:
        """Give a page to each address that a page leads to, and that the site has none for."""
        for address in sorted(self._missing & self._linked, key=lambda each: each.file):
            if address.is_page:
                await self._write_not_found(address.file, self._page_link(Place(address=address)))

    async def _write_fixed(self) -> None:
        """Write what no address of the application answers."""
        at_root = self._page_link(_FRONT)
        await self._write(NOTE, at_root, "exported.html", address="")
        # Shown at any depth: its links begin at the root of the host.
        root = urlsplit(self.url).path
        await self._write_not_found(NOT_FOUND, lambda link: f"{root}{at_root(link) or link.geturl()}")
        self.files.stage(ROBOTS, _ROBOTS)

    async def _write_not_found(self, file: str, rewrite: Rewrite) -> None:
        sentence = "There is no such page in this copy of the site."
        await self._write(file, rewrite, "error.html", status=404, phrase="Not Found", sentence=sentence)

    async def _write(self, file: str, rewrite: Rewrite, template: str, /, **values: object) -> None:
        categories = await self._desk.reader.categories()
        page = self._desk.templates.render(template, categories=categories, twins=(), **values)
        self.files.stage(file, in_page(page, self._site, rewrite).encode())


def _mark(link: SplitResult) -> str:
    """Keep the mark of a file's content, by which browsers see that it is another."""
    return link.query if link.path.startswith("static/") else ""
