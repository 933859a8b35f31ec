"""feedparser's result to `RawFeed`.

feedparser's dictionaries are copied into plain ones before they are read: their own `get` maps old names and answers
`updated` with `published`. Anything in them may be missing or of another type than usual, so every value is checked.
Dates are taken as text: of 7,187 real ones feedparser reads 20 as another day than was meant (2020/1/10 as November).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from aggregator.feeds.head import named_icon
from aggregator.feeds.hints import read_hints
from aggregator.feeds.limits import MAX_ENTRIES
from aggregator.feeds.raw import Markup, RawEntry, RawFeed, RawMedia, Title

_HTML_TYPES: Final = frozenset({"text/html", "html", "application/xhtml+xml", "xhtml"})
_MEDIA_TYPES: Final = ("audio/", "video/")
_IMAGE_ENDINGS: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")

Fields = Mapping[str, object]

_NONE: Final[Fields] = {}


def read_feed(parsed: Fields, text: str, *, malformed: str = "") -> RawFeed:
    """Convert what feedparser made of `text`; entries beyond `MAX_ENTRIES` are only counted."""
    result = _fields(parsed)
    channel = _fields(result.get("feed"))
    entries = _list(result.get("entries"))
    version = _string(result, "version")
    atom = version.startswith("atom")
    return RawFeed(
        format=version or "unknown",
        title=_title(channel, _string(channel, "title"), atom=atom),
        home=_home(channel),
        icon=named_icon(text),
        links_follow_home=not atom,
        # RFC 4287 section 4.2.1: a feed's author is that of its entries. RSS has a managing editor there.
        author=_author(channel) if atom else "",
        language=_string(channel, "language") or None,
        hints=read_hints(channel, text),
        hubs=_addresses(channel, "hub"),
        topic=next(iter(_addresses(channel, "self")), None),
        entries=tuple([_read_entry(entry, atom=atom) for entry in entries[:MAX_ENTRIES]]),
        dropped=max(0, len(entries) - MAX_ENTRIES),
        malformed=malformed,
    )


def _read_entry(entry: object, *, atom: bool) -> RawEntry:
    return entry if isinstance(entry, RawEntry) else _entry(_fields(entry), atom=atom)


def _entry(entry: Fields, *, atom: bool) -> RawEntry:
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    get = texts.get
    summary, content = _texts(get("summary", ""), entry)
    links = [_fields(link) for link in _list(entry.get("links"))]
    link, link_is_guid = _link(texts, links)
    source = _fields(entry["source"]) if "source" in entry else _NONE
    enclosures, images = _files(entry, links)
    return RawEntry(
        guid=get("id") or None,
        link=link,
        link_is_guid=link_is_guid,
        title=_title(entry, get("title"), atom=atom),
        summary=summary,
        content=content,
        author=_author(entry) or (_author(source) if atom and source else ""),
        published=get("published") or get("created") or "",
        updated=get("updated") or "",
        tags=_tags(entry) if "tags" in entry else (),
        language=get("language") or _language(entry),
        images=images,
        enclosures=enclosures,
        comments=get("comments") or None,
        source_url=(_string(source, "href") or _string(source, "link") or None) if source else None,
        source_title=_string(source, "title") if source else "",
    )


def _string(fields: Fields, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _fields(value: object) -> Fields:
    if type(value) is dict:
        return value
    return dict(value) if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _title(fields: Fields, value: str | None, *, atom: bool) -> Title | None:
    if not value:
        return None
    detail = _fields(fields.get("title_detail"))
    # RFC 4287 section 3.1.1: a text construct says its type, and text is text. RSS leaves it open.
    return Title(value=value, is_html=_string(detail, "type") in _HTML_TYPES, may_hold_markup=not atom)


def _addresses(channel: Fields, rel: str) -> tuple[str, ...]:
    """List where the links of this relation lead, in RSS too, which borrows `link` from Atom for them."""
    links = [_fields(link) for link in _list(channel.get("links"))]
    return tuple(link.url for link in _links_of(links, rel))


def _home(channel: Fields) -> str | None:
    if link := _string(channel, "link"):
        return link
    links = (_fields(link) for link in _list(channel.get("links")))
    return next((_string(link, "href") for link in links if _string(link, "rel") == "alternate"), None) or None


def _link(entry: Mapping[str, str], links: Sequence[Fields]) -> tuple[str | None, bool]:
    """Choose the entry's address: the publisher's own where FeedBurner put a redirect, else the alternate link."""
    if original := entry.get("feedburner_origlink"):
        return original, False
    alternates = [href for link in links if link.get("rel") == "alternate" and (href := _string(link, "href"))]
    if link := entry.get("link"):
        return link, link == entry.get("id") and link not in alternates
    return (alternates[0] if alternates else None), False


def _texts(value: str, entry: Fields) -> tuple[Markup | None, Markup | None]:
    """Give summary and content; feedparser also gives a content as the summary where there is none."""
    content = _content(entry) if "content" in entry else None
    if not value or (content and value == content.value):
        return None, content
    if detail := entry.get("summary_detail"):
        return _markup(value, _fields(detail)), content
    is_copy = any(value == _string(_fields(part), "value") for part in _list(entry.get("content")))
    return (None if is_copy else Markup(value=value, is_html=True)), content


def _content(entry: Fields) -> Markup | None:
    """Choose the longest: podcasts have `itunes:summary` as a second content beside `content:encoded`."""
    best, longest = None, ""
    for item in _list(entry.get("content")):
        part = _fields(item)
        value = _string(part, "value")
        if len(value) > len(longest) and _is_text(_string(part, "type")):
            best, longest = part, value
    return _markup(longest, best) if best is not None else None


def _is_text(media_type: str) -> bool:
    """Tell text from images and documents that Atom carries in base64 (RFC 4287 section 4.1.3.3)."""
    return not media_type or media_type in _HTML_TYPES or media_type.startswith("text")


def _markup(value: str, detail: Fields) -> Markup:
    media_type = _string(detail, "type")
    return Markup(
        value=value, is_html=not media_type or media_type in _HTML_TYPES, base=_string(detail, "base") or None
    )


def _author(fields: Fields) -> str:
    """Join the names; an address for mail stands in where there is no name."""
    authors = [_fields(author) for author in _list(fields.get("authors"))]
    names = [name for author in authors if (name := _string(author, "name") or _string(author, "email"))]
    if len(names) == 1:
        return names[0]
    return ", ".join(dict.fromkeys(names)) or _string(fields, "author")


def _tags(entry: Fields) -> tuple[str, ...]:
    tags = [_fields(tag) for tag in _list(entry.get("tags"))]
    return tuple([_string(tag, "label") or _string(tag, "term") for tag in tags])


def _language(entry: Fields) -> str | None:
    """Give the `xml:lang` in force at title or text: feedparser keeps it nowhere else."""
    for detail in (entry.get("title_detail"), entry.get("summary_detail"), *_list(entry.get("content"))):
        if isinstance(detail, dict) and (language := detail.get("language")) and isinstance(language, str):
            return language
    return None


def _media(entry: Fields) -> list[RawMedia]:
    """List `media:content`, the type guessed from `medium` or the ending where it is not given."""
    if "media_content" not in entry:
        return []
    return [
        RawMedia(url=url, media_type=_media_type(fields, url), length=fields.get("filesize"))
        for item in _list(entry.get("media_content"))
        if (url := _string(fields := _fields(item), "url"))
    ]


def _media_type(fields: Fields, url: str) -> str:
    if media_type := _string(fields, "type"):
        return media_type.lower()
    if medium := _string(fields, "medium").lower():
        return f"{medium}/*"
    return "image/*" if url.partition("?")[0].lower().endswith(_IMAGE_ENDINGS) else ""


def _links_of(links: Sequence[Fields], rel: str) -> list[RawMedia]:
    return [
        RawMedia(url=href, media_type=_string(link, "type"), length=link.get("length"))
        for link in links
        if link.get("rel") == rel and (href := _string(link, "href"))
    ]


def _files(entry: Fields, links: Sequence[Fields]) -> tuple[tuple[RawMedia, ...], tuple[str, ...]]:
    """Give the sounds and films of an entry, and its images, best first."""
    attached, media = _links_of(links, "enclosure"), _media(entry)
    if not attached and not media and "image" not in entry and "media_thumbnail" not in entry:
        return (), ()
    playable = [file for file in media if file.media_type.startswith(_MEDIA_TYPES)]
    image = entry.get("image")
    images = [
        *(file.url for file in media if file.media_type.startswith("image/")),
        *(_string(_fields(thumbnail), "url") for thumbnail in _list(entry.get("media_thumbnail"))),
        *(file.url for file in attached if file.media_type.startswith("image/")),
        image if isinstance(image, str) else _string(_fields(image), "href"),
    ]
    return (*attached, *playable), tuple(images)
