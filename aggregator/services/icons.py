"""Icons of feeds: what a document calls its icon, else the `favicon.ico` of its home page, looked for once a week.

Nobody waits for one: a page with a hundred feeds would hold the browser's few connections until the slowest site has
answered. What is kept is given at once, and what is not is looked for meanwhile, for the next view.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from aggregator.model.feed import FeedOverview
from aggregator.model.media import Image, KeptImage
from aggregator.polling.groups import rate_group
from aggregator.ports import Clock, ImageCache, Images
from aggregator.services.flights import Flights
from aggregator.text.urls import host_and_port, web_url

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=7)
"""Also that there is none: sites complain of readers that ask for it again and again."""
AT_ONCE: Final = 4
MOST: Final = 256


class FeedIcons:
    """Finds and keeps icons. Belongs to one event loop.

    Args:
        images: the way to sites.
        cache: what was found before, and what was not.
        clock: tells how old that is.
    """

    def __init__(self, images: Images, cache: ImageCache, clock: Clock) -> None:
        self._images = images
        self._cache = cache
        self._clock = clock
        self._flights: Flights[None] = Flights(at_once=AT_ONCE, most=MOST)

    async def of(self, overview: FeedOverview) -> Image | None:
        """Give a feed's icon; None where it has none, or none is known yet."""
        addresses = icon_addresses(overview)
        if not addresses:
            return None
        # By feed, so that what one feed claims to be its home decides nothing for another (FreshRSS, CVE-2025-46339).
        name, now = f"icon {overview.feed.id} {addresses[0]}", self._clock.now()
        kept = await self._cache.load(name, now=now)
        if kept is None or now - kept.kept_at >= KEPT:
            self._flights.begin(name, rate_group(addresses[0]), lambda: self._look(name, addresses, overview, kept))
        return kept.image if kept else None

    async def settle(self) -> None:
        """Wait until no icon is being looked for."""
        await self._flights.settle()

    async def aclose(self) -> None:
        """Drop what is under way."""
        await self._flights.aclose()

    async def _look(self, name: str, addresses: Sequence[str], overview: FeedOverview, kept: KeptImage | None) -> None:
        body = kept.image.body if kept and kept.image else b""  # an icon does not go because a server is down
        for address in addresses:
            outcome = await self._images.fetch(address, allow_private_address=_is_let_in(overview, address))
            if isinstance(outcome, Image):
                body = outcome.body
                break
            logger.debug("feed=%s has no icon: %s", overview.feed.id, outcome.message)
        await self._cache.save(name, body, now=self._clock.now())


def icon_addresses(overview: FeedOverview) -> tuple[str, ...]:
    """Give the addresses where a feed's icon is looked for, one after another: two at most, and no made-up ones but one."""
    named, home = web_url(overview.icon_url), web_url(overview.home_url)
    parts = urlsplit(home) if home else None
    usual = f"{parts.scheme}://{parts.netloc}/favicon.ico" if parts else None
    return tuple(dict.fromkeys(address for address in (named, usual) if address))


def _is_let_in(overview: FeedOverview, address: str) -> bool:
    """Tell whether the feed may be polled from a private network, at the very server that is asked here."""
    feed = overview.feed
    return feed.allow_private_address and host_and_port(feed.url) == host_and_port(address)
