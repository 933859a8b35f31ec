"""Run the web application on uvicorn, in the event loop that polls run in."""

import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from aggregator.errors import UserError

CLOSING = 5
"""Seconds that answers under way may take after `stop`."""


class WebServer:
    """Serves an application until told to stop."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server = _Server(
            uvicorn.Config(
                app,
                interface="asgi3",  # uvicorn tells it by an `async def`, and who hands a request on may have none
                log_config=None,
                access_log=False,
                server_header=False,
                # Who is at the other end is told by the socket alone: a header can claim to come from this machine.
                proxy_headers=False,
                lifespan="off",
                timeout_graceful_shutdown=CLOSING,
            )
        )

    def listen(self) -> socket.socket:
        """Take the port; before anything else is begun, so that a port in use is said at once.

        Raises:
            UserError: the address can't be listened on.
        """
        try:
            family = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0][0]
            listening = socket.create_server((self._host, self._port), family=family, backlog=1024)
            # asyncio switches Nagle's algorithm off where a socket names its protocol, which those of `create_server`, and all
            # that they accept, do not: on a connection that is kept, every body then waits for the client's delayed
            # acknowledgement of the header, 40 ms on Linux.
            return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listening.detach())
        except (OSError, OverflowError) as error:
            raise UserError(
                f"can't listen on {self._host} port {self._port}: {error}; choose another with --host and --port"
            ) from error

    async def run(self, listening: socket.socket) -> None:
        """Answer requests until `stop`."""
        with listening:
            await self._server.serve(sockets=[listening])

    def stop(self) -> None:
        """Take no further request and let `run` end."""
        self._server.should_exit = True

    def stop_at_once(self) -> None:
        """Let `run` end without waiting for answers under way."""
        self._server.should_exit = self._server.force_exit = True


class _Server(uvicorn.Server):
    """Leaves signals to the program: uvicorn raises them again after its own end, before polls are finished."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield
