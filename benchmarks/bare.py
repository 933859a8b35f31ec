"""The barest server of the same bytes: one Starlette route on uvicorn, as this program runs it.

    python -m benchmarks.bare FILE        prints {"port": ...}; ends when its input does

`/` answers the file's bytes with 200, `/same` nothing with 304. There is no database, no middleware of ours, no decision to make.
"""

import asyncio
import json
import sys
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.web.server import WebServer

HEADERS = {
    "content-encoding": "gzip",
    "etag": '"bare"',
    "cache-control": "public, max-age=300",
    "vary": "Accept-Encoding",
}


def application(body: bytes) -> Starlette:
    """Make it."""

    async def whole(_: Request) -> Response:
        return Response(body, headers=HEADERS, media_type="application/atom+xml")

    async def same(_: Request) -> Response:
        return Response(status_code=304, headers=HEADERS)

    return Starlette(routes=[Route("/", whole), Route("/same", same)])


async def _serve(body: bytes) -> None:
    server = WebServer(application(body), host="127.0.0.1", port=0)
    listening = server.listen()
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    asyncio.get_running_loop().run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: server.stop())
    await server.run(listening)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]).read_bytes()))
