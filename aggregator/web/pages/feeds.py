"""The polled feeds: how each is doing, what each holds, and the list of them as OPML."""

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.query import EntryQuery
from aggregator.publish import opml
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.headers import FEED_AGE, kept_for
from aggregator.web.pages import problems
from aggregator.web.pages.answer import html, twins
from aggregator.web.pages.condition import condition
from aggregator.web.pages.feed_list import FEW, chosen, feed_list, having

MOST_PROBLEMS = 20
"""On the page of all feeds, the newest; the feed of problems has more."""
HISTORY_SHOWN = 20
"""Polls that a feed's page tells of."""


async def page(request: Request) -> Response:
    """Answer `/feeds`: what is wrong first, then every feed, or those that are asked for."""
    desk, choice = desk_of(request), chosen(request)
    now = desk.clock.now()
    known = await desk.reader.all_feeds(now=now, with_problems=choice.is_any)  # else they are not shown
    named = having(await desk.reader.feeds(now=now), choice.words) if choice.words else None
    listed = feed_list(await desk.reader.marks(now=now) if named is None else named, choice)
    overviews = await desk.reader.several_feeds(listed.ids)
    shown = [overviews[each] for each in listed.ids if each in overviews]
    return await html(
        desk,
        "feeds.html",
        known=known,
        choice=choice,
        few=FEW,
        most_problems=MOST_PROBLEMS,
        listed=listed,
        rows=[(each, condition(each, now=now), known.pause_of(each)) for each in shown],
        standing=desk.watch.in_force.standing if desk.watch.in_force else None,
        twins=twins(desk.site, problems.PATH),
    )


async def feed_page(request: Request) -> Response:
    """Answer `/feeds/{id}`: how a feed is doing, and every entry of it, also those that only repeat another."""
    desk = desk_of(request)
    now = desk.clock.now()
    known = await desk.reader.one_feed(asked.feed_id(request), now=now)
    if known is None:
        raise HTTPException(404, "There is no feed of this name in feeds.yaml.")
    overview = known.overview
    query = EntryQuery(feed_id=overview.feed.id, with_copies=True, after=asked.cursor(request))
    return await html(
        desk,
        "feed.html",
        known=known,
        overview=overview,
        condition=condition(overview, now=now),
        pushed=overview.state.pushed_until is not None and overview.state.pushed_until > now,
        history=known.history[:HISTORY_SHOWN],
        entries=await desk.reader.entries(query),
        twins=twins(desk.site, f"feeds/{overview.feed.id}"),
    )


async def opml_document(request: Request) -> Response:
    """Answer `/feeds.opml`."""
    desk = desk_of(request)
    feeds = await desk.reader.feeds(now=desk.clock.now())
    # On a thread: thousands of feeds take some ten milliseconds to write.
    body = await to_thread.run_sync(opml.write, desk.site, feeds)
    return Response(body, headers=kept_for(FEED_AGE), media_type=f"{opml.MEDIA_TYPE}; charset=utf-8")
