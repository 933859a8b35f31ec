"""Write a digest as JSON, for programs."""

import json

from aggregator.model.digest import Digest
from aggregator.publish.digest_sheet import Sheet, SheetItem, SheetLink, sheet
from aggregator.publish.jsonfeed import Json, given
from aggregator.publish.site import Site

MEDIA_TYPE = "application/json"
VERSION = 1
"""Raised when a key changes its meaning; new keys don't raise it."""


def write(site: Site, digest: Digest) -> bytes:
    """Write a whole document, UTF-8. Equal input gives equal bytes.

    Keys without a value are left out, lists among them. Times are RFC 3339 in UTC; `end` is exclusive.
    """
    made = sheet(site, digest)
    return json.dumps(_document(made, digest), ensure_ascii=False, indent=1).encode() + b"\n"


def _document(made: Sheet, digest: Digest) -> Json:
    head = given(
        version=VERSION,
        id=made.id,
        name=made.name,
        date=made.day,
        title=made.title,
        url=made.url,
        start=made.start,
        end=made.end,
        timezone=made.timezone,
        stories=digest.stories,
        entries=digest.entries,
        publishers=digest.publishers,
    )
    head["sections"] = [
        {"kind": str(part.kind), "title": part.title, "items": [_item(item) for item in part.items]}
        for part in made.sections
    ]
    return head


def _item(item: SheetItem) -> Json:
    return given(
        headline=item.headline,
        teaser=item.teaser,
        changed=item.changed,
        formerly=item.formerly,
        url=item.article_url,
        page=item.story_url,
        publisher=item.publisher,
        also_published_by=list(item.all_others),
        category=item.category,
        language=item.language,
        date_published=item.at,
        related=[_related(each) for each in item.related],
    )


def _related(link: SheetLink) -> Json:
    return given(headline=link.headline, publisher=link.publisher, url=link.url, language=link.language)
