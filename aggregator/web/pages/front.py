"""The front page: top stories, the newest entries, a section a category; older entries page by page; and how many stories are new."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aggregator.model.query import Cursor, EntryQuery
from aggregator.publish.site import category_path
from aggregator.services.read_front import USUAL_WINDOW, WINDOWS, FrontQuery
from aggregator.text.dates import rfc3339
from aggregator.web import asked
from aggregator.web.desk import Desk, desk_of
from aggregator.web.headers import PAGE_AGE, kept_for
from aggregator.web.pages.answer import html, twins
from aggregator.web.pages.category import called
from aggregator.web.pages.digest_names import newest

MOST_NEW = 50
"""Stories that are counted; so many or more are "50 or more"."""

_SPOKEN = {"24h": "24 hours", "3d": "3 days", "7d": "7 days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Another front page, a link away."""

    name: str
    address: str
    """What comes behind the path: empty, or begins with "?"."""
    is_chosen: bool
    is_category: bool = False
    """Whether `name` is a publisher's word, of whatever language."""


async def page(request: Request) -> Response:
    """Answer `/`, `/?window=` and `/?category=`; and `/?after=` for what is older."""
    desk, after = desk_of(request), asked.cursor(request)
    return await (_older(desk, after) if after else _front(desk, request))


async def new_stories(request: Request) -> Response:
    """Answer `/stories-since.json?at=`: one number, how many stories are newer than a page says of itself."""
    count = await desk_of(request).reader.new_stories(asked.moment(request), most=MOST_NEW)
    return JSONResponse(count, headers=kept_for(PAGE_AGE))


async def _front(desk: Desk, request: Request) -> Response:
    window = asked.choice(request, "window", WINDOWS, USUAL_WINDOW)
    slug = request.query_params.get("category")
    category = None if slug is None else await called(desk, slug)
    front = await desk.reader.front(FrontQuery(window=window, category=category))
    polled = front.totals.entries or await _was_polled(desk)
    categories = await desk.reader.categories()
    return await html(
        desk,
        "front.html",
        front=front,
        polled=polled,
        morning=await newest(desk),
        category=category,
        windows=[_way(spoken, name, category, is_chosen=WINDOWS[name] == window) for name, spoken in _SPOKEN.items()],
        subjects=_subjects(categories, request.query_params.get("window"), category),
        since=rfc3339(front.newest_at) if front.newest_at else None,
        twins=twins(desk.site, category_path(category) if category else "feed"),
    )


async def _was_polled(desk: Desk) -> bool:
    return any(each.kind != "new" for each in await desk.reader.feeds(now=desk.clock.now()))


def _subjects(categories: list[str], window: str | None, chosen: str | None) -> list[Way]:
    every = _way("All", window, None, is_chosen=chosen is None)
    return [every, *(_way(name, window, name, is_chosen=name == chosen, is_category=True) for name in categories)]


def _way(name: str, window: str | None, category: str | None, *, is_chosen: bool, is_category: bool = False) -> Way:
    """Make a link; what is usual is left out, so that every front page has one address."""
    usual = window is None or WINDOWS[window] == USUAL_WINDOW
    given = [] if usual else [f"window={window}"]
    if category is not None:
        given.append(f"category={category_path(category).removeprefix('categories/')}")
    return Way(name=name, address="?" + "&".join(given) if given else "", is_chosen=is_chosen, is_category=is_category)


async def _older(desk: Desk, after: Cursor) -> Response:
    entries = await desk.reader.entries(EntryQuery(after=after))
    return await html(desk, "older.html", entries=entries, twins=twins(desk.site, "feed"))
