"""Who has logged in, as the browser keeps it and nobody else can make it.

    1.{ends}.{id}.{signature}      ends: epoch seconds; id: 128 bits drawn at random; signature: HMAC-SHA256 of all before, base64url

The signing key is made of a file and of the hash of the password: another password ends every session, and so does logging out,
which draws the file anew. So an end is an end on this side too, for every process that serves this database, and a cookie that
somebody has copied is worth nothing after it. The price is that logging out does so everywhere; there is one reader, or one
household, to one password.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

_WRITTEN = re.compile(r"(1\.([0-9]{1,12})\.([A-Za-z0-9_-]{22}))\.([A-Za-z0-9_-]{43})")
_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")


class SecretFile(Protocol):
    """Keeps the secret of this site's sessions."""

    def current(self) -> bytes:
        """Give the secret; made where there is none.

        Raises:
            UserError: it can't be kept.
        """
        ...

    def renew(self) -> None:
        """Replace it by another.

        Raises:
            UserError: it can't be kept.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login that holds."""

    id: str
    ends_at: int
    """Epoch seconds."""


class Sessions:
    """Begins, reads and ends them.

    Args:
        kept: the secret on disk.
        password: the hash of the password in force.
        lasting: from login to the end.
        draw: makes what nobody can guess.
    """

    def __init__(
        self,
        kept: SecretFile,
        *,
        password: str,
        lasting: timedelta,
        draw: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._kept = kept
        self._password = password.encode()
        self.lasting = lasting
        self._draw = draw

    def begin(self, now: datetime) -> str:
        """Make the cookie of a new login; it has nothing of any before it (CVE-2025-54592 of FreshRSS)."""
        signed = f"1.{int((now + self.lasting).timestamp())}.{self.nonce()}"
        return f"{signed}.{self._signed('session', signed)}"

    def read(self, cookie: str, now: datetime) -> Session | None:
        """Read a cookie; None where it is not ours, or no more."""
        found = _WRITTEN.fullmatch(cookie)
        if found is None or not hmac.compare_digest(found[4], self._signed("session", found[1])):
            return None
        ends_at = int(found[2])
        return Session(id=found[3], ends_at=ends_at) if now.timestamp() < ends_at else None

    def end_all(self) -> None:
        """End every session, of every browser.

        Raises:
            UserError: the secret can't be replaced; nothing has ended.
        """
        self._kept.renew()

    def nonce(self) -> str:
        """Draw what ties a form to a browser that has no session yet."""
        return self._draw(16)

    @staticmethod
    def is_nonce(text: str) -> bool:
        """Tell whether `nonce` could have drawn this."""
        return _NONCE.fullmatch(text) is not None

    def form_token(self, of: str) -> str:
        """Make the token of a form: `of` is the id of a session, or a nonce."""
        return self._signed("form", of)

    def is_form_token(self, token: str, of: str) -> bool:
        """Tell whether a form was made for this session or nonce."""
        return self.is_nonce(of) and hmac.compare_digest(
            token.encode("utf-8", "surrogatepass"), self.form_token(of).encode()
        )

    def _signed(self, purpose: str, text: str) -> str:
        key = hmac.digest(self._kept.current(), self._password, sha256)
        digest = hmac.digest(key, f"{purpose}\0{text}".encode(), sha256)
        return urlsafe_b64encode(digest).decode().rstrip("=")
