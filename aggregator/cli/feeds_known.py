"""What the database knows of the feeds of feeds.yaml; read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import bootstrap
from aggregator.cli.naming import named_ids
from aggregator.cli.options import Place
from aggregator.config.model import Configuration
from aggregator.model.feed import Feed, FeedOverview, FeedState
from aggregator.model.poll import GroupPause
from aggregator.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFeeds:
    """The feeds of feeds.yaml, in its order, and the rate groups that are paused."""

    configuration: Configuration
    """All of feeds.yaml, feeds that it has switched off included."""
    overviews: tuple[FeedOverview, ...]
    """One a feed of the file that is polled; with the defaults where the database does not know it, or knows it by another
    address."""
    pauses: tuple[GroupPause, ...]


async def known_feeds(place: Place, *, now: datetime) -> KnownFeeds:
    """Read what is known; where there is no database yet that is nothing, and none is made."""
    configuration = place.configuration()
    if not place.database.exists():
        return _joined(configuration, (), ())

    def work(tx: Transaction) -> tuple[list[FeedOverview], tuple[GroupPause, ...]]:
        return tx.feeds.overview(), tx.feeds.pauses(now=now)

    async with bootstrap.open_store(place.database) as store:
        overviews, pauses = await store.read(work)
    return _joined(configuration, overviews, pauses)


def named_feeds(place: Place, configuration: Configuration, names: Sequence[str]) -> list[Feed]:
    """Find the feeds of these ids, in the order of feeds.yaml; all where none is named.

    Raises:
        UserError: see `named_ids`.
    """
    ids = named_ids(place, configuration, names)
    return [feed for feed in configuration.enabled_feeds() if not names or feed.id in ids]


def _joined(configuration: Configuration, known: Sequence[FeedOverview], pauses: Sequence[GroupPause]) -> KnownFeeds:
    by_id = {overview.feed.id: overview for overview in known}
    rows = (_row(feed, by_id.get(feed.id)) for feed in configuration.enabled_feeds())
    return KnownFeeds(configuration=configuration, overviews=tuple(rows), pauses=tuple(pauses))


def _row(feed: Feed, known: FeedOverview | None) -> FeedOverview:
    if known is None:
        return FeedOverview(
            feed=feed, state=FeedState(), document_title="", home_url=None, entries=0, newest_entry_at=None
        )
    # What polls have learned belongs to the address: of a feed that was given another one, the next poll forgets it.
    return replace(known, feed=feed) if known.feed.url == feed.url else replace(known, feed=feed, state=FeedState())
