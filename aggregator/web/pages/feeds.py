"""The polled feeds: how each is doing, what each holds, and the list of them as OPML."""

from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.feed import FeedOverview
from aggregator.model.query import EntryQuery
from aggregator.publish import opml
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.headers import FEED_AGE, kept_for
from aggregator.web.pages.answer import html, twins


class Condition(NamedTuple):
    """How a feed is doing: a word for people, and the tone it is shown in."""

    word: str
    tone: str


async def page(request: Request) -> Response:
    """Answer `/feeds`."""
    desk = desk_of(request)
    rows = [(overview, condition(overview)) for overview in await desk.reader.feeds()]
    totals = await desk.reader.totals()
    return await html(desk, "feeds.html", rows=rows, totals=totals, twins=[])


async def feed_page(request: Request) -> Response:
    """Answer `/feeds/{id}`: every entry of a feed, also those that only repeat another."""
    desk = desk_of(request)
    overview = await desk.reader.feed(asked.feed_id(request))
    if overview is None:
        raise HTTPException(404, "There is no feed of this name in feeds.yaml.")
    query = EntryQuery(feed_id=overview.feed.id, with_copies=True, after=asked.cursor(request))
    return await html(
        desk,
        "feed.html",
        overview=overview,
        condition=condition(overview),
        entries=await desk.reader.entries(query),
        twins=twins(desk.site, f"feeds/{overview.feed.id}"),
    )


async def opml_document(request: Request) -> Response:
    """Answer `/feeds.opml`."""
    desk = desk_of(request)
    body = opml.write(desk.site, await desk.reader.feeds())
    return Response(body, headers=kept_for(FEED_AGE), media_type=f"{opml.MEDIA_TYPE}; charset=utf-8")


def condition(overview: FeedOverview) -> Condition:
    """Say in a word or two how a feed is doing."""
    state = overview.state
    if state.gone:
        return Condition("gone", "bad")
    if state.failures:
        return Condition("failing" if state.failures == 1 else f"failing, {state.failures} times in a row", "bad")
    if state.last_polled_at is None:
        return Condition("not polled yet", "new")
    return Condition("ok", "good")
