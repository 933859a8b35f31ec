"""S9: what is taken for an answer and what is not. Bytes in, no sockets."""

import pytest

from aggregator.fetch.answers import MOST_HEADER_BYTES, MOST_HEADERS, MOST_INTERIM, Answer, AnswerReader
from aggregator.fetch.body import Document, Opening
from aggregator.fetch.failures import FetchProblem
from aggregator.model.fetch import FailureKind

LIMIT = 1000


def whole(status: int, headers: dict[str, str]) -> Document | None:
    return Document(headers, max_bytes=LIMIT) if status == 200 else None


def read(raw: bytes, *, size: int = 65536) -> Answer:
    """Read an answer that comes in pieces and then ends."""
    reader = AnswerReader(whole)
    for start in range(0, len(raw), size):
        reader.feed(raw[start : start + size])
        if reader.done:
            break
    if not reader.done:
        reader.feed(b"")
    assert reader.done
    return reader.answer()


def refusal(raw: bytes, *, size: int = 65536) -> FetchProblem:
    with pytest.raises(FetchProblem) as caught:
        read(raw, size=size)
    return caught.value


def lines(*texts: str, body: bytes = b"") -> bytes:
    return "".join(f"{text}\r\n" for text in (*texts, "")).encode("latin-1") + body


@pytest.mark.parametrize("size", [1, 3, 65536])
@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (lines("HTTP/1.1 200 OK", "Content-Length: 5", body=b"<rss>"), b"<rss>"),
        (lines("HTTP/1.1 200 OK", "Connection: close", body=b"<rss>"), b"<rss>"),
        (lines("HTTP/1.0 200 OK", body=b"<rss>"), b"<rss>"),
        (lines("HTTP/1.0 200 OK", "Content-Length: 5", "Connection: keep-alive", body=b"<rss>"), b"<rss>"),
        (lines("HTTP/1.1 200", "Content-Length: 5", body=b"<rss>"), b"<rss>"),
        (lines("HTTP/1.1 200 OK", "Content-Length: 0"), b""),
        (lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"2\r\n<r\r\n3\r\nss>\r\n0\r\n\r\n"), b"<rss>"),
        (lines("HTTP/1.1 200 OK", "Transfer-Encoding: Chunked", body=b"5;a=b\r\n<rss>\r\n0;c\r\n\r\n"), b"<rss>"),
        (lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"05  \r\n<rss>\r\n0\r\n\r\n"), b"<rss>"),
        (lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"5\r\n<rss>\r\n0\r\nETag: x\r\n\r\n"), b"<rss>"),
        (b"HTTP/1.1 200 OK\nContent-Length: 5\n\n<rss>", b"<rss>"),
        (
            lines("HTTP/1.1 200 OK", "Upgrade: h2,h2c", "Connection: Upgrade", "Content-Length: 5", body=b"<rss>"),
            b"<rss>",
        ),
    ],
)
def test_a_body_ends_where_its_framing_says(raw: bytes, body: bytes, size: int) -> None:
    assert read(raw, size=size).body == body


def test_bytes_behind_the_end_are_not_part_of_the_answer() -> None:
    for connection in ("close", "keep-alive"):
        framed = lines("HTTP/1.1 200 OK", f"Connection: {connection}", "Content-Length: 5")
        assert read(framed + b"<rss>HTTP/1.1 200 OK\r\nX: y\r\n\r\n") == read(framed + b"<rss>")
        assert read(framed + b"<rss>garbage\0") == read(framed + b"<rss>")


def test_trailers_do_not_become_headers() -> None:
    raw = lines("HTTP/1.1 200 OK", "ETag: a", "Transfer-Encoding: chunked", body=b"0\r\nETag: b\r\nX: y\r\n\r\n")
    assert read(raw).headers == {"etag": "a", "transfer-encoding": "chunked"}


def test_headers_are_said_in_lower_case_and_joined() -> None:
    answer = read(lines("HTTP/1.1 304 Not Modified", "X-A: 1", 'ETag:  W/"\xe9 x" \t', "x-a: 2", "Empty:"))
    assert answer.headers == {"x-a": "1, 2", "etag": 'W/"\xe9 x"', "empty": ""}
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize("size", [1, 7, 65536])
def test_a_folded_header_is_one_header(size: int) -> None:
    # RFC 9112 section 5.2: a user agent replaces the fold by spaces.
    answer = read(lines("HTTP/1.1 304 Not Modified", "P3P: policyref=x,", "\tCP=all", " of  it", "ETag: a"), size=size)
    assert answer.headers["etag"] == "a"
    assert answer.headers["p3p"].split() == ["policyref=x,", "CP=all", "of", "it"]


