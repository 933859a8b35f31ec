"""Feeds whose every text and address is an attack: a collection of payloads, told in Atom, RSS and JSON.

The collection lies in ../shared and is never copied; entry N of a feed tells of one payload, in all its fields.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

COLLECTION: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "xss" / "payloads.jsonl"
SAMPLE: Final = 60
IN_A_FEED: Final = 200

Writer = Callable[[int, Sequence[str], datetime], str]
"""Number of the feed, payloads, time of the newest entry -> document."""


def payloads() -> list[str]:
    """Read them: about sixty, which makes a sample of all sources, or all of them where XSS_PAYLOADS is `all`."""
    found = [json.loads(line)["payload"] for line in COLLECTION.read_text("utf-8").split("\n") if line]
    assert len(found) > 5000
    return found if os.environ.get("XSS_PAYLOADS") == "all" else found[:: len(found) // SAMPLE]


def feeds(told: Sequence[str], now: datetime) -> Mapping[str, tuple[str, bytes]]:
    """Write them down as feeds: path -> media type and document, each payload once a format."""
    documents: dict[str, tuple[str, bytes]] = {}
    for number, start in enumerate(range(0, len(told), IN_A_FEED)):
        for name, (media_type, write) in FORMATS.items():
            document = write(number, told[start : start + IN_A_FEED], now - timedelta(hours=1))
            documents[f"/{number}.{name}"] = (media_type, document.encode("utf-8", "replace"))
    return documents


def _xml(text: str) -> str:
    return escape("".join(letter for letter in text if letter in "\t\n\r" or _is_char(ord(letter))))


def _is_char(code: int) -> bool:
    """Tell whether XML 1.0, section 2.2, allows it in a document; what it doesn't would hide the rest of the feed."""
    return code >= 32 and not 0xD800 <= code <= 0xDFFF and code not in {0xFFFE, 0xFFFF}


def _quoted(text: str) -> str:
    return quoteattr("".join(letter for letter in text if letter in "\t\n\r" or _is_char(ord(letter))))


def _link(number: int, each: int, payload: str) -> str:
    """Choose by turns: the payload itself as an address, and one of the web with the payload in it."""
    return payload if each % 2 else f"https://news.example/{number}/{each}?q={payload}#{payload}"


def _rss(number: int, told: Sequence[str], at: datetime) -> str:
    items = "".join(
        f"<item><title>{_xml(payload)}</title><link>{_xml(_link(number, each, payload))}</link>"
        f'<guid isPermaLink="{"true" if each % 3 else "false"}">{_xml(payload)} {each}</guid>'
        f"<pubDate>{format_datetime(at - timedelta(seconds=each))}</pubDate>"
        f"<author>{_xml(payload)}</author><dc:creator>{_xml(payload)}</dc:creator><category>{_xml(payload)}</category>"
        f"<description>{_xml(payload)}</description><content:encoded>{_xml(payload)} text {each}</content:encoded>"
        f"<comments>{_xml(payload)}</comments><source url={_quoted(payload)}>{_xml(payload)}</source>"
        f"<enclosure url={_quoted(payload)} length={_quoted(payload)} type={_quoted(payload)}/>"
        f"<media:thumbnail url={_quoted(payload)}/><media:content url={_quoted(payload)} type='image/png'/>"
        f"{_media_and_podcast(payload, each)}</item>"
        for each, payload in enumerate(told)
    )
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:wfw="http://wellformedweb.org/CommentAPI/"'
    )
    first, last = _xml(told[0]), _xml(told[-1])
    head = (
        f"<generator>{last}</generator><copyright>{last}</copyright><managingEditor>{last}</managingEditor>"
        f"<webMaster>{first}</webMaster><category>{first}</category><docs>{first}</docs>"
        f"<atom:link rel='self' href={_quoted(told[0])}/><itunes:author>{first}</itunes:author><itunes:summary>{last}</itunes:summary>"
        f"<itunes:image href={_quoted(told[0])}/><itunes:owner><itunes:name>{first}</itunes:name><itunes:email>{last}</itunes:email>"
        f"</itunes:owner><itunes:category text={_quoted(told[0])}/>"
    )
    return (
        f'<rss version="2.0" {spaces}><channel><title>{first} RSS {number}</title><link>{last}</link>'
        f"<description>{last}</description><language>{first}</language>"
        f"<image><url>{first}</url><title>{first}</title><link>{first}</link></image>{head}{items}</channel></rss>"
    )


