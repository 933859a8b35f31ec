"""The published feeds: the merged one, one a category, one a polled feed, each as Atom, RSS and JSON Feed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model.query import Cursor, EntryQuery
from aggregator.publish.site import Channel, category_path, newest_change
from aggregator.services.read_entries import FeedContents
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.headers import FEED_AGE, kept_for
from aggregator.web.pages.category import named
from aggregator.web.pages.formats import FORMATS, Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A list of entries that can be had as a feed."""

    path: str
    """Of the documents, without suffix."""
    home: str
    title: str
    query: EntryQuery


Choose = Callable[[Desk, Request], Awaitable[Wanted]]


def routes() -> list[Route]:
    """List the addresses of every document."""
    lists: dict[str, Choose] = {
        "/feed": _merged,
        "/categories/{slug}": _category,
        "/feeds/{feed_id}": _one_feed,
    }
    return [
        Route(f"{path}.{each.suffix}", _handler(choose, each)) for path, choose in lists.items() for each in FORMATS
    ]


def _handler(choose: Choose, form: Format) -> Callable[[Request], Awaitable[Response]]:
    async def document(request: Request) -> Response:
        desk = desk_of(request)
        wanted = await choose(desk, request)
        contents = await desk.reader.contents(wanted.query)
        entries = contents.page.items
        # On a thread: fifty long entries take some ten milliseconds to write.
        return feed_response(
            form, await to_thread.run_sync(form.write, _channel(desk, wanted, form, contents), entries)
        )

    return document


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


def _channel(desk: Desk, wanted: Wanted, form: Format, contents: FeedContents) -> Channel:
    site, address = desk.site, desk.site.address(f"{wanted.path}.{form.suffix}")
    return Channel(
        site=site,
        id=site.tag(wanted.path),
        title=wanted.title,
        description=site.description,
        self_url=continued(address, wanted.query.after),
        home_url=site.address(wanted.home),
        updated_at=newest_change(contents.page.items),
        next_url=continued(address, contents.page.next) if contents.page.next else None,
        origins=contents.origins,
    )


def feed_response(form: Format, body: bytes) -> Response:
    """Answer with a document."""
    return Response(body, headers=kept_for(FEED_AGE), media_type=f"{form.media_type}; charset=utf-8")


def continued(address: str, after: Cursor | None) -> str:
    """Give the address of the document that begins after a cursor."""
    return f"{address}?after={after}" if after else address
