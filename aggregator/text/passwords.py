"""Passwords as they are kept: scrypt (RFC 7914), so that who reads the file still has to guess.

    scrypt:15:8:3:{salt}:{key}        log2 of N, r, p; salt and key in base64url

Parameters as OWASP's Password Storage Cheat Sheet has them for 32 MiB of memory (N = 2^15, r = 8, p = 3), its equal of N = 2^17 with a
quarter of the memory: this runs on small machines. No `$` stands in it, which shells and compose files would take for a variable.
The whole password counts, however long: bcrypt reads 72 bytes (CVE-2025-68402 of FreshRSS).
"""

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import scrypt
from hmac import compare_digest

LONGEST = 1024
"""Characters. A longer one is no password."""
SALT = 16
"""Bytes (RFC 7914 has no least; NIST SP 800-132 section 5.1 wants 128 bits)."""

_LOG_N, _R, _P, _LENGTH = 15, 8, 3, 32
_HASH = re.compile(r"scrypt:(1[4-8]):(8):([1-9]|10):([A-Za-z0-9_-]{22}==):([A-Za-z0-9_-]{43}=)")
_SPARE = 1024 * 1024
"""Bytes that OpenSSL wants beside the table of 128 * N * r."""


def hashed(password: str, *, salt: bytes, log_n: int = _LOG_N, p: int = _P) -> str:
    """Make what is kept of a password; `salt` is `SALT` bytes drawn at random."""
    key = _key(password, salt, log_n=log_n, r=_R, p=p)
    return f"scrypt:{log_n}:{_R}:{p}:{_written(salt)}:{_written(key)}"


def matches(password: str, kept: str) -> bool:
    """Tell whether it is the password that `hashed` made this of; takes 0.2 s of CPU and 32 MiB, as it is meant to."""
    found = _HASH.fullmatch(kept)
    if found is None or len(password) > LONGEST:
        return False
    log_n, r, p, salt, expected = found.groups()
    key = _key(password, urlsafe_b64decode(salt), log_n=int(log_n), r=int(r), p=int(p))
    return compare_digest(key, urlsafe_b64decode(expected))


def is_hash(text: str) -> bool:
    """Tell whether `hashed` could have made this."""
    return _HASH.fullmatch(text) is not None


def _key(password: str, salt: bytes, *, log_n: int, r: int, p: int) -> bytes:
    # One keyboard sends "é" as one character, another as two (RFC 8265 section 4.2.1 wants NFC).
    spelt = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    room = 128 * (1 << log_n) * r + 128 * r * p + _SPARE
    return scrypt(spelt, salt=salt, n=1 << log_n, r=r, p=p, maxmem=room, dklen=_LENGTH)


def _written(value: bytes) -> str:
    return urlsafe_b64encode(value).decode()
