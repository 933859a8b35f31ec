"""Turn a filled template into a response."""

from starlette.responses import HTMLResponse, Response

from aggregator.publish.site import Site
from aggregator.web.desk import Desk
from aggregator.web.headers import PAGE_AGE, kept_for
from aggregator.web.pages.formats import FORMATS


async def html(desk: Desk, template: str, /, **values: object) -> Response:
    """Answer with a page; every page's head line leads to the categories."""
    categories = await desk.reader.categories()
    return HTMLResponse(desk.templates.render(template, categories=categories, **values), headers=kept_for(PAGE_AGE))


def twins(site: Site, path: str, query: str = "") -> list[tuple[str, str, str]]:
    """List the documents that say the same as a page: name, media type, address. `query` begins with "?", or is empty."""
    return [(each.name, each.media_type, site.link(f"{path}.{each.suffix}{query}")) for each in FORMATS]
