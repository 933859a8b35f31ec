"""Put together what fetches articles for feeds that ask for whole texts. Used by `bootstrap`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.feeds.article import MISSING, is_installed, read_article
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch_parts import page_fetcher
from aggregator.parse_pool import ParsePool
from aggregator.ports import Store
from aggregator.services.full_texts import FullTexts
from aggregator.text.urls import origin

logger = logging.getLogger(__name__)

DEADLINE = timedelta(seconds=20)
"""For an article; the first one of a worker waits for trafilatura to be imported."""


@asynccontextmanager
async def open_full_texts(
    configuration: Configuration, store: Store, pace: HostPacing
) -> AsyncIterator[FullTexts | None]:
    """Open it; None where no feed asks for whole texts, or trafilatura is not there, which is said."""
    if not any(feed.full_text for feed in configuration.enabled_feeds()):
        yield None
        return
    if not is_installed():
        logger.warning(MISSING)
        yield None
        return
    pages = page_fetcher(configuration, pace)
    articles = ParsePool(workers=1, timeout=DEADLINE, parse=read_article)
    try:
        yield FullTexts(store, pages, articles, SystemClock(), own_origins=(origin(configuration.site.url),))
    finally:
        await pages.aclose()
        await articles.aclose()
