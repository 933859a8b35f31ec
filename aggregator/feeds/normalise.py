"""`RawFeed` to `ParsedFeed`: addresses absolute, HTML safe, times in UTC, everything within limits.

Every raw entry becomes one parsed entry, whatever it lacks.

Relative addresses, which RSS does not allow and feeds contain: `xml:base` where it is given; else, in Atom, the
address the document came from (RFC 4287 section 2, RFC 3986 section 5.1); else, in RSS and JSON Feed, the home page,
because their texts were written for its pages and the feed is often served by another host.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from aggregator.feeds.imprints import context_of
from aggregator.feeds.limits import MAX_ADDRESS, MAX_ENCLOSURES, MAX_FIELD, MAX_HUBS, MAX_NAME, MAX_TAGS
from aggregator.feeds.raw import Markup, RawEntry, RawFeed, RawMedia, first_entries
from aggregator.feeds.titles import plain_name, plain_title, stripped
from aggregator.model.entry import NO_HTML, Byline, Enclosure, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.imprint import Imprints
from aggregator.text import byline, dates, headline, html, languages, urls, words
from aggregator.text.encodings import encoded_once

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\s*([0-9]{1,18})\s*")
_MOST_BYTES: Final = 2**63 - 1


def normalise(raw: RawFeed, document: Document) -> ParsedFeed:
    """Turn what a document says into our own types. Never raises for what it says."""
    raw = raw if document.max_entries is None else first_entries(raw, document.max_entries)
    home = _address(raw.home, document.url)
    title = plain_title(raw.title)
    context = _Context(
        base=home if home and raw.links_follow_home else document.url,
        own_origins=document.own_origins,
        publishers=document.publisher_names,
        title=title,
        author=plain_name(raw.author),
        language=languages.tag(raw.language) or languages.tag(document.language),
        strip_prefix=document.strip_prefix,
        strip_suffix=document.strip_suffix,
    )
    return ParsedFeed(
        format=raw.format,
        title=title,
        home_url=home,
        icon_url=_address(raw.icon, context.base),
        hints=raw.hints,
        hubs=_hubs(raw, document),
        topic=_topic(raw, document),
        entries=tuple([_entry(entry, context) for entry in raw.entries]),
        known=raw.known,
        imprints=Imprints(context=_hashed(context, raw), entries=raw.imprints) if raw.imprints else Imprints(),
        dropped=raw.dropped,
        malformed=raw.malformed,
    )


def _hubs(raw: RawFeed, document: Document) -> tuple[str, ...]:
    """Give each hub once, in the document's order; each may be asked on our behalf, so a document names few."""
    found = (_address(hub, document.url) for hub in raw.hubs)
    return tuple(dict.fromkeys(hub for hub in found if hub))[:MAX_HUBS]


