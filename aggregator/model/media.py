"""Images of third parties: what may pass for one, and what may come in its place."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from aggregator.model.fetch import Failed

ICON_TYPE = "image/x-icon"

_SIGNATURES = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/gif", re.compile(rb"GIF8[79]a")),
    ("image/webp", re.compile(rb"RIFF.{4}WEBPVP", re.DOTALL)),
    # ISO 14496-12 section 4.3: a `ftyp` box first, which names a major brand, a version, and compatible brands.
    ("image/avif", re.compile(rb"\x00\x00..ftyp(?:avif|avis|.{8}(?:.{4}){0,14}?avi[fs])", re.DOTALL)),
    (ICON_TYPE, re.compile(rb"\x00\x00\x01\x00(?!\x00\x00)")),
)
"""https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern, and AVIF. Never SVG: it is a document that can hold
scripts (Miniflux, CVE-2025-31483; FreshRSS, CVE-2025-31136)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image whose bytes begin as those of its type do. Made by `of`."""

    media_type: str
    """One of a closed list; whatever else the server called it is forgotten."""
    body: bytes

    @classmethod
    def of(cls, body: bytes) -> Self | None:
        """Tell the type of an image by its first bytes; None where it is of none that may be shown."""
        kind = next((media_type for media_type, signature in _SIGNATURES if signature.match(body)), None)
        return cls(media_type=kind, body=body) if kind else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAnImage:
    """A whole answer that is no image, or none of a kind that may be shown."""

    message: str
    """For people: what was seen and what was expected."""


ImageOutcome = Image | NotAnImage | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptImage:
    """What a cache holds under one name."""

    image: Image | None
    """None: it was looked for, and there is none."""
    kept_at: datetime
    """When it was put there."""
