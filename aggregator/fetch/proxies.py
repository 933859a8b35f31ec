"""Asking through a proxy that a feed names: RFC 9112 section 3.2.2 for http, RFC 9110 section 9.3.6 (CONNECT) for https.

The proxy is trusted: whoever wrote feeds.yaml named it, it may have a private address, and it looks up the names of
servers in our place. What can be judged without looking up is judged as ever: ports, and addresses written as numbers.
"""

import re
import socket
from base64 import b64encode
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from aggregator.fetch.addresses import Address
from aggregator.fetch.failures import FetchProblem
from aggregator.fetch.resolve import literal
from aggregator.fetch.streams import Stream
from aggregator.fetch.urls import DEFAULT_PORTS, Target
from aggregator.model.fetch import FailureKind

_LONGEST_ANSWER: Final = 16_384
"""Bytes of what a proxy says before a tunnel begins."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: ([ -~]{0,60})[ -~]*)?\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """Where a proxy is, and who we are to it."""

    host: str
    port: int
    login: tuple[str, str] | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read an address as feeds.yaml has it, which has checked it: `http://[user:password@]host:port`."""
        login, _, place = text.removeprefix("http://").rpartition("@")
        parts, (user, _, password) = urlsplit(f"http://{place}"), login.partition(":")
        return cls(
            host=parts.hostname or "",
            port=parts.port or DEFAULT_PORTS["http"],
            login=(unquote(user), unquote(password)) if login else None,
        )

    @property
    def fields(self) -> bytes:
        """The line that tells it who we are; none where it need not know."""
        if self.login is None:
            return b""
        return b"Proxy-Authorization: Basic %b\r\n" % b64encode(":".join(self.login).encode())

    def plain_request(self, written: bytes, target: Target) -> bytes:
        """Make of a request to a server one to the proxy: with the whole address, and who we are to it."""
        line, rest = written.split(b"\r\n", 1)
        method, _, version = line.split(b" ")
        return b"%b %b %b\r\n%b%b" % (method, target.url.encode("ascii"), version, self.fields, rest)

    async def tunnel(self, stream: Stream, target: Target) -> None:
        """Have the proxy connect to a server; what is sent from then on is between us and that server.

        Raises:
            FetchProblem: it does not.
        """
        place = f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
        named = place.encode("ascii")
        await stream.send(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (named, named, self.fields))
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = await stream.receive()
            answer += piece
            if not piece or len(answer) > _LONGEST_ANSWER:
                raise self._refused("no answer that can be understood")
        found = _STATUS.match(answer)
        if found is None or not answer.endswith(b"\r\n\r\n"):
            raise self._refused("no answer that can be understood")
        if not found[1].startswith(b"2"):
            raise self._refused(f"HTTP {found[1].decode()} {(found[2] or b'').decode()}".rstrip())

    def _refused(self, what: str) -> FetchProblem:
        return FetchProblem(FailureKind.NETWORK, f"the proxy {self.host}:{self.port} opens no tunnel: {what}")


def written_address(host: str) -> Address | None:
    """Read a host that is an address, in whatever spelling a system understands (`127.1`, `0x7f000001`); None: it is a name."""
    if address := literal(host):
        return address
    try:
        return IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() else None
    except OSError:
        return None
