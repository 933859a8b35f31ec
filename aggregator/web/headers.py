"""Headers of every answer, and of some."""

import re
from collections.abc import Mapping
from datetime import timedelta

PAGE_AGE = timedelta(minutes=1)
FEED_AGE = timedelta(minutes=5)
ARCHIVE_AGE = timedelta(days=1)
"""An archive stays as it is, but for what publishers change in their entries."""
FILE_AGE = timedelta(days=365)

ALWAYS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # The texts are their publishers': search engines shall lead to them, not to us.
    "x-robots-tag": "noindex",
}

_NOT_IN_PAGES = ("frame-ancestors", "connect-src")

POLICY_IN_PAGES = "; ".join(
    each for each in ALWAYS["content-security-policy"].split("; ") if not each.startswith(_NOT_IN_PAGES)
)
"""For a `meta` element, where no server of ours sends headers (https://www.w3.org/TR/CSP3/#meta-element): there `frame-ancestors`
is not heeded, and a script has nobody to ask."""

SANDBOXED: Mapping[str, str] = {
    **ALWAYS,
    "content-security-policy": "default-src 'none'; form-action 'none'; sandbox",
    # Pages of others shall neither show what we fetched nor learn from it (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header).
    "cross-origin-resource-policy": "same-origin",
}
"""Of every answer where bytes of third parties may be, also of its errors (Miniflux, CVE-2025-31483)."""

_FOREIGN = re.compile("/media(?:/.*)?|/feeds/[^/]*/icon", re.DOTALL)


def is_foreign(path: str) -> bool:
    """Tell whether bytes of third parties are answered at a path."""
    return _FOREIGN.fullmatch(path) is not None


def of_answers_at(path: str) -> Mapping[str, str]:
    """Give the headers that every answer at a path has, whatever its handler says."""
    return SANDBOXED if is_foreign(path) else ALWAYS


def kept_for(age: timedelta) -> dict[str, str]:
    """Let caches keep an answer."""
    return {"cache-control": f"public, max-age={age // timedelta(seconds=1)}"}
