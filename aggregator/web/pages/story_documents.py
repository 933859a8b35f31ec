"""The published feeds of stories: all of them, a story an entry; and one of them, with its entries."""

from collections.abc import Awaitable, Callable

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.model.query import Cursor, StoryQuery
from aggregator.publish import stories
from aggregator.publish.site import Channel, Site, newest_change
from aggregator.services.read_stories import Moved, StoryContents, StoryFeed
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.pages.answer import continued, feed_response, moved, onward, passable
from aggregator.web.pages.formats import FORMATS, Format
from aggregator.web.pages.story import PATH

Handler = Callable[[Request], Awaitable[Response]]


def routes() -> list[Route]:
    """List the addresses of every document."""
    return [
        *(Route(f"/{PATH}.{each.suffix}", _all(each)) for each in FORMATS),
        *(Route(f"/{PATH}/{{story_id}}.{each.suffix}", _one(each)) for each in FORMATS),
    ]


def _all(form: Format) -> Handler:
    async def document(request: Request) -> Response:
        desk, after = desk_of(request), asked.cursor(request)
        contents = await desk.reader.story_contents(StoryQuery(after=after), events=form.tells_events)
        channel = passable(request, _channel(desk.site, form, after, contents))
        # On a thread: fifty long entries take some ten milliseconds to write.
        return feed_response(
            form.media_type, await to_thread.run_sync(form.write_stories, channel, contents.page.items)
        )

    return document


def _one(form: Format) -> Handler:
    async def document(request: Request) -> Response:
        desk, after = desk_of(request), asked.cursor(request)
        found = await desk.reader.story_feed(asked.story_id(request), after)
        if isinstance(found, Moved):
            return moved(desk.site, onward(request, f"{PATH}/{found.to}.{form.suffix}"))
        if found is None:
            raise HTTPException(404)
        channel = passable(request, _channel_of_one(desk.site, form, after, found))
        return feed_response(form.media_type, await to_thread.run_sync(form.write, channel, found.contents.page.items))

    return document


def _channel(site: Site, form: Format, after: Cursor | None, contents: StoryContents) -> Channel:
    address, following = site.address(f"{PATH}.{form.suffix}"), contents.page.next
    return Channel(
        site=site,
        id=site.tag(PATH),
        title=f"{site.title}: stories",
        description="Each event once, with all who report it.",
        self_url=continued(address, after=after),
        home_url=site.address(PATH),
        updated_at=stories.newest_change(contents.page.items),
        next_url=continued(address, after=following) if following else None,
        origins=contents.origins,
    )


def _channel_of_one(site: Site, form: Format, after: Cursor | None, found: StoryFeed) -> Channel:
    path, page = f"{PATH}/{found.line.id}", found.contents.page
    address = site.address(f"{path}.{form.suffix}")
    return Channel(
        site=site,
        # Not the story's own name: that is an entry of the feed of all stories (RFC 4287 section 4.2.6).
        id=site.tag(f"{path}/entries"),
        title=f"{site.title}: {found.line.lead.label}",
        description=f"{stories.report_this(found.line)}.",
        self_url=continued(address, after=after),
        home_url=site.address(path),
        updated_at=newest_change(page.items),
        next_url=continued(address, after=page.next) if page.next else None,
        is_complete=after is None and page.next is None,
        origins=found.contents.origins,
    )
