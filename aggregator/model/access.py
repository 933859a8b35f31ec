"""What a request for a feed carries that is between us and its server: never stored, shown or logged."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Login, headers and proxy of one feed. None of it stands in its `repr`."""

    login: tuple[str, str] | None = field(default=None, repr=False)
    """User name and password (RFC 7617)."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Sent to the feed's own origin alone: a redirect to another one loses them, and the login."""
    proxy: str | None = field(default=None, repr=False)
    """`http://[user:password@]host:port`, trusted: it looks up names in our place. None: servers are asked directly."""


OPEN = Access()
"""Of nearly every feed: nothing."""
