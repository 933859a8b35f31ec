import gzip
from collections.abc import Mapping
from datetime import timedelta

import pytest

from aggregator.web.conditional import Answer, accepts_gzip, deliver, finish
from aggregator.web.representations import Served
from tests.factories import NOON

LONG = b"news of the day " * 200
DATE = "Tue, 10 Mar 2026 12:00:00 GMT"
SERVED = Served(since=NOON, now=NOON + timedelta(hours=1))


def _finish(
    body: bytes = LONG, *, method: str = "GET", status: int = 200, served: Served | None = SERVED, **asked: str
) -> Answer:
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "public, max-age=60"}
    asked_for = {name.replace("_", "-"): value for name, value in asked.items()}
    finished = finish(
        method,
        Answer(status=status, headers=headers, body=body),
        gzip=accepts_gzip(asked_for.get("accept-encoding", "")),
    )
    return deliver(method, asked_for, finished, lambda _: served)


def _etag(answer: Answer) -> str:
    return answer.headers["etag"]


def test_equal_bytes_have_equal_strong_etags_and_other_bytes_another() -> None:
    assert _etag(_finish()) == _etag(_finish())
    assert _etag(_finish()) != _etag(_finish(LONG + b"."))
    assert _etag(_finish()).startswith('"')


def test_the_gzip_variant_has_an_etag_of_its_own_and_says_the_same() -> None:
    plain, packed = _finish(), _finish(accept_encoding="gzip")
    assert _etag(plain) != _etag(packed)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-length"] == str(len(packed.body))
    assert gzip.decompress(packed.body) == plain.body == LONG


def test_compressing_twice_gives_the_same_bytes() -> None:
    assert _finish(accept_encoding="gzip").body == _finish(accept_encoding="gzip").body


def test_what_is_short_is_not_compressed_but_varies_all_the_same() -> None:
    answer = _finish(b"ok\n", accept_encoding="gzip")
    assert (answer.body, answer.headers["vary"]) == (b"ok\n", "Accept-Encoding")
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("held", ["", "gzip"])
@pytest.mark.parametrize("asked", ["", "gzip"])
def test_the_etag_of_either_variant_is_recognised_and_given_back(held: str, asked: str) -> None:
    etag = _etag(_finish(accept_encoding=held))
    answer = _finish(accept_encoding=asked, if_none_match=etag)
    assert (answer.status, answer.body, _etag(answer)) == (304, b"", etag)


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', '"with,comma",W/{}', "*", " {} "])
def test_if_none_match_is_read_in_all_its_forms(form: str) -> None:
    assert _finish(if_none_match=form.format(_etag(_finish()))).status == 304


@pytest.mark.parametrize("asked", ['"other"', "", "nonsense", '"', 'W/"*"'])
def test_an_etag_that_is_not_ours_gets_the_document(asked: str) -> None:
    assert _finish(if_none_match=asked).status == 200


def test_a_304_keeps_what_a_cache_needs_and_describes_no_content() -> None:
    headers = _finish(if_none_match="*", accept_encoding="gzip").headers
    assert set(headers) == {"etag", "cache-control", "last-modified", "vary"}


def test_a_304_has_no_content_length() -> None:
    assert "content-length" not in _finish(if_none_match="*").headers


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (DATE, 304),
        ("Tue, 10 Mar 2026 12:00:01 GMT", 304),
        ("Tue, 10 Mar 2026 11:59:59 GMT", 200),
        ("Tue, 10 Mar 2026 13:00:00 GMT", 304),
        ("Tue, 10 Mar 2026 13:00:01 GMT", 200),  # in the future
        ("Tuesday, 10-Mar-26 12:00:00 GMT", 304),  # RFC 850, which RFC 9110 section 5.6.7 wants understood
        ("Tue Mar 10 12:00:00 2026", 304),  # asctime, likewise
        ("yesterday", 200),
        ("", 200),
        ("Tue, 10 Mar 99999999999 12:00:00 GMT", 200),
    ],
)
def test_if_modified_since_is_compared_by_time(since: str, status: int) -> None:
    assert _finish(if_modified_since=since).status == status


def test_if_modified_since_is_ignored_beside_if_none_match() -> None:
    assert _finish(if_none_match='"other"', if_modified_since=DATE).status == 200


def test_without_a_date_to_tell_none_is_told_and_none_believed() -> None:
    answer = _finish(served=None, if_modified_since=DATE)
    assert answer.status == 200
    assert "last-modified" not in answer.headers
    assert "etag" in answer.headers


def test_both_codings_of_an_answer_are_one_representation() -> None:
    plain, packed = (finish("GET", Answer(status=200, body=LONG), gzip=gzip) for gzip in (False, True))
    assert plain.digest == packed.digest != ""
    assert plain.answer != packed.answer


def test_head_has_the_headers_of_get_and_no_body() -> None:
    get, head = _finish(accept_encoding="gzip"), _finish(method="HEAD", accept_encoding="gzip")
    assert (head.headers, head.body) == (get.headers, b"")


def test_only_a_200_is_conditional() -> None:
    answer = _finish(status=404, if_none_match="*")
    assert answer.status == 404
    assert answer.headers.keys().isdisjoint({"etag", "last-modified"})


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0.001", True),
        ("gzip ; q = 0.5", True),
        ("identity;q=0.5, gzip;q=1.0", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=much", False),
        (",,;", False),
    ],
)
def test_accept_encoding_is_weighed(header: str, accepted: object) -> None:
    assert accepts_gzip(header) is accepted


def test_the_answer_of_the_handler_is_not_changed_in_place() -> None:
    headers: Mapping[str, str] = {"content-type": "text/plain"}
    finish("GET", Answer(status=200, headers=headers, body=LONG), gzip=True)
    assert headers == {"content-type": "text/plain"}
