"""The published feeds: the merged one, one a category, one a polled feed, one a search, each as Atom, RSS and JSON Feed.

The whole history of all but searches can be read: as Atom and RSS in archives (RFC 5005 section 4), as JSON Feed
page by page (`next_url`). The current document and the archive before it may share entries; archives share none, and an
archive's address stands for the same entries for good. A search goes on page by page (RFC 5005 section 3).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.errors import QueryError
from aggregator.model.entry import PublishedEntry
from aggregator.model.query import Cursor, EntryQuery, Page, closes_archive
from aggregator.model.search import SearchQuery, Sort
from aggregator.publish import jsonfeed
from aggregator.publish.site import Channel, category_path, newest_change
from aggregator.services.read_entries import FeedContents
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.headers import ARCHIVE_AGE, FEED_AGE
from aggregator.web.pages.answer import continued, feed_response, passable
from aggregator.web.pages.category_names import named
from aggregator.web.pages.formats import FORMATS, Format

MOST_IN_ARCHIVE = 1000
"""Entries. An archive has about `CLOSING`; this many at one time in hundreds of millions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A list of entries that can be had as a feed."""

    path: str
    """Of the documents, without suffix."""
    home: str
    title: str
    query: EntryQuery | SearchQuery
    name: str = ""
    """What its permanent id is made of; empty: of `path`."""
    parameters: str = ""
    """Of its address, as they stand in it, from "?" on."""


Choose = Callable[[Desk, Request], Awaitable[Wanted]]


def routes() -> list[Route]:
    """List the addresses of every document."""
    lists: dict[str, Choose] = {
        "/feed": _merged,
        "/categories/{slug}": _category,
        "/feeds/{feed_id}": _one_feed,
        "/search": _search,
    }
    return [
        Route(f"{path}.{each.suffix}", _handler(choose, each)) for path, choose in lists.items() for each in FORMATS
    ]


def _handler(choose: Choose, form: Format) -> Callable[[Request], Awaitable[Response]]:
    async def document(request: Request) -> Response:
        desk = desk_of(request)
        wanted = await choose(desk, request)
        archive = asked.archive(request) if isinstance(wanted.query, EntryQuery) else None
        contents = await _contents(desk, wanted, archive)
        channel = passable(request, _channel(desk, wanted, form, contents, archive))
        # On a thread: fifty long entries take some ten milliseconds to write.
        body = await to_thread.run_sync(form.write, channel, contents.page.items)
        return feed_response(form.media_type, body, ARCHIVE_AGE if archive else FEED_AGE)

    return document


async def _contents(desk: Desk, wanted: Wanted, archive: Cursor | None) -> FeedContents:
    if isinstance(wanted.query, SearchQuery):
        return await desk.reader.search_contents(wanted.query)
    if archive:
        return await desk.reader.archive(replace(wanted.query, after=archive, limit=MOST_IN_ARCHIVE))
    return await desk.reader.contents(wanted.query)


async def _merged(desk: Desk, request: Request) -> Wanted:
    query = EntryQuery(after=asked.cursor(request))
    return Wanted(path="feed", home="", title=desk.site.title, query=query)


async def _category(desk: Desk, request: Request) -> Wanted:
    name = await named(desk, request)
    path = category_path(name)
    query = EntryQuery(category=name, after=asked.cursor(request))
    return Wanted(path=path, home=path, title=f"{desk.site.title}: {name}", query=query)


async def _one_feed(desk: Desk, request: Request) -> Wanted:
    overview = await desk.reader.feed(asked.feed_id(request))
    if overview is None:
        raise HTTPException(404)
    path = f"feeds/{overview.feed.id}"
    query = EntryQuery(feed_id=overview.feed.id, with_copies=True, after=asked.cursor(request))
    return Wanted(path=path, home=path, title=f"{desk.site.title}: {overview.name}", query=query)


async def _search(desk: Desk, request: Request) -> Wanted:
    query = asked.search(request, desk.site.timezone, sort=Sort.NEWEST)
    if query is None:
        raise QueryError("q is empty; expected words to search for, as on the page /search")
    words = quote_plus(asked.words(request))
    return Wanted(
        path="search",
        home=f"search?q={words}",
        title=f"{desk.site.title}: {query.asked}",
        query=query,
        name=f"search/{quote(str(query.asked), safe='')}",
        parameters=f"?q={words}",
    )


def _channel(desk: Desk, wanted: Wanted, form: Format, contents: FeedContents, archive: Cursor | None) -> Channel:
    site, page = desk.site, contents.page
    address = site.address(f"{wanted.path}.{form.suffix}{wanted.parameters}")
    after = wanted.query.after
    is_archived = isinstance(wanted.query, EntryQuery) and after is None and form.media_type != jsonfeed.MEDIA_TYPE
    further = _further(page) if archive is None else page.next
    return Channel(
        site=site,
        id=site.tag(wanted.name or wanted.path),
        title=wanted.title,
        description=site.description,
        self_url=continued(address, after=after, archive=archive),
        home_url=site.address(wanted.home),
        updated_at=newest_change(page.items),
        next_url=continued(address, after=page.next) if page.next and not is_archived else None,
        current_url=address if archive else None,
        prev_archive_url=continued(address, archive=further) if further and is_archived else None,
        next_archive_url=continued(address, archive=contents.newer) if contents.newer else None,
        origins=contents.origins,
    )


def _further(page: Page[PublishedEntry]) -> Cursor | None:
    """Find where the archives begin: behind the last entry of the current document that closes one.

    Where none does, which is one time in three, behind its last entry: that archive is another as soon as there is a
    newer entry, and ends where it would anyway.
    """
    if page.next is None:
        return None
    closing = (item.entry for item in reversed(page.items) if closes_archive(item.entry.id))
    return next((Cursor(listed_at=entry.listed_at, id=entry.id) for entry in closing), page.next)
