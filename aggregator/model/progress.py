"""How far the work behind the pages has come: grouping, digests, mail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDigests:
    """The digests of one name."""

    count: int
    last_at: datetime | None
    """When the newest was sealed; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is done, and what waits."""

    ungrouped: int
    """Entries that came or changed, and wait for their place."""
    open_stories: int
    """Stories that entries may still join."""
    mails: int
    """Messages that wait to be sent, or are just being sent."""
    oldest_mail_at: datetime | None
    """When the digest was sealed that is the longest on its way to somebody; None where none is."""
    digests: Mapping[str, SealedDigests] = field(default_factory=dict)
    """By name."""
