"""Fill templates. Everything is escaped; `clean` is the one filter that lets HTML through, and takes SafeHtml only."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from types import CodeType
from typing import ClassVar

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from aggregator.model.digest import DigestLine
from aggregator.model.entry import EntrySummary, PublishedEntry, SafeHtml
from aggregator.model.story import Story
from aggregator.polling.freshness import spoken
from aggregator.polling.upcoming import next_time
from aggregator.publish.digest_places import long_day, path
from aggregator.publish.listed import shown_publisher
from aggregator.publish.notices import message
from aggregator.publish.site import Site, category_path, public
from aggregator.publish.stories import report_this
from aggregator.stories.turns import together
from aggregator.text import languages
from aggregator.text.dates import rfc3339
from aggregator.text.html import Relink, with_images, without_images
from aggregator.text.urls import host
from aggregator.text.words import first_words
from aggregator.web.headers import POLICY_IN_PAGES
from aggregator.web.pages.condition import called, rhythm, tone, without_login


class Compiled(BytecodeCache):
    """Templates as they were compiled, for all environments of this process.

    Compiling those of one page takes 45 ms, and tests make an application each: half of what their pages cost. What is compiled is the
    same for every site, as no filter that depends on one is given a constant.
    """

    _code: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is known of a template; it is known by its name and its text."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code:
            self._code[bucket.key, bucket.checksum] = bucket.code


class Templates:
    """The templates of one site.

    Args:
        site: what is published.
        picture: gives the address on this site of an image of a third party; None: images are not shown.
        live: False for pages of a copy as files: they have no forms, and say themselves what headers say otherwise.
        guarded: readers have logged in, and can log out.
    """

    def __init__(self, site: Site, *, picture: Relink | None = None, live: bool = True, guarded: bool = False) -> None:
        self._environment = Environment(
            loader=PackageLoader("aggregator.web"),
            autoescape=True,  # off by default
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=Compiled(),
        )
        self._environment.filters |= {
            "called": called,
            "category_path": category_path,
            "clean": lambda html, pictured: clean(html, picture=picture if pictured else None),
            "digest_path": digest_path,
            "direction": direction,
            "host": lru_cache(maxsize=2_000)(host),  # a story of two hundred entries names it of each
            "in_lists": in_lists,
            "language": languages.tag,
            "local": site.local_text,
            "long_day": long_day,
            "next_poll": next_time,
            "others": other_publishers,
            "picture": picture or (lambda _: None),
            "public": public,
            "publisher_beside": shown_publisher,
            "report_this": report_this,
            "rfc3339": rfc3339,
            "rhythm": rhythm,
            "spoken": spoken,
            "told": message,
            "told_once": told_once,
            "tone": tone,
            "unnamed": without_login,
            "voices": other_voices,
            "without_by": without_by,
        }
        self._environment.globals |= {
            "foreign": foreign,
            "guarded": guarded,
            "headline": partial(headline, site),
            "lang": lang,
            "live": live,
            "policy": POLICY_IN_PAGES,
            "site": site,
            "link": site.link,
            "stamp": partial(stamp, site),
            "script": _marked(site, "enhance.js"),
            "style": _marked(site, "style.css"),
        }

    def render(self, template: str, /, **values: object) -> str:
        """Fill one template.

        Raises:
            jinja2.UndefinedError: the template asks for a value that was not given.
        """
        return self._environment.get_template(template).render(**values)


def _marked(site: Site, name: str) -> str:
    return f"{site.link(f'static/{name}')}?v={static_mark(name)}"


def clean(html: SafeHtml, *, picture: Relink | None = None) -> Markup:
    """Put sanitised HTML into a page, its images by way of `picture`: loading them would tell their hosts who reads what.

    Without it their texts stand in their place.
    """
    shown = with_images(html, picture) if picture else without_images(html)
    return Markup(shown)  # noqa: S704 - the type says that text.html.sanitise made it


# What stands a thousand times on a page of a large story is put together here, every value escaped: a macro takes ten times as
# long, and `Markup.format` five times.


def lang(entry: EntrySummary) -> Markup:
    """Give the `lang` attribute of an entry's texts, a space before it; nothing where it names no language."""
    tag = languages.tag(entry.language)
    return Markup(f' lang="{escape(tag)}"' if tag else "")  # noqa: S704 - see above; likewise the next three


