"""The barest server of the same bytes: one Starlette route on uvicorn, as this program runs it.

    python -m benchmarks.bare FILE        prints {"port": ...}; ends when its input does

`/` answers the file's bytes with 200, `/same` nothing with 304, each with the header lines of FILE.json, so that the same goes over the
wire. There is no database, no middleware of ours, no decision to make.
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


def application(body: bytes, whole_headers: dict[str, str], same_headers: dict[str, str]) -> Starlette:
    """Make it."""

    async def whole(_: Request) -> Response:
        return Response(body, headers=whole_headers)

    async def same(_: Request) -> Response:
        return Response(status_code=304, headers=same_headers)

    return Starlette(routes=[Route("/", whole), Route("/same", same)])


async def _serve(app: Starlette) -> None:
    server = WebServer(app, host="127.0.0.1", port=0)
    listening = server.listen()
    print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
    asyncio.get_running_loop().run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: server.stop())
    await server.run(listening)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    asyncio.run(_serve(application(file.read_bytes(), *json.loads(file.with_suffix(".json").read_text()))))
