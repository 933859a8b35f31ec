"""What digests ask for that no feed has: a name mistyped there makes a digest that stays empty, and nobody is told why."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from aggregator.config.digests import DigestSettings
from aggregator.config.feeds import FeedSettings
from aggregator.config.fields import quoted
from aggregator.config.nearest import did_you_mean
from aggregator.config.plain import Path

_NAMED: Final = 10
"""Names that a message lists where none is near: what fits a line of the terminal."""


def unknown_wishes(
    feeds: Iterable[FeedSettings], digests: Mapping[Path, DigestSettings], *, named: Iterable[str] = ()
) -> Iterator[tuple[Path, str]]:
    """Find categories, weights and tags that are of no feed; disabled feeds count too, for what they brought is still there.

    Categories are compared without case, as everywhere in the file; tags letter by letter, as digests choose by them.

    Args:
        feeds: all of the file.
        digests: by their path from the top of the file.
        named: categories that stand under `categories`, which may be waiting for their first feed.

    Yields:
        The path of the name, and what is wrong with it.
    """
    wishing = {path: digest for path, digest in digests.items() if digest.categories or digest.tags or digest.weights}
    if not wishing:
        return
    listed = tuple(feeds)
    categories = {name.casefold(): name for name in (*named, *(feed.category for feed in listed))}
    tags = dict.fromkeys(chain.from_iterable(feed.tags for feed in listed))
    for path, digest in wishing.items():
        wanted: list[tuple[Path, str]] = [(("categories", place), name) for place, name in enumerate(digest.categories)]
        for place, name in (*wanted, *((("weights", name), name) for name in digest.weights)):
            if name.casefold() not in categories:
                yield (*path, *place), _said("category", name, categories.values())
        for at, name in enumerate(digest.tags):
            if name not in tags:
                yield (*path, "tags", at), _said("tag", name, tags)


def _said(kind: str, name: str, known: Collection[str]) -> str:
    return f"no feed has the {kind} {quoted(name)}{did_you_mean(name, known) or _there_are(known)}"


def _there_are(known: Collection[str]) -> str:
    rest = len(known) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"; there are {', '.join(list(known)[:_NAMED])}{more}" if known else ""
