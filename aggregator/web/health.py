"""Tell supervisors whether the program answers, and whether it can do its work."""

import logging

from anyio import fail_after
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aggregator.services import watch
from aggregator.services.watch import Readiness, Watch
from aggregator.text.dates import rfc3339
from aggregator.web.desk import desk_of

logger = logging.getLogger(__name__)

_NOT_KEPT = {"cache-control": "no-store"}


async def healthz(request: Request) -> Response:
    """Answer 200 `ok` if the database answers, else 503: for who restarts a program that hangs."""
    try:
        with fail_after(watch.DEADLINE.total_seconds()):
            await desk_of(request).reader.categories()
    except Exception:
        logger.exception("the database does not answer")
        return PlainTextResponse("the database does not answer\n", 503, headers=_NOT_KEPT)
    return PlainTextResponse("ok\n", headers=_NOT_KEPT)


async def readyz(request: Request) -> Response:
    """Answer 200 if the database can be read and written, polls go on and nothing stops; else 503 with the reasons."""
    desk = desk_of(request)
    readiness = await desk.watch.readiness(desk.reader.probe, now=desk.clock.now())
    if not readiness.ready:
        logger.warning("not ready: %s", "; ".join(readiness.reasons))
    status = 200 if readiness.ready else 503
    body = _told(readiness, polls=desk.watch.polling is not None) | _configuration(desk.watch)
    return JSONResponse(body, status, headers=_NOT_KEPT)


def _configuration(watch: Watch) -> dict[str, object]:
    """Say whether feeds.yaml is in force as it is; if not, the program goes on by what it said before, and is ready."""
    if watch.in_force is None:
        return {}
    standing = watch.in_force.standing
    return {"configuration": {"applied_at": rfc3339(standing.applied_at), "problems": len(standing.problems)}}


def _told(readiness: Readiness, *, polls: bool) -> dict[str, object]:
    return {
        "ready": readiness.ready,
        "reasons": list(readiness.reasons),
        "warnings": list(readiness.warnings),
        "polls": polls,
        "last_polling_at": rfc3339(readiness.last_polling_at) if readiness.last_polling_at else None,
    }
