"""What one conditional GET asks and how it may end. Outcomes are values; surprises are exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aggregator.model.access import OPEN, Access
from aggregator.model.feed import Validators
from aggregator.model.ids import RateGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """One conditional GET."""

    url: str
    validators: Validators = Validators()
    allow_private_address: bool = False
    access: Access = OPEN
    paused: frozenset[RateGroup] = frozenset()
    """Rate groups whose servers asked to be left alone: a redirect into one is not followed, unless `url` is of it."""
    twin_url: str | None = None
    """Where another feed of feeds.yaml is polled: a redirect there is not followed, or that would be fetched twice."""
    moved: bool = False
    """`url` is not what feeds.yaml says but where permanent redirects have led: nothing is advised for it."""


class FailureKind(StrEnum):
    """Why a poll failed; which back-off follows depends on it."""

    NETWORK = "network"
    """Name not found, connection refused or reset, TLS."""
    TIMEOUT = "timeout"
    STATUS = "status"
    """The server answered with a status that brings no document."""
    REFUSED_ADDRESS = "refused address"
    """The address guard does not let us go there."""
    TOO_LARGE = "too large"
    BAD_RESPONSE = "bad response"
    """Broken compression or framing, or a redirect loop."""
    NOT_A_FEED = "not a feed"
    """The bytes are no RSS, Atom, RDF or JSON feed."""
    INTERNAL = "internal"
    """A fault of this program or its machine: nothing the publisher did."""
    HOSTILE_DOCUMENT = "hostile document"
    """The parser refused it, ran out of time or of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """200 with a whole document."""

    url: str
    """After redirects."""
    permanent_url: str | None = None
    """Where an unbroken chain of 301 and 308 led, if there was one (RFC 9110 section 15.4)."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case, values as latin-1, several of one name joined with ", "."""
    body: bytes
    """Decoded: one gzip layer at most was taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304."""

    permanent_url: str | None = None
    """As in `Fetched`."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """410 of the very address that was asked: the publisher says the feed will not come back.

    One that a redirect led to is a `Failed` of status 410.
    """

    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No document. `message` is a sentence for people that names what was seen and what was expected."""

    kind: FailureKind
    message: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """Whose answer this is, after redirects; empty where no server answered."""


FetchOutcome = Fetched | NotModified | Gone | Failed