def _media_and_podcast(payload: str, each: int) -> str:
    """Say it in what Media RSS and podcasts have; every second item has no other text, for the longest one is shown."""
    text, quoted = _xml(payload), _quoted(payload)
    return (
        f"<wfw:commentRss>{text}</wfw:commentRss><itunes:image href={quoted}/><itunes:author>{text}</itunes:author>"
        f"<itunes:subtitle>{text}</itunes:subtitle><itunes:keywords>{text}</itunes:keywords><itunes:duration>{text}</itunes:duration>"
        f"<itunes:summary>{text}{' as a podcast says it' if each % 2 else ''}</itunes:summary>"
        f"<media:group><media:title type='html'>{text}</media:title><media:description type='html'>{text}</media:description>"
        f"<media:credit>{text}</media:credit><media:keywords>{text}</media:keywords><media:player url={quoted}/>"
        f"<media:content url={quoted} type={quoted} medium={quoted}/></media:group>"
    )


def _atom(number: int, told: Sequence[str], at: datetime) -> str:
    entries = "".join(
        f'<entry><title type="{"html" if each % 2 else "text"}">{_xml(payload)}</title>'
        f"<id>{_xml(payload)} {each}</id><updated>{(at - timedelta(seconds=each)).isoformat()}</updated>"
        f"<link href={_quoted(_link(number, each, payload))}/><link rel='enclosure' href={_quoted(payload)}/>"
        f"<link rel='via' href={_quoted(payload)}/><link rel='replies' href={_quoted(payload)}/>"
        f"<author><name>{_xml(payload)}</name><uri>{_xml(payload)}</uri><email>{_xml(payload)}</email></author>"
        f"<category term={_quoted(payload)} label={_quoted(payload)} scheme={_quoted(payload)}/>"
        f'<summary type="html">{_xml(payload)}</summary>'
        f'<content type="html" xml:base={_quoted(payload)}>{_xml(payload)} text {each}</content>'
        f"<contributor><name>{_xml(payload)}</name><uri>{_xml(payload)}</uri></contributor><rights>{_xml(payload)}</rights>"
        f"<link rel='related' href={_quoted(payload)} type={_quoted(payload)} title={_quoted(payload)} hreflang={_quoted(payload)}/>"
        f"<source><id>{_xml(payload)}</id><title>{_xml(payload)}</title><link href={_quoted(payload)}/></source></entry>"
        for each, payload in enumerate(told)
    )
    first, last = told[0], told[-1]
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={_quoted(first)}><id>urn:payloads:{number}</id>'
        f'<title type="html">{_xml(first)} Atom {number}</title><subtitle>{_xml(last)}</subtitle>'
        f"<link href={_quoted(last)}/><icon>{_xml(first)}</icon><logo>{_xml(first)}</logo>"
        f"<generator uri={_quoted(first)} version={_quoted(first)}>{_xml(last)}</generator><rights>{_xml(last)}</rights>"
        f"<author><name>{_xml(first)}</name><uri>{_xml(first)}</uri><email>{_xml(last)}</email></author>"
        f"<category term={_quoted(first)}/><link rel='self' href={_quoted(first)}/><link rel='next' href={_quoted(first)}/>"
        f"<updated>{at.isoformat()}</updated>{entries}</feed>"
    )


def _json(number: int, told: Sequence[str], at: datetime) -> str:
    items = [
        {
            "id": f"{payload} {each}",
            "url": _link(number, each, payload),
            "external_url": payload,
            "title": payload,
            # Every fourth has plain text alone.
            "content_text" if each % 4 == 3 else "content_html": f"{payload} text {each}",
            "summary": payload,
            "image": payload,
            "banner_image": payload,
            "date_published": (at - timedelta(seconds=each)).isoformat(),
            "authors": [{"name": payload, "url": payload, "avatar": payload}],
            "tags": [payload],
            "language": payload,
            "attachments": [{"url": payload, "mime_type": payload, "title": payload}],
        }
        for each, payload in enumerate(told)
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"{told[0]} JSON {number}",
        "home_page_url": told[-1],
    }
    more = {
        **dict.fromkeys(("description", "user_comment"), told[-1]),
        **dict.fromkeys(("icon", "favicon", "language", "feed_url", "next_url"), told[0]),
        "authors": [{"name": told[0], "url": told[0], "avatar": told[0]}],
        "hubs": [{"type": "WebSub", "url": told[0]}],
    }
    return json.dumps({**head, **more, "items": items})


FORMATS: Final[Mapping[str, tuple[str, Writer]]] = {
    "rss": ("application/rss+xml; charset=utf-8", _rss),
    "atom": ("application/atom+xml; charset=utf-8", _atom),
    "json": ("application/feed+json", _json),
}
