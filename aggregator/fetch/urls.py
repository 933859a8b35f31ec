"""Addresses on their way to the wire: names as punycode, paths percent-encoded, nothing secret, no fragment.

One reading decides for the whole way: what is read as the host here is judged, dialled, and sent as Host.
"""

import re
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import quote, unquote, urljoin

from aggregator.fetch.failures import FetchProblem, shown
from aggregator.model.fetch import FailureKind
from aggregator.text.urls import MAX_HOST, MAX_LENGTH, web_url

HIGHEST_PORT = 65535
DEFAULT_PORTS = {"http": 80, "https": 443}

_STRICT = re.compile(
    r"(https?)://((?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63})(?::([1-9][0-9]{3,4}))?(/[\w/.~%=&?+,;:@!$'()*-]*)", re.ASCII
)
"""Addresses that are spelt as they are sent, which nearly all are: 2 microseconds instead of 30."""
_PARTS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^#]*)", re.DOTALL)  # RFC 3986 appendix B
_AUTHORITY = re.compile(r"\[?([^\[\]]+?)\]?(?::([0-9]+))?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_SENT = re.compile(r"[^!#-;=?-\[\]_a-z~]+")
"""What RFC 3986 section 2 has no place for: spaces, quotes, angle brackets, backslashes, everything beyond ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one request goes."""

    scheme: str
    authority: str
    """As the Host header says it: the port where it is not the scheme's own, an IPv6 address in brackets."""
    host: str
    """Name or literal, without brackets."""
    port: int
    path: str
    """With the query: what the request line says."""
    login: tuple[str, str] | None = None
    """User name and password that the address held; they stay with its origin."""

    @property
    def url(self) -> str:
        """The address without user name, password and fragment: safe to keep and as base of links."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read an address as a person or a feed wrote it.

        Raises:
            FetchProblem: it is no http or https address.
        """
        return cls._strict(text) or cls._read(text.strip())

    def redirected(self, location: bytes) -> Self:
        """Follow a Location header (RFC 9110 section 10.2.2), which may be relative and, in practice, raw UTF-8.

        Raises:
            FetchProblem: it leads nowhere, to another scheme than http and https, or out of encryption.
        """
        text = _decode(location).strip()
        if _CONTROL.search(text):
            raise _not_an_address(text, FailureKind.BAD_RESPONSE)
        try:
            target = self.from_text(urljoin(self.url, text))
        except ValueError as error:
            raise _not_an_address(text, FailureKind.BAD_RESPONSE) from error
        if self.scheme == "https" and target.scheme == "http":
            raise FetchProblem(
                FailureKind.BAD_RESPONSE,
                f"{shown(self.url)} redirects out of encryption, to {shown(target.url)}: not followed",
            )
        is_at_home = (target.scheme, target.authority) == (self.scheme, self.authority)  # RFC 6454
        return replace(target, login=self.login if is_at_home else None)

    @classmethod
    def _strict(cls, text: str) -> Self | None:
        match = _STRICT.fullmatch(text)
        if match is None or len(text) > MAX_LENGTH or len(match[2]) > MAX_HOST:
            return None
        scheme, host, port, path = match.groups()
        if port is None:
            return cls(scheme=scheme, authority=host, host=host, port=DEFAULT_PORTS[scheme], path=path)
        if int(port) > HIGHEST_PORT:
            return None
        return cls(scheme=scheme, authority=f"{host}:{port}", host=host, port=int(port), path=path)

    @classmethod
    def _read(cls, text: str) -> Self:
        match = _PARTS.match(text)
        if match is None or len(text) > MAX_LENGTH or _CONTROL.search(text):
            raise _not_an_address(text, FailureKind.REFUSED_ADDRESS)
        scheme, authority, rest = (match[1] or "").lower(), match[2] or "", match[3]
        if scheme not in DEFAULT_PORTS:
            raise FetchProblem(
                FailureKind.REFUSED_ADDRESS, f"{scheme or 'no'}: is not fetched, only http: and https: are"
            )
        login, _, place = authority.rpartition("@")
        # Browsers take a backslash for a slash and RFC 3986 for part of a user name: nobody means either.
        is_clear = "\\" not in authority and "%" not in place
        strict = (web_url(f"{scheme}://{place}/") or "")[len(scheme) + 3 : -1] if is_clear else ""
        named = _AUTHORITY.fullmatch(strict)
        port = int(named[2] or DEFAULT_PORTS[scheme]) if named else 0
        if named is None or not port:
            raise _not_an_address(text, FailureKind.REFUSED_ADDRESS)
        path = _NOT_SENT.sub(lambda odd: quote(odd[0], safe=""), rest if rest.startswith("/") else f"/{rest}")
        return cls(scheme=scheme, authority=strict, host=named[1], port=port, path=path, login=_login(login))


def _login(userinfo: str) -> tuple[str, str] | None:
    name, _, password = userinfo.partition(":")
    return (unquote(name), unquote(password)) if userinfo else None


def _not_an_address(text: str, kind: FailureKind) -> FetchProblem:
    return FetchProblem(kind, f"{shown(text)!r} is no address of the web")


def _decode(location: bytes) -> str:
    try:
        return location.decode("utf-8")
    except UnicodeDecodeError:
        return location.decode("latin-1")
