"""The front page: the newest entries, a section a category, and older entries page by page."""

from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.query import Cursor, EntryQuery
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages.answer import html, twins
from aggregator.web.pages.digest_names import newest

FRONT_SIZE = 24
"""Entries in the main column: about as long as the sections beside it."""


async def page(request: Request) -> Response:
    """Answer `/`, and `/?after=` for what is older."""
    desk, after = desk_of(request), asked.cursor(request)
    return await (_older(desk, after) if after else _front(desk))


async def _front(desk: Desk) -> Response:
    front = await desk.reader.front(EntryQuery(limit=FRONT_SIZE))
    polled = front.totals.entries or any(each.state.last_polled_at for each in await desk.reader.feeds())
    morning = await newest(desk)
    return await html(desk, "front.html", front=front, polled=polled, morning=morning, twins=twins(desk.site, "feed"))


async def _older(desk: Desk, after: Cursor) -> Response:
    entries = await desk.reader.entries(EntryQuery(after=after))
    return await html(desk, "older.html", entries=entries, twins=twins(desk.site, "feed"))
