"""The article page."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.model.entry import Entry, Link
from aggregator.text.html import links
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.pages.answer import html
from aggregator.web.rendering import earlier_headlines

MOST_LINKS = 30
"""Of an article. Newsletters and link lists have hundreds, all of which stand in the text as well."""


async def page(request: Request) -> Response:
    """Answer `/entries/{id}`."""
    desk = desk_of(request)
    article = await desk.reader.article(asked.entry_id(request))
    if article is None:
        raise HTTPException(404, "There is no entry with this number.")
    entry = article.published.entry
    overview = await desk.reader.feed(entry.feed_id)
    revisions = [(revision.headline, revision.replaced_at) for revision in article.revisions]
    return await html(
        desk,
        "entry.html",
        entry=entry,
        published=article.published,
        full_text=article.full_text,
        found_links=found_links(entry),
        feed_is_polled=overview is not None,
        pictured=overview.feed.shows_images if overview else desk.media is not None and desk.media.usual,
        earlier=earlier_headlines(entry.headline, revisions),
        twins=[],
    )


def found_links(entry: Entry) -> list[Link]:
    """List where the article points: links in its text, then those its publisher listed; each address once."""
    found = {link.url: link for link in (*entry.byline.related, *links(entry.body)) if link.url != entry.url}
    return list(found.values())[:MOST_LINKS]
