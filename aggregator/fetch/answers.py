"""Reading one answer from the bytes a server sends, within bounds. Sees bytes, not sockets.

llhttp, which Node.js stands on, does the parsing (httptools); this decides what of it is taken. Taken, because servers
of feeds do it: folded header lines, lines that end in LF alone, blanks behind a chunk's size, bytes behind the end (h11,
which read feeds here before, took them all too). None can be mistaken for part of another answer: a connection is only used
again where the answer took up exactly what came. Refused: two lengths, a length beside chunks, any transfer coding but `chunked` (RFC 9112 sections 6.1, 6.3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httptools

from aggregator.fetch.body import Body
from aggregator.fetch.failures import FetchProblem
from aggregator.model.fetch import FailureKind

MOST_HEADERS = 200
MOST_HEADER_BYTES = 100_000
"""Of an answer's headers, interim answers before it included; and of whatever else comes without any body in it."""
MOST_INTERIM = 20
"""Answers of the 1xx kind before the real one."""

OpenBody = Callable[[int, dict[str, str]], Body | None]
"""Given status and headers: where the body goes; None when it is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one server said."""

    status: int
    headers: dict[str, str]
    """Names in lower case, values as latin-1, several of one name joined with ", "."""
    location: bytes | None = None
    """The first of that name."""
    body: bytes = b""

    @property
    def phrase(self) -> str:
        """Name the status as RFC 9110 does, not as the server does."""
        try:
            return f"HTTP {self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return f"HTTP {self.status}"


class AnswerReader:
    """Takes bytes until `done`; then `answer` has the answer.

    Args:
        open_body: asked once, when the headers are complete; where it gives None, the answer is done with them.
    """

    def __init__(self, open_body: OpenBody) -> None:
        self.done = False
        self.status: int | None = None
        """Of the answer itself; None while its headers are not complete."""
        self.has_begun = False
        """At least one byte came."""
        self._is_complete = self._is_followed = self._is_last = False
        self._open_body = open_body
        self._body: Body | None = None
        self._headers: dict[str, str] = {}
        self._location: bytes | None = None
        self._count = self._size = self._interim = 0
        self._fruitless = 0
        """Bytes since the last that belonged to a body."""
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_data_after_close=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    def feed(self, data: bytes) -> None:
        """Take what came; no bytes mean that the server has closed the connection.

        Raises:
            FetchProblem: this is no answer, or one beyond the bounds; or the body is refused.
        """
        if not data:
            self._end()
            return
        self.has_begun = True
        self._fruitless += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if isinstance(error.__context__, FetchProblem):
                raise error.__context__ from None
            if not self.done:
                raise _unreadable(str(error).lower()) from error
            self._is_followed = True
        if self._fruitless > MOST_HEADER_BYTES and not self.done:
            raise _too_much()

    @property
    def leaves_connection(self) -> bool:
        """Tell whether the server will take another request after this answer, and nothing of it is left to come.

        That is so in HTTP/1.1 without `Connection: close`, where the answer itself says where it ends, all of it came, and
        nothing behind it (RFC 9112 section 9.3).
        """
        return self._is_complete and not self._is_followed and not self._is_last

    def answer(self) -> Answer:
        """Give the answer that is `done`."""
        return Answer(
            status=self.status or 0,
            headers=self._headers,
            location=self._location,
            body=self._body.finish() if self._body else b"",
        )

    def _end(self) -> None:
        if self.status is None:
            raise _broken("the connection was closed before the headers were complete")
        if not self._headers.keys().isdisjoint({"content-length", "transfer-encoding"}):
            raise _broken("the connection was closed before the body was complete")
        self.done = True

    # What follows is called by the parser, in the order of the bytes. Exceptions come out of `feed`, as context.

    def on_message_begin(self) -> None:
        """Forget the headers of an interim answer."""
        if self._is_complete:
            self._is_followed = True
        if not self.done:
            self._headers, self._location = {}, None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers (RFC 9110 section 6.5.1) are only counted."""
        self._count += 1
        self._size += len(name) + len(value) + 4
        if self._count > MOST_HEADERS:
            raise FetchProblem(FailureKind.BAD_RESPONSE, f"the answer has more than {MOST_HEADERS} headers")
        if self._size > MOST_HEADER_BYTES:
            raise _too_much()
        if name.endswith((b" ", b"\t")) or b"\0" in value:
            raise _broken(f"impossible header {name[:80]!r}")
        if self.status is None:
            self._keep(name.decode("latin-1").lower(), value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """Judge an answer by its headers."""
        if self.done:
            return
        status = self._parser.get_status_code()
        if status < HTTPStatus.OK:
            self._pass_over(status)
            return
        version = self._judge_framing()
        self._is_last = version == "1.0" or not self._parser.should_keep_alive()
        self.status = status
        self._body = self._open_body(status, self._headers)
        self.done = self._body is None

    def on_body(self, piece: bytes) -> None:
        """Hand on a piece of the body."""
        self._fruitless = 0
        if self._body is not None and not self.done:
            self.done = not self._body.feed(piece)

    def on_message_complete(self) -> None:
        """See that the body is complete."""
        self._is_complete = self.status is not None
        self.done = self.done or self._is_complete

    def _keep(self, name: str, raw: bytes) -> None:
        value = raw.decode("latin-1")
        if name == "location" and self._location is None:
            self._location = raw
        self._headers[name] = f"{self._headers[name]}, {value}" if name in self._headers else value

    def _pass_over(self, status: int) -> None:
        self._interim += 1
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            raise _broken("it changes to a protocol that was not asked for")
        if self._interim > MOST_INTERIM:
            raise _broken(f"more than {MOST_INTERIM} interim answers")

    def _judge_framing(self) -> str:
        """Give the version. Raises FetchProblem where it is in doubt how long the body is."""
        version: str = self._parser.get_http_version()
        if version not in {"1.0", "1.1"}:
            raise _broken(f"it is in HTTP/{version}")
        coding = self._headers.get("transfer-encoding")
        if coding is not None and (coding.lower() != "chunked" or version == "1.0"):
            raise _broken(f"transfer coding {coding[:80]!r} in HTTP/{version}")
        return version


def _unreadable(why: str) -> FetchProblem:
    # llhttp says of an SSH banner or a page without a status line: "Expected HTTP/, RTSP/ or ICE/".
    if why.startswith("expected http/"):
        return FetchProblem(FailureKind.BAD_RESPONSE, "the server does not speak HTTP here")
    return _broken(why)


def _broken(what: str) -> FetchProblem:
    return FetchProblem(FailureKind.BAD_RESPONSE, f"the answer is broken: {what}")


def _too_much() -> FetchProblem:
    return FetchProblem(FailureKind.BAD_RESPONSE, f"the answer has more than {MOST_HEADER_BYTES:,} bytes of headers")
