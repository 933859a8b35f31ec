"""Taking in an answer's body within bounds, piece by piece.

Libraries that unpack for their callers decode each chunk whole: 269 bytes of `gzip, gzip, gzip` became 3 GiB before a
limit on the output could act. So one layer of gzip is taken off here, and both sides are counted.
"""

import io
import zlib
from collections.abc import Mapping
from typing import Protocol

from aggregator.fetch.failures import FetchProblem
from aggregator.model.fetch import FailureKind

MOST_MEMBERS = 64
"""A gzip stream may be several, one after another (RFC 1952 section 2.2); thousands of empty ones only cost time."""
GZIP = 16 + zlib.MAX_WBITS


class Body(Protocol):
    """Where a body goes as it comes."""

    def feed(self, piece: bytes) -> bool:
        """Take a piece; tell whether more is wanted."""
        ...

    def finish(self) -> bytes:
        """Give what came, decoded."""
        ...


class Document:
    """A body that is wanted whole: at most `max_bytes` on the wire, and as many decoded.

    Raises:
        FetchProblem: from every method, where it is larger, damaged or incomplete, or encoded in a way that was not
            asked for.
    """

    def __init__(self, headers: Mapping[str, str], *, max_bytes: int) -> None:
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > max_bytes:
            raise _too_large(max_bytes)
        self._max_bytes = max_bytes
        self._received = 0
        self._unpacker = _Gunzip(max_bytes) if is_gzip(headers.get("content-encoding", "")) else _Plain()

    def feed(self, piece: bytes) -> bool:
        """Take a piece; more is always wanted."""
        self._received += len(piece)
        if self._received > self._max_bytes:
            raise _too_large(self._max_bytes)
        self._unpacker.feed(piece)
        return True

    def finish(self) -> bytes:
        """Give the document."""
        return self._unpacker.finish()


class Opening:
    """The first bytes of a body, as they come: enough to see what a server means."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = b""

    def feed(self, piece: bytes) -> bool:
        """Take a piece; tell whether there is room for more."""
        self._kept = (self._kept + piece)[: self._most]
        return len(self._kept) < self._most

    def finish(self) -> bytes:
        """Give them."""
        return self._kept


def is_gzip(content_encoding: str) -> bool:
    """Tell whether a body is packed with gzip (`x-gzip` is its old name, RFC 9110 section 8.4.1.3) or not at all.

    Raises:
        FetchProblem: it is packed in another way, or more than once.
    """
    layers = [name for part in content_encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if not layers:
        return False
    if layers in (["gzip"], ["x-gzip"]):
        return True
    raise FetchProblem(
        FailureKind.BAD_RESPONSE, f"the answer is encoded as {', '.join(layers)[:80]!r}; only gzip was asked for"
    )


class _Plain:
    def __init__(self) -> None:
        self._decoded = io.BytesIO()

    def feed(self, piece: bytes) -> None:
        self._decoded.write(piece)

    def finish(self) -> bytes:
        return self._decoded.getvalue()


class _Gunzip:
    """Unpacks gzip without ever making more than one byte beyond the limit."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._decoded = io.BytesIO()
        self._member = zlib.decompressobj(GZIP)
        self._members = 1

    def feed(self, piece: bytes) -> None:
        while piece:
            if self._member.eof:
                self._next_member()
            room = self._max_bytes - self._decoded.tell()
            try:
                self._decoded.write(self._member.decompress(piece, room + 1))
            except zlib.error as error:
                raise FetchProblem(FailureKind.BAD_RESPONSE, f"the answer's gzip is damaged: {error}") from error
            if self._decoded.tell() > self._max_bytes:
                raise _too_large(self._max_bytes)
            piece = self._member.unused_data

    def finish(self) -> bytes:
        if not self._member.eof:
            raise FetchProblem(FailureKind.BAD_RESPONSE, "the answer's gzip ends before its end mark")
        return self._decoded.getvalue()

    def _next_member(self) -> None:
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise FetchProblem(FailureKind.BAD_RESPONSE, f"the answer's gzip has more than {MOST_MEMBERS} members")
        self._member = zlib.decompressobj(GZIP)


def _too_large(max_bytes: int) -> FetchProblem:
    return FetchProblem(FailureKind.TOO_LARGE, f"the answer is larger than {max_bytes:,} bytes")
