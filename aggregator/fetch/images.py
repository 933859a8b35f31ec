"""Fetching images for readers, whose browsers shall ask nobody but us.

The address of an image is written by whoever wrote the entry: httpx asks it over the same guard and bounds as polls.
What comes back is an image only if the server says so, or says nothing, and its bytes begin like one.
"""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import httpx

from aggregator.fetch.addresses import Network
from aggregator.fetch.body import Document
from aggregator.fetch.courier import Courier
from aggregator.fetch.dial import Dialler
from aggregator.fetch.failures import FetchProblem, as_problem, shown, too_late
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import Resolver
from aggregator.fetch.transport import ALLOW_PRIVATE, GuardedTransport, client_over, url_of
from aggregator.fetch.urls import Target
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import ICON_TYPE, Image, ImageOutcome, NotAnImage

MOST_REDIRECTS = 3
ACCEPT = "image/avif, image/webp, image/png, image/jpeg, image/gif, image/*;q=0.1"

_SAYS_NOTHING: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
"""Types of servers that do not know what they send (RFC 9110 section 8.3); the last is the default of Amazon S3."""


class ImageClient:
    """Fetches images; implements `ports.Images`.

    Constant User-Agent; no cookies, no Referer, no proxy, nothing that tells who reads.

    Args:
        user_agent: name, version and a way to reach who runs this.
        timeout: for one image, redirects and waiting for their servers' turns included.
        max_bytes: of one image, on the wire and unpacked.
        pace: shared by everything that fetches images.
        icons: the icons of sites are wanted, so that the type which is only used for them is let through.
        allow_networks: networks that may be dialled although they are not public.
        resolve: names to addresses; None asks the operating system.
        dialler: opens connections; None does it for real.
        tls: whom to trust; None trusts the public authorities that certifi lists.
    """

    def __init__(  # noqa: PLR0913 -- the last three are seams for tests
        self,
        *,
        user_agent: str,
        timeout: timedelta,
        max_bytes: int,
        pace: HostPacing,
        icons: bool = False,
        allow_networks: Sequence[Network] = (),
        resolve: Resolver | None = None,
        dialler: Dialler | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._seconds = timeout.total_seconds()
        self._max_bytes = max_bytes
        self._icons = icons
        courier = Courier(pace=pace, allow_networks=allow_networks, resolve=resolve, dialler=dialler, tls=tls)
        transport = GuardedTransport(courier, user_agent=user_agent, timeout=timeout, open_body=self._open_body)
        self._client = client_over(transport, headers={"Accept": ACCEPT}, most_redirects=MOST_REDIRECTS)

    async def fetch(self, url: str, *, allow_private_address: bool = False) -> ImageOutcome:
        """Bring one image. Never raises for what a server or an address does."""
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._client.get(
                    url_of(Target.from_text(url)),
                    follow_redirects=True,
                    extensions={ALLOW_PRIVATE: allow_private_address},
                )
        except TimeoutError:
            return too_late(url, self._seconds).as_failed()
        except httpx.TooManyRedirects:
            message = f"more than {MOST_REDIRECTS} redirects at {shown(url)}"
            return Failed(kind=FailureKind.BAD_RESPONSE, message=message)
        except (FetchProblem, httpx.HTTPError) as error:
            return as_problem(error, url).as_failed()
        return self._judged(response)

    async def aclose(self) -> None:
        """Let go of the resolver's threads."""
        await self._client.aclose()

    def _open_body(self, status: int, headers: dict[str, str]) -> Document | None:
        """Read the body of what can be an image alone: nothing else is worth its bytes."""
        is_wanted = status == httpx.codes.OK and _may_be_image(headers.get("content-type", ""))
        return Document(headers, max_bytes=self._max_bytes) if is_wanted else None

    def _judged(self, response: httpx.Response) -> ImageOutcome:
        place = shown(str(response.url))
        if response.status_code != httpx.codes.OK:
            message = f"HTTP {response.status_code} from {place}"
            headers = dict(response.headers)
            return Failed(kind=FailureKind.STATUS, message=message, status=response.status_code, headers=headers)
        declared = response.headers.get("content-type", "")
        if not _may_be_image(declared):
            return NotAnImage(message=f"{place} is {_media_type(declared)[:80]!r}, not an image that may be shown")
        image = Image.of(response.content)
        if image is None or (image.media_type == ICON_TYPE and not self._icons):
            return NotAnImage(message=f"the bytes of {place} are no PNG, JPEG, GIF, WebP or AVIF")
        return image


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _may_be_image(content_type: str) -> bool:
    declared = _media_type(content_type)
    is_image = declared.startswith("image/") and "svg" not in declared and "," not in declared
    return is_image or declared in _SAYS_NOTHING
