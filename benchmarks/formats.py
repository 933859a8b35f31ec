"""The four formats of the farm's feeds: RSS 2.0, Atom 1.0, RDF (RSS 1.0) and JSON Feed 1.1, as publishers write them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from benchmarks.news import Article, Newspaper

_PROLOG: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def rss(paper: Newspaper, articles: Sequence[Article], address: str) -> bytes:
    """Write RSS 2.0: every other newspaper with the whole text in `content:encoded`, the others in `description`."""
    items = "".join(_rss_item(article, whole=paper.number // 4 % 2 == 0) for article in articles)
    return (
        f'{_PROLOG}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
        f'xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n<title>{escape(paper.title)}</title>\n'
        f"<link>{paper.site}/</link>\n<description>All the news</description>\n<language>en</language>\n"
        f'<atom:link href={quoteattr(address)} rel="self" type="application/rss+xml"/>\n'
        f"<lastBuildDate>{_rfc822(articles[0].published_at)}</lastBuildDate>\n{items}</channel>\n</rss>\n"
    ).encode()


def _rss_item(article: Article, *, whole: bool) -> str:
    if whole:
        text = (
            f"<description>{escape(article.summary)}</description>\n"
            f"<content:encoded><![CDATA[{article.html}]]></content:encoded>\n"
        )
    else:
        text = f"<description>{escape(article.html)}</description>\n"
    topics = "".join(f"<category>{escape(topic)}</category>\n" for topic in article.topics)
    image = f'<media:thumbnail url="{article.image}" width="640" height="360"/>\n' if article.image else ""
    return (
        f"<item>\n<title>{escape(article.title)}</title>\n<link>{article.address}</link>\n"
        f'<guid isPermaLink="false">{article.guid}</guid>\n<pubDate>{_rfc822(article.published_at)}</pubDate>\n'
        f"<dc:creator>{escape(article.author)}</dc:creator>\n{topics}{image}{text}</item>\n"
    )


def atom(paper: Newspaper, articles: Sequence[Article], address: str) -> bytes:
    """Write Atom 1.0 (RFC 4287), with the whole text as escaped HTML."""
    entries = "".join(_atom_entry(article) for article in articles)
    return (
        f'{_PROLOG}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f"<id>tag:paper{paper.number}.example,2026:feed</id>\n<title>{escape(paper.title)}</title>\n"
        f'<link rel="self" href={quoteattr(address)}/>\n<link rel="alternate" href="{paper.site}/"/>\n'
        f"<updated>{_iso(articles[0].published_at)}</updated>\n{entries}</feed>\n"
    ).encode()


def _atom_entry(article: Article) -> str:
    topics = "".join(f"<category term={quoteattr(topic)}/>\n" for topic in article.topics)
    return (
        f"<entry>\n<id>{article.guid}</id>\n<title>{escape(article.title)}</title>\n"
        f'<link rel="alternate" type="text/html" href="{article.address}"/>\n'
        f"<published>{_iso(article.published_at)}</published>\n<updated>{_iso(article.published_at)}</updated>\n"
        f"<author><name>{escape(article.author)}</name></author>\n{topics}"
        f'<summary>{escape(article.summary)}</summary>\n<content type="html">{escape(article.html)}</content>\n</entry>\n'
    )


def rdf(paper: Newspaper, articles: Sequence[Article], address: str) -> bytes:
    """Write RSS 1.0 with the Dublin Core and content modules."""
    listed = "".join(f'<rdf:li rdf:resource="{article.address}"/>\n' for article in articles)
    items = "".join(_rdf_item(article) for article in articles)
    return (
        f'{_PROLOG}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">\n'
        f"<channel rdf:about={quoteattr(address)}>\n<title>{escape(paper.title)}</title>\n<link>{paper.site}/</link>\n"
        f"<description>All the news</description>\n<dc:language>en</dc:language>\n"
        f"<dc:date>{_iso(articles[0].published_at)}</dc:date>\n"
        f"<items><rdf:Seq>\n{listed}</rdf:Seq></items>\n</channel>\n{items}</rdf:RDF>\n"
    ).encode()


def _rdf_item(article: Article) -> str:
    topics = "".join(f"<dc:subject>{escape(topic)}</dc:subject>\n" for topic in article.topics)
    return (
        f'<item rdf:about="{article.address}">\n<title>{escape(article.title)}</title>\n<link>{article.address}</link>\n'
        f"<description>{escape(article.summary)}</description>\n<dc:date>{_iso(article.published_at)}</dc:date>\n"
        f"<dc:creator>{escape(article.author)}</dc:creator>\n{topics}"
        f"<content:encoded><![CDATA[{article.html}]]></content:encoded>\n</item>\n"
    )


def json_feed(paper: Newspaper, articles: Sequence[Article], address: str) -> bytes:
    """Write JSON Feed 1.1."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": paper.title,
        "home_page_url": f"{paper.site}/",
        "feed_url": address,
        "language": "en",
        "items": [_json_item(article) for article in articles],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_item(article: Article) -> dict[str, object]:
    item: dict[str, object] = {
        "id": article.guid,
        "url": article.address,
        "title": article.title,
        "summary": article.summary,
        "content_html": article.html,
        "date_published": _iso(article.published_at),
        "authors": [{"name": article.author}],
        "tags": list(article.topics),
    }
    return item | ({"image": article.image} if article.image else {})


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc822(time: datetime) -> str:
    return format_datetime(time, usegmt=True)


Writer = Callable[[Newspaper, Sequence[Article], str], bytes]

FORMATS: Final[Mapping[str, tuple[Writer, str]]] = {
    "rss": (rss, "application/rss+xml; charset=utf-8"),
    "atom": (atom, "application/atom+xml; charset=utf-8"),
    "rdf": (rdf, "application/rdf+xml; charset=utf-8"),
    "json": (json_feed, "application/feed+json; charset=utf-8"),
}
"""Name of a format: who writes it, and its media type."""
