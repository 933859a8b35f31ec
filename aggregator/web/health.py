"""Tell a supervisor whether the program answers."""

import logging

from anyio import fail_after
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aggregator.web.desk import desk_of

logger = logging.getLogger(__name__)

DEADLINE = 5.0
"""Seconds. A database that takes longer for its shortest question is as good as gone."""


async def healthz(request: Request) -> Response:
    """Answer 200 `ok` if the database answers, else 503."""
    try:
        with fail_after(DEADLINE):
            await desk_of(request).reader.categories()
    except Exception:
        logger.exception("the database does not answer")
        return PlainTextResponse("the database does not answer\n", 503, headers={"cache-control": "no-store"})
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})