def test_the_first_location_is_the_one() -> None:
    assert read(lines("HTTP/1.1 301 Moved", "Location: /\xfc", "Location: /b")).location == b"/\xfc"


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("framing", ["Content-Length: 100", "Transfer-Encoding: chunked", "X: y"])
def test_an_answer_without_body_is_done_with_its_headers(status: int, framing: str) -> None:
    assert read(lines(f"HTTP/1.1 {status} Status", framing)).status == status


def test_a_body_that_nobody_wants_is_not_waited_for() -> None:
    reader = AnswerReader(whole)
    reader.feed(lines("HTTP/1.1 503 Service Unavailable", "Content-Length: 100000"))
    assert reader.done
    assert reader.answer().status == 503


def test_a_body_of_which_enough_came_is_not_waited_for() -> None:
    reader = AnswerReader(lambda _status, _headers: Opening(3))
    reader.feed(lines("HTTP/1.1 400 Bad Request", "Content-Length: 100000", body=b"no"))
    assert not reader.done
    reader.feed(b" topic")
    assert reader.done
    assert reader.answer().body == b"no "


@pytest.mark.parametrize("size", [1, 65536])
def test_interim_answers_are_passed_over(size: int) -> None:
    interim = lines("HTTP/1.1 100 Continue") + lines("HTTP/1.1 103 Early Hints", "Link: </a.css>", "ETag: x")
    answer = read(interim + lines("HTTP/1.1 200 OK", "Content-Length: 1", body=b"x"), size=size)
    assert answer == Answer(status=200, headers={"content-length": "1"}, body=b"x")


def test_s9_interim_answers_without_end_are_refused() -> None:
    problem = refusal(lines("HTTP/1.1 102 Processing") * (MOST_INTERIM + 1))
    assert f"more than {MOST_INTERIM} interim answers" in str(problem)


@pytest.mark.parametrize("size", [7, 65536])
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"<rss/>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 -1 OK\r\n\r\n",
        lines("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade"),
        lines("HTTP/1.1 200 OK", "Content-Length: 10", body=b"<rss"),
        lines("HTTP/1.1 200 OK", "Content-Length: 4", "Content-Length: 5", body=b"<rss/"),
        lines("HTTP/1.1 200 OK", "Content-Length: 4, 5", body=b"<rss/"),
        lines("HTTP/1.1 200 OK", "Content-Length: +4", body=b"<rss/"),
        lines("HTTP/1.1 200 OK", "Content-Length: -4", body=b"<rss/"),
        lines("HTTP/1.1 200 OK", "Content-Length: 0x4", body=b"<rss/"),
        lines("HTTP/1.1 200 OK", "Content-Length: 99999999999999999999999", body=b"<rss/"),
        lines("HTTP/1.1 200 OK", "Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Length: 4", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: identity", body=b"<rss/>"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
        lines("HTTP/1.0 200 OK", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"zz\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"4\r\n<rss\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"4\r\n<rss/>\r\n0\r\n\r\n"),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"ffffffffffffffffff\r\n<rss/>"),
        lines("HTTP/1.1 200 OK", "X-A: a\0b"),
        lines("HTTP/1.1 200 OK", "X-A: a\rX-B: b"),
        lines("HTTP/1.1 200 OK", "no colon"),
        lines("HTTP/1.1 200 OK", ": no name"),
        lines("HTTP/1.1 200 OK", "two words: x"),
    ],
)
def test_s9_what_is_no_clear_answer_is_refused(raw: bytes, size: int) -> None:
    problem = refusal(raw, size=size)
    assert problem.kind in {FailureKind.BAD_RESPONSE, FailureKind.TOO_LARGE}
    assert str(problem).startswith(("the answer is ", "the server does not speak HTTP"))
    assert "\n" not in str(problem)


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x16", b"<html></html>"])
@pytest.mark.parametrize("size", [1, 65536])
def test_s9_what_is_no_http_at_all_is_said_in_our_own_words(raw: bytes, size: int) -> None:
    assert str(refusal(raw, size=size)) == "the server does not speak HTTP here"


def test_s9_headers_are_counted() -> None:
    fitting = lines("HTTP/1.1 304 Not Modified", *["X-A: b"] * MOST_HEADERS)
    assert read(fitting).status == 304
    assert "more than 200 headers" in str(refusal(lines("HTTP/1.1 304 Not Modified", *["X-A: b"] * (MOST_HEADERS + 1))))


@pytest.mark.parametrize("size", [1000, 65536, 10_000_000])
def test_s9_bytes_of_headers_are_counted(size: int) -> None:
    fitting = lines("HTTP/1.1 304 Not Modified", "X-A: " + "b" * (MOST_HEADER_BYTES - 1000))
    assert read(fitting, size=size).status == 304
    problem = refusal(lines("HTTP/1.1 304 Not Modified", "X-A: " + "b" * MOST_HEADER_BYTES), size=size)
    assert str(problem) == "the answer has more than 100,000 bytes of headers"


