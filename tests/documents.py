"""RSS documents for tests, written as a publisher would."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from tests.factories import NOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of an RSS document."""

    name: str
    headline: str
    at: datetime = NOON
    link: str = ""
    description: str = "Senior commanders met in Baghdad on Sunday to discuss the border."


def rss(items: Iterable[Item], *, title: str = "Example News", site: str = "https://news.example") -> bytes:
    body = "".join(
        f"<item><title>{escape(item.headline)}</title><link>{escape(item.link or f'{site}/{item.name}')}</link>"
        f'<guid isPermaLink="false">{escape(item.name)}</guid><pubDate>{format_datetime(item.at)}</pubDate>'
        f"<description>{escape(item.description)}</description></item>"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>{site}/</link><description>News</description>{body}</channel></rss>"
    ).encode()
