"""The web server as it listens."""

import socket

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from aggregator.web.server import WebServer

pytestmark = pytest.mark.anyio


async def test_connections_do_not_wait_for_acknowledgements() -> None:
    """What asyncio sees of a connection that it accepted has the protocol of the port, and only then does it send at once."""
    seen: list[int] = []

    async def page(request: Request) -> PlainTextResponse:
        for connection in server._server.server_state.connections:
            made = connection.transport.get_extra_info("socket")
            seen.append(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return PlainTextResponse("ok")

    server = WebServer(Starlette(routes=[Route("/", page)]), host="127.0.0.1", port=0)
    listening = server.listen()
    port = listening.getsockname()[1]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.run, listening)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/")).text == "ok"
        server.stop()
    assert seen == [1]
