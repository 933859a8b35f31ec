import gzip
import zlib

import pytest

from aggregator.fetch.body import MOST_MEMBERS, Document, Opening, is_gzip
from aggregator.fetch.failures import FetchProblem
from aggregator.model.fetch import FailureKind

GZIP = {"content-encoding": "gzip"}


def read(body: bytes, headers: dict[str, str] | None = None, *, limit: int = 1000, size: int = 7) -> bytes:
    document = Document(headers or {}, max_bytes=limit)
    for start in range(0, len(body), size):
        assert document.feed(body[start : start + size])
    return document.finish()


def refusal(body: bytes, headers: dict[str, str] | None = None, *, limit: int = 1000, size: int = 7) -> FetchProblem:
    with pytest.raises(FetchProblem) as caught:
        read(body, headers, limit=limit, size=size)
    return caught.value


def test_a_plain_body_comes_as_it_is() -> None:
    assert read(b"<rss/>" * 50) == b"<rss/>" * 50


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_packed_body_is_unpacked(size: int) -> None:
    assert read(gzip.compress(b"<rss/>" * 50), GZIP, size=size) == b"<rss/>" * 50


@pytest.mark.parametrize("size", [1, 10_000])
def test_several_members_are_one_body(size: int) -> None:
    assert read(gzip.compress(b"one ") + gzip.compress(b"two"), GZIP, size=size) == b"one two"


@pytest.mark.parametrize(("limit", "fits"), [(300, True), (299, False)])
def test_the_limit_is_exact(limit: int, *, fits: bool) -> None:
    body = b"x" * 300
    for sent, headers in ((body, {}), (gzip.compress(body), GZIP)):
        if fits:
            assert read(sent, headers, limit=limit) == body
        else:
            assert (refusal(sent, headers, limit=limit)).kind is FailureKind.TOO_LARGE


def test_s9_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    problem = refusal(bomb, GZIP, limit=1_000_000, size=65536)
    assert problem.kind is FailureKind.TOO_LARGE
    assert str(problem) == "the answer is larger than 1,000,000 bytes"


def test_a_length_that_is_announced_too_large_is_not_read_at_all() -> None:
    with pytest.raises(FetchProblem, match="larger than 10 bytes"):
        Document({"content-length": "11"}, max_bytes=10)


def test_a_packed_body_without_its_end_is_incomplete() -> None:
    problem = refusal(gzip.compress(b"<rss/>")[:-4], GZIP)
    assert problem.kind is FailureKind.BAD_RESPONSE
    assert "ends before its end mark" in str(problem)


@pytest.mark.parametrize("body", [b"<rss/>", gzip.compress(b"x", mtime=0) + b"garbage", zlib.compress(b"<rss/>")])
def test_what_is_no_gzip_is_said_to_be_damaged(body: bytes) -> None:
    assert "damaged" in str(refusal(body, GZIP))


def test_a_flipped_bit_is_noticed() -> None:
    body = bytearray(gzip.compress(b"<rss/>" * 50))
    body[-6] ^= 1
    assert (refusal(bytes(body), GZIP)).kind is FailureKind.BAD_RESPONSE


def test_thousands_of_empty_members_are_refused() -> None:
    body = gzip.compress(b"") * (MOST_MEMBERS + 1)
    assert "members" in str(refusal(body, GZIP, limit=100_000, size=65536))


@pytest.mark.parametrize(
    ("value", "packed"),
    [("", False), ("identity", False), ("gzip", True), ("GZIP", True), ("x-gzip", True), ("identity, gzip", True)],
)
def test_one_layer_of_gzip_is_what_was_asked_for(value: str, *, packed: bool) -> None:
    assert is_gzip(value) is packed


@pytest.mark.parametrize("value", ["br", "deflate", "zstd", "gzip, gzip", "gzip, gzip, gzip", "br, gzip", "utf-8"])
def test_s9_any_other_encoding_is_refused_by_name(value: str) -> None:
    with pytest.raises(FetchProblem, match=value):
        is_gzip(value)


def test_of_an_opening_no_more_is_kept_or_wanted_than_asked_for() -> None:
    opening = Opening(5)
    assert opening.feed(b"abc")
    assert not opening.feed(b"defgh")
    assert opening.finish() == b"abcde"
