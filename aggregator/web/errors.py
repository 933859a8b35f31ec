"""Pages for what went wrong: what it was, what was expected, and nothing of our inside."""

import logging
from collections.abc import Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from aggregator.errors import DatabaseUnusable, QueryError
from aggregator.web.conditional import Answer
from aggregator.web.desk import desk_of
from aggregator.web.rendering import Templates

logger = logging.getLogger(__name__)

_SENTENCES = {
    404: "There is no such page. Entries have permanent addresses, but feeds and categories that are taken out of "
    "feeds.yaml lose theirs.",
    405: "This address does not take such a request: pages are only read (GET and HEAD), and what is not a page is asked as it was made for.",
    503: "The database can't be read just now. Please try again in a minute.",
    500: "Something went wrong here, not with your request. It is noted in the log of the program.",
}
_DOCUMENTS = (".atom", ".rss", ".json")
NOT_KEPT = {"cache-control": "no-store"}


async def refused(request: Request, error: Exception) -> Response:
    """Answer for an `HTTPException`; its detail is shown where a handler gave one."""
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's type of handlers is wider than their use
    status = error.status_code
    given = error.detail if error.detail != HTTPStatus(status).phrase else ""
    page = await _page(request, status, given or _SENTENCES.get(status, ""))
    return HTMLResponse(page, status, headers={**NOT_KEPT, **(error.headers or {})})


async def not_understood(request: Request, error: Exception) -> Response:
    """Answer for a `QueryError`, whose message is written for people; as text where no page was asked for."""
    assert isinstance(error, QueryError)  # noqa: S101 - as above
    if request.scope["path"].endswith(_DOCUMENTS):
        return PlainTextResponse(f"{error}\n", 400, headers=NOT_KEPT)
    return HTMLResponse(await _page(request, 400, str(error)), 400, headers=NOT_KEPT)


async def unavailable(request: Request, error: Exception) -> Response:
    """Answer for a `DatabaseUnusable`; its message names a file on this machine, so it goes to the log."""
    logger.error("%s could not be answered: %s", request.url.path, error)
    headers = {**NOT_KEPT, "retry-after": "60"}
    return HTMLResponse(error_page(desk_of(request).templates, 503, _SENTENCES[503]), 503, headers=headers)


def broken(templates: Templates) -> Answer:
    """Answer for everything nobody thought of."""
    headers = {"content-type": "text/html; charset=utf-8", **NOT_KEPT}
    return Answer(status=500, headers=headers, body=error_page(templates, 500, _SENTENCES[500]).encode())


async def _page(request: Request, status: int, sentence: str) -> str:
    """Fill the page, with the ways to elsewhere that others have; without, where the database can't be read."""
    desk = desk_of(request)
    try:
        categories = await desk.reader.categories()
    except DatabaseUnusable:
        categories = []
    return error_page(desk.templates, status, sentence, categories)


def error_page(templates: Templates, status: int, sentence: str, categories: Sequence[str] = ()) -> str:
    """Fill the page."""
    values = {"status": status, "phrase": HTTPStatus(status).phrase, "sentence": sentence}
    return templates.render("error.html", categories=categories, twins=(), **values)