def _topic(raw: RawFeed, document: Document) -> str | None:
    """Give the document's own address letter by letter, since that is the name a hub knows it by (WebSub, section 4)."""
    address = _address(raw.topic, document.url)
    topic = raw.topic or ""
    is_absolute = topic.lower().startswith(("http://", "https://"))
    return topic if address and is_absolute and topic.isprintable() and " " not in topic else address


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What the document has in common for its entries."""

    base: str
    own_origins: tuple[str, ...]
    publishers: tuple[str, ...]
    title: str
    author: str
    language: str | None
    strip_prefix: tuple[str, ...]
    strip_suffix: tuple[str, ...]


def _hashed(context: _Context, raw: RawFeed) -> bytes:
    """Hash whatever decides what an entry becomes, but for itself."""
    others = [getattr(context, field.name) for field in fields(_Context) if field.name != "publishers"]
    return context_of(_hash_of_names(context.publishers), *others, raw.format, raw.around)


@lru_cache(maxsize=2)
def _hash_of_names(names: tuple[str, ...]) -> bytes:
    """Hash the names of all publishers, of which there may be one a feed: once for all documents."""
    return context_of(*names)


def _entry(raw: RawEntry, context: _Context) -> ParsedEntry:
    found, summary, content = _texts(raw, context)
    text = content.text if content else summary.text
    url = _link(raw, context)
    title = stripped(plain_title(raw.title), context.strip_prefix, context.strip_suffix)
    image = _image(raw, context, content, summary)
    enclosures = _enclosures(raw.enclosures, context)
    published, updated = _times(raw)
    return ParsedEntry(
        guid=_guid(raw.guid),
        url=url,
        headline=title,
        summary=summary.html,
        content=content.html if content else NO_HTML,
        text=text,
        teaser=words.first_words(text),
        author=plain_name(raw.author) or context.author or None,
        published_at=published,
        updated_at=updated,
        tags=_tags(raw.tags),
        language=languages.tag(raw.language) or context.language,
        image_url=image,
        comments_url=_address(raw.comments, context.base),
        source=_source(raw, context),
        enclosures=enclosures,
        byline=found,
        url_key=urls.article_key(url),
        headline_key=headline.normalise(title, context.publishers, title=context.title),
        fingerprint=_fingerprint(
            title,
            url,
            text,
            summary.text if content else "",
            *map(_without_query, (image, *(file.url for file in enclosures))),
        ),
    )


def _address(text: str | None, base: str) -> str | None:
    return urls.web_url(text, base=base) if text and len(text) <= MAX_ADDRESS else None


def _guid(guid: str | None) -> str | None:
    """Keep a name as it is, but for characters no database takes; drop one too long to be a name."""
    name = words.xml_safe(guid) if guid and len(guid) <= MAX_NAME else ""
    return name or None


def _link(raw: RawEntry, context: _Context) -> str | None:
    """Give the address. A guid stands in for a link only where it is absolute: "12345" is a name, not a path."""
    if raw.link_is_guid:
        return urls.web_url(raw.link) if raw.link and len(raw.link) <= MAX_ADDRESS else None
    return _address(raw.link, context.base)


class _Text(NamedTuple):
    """A summary or a content, cleaned."""

    html: SafeHtml
    text: str
    byline: Byline


_NO_BYLINE: Final = Byline()
_NO_TEXT: Final = _Text(NO_HTML, "", _NO_BYLINE)


def _texts(raw: RawEntry, context: _Context) -> tuple[Byline, _Text, _Text | None]:
    """Clean summary and content; the only one there is becomes the summary."""
    summary, content = _clean(raw.summary, context), _clean(raw.content, context)
    found = _merged(summary.byline, content.byline)
    if summary.html and content.html and summary.html != content.html:
        return found, summary, content
    return found, summary if summary.html else content, None


def _clean(markup: Markup | None, context: _Context) -> _Text:
    if markup is None or not markup.value or markup.value.isspace():
        return _NO_TEXT
    base = (_address(markup.base, context.base) or context.base) if markup.base else context.base
    value = encoded_once(markup.value[:MAX_FIELD])
    found, rest = byline.extract(value if markup.is_html else html.from_text(value), base_url=base)
    return _Text(*html.clean(rest, base_url=base, own_origins=context.own_origins), found)


def _merged(first: Byline, second: Byline) -> Byline:
    """Take each field where it was found, from `first` if from both."""
    if second in (_NO_BYLINE, first):
        return first
    return Byline(**{field.name: getattr(first, field.name) or getattr(second, field.name) for field in fields(Byline)})


def _times(raw: RawEntry) -> tuple[datetime | None, datetime | None]:
    """Give published and updated. The only date an entry has is, as far as anyone can tell, its publication."""
    published = dates.parse(raw.published)
    updated = published if raw.updated == raw.published else dates.parse(raw.updated)
    return published or updated, updated


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Keep each tag once, in its first spelling."""
    kept: dict[str, str] = {}
    for tag in tags:
        name = plain_name(tag)
        if name:
            kept.setdefault(name.casefold(), name)
        if len(kept) == MAX_TAGS:
            break
    return tuple(kept.values())


def _image(raw: RawEntry, context: _Context, *texts: _Text | None) -> str | None:
    for image in raw.images:
        if url := _address(image, context.base):
            return url
    for text in texts:
        if text and "<img" in text.html and (url := html.first_image(text.html)):
            return url
    return None


def _enclosures(files: Iterable[RawMedia], context: _Context) -> tuple[Enclosure, ...]:
    kept: dict[str, Enclosure] = {}
    for file in files:
        url = _address(file.url, context.base)
        if url and url not in kept:
            media_type = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else ""
            kept[url] = Enclosure(url=url, media_type=media_type, length=_length(file.length))
        if len(kept) == MAX_ENCLOSURES:
            break
    return tuple(kept.values())


def _length(claimed: object) -> int | None:
    """Read a number of bytes; 0 is what feeds write when they do not know (RSS Best Practices Profile)."""
    if isinstance(claimed, str):
        found = _DIGITS.fullmatch(claimed)
        claimed = int(found[1]) if found else None
    known = isinstance(claimed, int) and not isinstance(claimed, bool) and 0 < claimed <= _MOST_BYTES
    return int(claimed) if known else None  # type: ignore[call-overload]  # `known` tells


def _source(raw: RawEntry, context: _Context) -> Link | None:
    url = _address(raw.source_url, context.base)
    return Link(url=url, text=plain_name(raw.source_title)) if url else None


def _without_query(url: str | None) -> str | None:
    """Take off what a file's server wants to be asked with: `a.mp3?token=1` is `a.mp3?token=2` at the next request."""
    return url and url.partition("?")[0]


def _fingerprint(*parts: str | None) -> str:
    """Hash what a reader sees. Neither times nor markup count: some feeds renew both at every request."""
    texts = [(part or "").encode() for part in parts]
    return sha256(b"".join([b"%d:%b" % (len(text), text) for text in texts])).hexdigest()[:32]
