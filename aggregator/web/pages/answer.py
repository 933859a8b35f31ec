"""Turn what has been made into a response; and write the addresses of what goes with it."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.model.query import Cursor
from aggregator.model.search import Rank
from aggregator.publish.site import Channel, Site
from aggregator.web.desk import Desk
from aggregator.web.guard import OPENED_BY
from aggregator.web.headers import FEED_AGE, PAGE_AGE, kept_for
from aggregator.web.pages.formats import FORMATS


async def html(desk: Desk, template: str, /, **values: object) -> Response:
    """Answer with a page; every page's head line leads to the `categories`, which are looked up where they are not given."""
    if "categories" not in values:
        values["categories"] = await desk.reader.categories()
    return HTMLResponse(desk.templates.render(template, **values), headers=kept_for(PAGE_AGE))


def moved(site: Site, path: str) -> Response:
    """Lead to the address that an old one has become, on whatever host was asked.

    For good (301, RFC 9110 section 15.4.2: all that is asked here is asked with GET or HEAD, and older feed readers
    know no 308), but kept for minutes only: a person may part again what had merged.
    """
    return RedirectResponse(site.link(path), status_code=301, headers=kept_for(FEED_AGE))


def feed_response(media_type: str, body: bytes, age: timedelta = FEED_AGE) -> Response:
    """Answer with a document for programs."""
    return Response(body, headers=kept_for(age), media_type=f"{media_type}; charset=utf-8")


def continued(address: str, **marks: Cursor | Rank | None) -> str:
    """Add to an address, which may have parameters already, where its list begins; a mark that is None is left out."""
    given = [f"{name}={mark}" for name, mark in marks.items() if mark is not None]
    return address + ("&" if "?" in address else "?") + "&".join(given) if given else address


def onward(request: Request, address: str) -> str:
    """Add the token that opened a document to the address of a further one: who was let in here can go on there.

    Only programs see it, and only those that sent it. What names a document (`self`) and what leads to pages stays without.
    """
    token: str | None = request.scope.get(OPENED_BY)
    return f"{address}{'&' if '?' in address else '?'}token={quote(token, safe='')}" if token else address


def passable(request: Request, channel: Channel) -> Channel:
    """Let whoever was let in by a token follow the links to the other documents of a feed."""

    def opened(address: str | None) -> str | None:
        return onward(request, address) if address else None

    return replace(
        channel,
        next_url=opened(channel.next_url),
        current_url=opened(channel.current_url),
        prev_archive_url=opened(channel.prev_archive_url),
        next_archive_url=opened(channel.next_archive_url),
    )


def twins(site: Site, path: str, query: str = "") -> list[tuple[str, str, str]]:
    """List the documents that say the same as a page: name, media type, address. `query` begins with "?", or is empty."""
    return [(each.name, each.media_type, site.link(f"{path}.{each.suffix}{query}")) for each in FORMATS]
