"""The page of a category."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.query import EntryQuery
from aggregator.publish.site import category_path
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages.answer import html, twins


async def page(request: Request) -> Response:
    """Answer `/categories/{slug}`."""
    desk = desk_of(request)
    name = await named(desk, request)
    query = EntryQuery(category=name, after=asked.cursor(request))
    return await html(
        desk,
        "category.html",
        name=name,
        first=query.after is None,
        entries=await desk.reader.entries(query),
        twins=twins(desk.site, category_path(name)),
    )


async def named(desk: Desk, request: Request) -> str:
    """Find the category that the path names; of two with one slug the first.

    Raises:
        HTTPException: 404, where no configured feed has such a category.
    """
    return await called(desk, request.path_params["slug"])


async def called(desk: Desk, slug: str) -> str:
    """Find the category of a slug; of two with one slug the first.

    Raises:
        HTTPException: 404, where no configured feed has such a category.
    """
    found = (name for name in await desk.reader.categories() if category_path(name) == f"categories/{slug}")
    name = next(found, None)
    if name is None:
        raise HTTPException(404, "There is no such category.")
    return name
