"""Search."""

from dataclasses import replace
from urllib.parse import quote_plus

from starlette.requests import Request
from starlette.responses import Response

from aggregator.errors import QueryError
from aggregator.model.search import SearchQuery, Sort
from aggregator.services.search import Results
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.errors import NOT_KEPT
from aggregator.web.pages.answer import continued, html, twins

ON_PAGE = 25
"""Hits: finding the passage of each takes up to a third of a millisecond, more for long texts."""
NOTHING = Results(hits=(), next=None, unknown=())


async def page(request: Request) -> Response:
    """Answer `/search?q=`; without words it is only the form, and what is no search comes back with what is wrong with it."""
    desk, words = desk_of(request), asked.words(request)
    try:
        query = asked.search(request, desk.site.timezone)
    except QueryError as error:
        response = await _page(desk, words, None, NOTHING, problem=str(error))
        response.status_code = 400
        response.headers.update(NOT_KEPT)
        return response
    found = await desk.reader.search(replace(query, limit=ON_PAGE)) if query else NOTHING
    return await _page(desk, words, query, found)


async def _page(desk: Desk, words: str, query: SearchQuery | None, found: Results, *, problem: str = "") -> Response:
    address = f"search?q={quote_plus(words)}"
    return await html(
        desk,
        "search.html",
        words=words,
        found=found,
        problem=problem,
        ranked=query.ranked if query else True,
        first=query is None or query.after is None,
        orders=[(each, f"{address}&sort={each}") for each in Sort] if query and query.asked.words else [],
        further=continued(f"{address}&sort={query.sort}", after=found.next) if query and found.next else "",
        twins=twins(desk.site, "search", f"?q={quote_plus(words)}") if query else [],
    )
