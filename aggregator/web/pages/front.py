"""The front page: top stories, the newest entries, a section a category; older entries page by page; how many stories are new."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aggregator.model.query import Cursor, EntryQuery
from aggregator.services.read_front import USUAL_WINDOW, WINDOWS, Front, FrontQuery
from aggregator.text.dates import rfc3339
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.headers import PAGE_AGE, kept_for
from aggregator.web.pages import narrowing
from aggregator.web.pages.answer import html, moved, twins
from aggregator.web.pages.category_names import called
from aggregator.web.pages.digest_names import newest

MOST_NEW = 50
"""Stories that are counted; so many or more are "50 or more"."""


async def page(request: Request) -> Response:
    """Answer `/` and `/?window=`; `/?after=` for what is older; `/?category=` leads to the category's own page."""
    desk, after = desk_of(request), asked.cursor(request)
    return await (_older(desk, after) if after else _front(desk, request))


async def new_stories(request: Request) -> Response:
    """Answer `/stories-since.json?at=`: one number, how many stories are newer than a page says of itself."""
    count = await desk_of(request).reader.new_stories(asked.moment(request), most=MOST_NEW)
    return JSONResponse(count, headers=kept_for(PAGE_AGE))


async def _front(desk: Desk, request: Request) -> Response:
    window = asked.choice(request, "window", WINDOWS, USUAL_WINDOW)
    named = request.query_params.get("window")
    slug = request.query_params.get("category")
    if slug is not None:
        return moved(desk.site, narrowing.address(await called(desk, slug), named))
    front, categories = await desk.reader.front(FrontQuery(window=window)), await desk.reader.categories()
    return await html(
        desk,
        "front.html",
        front=front,
        polled=await is_polled(desk, front),
        morning=await newest(desk),
        windows=narrowing.windows(named, None),
        subjects=narrowing.subjects(categories, named, None),
        since=rfc3339(front.newest_at) if front.newest_at else None,
        categories=categories,
        twins=twins(desk.site, "feed"),
    )


async def is_polled(desk: Desk, front: Front) -> bool:
    """Tell whether any feed was ever polled: what an empty page says depends on it."""
    return bool(front.totals.entries) or any(
        each.kind != "new" for each in await desk.reader.feeds(now=desk.clock.now())
    )


async def _older(desk: Desk, after: Cursor) -> Response:
    entries = await desk.reader.entries(EntryQuery(after=after))
    return await html(desk, "older.html", name="", path="", entries=entries, twins=twins(desk.site, "feed"))
