"""Addresses of images on pages: made here and signed, so that nobody else can have us fetch anything.

    /media/{signature}/{address}      address: the image's own, base64url; signature: HMAC-SHA256 of that, base64url

The signature is over the encoded address: nothing is decoded before it is known to be ours.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from aggregator.publish.site import Site
from aggregator.text.urls import origin, web_url

PATH = "media/"
_PURPOSE = b"image address 1\0"
"""What is signed is told from whatever else the key may sign one day."""


class SignedAddresses:
    """Makes and reads them.

    Args:
        key: the secret.
        site: where pages are; its own images are not to be fetched.
    """

    def __init__(self, key: bytes, site: Site) -> None:
        self._key = key
        self._site = site
        self._own = origin(site.url)

    def link(self, url: str) -> str | None:
        """Give the address on this site under which an image is shown; None where it may not be."""
        if web_url(url) != url or origin(url) == self._own:
            return None
        encoded = urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return self._site.link(f"{PATH}{self._signature(encoded)}/{encoded}")

    def address(self, signature: str, encoded: str) -> str | None:
        """Read the two parts of a link; None where it was not made here."""
        if not encoded.isascii() or not hmac.compare_digest(_bytes(signature), self._signature(encoded).encode()):
            return None
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()

    def _signature(self, encoded: str) -> str:
        digest = hmac.digest(self._key, _PURPOSE + encoded.encode(), sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    # Of text, `compare_digest` takes ASCII alone; an address may hold anything.
    return text.encode("utf-8", "surrogatepass")
