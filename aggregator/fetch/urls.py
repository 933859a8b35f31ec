"""Addresses on their way to the wire: names as punycode, paths percent-encoded, nothing secret, no fragment."""

import re
from dataclasses import dataclass
from typing import Self

import httpx

from aggregator.fetch.failures import FetchProblem, shown
from aggregator.model.fetch import FailureKind

HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes."""

    url: httpx.URL
    """Without user name, password and fragment: safe to keep, to show, and as base of links."""
    login: tuple[str, str] | None = None
    """User name and password that the address held; they stay with its origin."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read an address as a person or a feed wrote it.

        Raises:
            FetchProblem: it is no http or https address.
        """
        return cls._from_url(_parse(text.strip(), FailureKind.REFUSED_ADDRESS))

    def redirected(self, location: bytes) -> Self:
        """Follow a Location header (RFC 9110 section 10.2.2), which may be relative and, in practice, raw UTF-8.

        Raises:
            FetchProblem: it leads nowhere, to another scheme than http and https, or out of encryption.
        """
        text = _decode(location).strip()
        relative = _parse(text, FailureKind.BAD_RESPONSE)
        try:
            url = self.url.join(relative)
        except (httpx.InvalidURL, ValueError) as error:
            raise _not_an_address(text, FailureKind.BAD_RESPONSE) from error
        target = self._from_url(url)
        if self.url.scheme == "https" and target.url.scheme == "http":
            raise FetchProblem(
                FailureKind.BAD_RESPONSE,
                f"{shown(self.url)} redirects out of encryption, to {shown(target.url)}: not followed",
            )
        return type(self)(target.url, self.login if origin(target.url) == origin(self.url) else None)

    @classmethod
    def _from_url(cls, url: httpx.URL) -> Self:
        if url.scheme not in {"http", "https"}:
            raise FetchProblem(
                FailureKind.REFUSED_ADDRESS, f"{url.scheme or 'no'}: is not fetched, only http: and https: are"
            )
        if not _is_host(url.raw_host.decode("ascii")) or not _is_port(url.port):
            raise _not_an_address(shown(url), FailureKind.REFUSED_ADDRESS)
        login = (url.username, url.password) if url.userinfo else None
        return cls(url.copy_with(username=None, password=None, fragment=None), login)


def _is_host(name: str) -> bool:
    """Tell a name or literal from what httpx only percent-encodes (`[bad`, `a b`)."""
    return ":" in name or re.fullmatch(r"[\w.-]+", name, re.ASCII) is not None


def _is_port(port: int | None) -> bool:
    return port is None or 0 < port <= HIGHEST_PORT


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Give what two addresses of one origin have in common (RFC 6454)."""
    return (url.scheme, url.host, url.port)


def _parse(text: str, kind: FailureKind) -> httpx.URL:
    try:
        return httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise _not_an_address(text, kind) from error


def _not_an_address(text: str, kind: FailureKind) -> FetchProblem:
    return FetchProblem(kind, f"{text[:200]!r} is no address of the web")


def _decode(location: bytes) -> str:
    try:
        return location.decode("utf-8")
    except UnicodeDecodeError:
        return location.decode("latin-1")
