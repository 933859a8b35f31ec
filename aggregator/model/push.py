"""A WebSub subscription: a hub that sends a feed's news instead of being asked (https://www.w3.org/TR/websub/)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.ids import FeedId


@dataclass(frozen=True, slots=True, kw_only=True)
class Advertised:
    """What a feed says of its hubs."""

    topic: str
    """Its own `rel="self"` address: what hubs know it by."""
    hubs: tuple[str, ...]
    """One at least."""


class PushStage(StrEnum):
    """How far a subscription has come."""

    WANTED = "wanted"
    """Discovered; the hub is to be asked."""
    REQUESTED = "requested"
    """Asked; the hub has yet to verify that we meant it."""
    ACTIVE = "active"
    """Verified; the hub sends until `lease_until`."""
    DENIED = "denied"
    """The hub said no (section 5.2 of the specification); it is not asked again before `next_step_at`."""
    LEAVING = "leaving"
    """To be ended, because feeds.yaml or the document names feed or hub no more; the hub has yet to verify it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed at one hub."""

    feed_id: FeedId
    hub: str
    topic: str
    """The feed's own `rel="self"` address: what the hub knows it by."""
    token: str
    """Last part of the callback's address: unguessable, one a subscription."""
    secret: str | None = None
    """Signs what the hub sends; given to hubs over HTTPS only."""
    stage: PushStage = PushStage.WANTED
    lease_until: datetime | None = None
    """Until when the hub sends; set by its verification."""
    next_step_at: datetime | None = None
    """When to ask (again), renew or give up; None: nothing to do until the hub speaks."""
    failures: int = 0
    """Requests in a row that the hub did not take."""
    message: str = ""
    """What a person should know; empty when all is well."""
    allow_private_address: bool = False
    """As the feed had it when the hub was asked last: a hub is taken leave of after its feed is out of feeds.yaml."""
