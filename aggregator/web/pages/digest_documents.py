"""Digests as feeds: one entry a digest, with the whole digest as its content."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model.digest import DAILY, Digest
from aggregator.publish.digest_feed import FORMATS, DigestFormat, newest_end
from aggregator.publish.digest_places import list_path
from aggregator.publish.site import Channel
from aggregator.text.dates import rfc3339
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.headers import FEED_AGE, kept_for
from aggregator.web.pages.answer import onward, passable
from aggregator.web.pages.digest_names import known, main_name, moved, title_of

DIGESTS = 10
"""In a document: 0.5 MB when each tells 54 stories. Who subscribes reads every day; the rest is paged."""


def routes() -> list[Route]:
    """List the addresses of every document."""
    return [
        Route(f"{path}.{each.suffix}", _handler(each)) for path in ("/digests", "/digests/{name}") for each in FORMATS
    ]


def _handler(form: DigestFormat) -> Callable[[Request], Awaitable[Response]]:
    async def document(request: Request) -> Response:
        desk, given = desk_of(request), request.path_params.get("name")
        name = await known(desk, given) if given else main_name(desk)
        if given == DAILY or (given is None and name != DAILY):
            query = f"?{request.url.query}" if request.url.query else ""
            return moved(desk, onward(request, f"{list_path(name)}.{form.suffix}{query}"))
        before, since = asked.before(request), asked.since(request, desk.site.timezone)
        found = await desk.digests.page(name, before=before, limit=DIGESTS + 1)
        later = [digest for digest in found if since is None or digest.end > since]
        shown = later[:DIGESTS]
        channel = _channel(desk, form, name, shown, before=before, since=since, goes_on=len(later) > DIGESTS)
        channel = passable(request, channel)
        # On a thread: ten digests of 54 stories take 40 ms to write.
        body = await to_thread.run_sync(form.write, channel, shown)
        return Response(body, headers=kept_for(FEED_AGE), media_type=f"{form.media_type}; charset=utf-8")

    return document


def _channel(
    desk: Desk,
    form: DigestFormat,
    name: str,
    shown: Sequence[Digest],
    *,
    before: date | None,
    since: datetime | None,
    goes_on: bool,
) -> Channel:
    site, path = desk.site, list_path(name)
    address = site.address(f"{path}.{form.suffix}")
    return Channel(
        site=site,
        id=site.tag(path),
        title=title_of(desk, name),
        description=site.description,
        self_url=_asked(address, before, since),
        home_url=site.address(path),
        updated_at=newest_end(shown),
        next_url=_asked(address, shown[-1].date, since) if goes_on else None,
    )


def _asked(address: str, before: date | None, since: datetime | None) -> str:
    given = {"before": before.isoformat() if before else None, "since": rfc3339(since) if since else None}
    query = urlencode({key: value for key, value in given.items() if value}, safe=":")
    return f"{address}?{query}" if query else address
