"""Which category an address means."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aggregator.publish.site import category_path
from aggregator.web.desk import Desk


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
