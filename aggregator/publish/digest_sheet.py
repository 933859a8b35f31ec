"""A digest made ready for print: what its page, mail, feed, book and texts say alike.

Everything here follows from the digest and the site, so that a sealed digest gives the same bytes for ever, in every format.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.digest import Digest, DigestItem, DigestLink, DigestSection, SectionKind
from aggregator.publish.digest_places import list_path, long_day, path, since_path
from aggregator.publish.listed import UNTITLED, plain
from aggregator.publish.site import Site
from aggregator.text import languages
from aggregator.text.dates import rfc3339
from aggregator.text.urls import host
from aggregator.text.words import xml_safe

LONGEST_DAY = timedelta(hours=36)
"""A period that is longer is told by its first and last day. A day has 25 hours at most, where clocks are turned back."""
_DAY = timedelta(days=1)
OTHERS_NAMED = 3
"""Publishers beside the lead's that a line names; the page of the story has all. Four names fill a line of 72 letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLink:
    """A story that an item names as related."""

    headline: str
    publisher: str
    path: str
    """Of our page of it."""
    url: str
    """The same, absolute."""
    language: str | None
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetItem:
    """A story of a digest. Texts are plain, on one line and free of what XML 1.0 forbids; addresses are absolute."""

    number: int
    """From 1, through the whole digest."""
    headline: str
    teaser: str
    """Empty: there is none."""
    changed: str
    """What is new since it was told before, in English; empty where it wasn't."""
    formerly: str
    """The headline that it was told under, in the language of the item; empty where that is not what is new."""
    story_path: str
    """Of our page of the story."""
    story_url: str
    article_url: str | None
    article_host: str
    """Where the article is, as people call it; empty where the feed gave no address."""
    publisher: str
    all_others: tuple[str, ...]
    """Who else has it, in order of publication."""
    named: int
    """How many of these a line names."""
    category: str
    at: str
    """RFC 3339, UTC."""
    time: str
    """In the site's time zone: "07:50"; with the weekday where the period has several days of that name or time."""
    language: str | None
    direction: str
    related: tuple[SheetLink, ...]

    @property
    def coverage(self) -> int:
        """How many publishers have it."""
        return 1 + len(self.all_others)

    @property
    def others(self) -> tuple[str, ...]:
        """Who else has it: those that a line names."""
        return self.all_others[: self.named]

    @property
    def more(self) -> int:
        """How many more have it than a line names."""
        return len(self.all_others) - self.named

    @property
    def url(self) -> str:
        """Where its headline leads from outside the site: to the article, to our page where the feed gave no address."""
        return self.article_url or self.story_url

    @property
    def page_name(self) -> str:
        """Say what our page of the story has, for a link that leads there."""
        told = {1: "all about it", 2: "both publishers"}
        return told.get(self.coverage, f"all {self.coverage:,} publishers")

    @property
    def credits(self) -> str:
        """Name who has it, in one line."""
        named = ", ".join(self.others)
        rest = f" and {self.more} more" if self.more else ""
        return f"{self.publisher}, also {named}{rest}" if named else self.publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSection:
    """Stories under one heading."""

    kind: SectionKind
    title: str
    anchor: str
    """Of the heading, within the digest."""
    items: tuple[SheetItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A digest."""

    site_title: str
    id: str
    """Permanent (RFC 4151)."""
    name: str
    title: str
    heading: str
    """The day, or the days: "Sunday, 2 September 2018"."""
    day: str
    """`2018-09-02`."""
    timezone: str
    span: str
    """From when to when, with the time zone."""
    counted: str
    """How much was looked through for it: a sentence."""
    start: str
    end: str
    """RFC 3339, UTC; `end` is exclusive."""
    url: str
    since_url: str
    """What came after it."""
    list_url: str
    sections: tuple[SheetSection, ...]

    @property
    def items(self) -> tuple[SheetItem, ...]:
        """All stories, in order."""
        return tuple(item for section in self.sections for item in section.items)


def sheet(site: Site, digest: Digest) -> Sheet:
    """Make a digest ready."""
    numbers = iter(range(1, len(digest.items) + 1))
    return Sheet(
        site_title=plain(site.title),
        id=site.tag(f"digests/{digest.name}/{digest.date.isoformat()}"),
        name=digest.name,
        title=plain(digest.title) or plain(site.title),
        heading=heading(digest),
        day=digest.date.isoformat(),
        timezone=site.timezone.key,
        span=_span(site, digest),
        counted=_counted(digest),
        start=rfc3339(digest.start),
        end=rfc3339(digest.end),
        url=site.address(path(digest.name, digest.date)),
        since_url=site.address(since_path(digest.name, digest.end)),
        list_url=site.address(list_path(digest.name)),
        sections=tuple(
            SheetSection(
                kind=section.kind,
                title=plain(section.title),
                anchor=f"section-{place}",
                items=tuple(_item(site, digest, section, item, next(numbers)) for item in section.items),
            )
            for place, section in enumerate(digest.sections, 1)
        ),
    )


def heading(digest: Digest) -> str:
    """Name the day of a digest, or its last where it is of several."""
    day = long_day(digest.date)
    # Rounded: a week in which clocks are put forward has 167 hours.
    return f"The {round((digest.end - digest.start) / _DAY)} days to {day}" if is_long(digest) else day


def is_long(digest: Digest) -> bool:
    """Tell whether a digest is of more than a day."""
    return digest.end - digest.start > LONGEST_DAY


def _span(site: Site, digest: Digest) -> str:
    start, end = (f"{at:%a}, {at.day} {at:%b %H:%M}" for at in map(site.local, (digest.start, digest.end)))
    return f"{start} to {end}, {site.timezone.key}"


def _counted(digest: Digest) -> str:
    if not digest.stories:
        return "No stories"
    chosen = f"{len(digest.items):,} of {digest.stories:,} {_plural(digest.stories, 'story', 'stories')}"
    # Stories of a period may be of entries that were published before it, and came in during it; entries are counted by when
    # they were published. "9 stories, from 3 entries" would be nonsense.
    if digest.entries < digest.stories:
        return chosen
    return (
        f"{chosen}, from {digest.entries:,} {_plural(digest.entries, 'entry', 'entries')} "
        f"of {digest.publishers:,} {_plural(digest.publishers, 'publisher', 'publishers')}"
    )


def _plural(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _item(site: Site, digest: Digest, section: DigestSection, item: DigestItem, number: int) -> SheetItem:
    headline = plain(item.headline) or UNTITLED
    others = tuple(plain(name) for name in item.others)
    story = f"stories/{item.story}"
    return SheetItem(
        number=number,
        headline=headline,
        teaser=plain(item.teaser) if section.kind is not SectionKind.BRIEF else "",
        changed=plain(item.changed),
        formerly=plain(item.formerly),
        story_path=story,
        story_url=site.address(story),
        article_url=xml_safe(item.url) if item.url else None,
        article_host=plain(host(item.url)) if item.url else "",
        publisher=plain(item.publisher),
        all_others=others,
        # One name more takes no more room than "and 1 more" does.
        named=len(others) if len(others) <= OTHERS_NAMED + 1 else OTHERS_NAMED,
        category=plain(item.category),
        at=rfc3339(item.at),
        time=_time(site, digest, item.at),
        language=languages.tag(item.language),
        direction=languages.direction(item.language, f"{headline} {item.teaser}"),
        related=tuple(_link(site, link) for link in item.related),
    )


def _time(site: Site, digest: Digest, at: datetime) -> str:
    local = site.local(at)
    return f"{local:%a}, {local.day} {local:%b %H:%M}" if is_long(digest) or at < digest.start else f"{local:%a %H:%M}"


def _link(site: Site, link: DigestLink) -> SheetLink:
    headline, story = plain(link.headline) or UNTITLED, f"stories/{link.story}"
    return SheetLink(
        headline=headline,
        publisher=plain(link.publisher),
        path=story,
        url=site.address(story),
        language=languages.tag(link.language),
        direction=languages.direction(link.language, headline),
    )
