"""Laws of fetching: of answers as bytes, of addresses on their way to the wire, and of requests."""

import contextlib
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.fetch.answers import Answer, AnswerReader
from aggregator.fetch.body import Document
from aggregator.fetch.failures import FetchProblem
from aggregator.fetch.requests import RequestWriter
from aggregator.fetch.trip import Trip
from aggregator.fetch.urls import Target
from aggregator.model.feed import Validators
from aggregator.model.fetch import FetchRequest

LIMIT = 10_000
WHOLE = (
    b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nETag: a\r\nX: folded\r\n line\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\n<rss\r\n2;ext\r\n/>\r\n0\r\nTrailer: x\r\n\r\nrest"
)
AWKWARD = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"\r\n",
        b"\n",
        b": ",
        b"Content-Length: 3",
        b"Transfer-Encoding: chunked",
        b"3\r\n",
        b"0\r\n",
        b"HTTP/1.0 301 Moved\r\n",
        b"Location: /a\r\n",
        b"Content-Encoding: gzip\r\n",
        b"\0",
        b" ",
        b"\t",
        b"abc",
        b"\xff",
    ]
)


def read(pieces: Sequence[bytes]) -> Answer | str:
    """Give the answer, or why there is none."""
    reader = AnswerReader(lambda status, headers: Document(headers, max_bytes=LIMIT) if status == 200 else None)
    try:
        for piece in pieces:
            if piece and not reader.done:
                reader.feed(piece)
        if not reader.done:
            reader.feed(b"")
        return reader.answer()
    except FetchProblem as problem:
        return str(problem)


@given(st.sets(st.integers(0, len(WHOLE))))
def test_an_answer_is_the_same_however_it_is_cut(cuts: set[int]) -> None:
    places = [0, *sorted(cuts), len(WHOLE)]
    answer = read([WHOLE[start:end] for start, end in pairwise(places)])
    assert isinstance(answer, Answer)
    assert answer.body == b"<rss/>"
    assert answer.headers == {"etag": "a", "x": "folded line", "transfer-encoding": "chunked"}


@given(st.lists(st.binary(max_size=20) | AWKWARD, max_size=20))
@example([b"HTTP/1.1 200 OK\r\n", b"Content-Length: 3\r\n\r\n", b"abc", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_whatever_a_server_sends_is_an_answer_or_a_problem(pieces: list[bytes]) -> None:
    outcome = read(pieces)
    assert isinstance(outcome, str) or len(outcome.body) <= LIMIT


@given(st.binary(max_size=300) | st.lists(AWKWARD, max_size=20).map(b"".join))
def test_a_byte_at_a_time_says_the_same_as_all_at_once(raw: bytes) -> None:
    slowly, at_once = read([raw[place : place + 1] for place in range(len(raw))]), read([raw])
    assert isinstance(slowly, Answer) == isinstance(at_once, Answer)
    if isinstance(at_once, Answer):
        assert slowly == at_once


ADDRESSES = st.text(max_size=60) | st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    st.text(alphabet="ab.:@[]1é%\\ -_", max_size=20),
    st.text(alphabet="/?#aé%&=\\ '\"\r\n", max_size=20),
)


@given(ADDRESSES)
@example("http://a.example/?")
@example("http://[::1]:80/ü?ü#ü")
def test_what_an_address_is_read_as_is_read_again_as_the_same(text: str) -> None:
    with contextlib.suppress(FetchProblem):
        target = Target.from_text(text)
        again = Target.from_text(target.url)
        assert (again.url, again.host, again.port, again.path) == (target.url, target.host, target.port, target.path)
        assert target.path.startswith("/")
        assert target.url.isascii()
        assert target.url.isprintable()
        assert " " not in target.url


@given(ADDRESSES, st.binary(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_nothing_from_outside_adds_a_line_to_a_request(
    text: str, location: bytes, etag: str, last_modified: str
) -> None:
    validators = Validators(etag=etag, last_modified=last_modified)
    with contextlib.suppress(FetchProblem):
        trip = Trip.begin(FetchRequest(url=text, validators=validators))
        conditions = trip.conditions()
        for target in (trip.target, trip.target.redirected(location)):
            written = RequestWriter(user_agent="a/1").write(b"GET", target, conditions)
            lines = 4 + len(conditions) + (target.login is not None)
            assert written.endswith(b"\r\n\r\n")
            assert written.count(b"\n") == written.count(b"\r") == written.count(b"\r\n") == lines + 1
            assert written.split(b"\r\n")[0].count(b" ") == 2