@pytest.mark.parametrize(
    "endless",
    [
        lines("HTTP/1.1 200 OK")[:-2] + b"X-A: ",
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"1;ext="),
        lines("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\nTrailer: "),
        b"HTTP/1.1 200 ",
    ],
)
def test_s9_what_brings_no_body_ends_soon_wherever_it_comes(endless: bytes) -> None:
    reader = AnswerReader(whole)
    reader.feed(endless)
    for _ in range(MOST_HEADER_BYTES // 10_000 - 1):
        reader.feed(b"x" * 10_000)
    reader.feed(b"x" * (10_000 - len(endless)))
    with pytest.raises(FetchProblem, match="100,000 bytes of headers"):
        reader.feed(b"x" * 10_000)


def test_s9_a_body_beyond_the_limit_is_refused_where_it_passes_it() -> None:
    reader = AnswerReader(whole)
    reader.feed(lines("HTTP/1.1 200 OK"))
    reader.feed(b"x" * LIMIT)
    with pytest.raises(FetchProblem) as caught:
        reader.feed(b"x")
    assert caught.value.kind is FailureKind.TOO_LARGE


def test_the_status_is_known_as_soon_as_the_headers_are() -> None:
    reader = AnswerReader(whole)
    reader.feed(b"HTTP/1.1 200 OK\r\n")
    assert reader.status is None
    reader.feed(b"\r\n")
    assert reader.status == 200


OK, CHUNKED = "HTTP/1.1 200 OK", "Transfer-Encoding: chunked"


@pytest.mark.parametrize("size", [1, 3, 65536])
@pytest.mark.parametrize(
    ("raw", "leaves"),
    [
        (lines(OK, "Content-Length: 5", body=b"<rss>"), True),
        (lines(OK, "Content-Length: 0"), True),
        (lines(OK, CHUNKED, body=b"5\r\n<rss>\r\n0\r\nETag: x\r\n\r\n"), True),
        (lines("HTTP/1.1 304 Not Modified", "ETag: a"), True),
        (lines("HTTP/1.1 304 Not Modified", "Content-Length: 100"), True),
        (lines("HTTP/1.1 304 Not Modified", CHUNKED), True),
        (lines("HTTP/1.1 204 No Content"), True),
        (lines("HTTP/1.1 103 Early Hints") + lines("HTTP/1.1 304 Not Modified"), True),
        (lines("HTTP/1.1 304 Not Modified", "Connection: Keep-Alive"), True),
        (lines(OK, body=b"<rss>"), False),
        (lines("HTTP/1.1 304 Not Modified", "Connection: close"), False),
        (lines("HTTP/1.1 304 Not Modified", "Connection: x, Close"), False),
        (lines("HTTP/1.0 304 Not Modified", "Connection: keep-alive"), False),
        (lines("HTTP/1.0 200 OK", "Connection: keep-alive", "Content-Length: 5", body=b"<rss>"), False),
    ],
)
def test_a_connection_is_left_by_an_answer_that_says_where_it_ends(raw: bytes, leaves: bool, size: int) -> None:  # noqa: FBT001 -- what is expected
    reader = AnswerReader(lambda status, headers: Document(headers, max_bytes=LIMIT) if status == 200 else None)
    for start in range(0, len(raw), size):
        assert not reader.leaves_connection
        reader.feed(raw[start : start + size])
    if not reader.done:
        reader.feed(b"")
    assert reader.leaves_connection is leaves


@pytest.mark.parametrize("behind", [lines("HTTP/1.1 200 OK"), b"H", b"garbage\0", b"0\r\n\r\n"])
@pytest.mark.parametrize(
    "raw", [lines("HTTP/1.1 304 Not Modified", "ETag: a"), lines(OK, "Content-Length: 5", body=b"<rss>")]
)
def test_bytes_behind_the_end_take_the_connection(raw: bytes, behind: bytes) -> None:
    reader = AnswerReader(whole)
    reader.feed(raw + behind)
    assert reader.done
    assert not reader.leaves_connection


def test_a_body_that_nobody_reads_takes_the_connection_unless_it_came_along() -> None:
    refused = lines("HTTP/1.1 404 Not Found", "Content-Length: 5")
    for body, leaves in ((b"", False), (b"<htm", False), (b"<html", True), (b"<html>", False)):
        reader = AnswerReader(whole)
        reader.feed(refused + body)
        assert reader.done
        assert reader.leaves_connection is leaves


def test_a_body_of_which_enough_came_takes_the_connection() -> None:
    reader = AnswerReader(lambda _status, _headers: Opening(3))
    reader.feed(lines("HTTP/1.1 400 Bad Request", "Content-Length: 10", body=b"no topic"))
    assert reader.done
    assert not reader.leaves_connection


def test_an_answer_has_begun_with_its_first_byte() -> None:
    reader = AnswerReader(whole)
    with pytest.raises(FetchProblem):
        reader.feed(b"")
    assert not reader.has_begun
    reader.feed(b"H")
    assert reader.has_begun
