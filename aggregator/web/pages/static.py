"""Files that come with the program. They are named here: no part of an address ever becomes a path."""

import json
from functools import cache

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aggregator.config.schema import schema
from aggregator.web.headers import FEED_AGE, FILE_AGE, PAGE_AGE, kept_for
from aggregator.web.rendering import static_file, static_mark

_MEDIA_TYPES = {
    "enhance.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
    "feed.css": "text/css; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
}

# Pages say noindex, which only a crawler that may read them can see: they are not disallowed. Searches are, for
# their addresses are without number and each costs a query; and images, which would be fetched for the crawler alone.
_ROBOTS = """User-agent: *
Disallow: /search
Disallow: /media/
"""

_read = cache(static_file)


async def file(request: Request) -> Response:
    """Answer `/static/{name}`; the address with the mark of the content (`?v=`) may be kept for good."""
    name = request.path_params["name"]
    if name not in _MEDIA_TYPES:
        raise HTTPException(404)
    marked = request.query_params.get("v") == static_mark(name)
    return Response(_read(name), headers=kept_for(FILE_AGE if marked else FEED_AGE), media_type=_MEDIA_TYPES[name])


async def favicon(_: Request) -> Response:
    """Answer `/favicon.ico`, which browsers ask for where no page names an icon, as beside a feed that they show."""
    return Response(_read("favicon.svg"), headers=kept_for(FEED_AGE), media_type=_MEDIA_TYPES["favicon.svg"])


async def robots(_: Request) -> Response:
    """Answer `/robots.txt`."""
    return PlainTextResponse(_ROBOTS, headers=kept_for(PAGE_AGE))


async def schema_document(_: Request) -> Response:
    """Answer `/feeds.schema.json`: the JSON Schema of feeds.yaml, for editors, in browsers as well."""
    headers = {**kept_for(PAGE_AGE), "access-control-allow-origin": "*"}
    return Response(await to_thread.run_sync(_schema), headers=headers, media_type="application/schema+json")


@cache
def _schema() -> bytes:
    return json.dumps(schema(), ensure_ascii=False).encode()
