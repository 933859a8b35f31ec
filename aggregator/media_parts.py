"""Put together what shows images of third parties. Used by `bootstrap`, where pages are served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from aggregator.clock import SystemClock
from aggregator.config.fields import Shown
from aggregator.config.model import Configuration
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.images import ImageClient
from aggregator.publish.site import Site
from aggregator.services.icons import FeedIcons
from aggregator.services.images import ReaderImages
from aggregator.storage.files.image_cache import FileImageCache
from aggregator.storage.files.signing_key import signing_key
from aggregator.web.desk import Media
from aggregator.web.signed import SignedAddresses

LARGEST_ICON = 256 * 1024
"""Bytes. An icon file holds a dozen sizes of one drawing at most."""


@asynccontextmanager
async def open_media(
    configuration: Configuration, database: Path, *, site: Site, user_agent: str
) -> AsyncIterator[Media | None]:
    """Open what brings and keeps images, in a folder beside the database; None where no feed's are to be shown.

    Raises:
        UserError: no files can be kept there.
    """
    usual = configuration.media.images is not Shown.NONE
    if not usual and not any(feed.shows_images for feed in configuration.enabled_feeds()):
        yield None
        return
    folder, clock = database.with_name(f"{database.name}-media"), SystemClock()
    key = signing_key(folder / "key")
    cache = FileImageCache(folder / "images", max_bytes=configuration.media.cache)
    client = partial(
        ImageClient,
        user_agent=user_agent,
        timeout=configuration.polling.timeout,
        # No gap between two images of a server: a browser would ask for six at a time, and readers wait.
        pace=HostPacing(gap=timedelta()),
        allow_networks=configuration.polling.allow_networks,
    )
    pictures, drawings = client(max_bytes=configuration.media.max_bytes), client(max_bytes=LARGEST_ICON, icons=True)
    images, icons = ReaderImages(pictures, cache, clock), FeedIcons(drawings, cache, clock)
    try:
        yield Media(addresses=SignedAddresses(key, site), images=images, icons=icons, usual=usual)
    finally:
        for part in (images, icons, pictures, drawings):
            await part.aclose()
