"""Feeds as far as pages count them where there are thousands."""

from typing import NamedTuple

from aggregator.model.ids import FeedId


class FeedMark(NamedTuple):
    """A configured feed, as far as it is counted. A tuple: it takes a fifth of the time that a frozen value takes."""

    id: FeedId
    category: str
    kind: str
    """As `FeedGlance.kind`."""
