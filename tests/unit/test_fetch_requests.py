import pytest

from aggregator.fetch.requests import RequestWriter
from aggregator.fetch.urls import Target

WRITER = RequestWriter(user_agent="aggregator/0.1 (+https://reader.example/)", fields=[(b"Accept", b"*/*")])


def test_p21_p22_p25_a_request_is_these_bytes_and_no_others() -> None:
    target = Target.from_text("http://Bücher.example:8080/ü?b=1&a=2#top")
    assert WRITER.write(b"GET", target, [(b"If-None-Match", b'W/"a"')]) == (
        b"GET /%C3%BC?b=1&a=2 HTTP/1.1\r\n"
        b"Host: xn--bcher-kva.example:8080\r\n"
        b"User-Agent: aggregator/0.1 (+https://reader.example/)\r\n"
        b"Accept: */*\r\n"
        b"Connection: close\r\n"
        b'If-None-Match: W/"a"\r\n'
        b"\r\n"
    )


def test_a_writer_whose_connections_are_kept_does_not_ask_to_close_them() -> None:
    target = Target.from_text("http://a.example/")
    kept = RequestWriter(user_agent="a/1", keep=True).write(b"GET", target)
    assert kept == b"GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: a/1\r\n\r\n"
    assert RequestWriter(user_agent="a/1").write(b"GET", target) == kept[:-2] + b"Connection: close\r\n\r\n"


def test_a_form_goes_behind_the_headers() -> None:
    written = WRITER.write(b"POST", Target.from_text("http://hub.example/"), [(b"Content-Length", b"3")], body=b"a=b")
    assert written.startswith(b"POST / HTTP/1.1\r\nHost: hub.example\r\n")
    assert written.endswith(b"Content-Length: 3\r\n\r\na=b")


def test_a_login_goes_along_as_rfc_7617_says() -> None:
    target = Target.from_text("http://re%40der:se%3Acret%0d%0aX:@a.example/")
    assert b"\r\nAuthorization: Basic cmVAZGVyOnNlOmNyZXQNClg6\r\n" in WRITER.write(b"GET", target)


@pytest.mark.parametrize("value", [b"a\r\nCookie: b", b"a\n", b"a\r", b"a\0"])
def test_a_line_break_can_not_get_into_a_header(value: bytes) -> None:
    with pytest.raises(ValueError, match="a line break in the header If-None-Match"):
        WRITER.write(b"GET", Target.from_text("http://a.example/"), [(b"If-None-Match", value)])


def test_an_agent_with_line_breaks_is_one_line() -> None:
    written = RequestWriter(user_agent="a/1\r\nCookie: b (\u20ac)").write(b"GET", Target.from_text("http://a.example/"))
    assert b"User-Agent: a/1 Cookie: b (?)\r\n" in written
