"""The page of a category: its top stories, then its newest entries; and what is older, page by page."""

from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.query import Cursor, EntryQuery
from aggregator.publish.site import category_path
from aggregator.services.read_front import USUAL_WINDOW, WINDOWS, FrontQuery
from aggregator.text.dates import rfc3339
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages import narrowing
from aggregator.web.pages.answer import html, twins
from aggregator.web.pages.category_names import named
from aggregator.web.pages.front import is_polled


async def page(request: Request) -> Response:
    """Answer `/categories/{slug}`, also with `?window=`; and `?after=` for what is older."""
    desk, after = desk_of(request), asked.cursor(request)
    name = await named(desk, request)
    return await (_older(desk, name, after) if after else _first(desk, name, request))


async def _first(desk: Desk, name: str, request: Request) -> Response:
    window = asked.choice(request, "window", WINDOWS, USUAL_WINDOW)
    said = request.query_params.get("window")
    front = await desk.reader.front(FrontQuery(window=window, category=name))
    return await html(
        desk,
        "category.html",
        name=name,
        front=front,
        polled=await is_polled(desk, front),
        windows=narrowing.windows(said, name),
        subjects=narrowing.subjects(await desk.reader.categories(), said, name),
        since=rfc3339(front.newest_at) if front.newest_at else None,
        twins=twins(desk.site, category_path(name)),
    )


async def _older(desk: Desk, name: str, after: Cursor) -> Response:
    entries = await desk.reader.entries(EntryQuery(category=name, after=after))
    path = category_path(name)
    return await html(desk, "older.html", name=name, path=path, entries=entries, twins=twins(desk.site, path))
