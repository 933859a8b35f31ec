"""What is wrong with feeds, as a feed: for whoever runs the service, in the reader that they look into anyway."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model.query import PAGE_SIZE
from aggregator.publish import atom, jsonfeed, notices, rss
from aggregator.publish.notices import Notice
from aggregator.publish.site import Channel, Site
from aggregator.services.in_force import MOST_SHOWN
from aggregator.web.desk import Desk, desk_of
from aggregator.web.pages.answer import feed_response

PATH = "feeds/problems"

Write = Callable[[Channel, Sequence[Notice]], bytes]

_WRITERS: dict[str, tuple[str, Write]] = {
    "atom": (atom.MEDIA_TYPE, notices.write_atom),
    "rss": (rss.MEDIA_TYPE, notices.write_rss),
    "json": (jsonfeed.MEDIA_TYPE, notices.write_json),
}


def routes() -> list[Route]:
    """List the addresses of the three documents."""
    return [Route(f"/{PATH}.{suffix}", _handler(suffix, *writer)) for suffix, writer in _WRITERS.items()]


def _handler(suffix: str, media_type: str, write: Write) -> Callable[[Request], Awaitable[Response]]:
    async def document(request: Request) -> Response:
        desk = desk_of(request)
        known = await desk.reader.problems(now=desk.clock.now())
        of_feeds = [notices.notice(desk.site, problem) for problem in known[:PAGE_SIZE]]
        found = [*_of_file(desk), *of_feeds]
        body = write(_channel(desk.site, suffix, found), found)
        return feed_response(media_type, body)

    return document


def _of_file(desk: Desk) -> list[Notice]:
    """Say what is wrong with feeds.yaml, if anything is."""
    standing = desk.watch.in_force.standing if desk.watch.in_force else None
    if standing is None or standing.since is None:
        return []
    return [notices.of_file(desk.site, standing.problems[:MOST_SHOWN], standing.since)]


def _channel(site: Site, suffix: str, found: Sequence[Notice]) -> Channel:
    return Channel(
        site=site,
        id=site.tag(PATH),
        title=f"{site.title}: problems with feeds",
        description="Feeds that are gone, have moved, fell silent, are not well-formed or keep failing; and what is wrong with feeds.yaml.",
        self_url=site.address(f"{PATH}.{suffix}"),
        home_url=site.address("feeds"),
        updated_at=notices.newest(found),
    )
