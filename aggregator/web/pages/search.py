"""Search."""

from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.query import SearchQuery
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.pages.answer import html


async def page(request: Request) -> Response:
    """Answer `/search?q=`; without words it is only the form."""
    desk, words = desk_of(request), asked.words(request)
    query = SearchQuery(words=words)
    found = await desk.reader.search(query) if words else ()
    return await html(desk, "search.html", words=words, found=found, limit=query.limit, twins=[])
