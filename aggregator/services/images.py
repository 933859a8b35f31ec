"""Images of entries for readers' browsers: from the cache, else from their publishers, each asked once.

get -> cache -> known failure -> flight (shared by all who want the same) -> publisher -> cache, or known failure
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import Image, ImageOutcome, NotAnImage
from aggregator.polling.freshness import retry_after
from aggregator.polling.groups import rate_group
from aggregator.ports import Clock, ImageCache, Images
from aggregator.services.flights import Flights
from aggregator.text.urls import host_and_port

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=30)
"""An image is asked for again after that: publishers take pictures back, and what they took back must not stay here."""
FAILED_FOR: Final = timedelta(minutes=5)
REFUSED_FOR: Final = timedelta(hours=1)
"""What is not there, is no image, or may not be dialled will hardly change in minutes."""
AT_ONCE: Final = 8
MOST: Final = 64
"""Images under way: 8 are brought, the others wait for their turn."""
LONGEST_WAIT: Final = timedelta(seconds=30)
"""Of one reader for one image; a browser shows the text in its place then."""
MOST_FAILURES: Final = 2000

_LASTING_STATUS: Final = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}
)
_OF_THE_SERVER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""What is said of all images of a server: it wants to be left alone (RFC 6585 section 4)."""


class Busy:
    """Too many images are under way, or this one did not come in time."""


BUSY: Final = Busy()

ImageAnswer = ImageOutcome | Busy
NoImage = NotAnImage | Failed


class ReaderImages:
    """Brings the images of pages. Belongs to one event loop.

    Args:
        images: the way to publishers.
        cache: what was brought before.
        clock: tells how old that is.
        longest_wait: of one reader for one image.
    """

    def __init__(
        self, images: Images, cache: ImageCache, clock: Clock, *, longest_wait: timedelta = LONGEST_WAIT
    ) -> None:
        self._images = images
        self._cache = cache
        self._clock = clock
        self._longest_wait = longest_wait
        self._failures = Failures()
        self._flights: Flights[ImageOutcome] = Flights(at_once=AT_ONCE, most=MOST)

    async def get(self, url: str) -> ImageAnswer:
        """Bring one image."""
        now = self._clock.now()
        kept = await self._cache.load(url, now=now)
        if kept and kept.image and now - kept.kept_at < KEPT:
            return kept.image
        if failure := self._known_failure(url, now):
            return failure
        flight = self._flights.begin(url, rate_group(url), lambda: self._bring(url))
        if flight is None:
            return BUSY
        try:
            async with asyncio.timeout(self._longest_wait.total_seconds()):
                return await asyncio.shield(flight)
        except TimeoutError:
            return BUSY

    async def aclose(self) -> None:
        """Drop what is under way."""
        await self._flights.aclose()

    async def _bring(self, url: str) -> ImageOutcome:
        if failure := self._known_failure(url, self._clock.now()):
            return failure  # its server has asked to be left alone while this waited for its turn
        outcome = await self._images.fetch(url)
        now = self._clock.now()
        if isinstance(outcome, Image):
            await self._cache.save(url, outcome.body, now=now)
        else:
            logger.debug("no image: %s", outcome.message)
            self._failures.note(url, outcome, now=now)
            if isinstance(outcome, Failed) and outcome.status in _OF_THE_SERVER:
                self._failures.note(host_and_port(url), outcome, now=now)
        return outcome

    def _known_failure(self, url: str, now: datetime) -> NoImage | None:
        return self._failures.of(url, now=now) or self._failures.of(host_and_port(url), now=now)


@dataclass(frozen=True, slots=True)
class _Failure:
    outcome: NoImage
    until: datetime


class Failures:
    """What went wrong lately, by address or server, so that no publisher is asked again at every view of a page.

    In memory alone: after a restart each may be asked for once more.
    """

    def __init__(self, *, most: int = MOST_FAILURES) -> None:
        self._most = most
        self._known: OrderedDict[str, _Failure] = OrderedDict()

    def of(self, name: str, *, now: datetime) -> NoImage | None:
        """Give what went wrong; None where nothing did, or long ago."""
        known = self._known.get(name)
        return known.outcome if known and now < known.until else None

    def note(self, name: str, outcome: NoImage, *, now: datetime) -> None:
        """Remember a failure; the one that was noted first makes room."""
        self._known.pop(name, None)
        self._known[name] = _Failure(outcome, now + lasting(outcome, now=now))
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def lasting(outcome: NoImage, *, now: datetime) -> timedelta:
    """Tell for how long a failure is believed: longer, up to a day, where its server says so (Retry-After)."""
    asked = retry_after(outcome.headers, now=now) if isinstance(outcome, Failed) else None
    return max(_usually(outcome), asked.length) if asked else _usually(outcome)


def _usually(outcome: NoImage) -> timedelta:
    match outcome:
        case NotAnImage() | Failed(kind=FailureKind.REFUSED_ADDRESS | FailureKind.TOO_LARGE):
            return REFUSED_FOR
        case Failed(status=status) if status in _LASTING_STATUS:
            return REFUSED_FOR
        case _:
            return FAILED_FOR