def foreign(entry: EntrySummary) -> Markup:
    """Give the attributes that say direction and language of an entry's texts."""
    return Markup(f' dir="{direction(entry)}"{lang(entry)}')  # noqa: S704


def headline(site: Site, entry: EntrySummary) -> Markup:
    """Give an entry's headline as a link to its page."""
    link = escape(site.link(f"entries/{entry.id}"))
    return Markup(f'<a{foreign(entry)} href="{link}">{escape(entry.label)}</a>')  # noqa: S704


@lru_cache(maxsize=5_000)
def stamp(site: Site, at: datetime) -> Markup:
    """Give a time; in its own direction, for on a card from right to left "1 hour ago" would read "hour ago 1"."""
    return Markup(f'<time dir="ltr" datetime="{rfc3339(at)}">{escape(site.local_text(at))}</time>')  # noqa: S704


def other_publishers(item: PublishedEntry) -> list[tuple[str, EntrySummary]]:
    """Name who else published an entry, each publisher once with its earliest: for lists, where one line must do."""
    first: dict[str, EntrySummary] = {}
    for other in item.also:
        first.setdefault(other.publisher, other)
    return [(shown_publisher(other, item.entry), other) for other in first.values()]


def other_voices(story: Story) -> list[EntrySummary]:
    """Give the first entry of every publisher of a story but that of its lead, in order of publication."""
    first: dict[str, EntrySummary] = {}
    for member in story.members:
        first.setdefault(member.entry.publisher, member.entry)
    return [entry for publisher, entry in first.items() if publisher != story.lead.publisher]


def without_by(author: str) -> str:
    """Leave out the "By" that some publishers write before an author, for where it stands before the name already."""
    return re.sub(r"^by\s+(?=\S)", "", author, flags=re.IGNORECASE)


def told_once(items: Sequence[PublishedEntry]) -> list[tuple[PublishedEntry, ...]]:
    """Put the entries of a list that are of one story together, at the place of the first."""
    # An entry without a story is alone; numbers of entries and of stories are both above 0.
    return together(items, lambda item: item.coverage.story if item.coverage else -item.entry.id)


LONGEST_IN_LISTS = 180
"""Characters of a headline; of 5,685 real ones 48 are longer. Some publishers write a whole paragraph, which would fill a screen."""


def in_lists(headline: str) -> str:
    """Cut a headline between words where it would keep those that follow it from sight; its own page has the whole."""
    return first_words(headline, length=LONGEST_IN_LISTS)


def direction(entry: EntrySummary) -> str:
    """Give the `dir` of an entry's texts."""
    return languages.direction(entry.language, f"{entry.headline} {entry.teaser}")


def digest_path(line: DigestLine) -> str:
    """Give the path of a digest."""
    return path(line.name, line.date)


def static_file(name: str) -> bytes:
    """Read a file that comes with the program."""
    return files("aggregator.web").joinpath("static", name).read_bytes()


def static_mark(name: str) -> str:
    """Give a mark of a file's content: with it in the address, browsers may keep the file as long as they like."""
    return sha256(static_file(name)).hexdigest()[:12]


def earlier_headlines(now: str, revisions: Sequence[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
    """Keep the headlines that differ from the one after them, newest first, each with the time it was replaced."""
    kept: list[tuple[str, datetime]] = []
    for headline, replaced_at in revisions:
        if headline and headline != now:
            kept.append((headline, replaced_at))
            now = headline
    return kept
