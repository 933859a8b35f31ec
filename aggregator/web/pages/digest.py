"""The digest of a day.

A day is at `/digests/{YYYY-MM-DD}`, the running one at `/digests/today`; digests of other names than `daily` are at
`/digests/{name}/...`. A sealed digest has one address, and says the same there for ever.
"""

from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.digest import DAILY
from aggregator.publish.digest_places import list_path, long_day, path, since_path
from aggregator.publish.digest_sheet import sheet
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages.answer import html
from aggregator.web.pages.digest_lists import list_of
from aggregator.web.pages.digest_names import known, main_name, moved, places, plan_of

TODAY = "today"
LONGEST_PERIOD = timedelta(days=7)


async def page(request: Request) -> Response:
    """Answer `/digests/{which}`: a day, the running day, or the list of a name."""
    desk, which = desk_of(request), request.path_params["which"]
    if which == TODAY:
        return await _running(desk, main_name(desk))
    if asked.is_day(which):
        return await _day(desk, DAILY, asked.day(which))
    name = await known(desk, which)
    return moved(desk, list_path(name)) if name == DAILY else await list_of(desk, request, name)


async def named_page(request: Request) -> Response:
    """Answer `/digests/{name}/{day}`."""
    desk, name, which = desk_of(request), request.path_params["name"], request.path_params["day"]
    day = None if which == TODAY else asked.day(which)
    name = await known(desk, name)
    if name == DAILY:
        return moved(desk, path(DAILY, day) if day else f"{list_path(DAILY)}/{TODAY}")
    return await (_day(desk, name, day) if day else _running(desk, name))


async def _day(desk: Desk, name: str, day: date) -> Response:
    digest = await desk.digests.get(name, day)
    if digest is None:
        return await _missing(desk, name, day)
    before, after = await desk.digests.beside(name, day)
    return await html(
        desk,
        "digest.html",
        sheet=sheet(desk.site, digest),
        running=False,
        previous=before,
        following=after,
        since=since_path(name, digest.end),
        **places(desk, name),
    )


async def _running(desk: Desk, name: str) -> Response:
    if plan_of(desk, name) is None:
        lists = f"/{list_path(name)} lists those there are"
        raise HTTPException(404, f"feeds.yaml orders no digest named {name!r}; {lists}.")
    digest = await desk.digests.preview(name)
    newest = await desk.digests.lines(name, limit=1)
    return await html(
        desk,
        "digest.html",
        sheet=sheet(desk.site, digest),
        running=True,
        previous=newest[0].date if newest else None,
        following=None,
        since=since_path(name, digest.end),
        **places(desk, name),
    )


async def _missing(desk: Desk, name: str, day: date) -> Response:
    """Say which days there are: a page in place of one that somebody typed, or that is not sealed yet."""
    before, after = await desk.digests.beside(name, day)
    ahead = day - desk.site.local(desk.clock.now()).date()
    # Choosing stories costs more than a page that is not there is worth, unless the day can be the running one.
    may_run = timedelta() <= ahead <= LONGEST_PERIOD and plan_of(desk, name) is not None
    running = await desk.digests.preview(name) if may_run else None
    response = await html(
        desk,
        "digest_missing.html",
        day=long_day(day),
        previous=before,
        following=after,
        is_running=running is not None and running.date == day,
        **places(desk, name),
    )
    response.status_code = 404
    response.headers["cache-control"] = "no-store"
    return response
