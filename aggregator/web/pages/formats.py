"""The formats every list of entries is published in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aggregator.model.entry import PublishedEntry
from aggregator.publish import atom, jsonfeed, rss
from aggregator.publish.site import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How entries become a document."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[Channel, Sequence[PublishedEntry]], bytes]


FORMATS = (
    Format(name="Atom", suffix="atom", media_type=atom.MEDIA_TYPE, write=atom.write),
    Format(name="RSS", suffix="rss", media_type=rss.MEDIA_TYPE, write=rss.write),
    Format(name="JSON Feed", suffix="json", media_type=jsonfeed.MEDIA_TYPE, write=jsonfeed.write),
)
