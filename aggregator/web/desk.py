"""What every handler works with. `create_app` lays it out once; handlers find it through their request."""

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import cast

from starlette.requests import Request

from aggregator.ports import Clock
from aggregator.publish.site import Site
from aggregator.services.deliveries import Deliveries
from aggregator.services.icons import FeedIcons
from aggregator.services.images import ReaderImages
from aggregator.services.push import Subscriber
from aggregator.services.read import Reader
from aggregator.services.watch import Watch
from aggregator.web.digest_shelf import DigestShelf
from aggregator.web.guard import Guard
from aggregator.web.rendering import Templates
from aggregator.web.signed import SignedAddresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What answers hubs (WebSub)."""

    subscriber: Subscriber
    deliveries: Deliveries
    max_bytes: int
    """Of what a hub may send at a time."""
    within: timedelta = timedelta(minutes=1)
    """For such a document to arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collectors:
    """Who may read /metrics. With neither: this machine, while the site is not public."""

    token: str = field(default="", repr=False)
    """What they send as `Authorization: Bearer ...`; empty: no token opens anything."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """From where they ask directly, without a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What shows images of third parties."""

    addresses: SignedAddresses
    images: ReaderImages
    icons: FeedIcons
    usual: bool = True
    """Whether images are shown of feeds that feeds.yaml names no more, and so says nothing of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The services behind the pages, and the templates before them."""

    reader: Reader
    digests: DigestShelf
    site: Site
    templates: Templates
    clock: Clock
    watch: Watch
    callbacks: Callbacks | None = None
    """None: there are none, and hubs find nothing."""
    collectors: Collectors = Collectors()
    media: Media | None = None
    """None: pages show the texts of images in their place, and letters for icons."""
    guard: Guard | None = None
    """None: everybody may read everything, as often as they like."""


def desk_of(request: Request) -> Desk:
    """Find the desk of the application that answers this request."""
    return cast("Desk", request.app.state.desk)
