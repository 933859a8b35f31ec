"""The formats every list of entries or stories is published in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aggregator.model.entry import PublishedEntry
from aggregator.model.story import PublishedStory
from aggregator.publish import atom, jsonfeed, rss, stories
from aggregator.publish.site import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How entries, or stories, become a document."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[Channel, Sequence[PublishedEntry]], bytes]
    write_stories: Callable[[Channel, Sequence[PublishedStory]], bytes]
    tells_events: bool = False
    """Whether `write_stories` says what happened to each."""


FORMATS = (
    Format(name="Atom", suffix="atom", media_type=atom.MEDIA_TYPE, write=atom.write, write_stories=stories.write_atom),
    Format(name="RSS", suffix="rss", media_type=rss.MEDIA_TYPE, write=rss.write, write_stories=stories.write_rss),
    Format(
        name="JSON Feed",
        suffix="json",
        media_type=jsonfeed.MEDIA_TYPE,
        write=jsonfeed.write,
        write_stories=stories.write_json,
        tells_events=True,
    ),
)
