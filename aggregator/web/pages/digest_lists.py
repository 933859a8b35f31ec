"""The list of digests by month, and what is new since a visit.

Nothing is kept of a reader, not even a cookie: the link "new since this page" at the foot of a page carries the time of what
the page shows (`?since=`), and can be kept as a bookmark or come with the feed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.digest import Digest, DigestLine
from aggregator.publish.digest_places import list_path, path, since_path
from aggregator.publish.digest_sheet import sheet
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages.answer import html
from aggregator.web.pages.digest_names import main_name, places, plan_of, title_of

DAYS_LISTED = 62
"""Two months: a line or two each, some four screens."""
DAYS_CAUGHT_UP = 14
"""Digests that "new since" shows at most; who was away for longer reads the list."""


async def list_page(request: Request) -> Response:
    """Answer `/digests`."""
    desk = desk_of(request)
    return await list_of(desk, request, main_name(desk))


async def list_of(desk: Desk, request: Request, name: str) -> Response:
    """List the digests of a name by month; with `since`, show what is new."""
    since = asked.since(request, desk.site.timezone)
    if since is not None:
        return await _new_since(desk, name, since)
    before = asked.before(request)
    lines = await desk.digests.lines(name, before=before, limit=DAYS_LISTED + 1)
    shown = lines[:DAYS_LISTED]
    return await html(
        desk,
        "digests.html",
        months=by_month(shown),
        older=shown[-1].date if len(lines) > len(shown) else None,
        before=before,
        others=[(title_of(desk, plan.name), list_path(plan.name)) for plan in desk.digests.plans if plan.name != name],
        is_made=plan_of(desk, name) is not None,
        since=since_path(name, shown[0].end) if shown and before is None else None,
        **places(desk, name),
    )


def by_month(lines: Sequence[DigestLine]) -> list[tuple[date, list[tuple[DigestLine, str]]]]:
    """Put lines that are in order of time under the first day of their months, each with its path."""
    return [
        (month, [(line, path(line.name, line.date)) for line in found])
        for month, found in groupby(lines, key=lambda line: line.date.replace(day=1))
    ]


async def _new_since(desk: Desk, name: str, since: datetime) -> Response:
    running = await desk.digests.preview(name) if plan_of(desk, name) else None
    sealed = await desk.digests.page(name, limit=DAYS_CAUGHT_UP)
    found = [(new, path(name, new.date), False) for digest in sealed if (new := later_than(digest, since))]
    if running and (new := later_than(running, since)):
        found.insert(0, (new, f"{list_path(name)}/today", True))
    query = f"?{since_path(name, since).partition('?')[2]}"
    return await html(
        desk,
        "digests_since.html",
        since_at=since,
        found=[(sheet(desk.site, digest), place, is_running) for digest, place, is_running in found],
        is_whole=len(sealed) < DAYS_CAUGHT_UP or sealed[-1].start <= since,
        since=since_path(name, max([since, *(digest.end for digest, _, _ in found)])),
        **places(desk, name, query=query),
    )


def later_than(digest: Digest, since: datetime) -> Digest | None:
    """Leave out of a digest what a reader has seen at `since`; None where nothing is left.

    Of a period that had begun by then, what was published later is new; so is what changed, and what was published before the
    period but told in it, for when that became worth telling a digest doesn't say: rather told twice than never.
    """
    if digest.end <= since:
        return None
    if digest.start >= since:
        return digest if digest.sections else None
    sections = tuple(
        replace(section, items=kept)
        for section in digest.sections
        if (kept := tuple(item for item in section.items if item.changed or not digest.start <= item.at < since))
    )
    return replace(digest, sections=sections) if sections else None
