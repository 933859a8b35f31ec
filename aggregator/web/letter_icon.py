"""The icon of a feed that has none: a letter on a colour, drawn here, the same for the same feed."""

from hashlib import sha256
from html import escape

from aggregator.text.words import one_line

MEDIA_TYPE = "image/svg+xml"

_SHAPE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16">'
    '<rect width="16" height="16" rx="3" fill="hsl({hue},40%,38%)"/>'
    '<text x="8" y="12" font-family="sans-serif" font-size="11" font-weight="700" text-anchor="middle" fill="#fff">'
    "{letter}</text></svg>"
)


def letter_icon(name: str, *, seed: str) -> bytes:
    """Draw an icon with the first letter or digit of a name; `seed` chooses the colour."""
    letter = next((sign for sign in one_line(name) if sign.isalnum()), "?").upper()[:1]
    hue = int.from_bytes(sha256(seed.encode()).digest()[:2], "big") % 360
    return _SHAPE.format(hue=hue, letter=escape(letter)).encode()
