"""A day's news, and the list of recent days."""

from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.pages.answer import html

FIRST_DAY = date(1990, 1, 1)
"""Before there was a web to publish news on."""
DAYS_LISTED = 14


async def page(request: Request) -> Response:
    """Answer `/digests/{YYYY-MM-DD}`."""
    desk, day = desk_of(request), asked.day(request)
    today = desk.digests.today()
    if not FIRST_DAY <= day <= today:
        span = f"{FIRST_DAY.isoformat()} to {today.isoformat()}, which is today"
        raise HTTPException(404, f"There is no digest of {day.isoformat()}; there is one of every day from {span}.")
    return await html(
        desk,
        "digest.html",
        digest=await desk.digests.of(day),
        running=day == today,
        previous=day - timedelta(days=1) if day > FIRST_DAY else None,
        following=day + timedelta(days=1) if day < today else None,
        twins=[],
    )


async def days_page(request: Request) -> Response:
    """Answer `/digests`."""
    desk = desk_of(request)
    today = desk.digests.today()
    days = [today - timedelta(days=back) for back in range(DAYS_LISTED)]
    return await html(desk, "digests.html", days=days, today=today, twins=[])
