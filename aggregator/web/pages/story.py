"""The page of a story, and the list of stories."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.entry import EntrySummary
from aggregator.model.query import StoryQuery
from aggregator.model.story import StoryMember
from aggregator.services.read_stories import Moved
from aggregator.text.dates import rfc3339
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.pages.answer import html, moved, twins
from aggregator.web.pages.growth import growth
from aggregator.web.pages.timeline import timeline

PATH = "stories"
MOST_LISTED = 40
"""Publishers, and moments of the timeline, before the others are folded away: 300 of each would be forty screens of a telephone each."""


async def page(request: Request) -> Response:
    """Answer `/stories/{id}`; a story that has merged leads to the one it is part of now."""
    desk = desk_of(request)
    found = await desk.reader.story(asked.story_id(request))
    if isinstance(found, Moved):
        return moved(desk.site, f"{PATH}/{found.to}")
    if found is None:
        raise HTTPException(404, "There is no story with this number.")
    story = found.published.story
    return await html(
        desk,
        "story.html",
        story=story,
        lead=found.published.lead,
        publishers=by_publisher(story.members),
        moments=timeline(found),
        growth=growth(story.members),
        reasons=[member for member in story.members if len(story.members) > 1 or member.vetoes],
        named=found.named,
        related=found.published.related,
        most_listed=MOST_LISTED,
        twins=twins(desk.site, f"{PATH}/{story.id}"),
    )


async def list_page(request: Request) -> Response:
    """Answer `/stories`: every story, the latest to change first."""
    desk, after = desk_of(request), asked.cursor(request)
    stories = await desk.reader.stories(StoryQuery(after=after))
    since = rfc3339(stories.items[0].updated_at) if stories.items and not after else None
    later = after is not None
    return await html(desk, "stories.html", stories=stories, later=later, since=since, twins=twins(desk.site, PATH))


def by_publisher(members: Sequence[StoryMember]) -> list[tuple[str, list[EntrySummary]]]:
    """Sort the entries of a story by who published them, both in order of publication."""
    found: dict[str, list[EntrySummary]] = {}
    for member in members:
        found.setdefault(member.entry.publisher, []).append(member.entry)
    return list(found.items())
