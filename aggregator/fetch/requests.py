"""Writing requests: every byte of them. Nothing an address, a validator or a form holds can add a line."""

import re
from base64 import b64encode
from collections.abc import Iterable

from aggregator.fetch.urls import Target

Field = tuple[bytes, bytes]
"""Name and value of a header."""

_NOT_IN_VALUE = re.compile(rb"[\r\n\0]")  # RFC 9110 section 5.5
_NOT_IN_AGENT = re.compile("[\x00-\x1f\x7f]+")


class RequestWriter:
    """Writes requests that all say the same of who asks and for what.

    Args:
        user_agent: constant, as publishers ask for; control characters become spaces.
        fields: headers that every request has as well.
        keep: the connection may serve for more than one request, which is what HTTP/1.1 takes for granted.
    """

    def __init__(self, *, user_agent: str, fields: Iterable[Field] = (), keep: bool = False) -> None:
        agent = _NOT_IN_AGENT.sub(" ", user_agent).encode("latin-1", "replace")
        close = [] if keep else [(b"Connection", b"close")]
        self._constant = _lines([(b"User-Agent", agent), *fields, *close])

    def write(self, method: bytes, target: Target, fields: Iterable[Field] = (), *, body: bytes = b"") -> bytes:
        """Write one request; the login of its target goes along (RFC 7617).

        Raises:
            ValueError: a value holds a line break. None of ours can: addresses and validators are checked where they
                are read.
        """
        login = [(b"Authorization", _basic(target.login))] if target.login else []
        return b"%b %b HTTP/1.1\r\nHost: %b\r\n%b%b\r\n%b" % (
            method,
            target.path.encode("ascii"),
            target.authority.encode("ascii"),
            self._constant,
            _lines([*login, *fields]),
            body,
        )


def _lines(fields: Iterable[Field]) -> bytes:
    return b"".join(_line(name, value) for name, value in fields)


def _line(name: bytes, value: bytes) -> bytes:
    if _NOT_IN_VALUE.search(value):
        raise ValueError(f"a line break in the header {name.decode('latin-1')}")
    return b"%b: %b\r\n" % (name, value)


def _basic(login: tuple[str, str]) -> bytes:
    return b"Basic " + b64encode(":".join(login).encode())
