"""Ask the application in this process, as a server would."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer."""

    status: int
    location: str
    """Where a redirect leads; empty for none."""
    body: bytes


async def ask(app: Starlette, target: str) -> Told:
    """GET an address.

    Args:
        app: answers each request whole.
        target: path and query.
    """
    path, _, query = target.partition("?")
    messages: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [],
        "server": ("localhost", 80),
        "client": None,
    }
    await app(scope, receive, send)
    start, *bodies = messages
    location = Headers(raw=list(start["headers"])).get("location", "")
    return Told(status=start["status"], location=location, body=b"".join(each.get("body", b"") for each in bodies))


def answers(app: Starlette, path: str) -> bool:
    """Tell whether the application has a handler for a path, which begins with a slash."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)
