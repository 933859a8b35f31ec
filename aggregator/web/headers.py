"""Headers of every answer, and of some."""

from collections.abc import Mapping
from datetime import timedelta

PAGE_AGE = timedelta(minutes=1)
FEED_AGE = timedelta(minutes=5)
ARCHIVE_AGE = timedelta(days=1)
"""An archive stays as it is, but for what publishers change in their entries."""
FILE_AGE = timedelta(days=365)

ALWAYS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # The texts are their publishers': search engines shall lead to them, not to us.
    "x-robots-tag": "noindex",
}


def kept_for(age: timedelta) -> dict[str, str]:
    """Let caches keep an answer."""
    return {"cache-control": f"public, max-age={age // timedelta(seconds=1)}"}
