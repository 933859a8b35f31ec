"""Turn a filled template into a response."""

from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.publish.site import Site
from aggregator.web.desk import Desk
from aggregator.web.headers import FEED_AGE, PAGE_AGE, kept_for
from aggregator.web.pages.formats import FORMATS


async def html(desk: Desk, template: str, /, **values: object) -> Response:
    """Answer with a page; every page's head line leads to the categories."""
    categories = await desk.reader.categories()
    return HTMLResponse(desk.templates.render(template, categories=categories, **values), headers=kept_for(PAGE_AGE))


def moved(site: Site, path: str) -> Response:
    """Lead to the address that an old one has become, on whatever host was asked.

    For good (RFC 9110 section 15.4.9), but kept for minutes only: a person may part again what had merged.
    """
    return RedirectResponse(site.link(path), status_code=308, headers=kept_for(FEED_AGE))


def twins(site: Site, path: str) -> list[tuple[str, str, str]]:
    """List the documents that say the same as a page: name, media type, address."""
    return [(each.name, each.media_type, site.link(f"{path}.{each.suffix}")) for each in FORMATS]
