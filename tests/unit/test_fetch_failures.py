import errno
import logging
import ssl

import anyio
import httpcore
import httpx
import pytest

from aggregator.fetch.failures import FetchProblem, as_problem, shown
from aggregator.model.fetch import Failed, FailureKind

URL = httpx.URL("https://user:secret@news.example:8443/feed?token=secret")
PLACE = "https://news.example:8443/feed"


def chained(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (
            chained(httpcore.ReadError(), chained(anyio.BrokenResourceError(), OSError(errno.ECONNRESET, "reset"))),
            FailureKind.NETWORK,
            f"connection reset by {PLACE}",
        ),
        (
            chained(httpcore.ConnectError(), ExceptionGroup("two", [OSError(errno.ECONNREFUSED, "no")])),
            FailureKind.NETWORK,
            f"connection refused by {PLACE}",
        ),
        (OSError(errno.EHOSTUNREACH, "no"), FailureKind.NETWORK, f"no route, connection refused by {PLACE}"),
        (httpcore.ReadError(), FailureKind.NETWORK, f"connection broken off by {PLACE}"),
        (httpcore.ConnectTimeout(), FailureKind.TIMEOUT, f"{PLACE} did not answer in time"),
        (httpcore.RemoteProtocolError("bad"), FailureKind.BAD_RESPONSE, f"{PLACE} sent a broken answer: bad"),
        (
            chained(httpcore.ConnectError(), ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")),
            FailureKind.NETWORK,
            f"TLS: [ssl: wrong version number] wrong version number ({PLACE})",
        ),
    ],
)
def test_an_error_is_said_in_plain_words_with_its_place(error: Exception, kind: FailureKind, message: str) -> None:
    assert as_problem(error, URL).as_failed() == Failed(kind=kind, message=message)


def test_a_problem_that_passed_through_the_library_is_still_that_problem() -> None:
    problem = FetchProblem(FailureKind.REFUSED_ADDRESS, "not there")
    assert as_problem(chained(httpcore.ConnectError(), problem), URL) is problem


def test_an_error_that_comes_from_itself_does_not_hang() -> None:
    error, other = httpcore.ReadError(), ValueError()
    error.__context__, other.__context__ = other, error
    assert as_problem(error, URL).kind is FailureKind.NETWORK


def test_an_unforeseen_error_is_a_failure_and_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="aggregator.fetch.failures"):
        problem = as_problem(KeyError("where"), URL)
    assert str(problem) == f"fetching {PLACE} broke off: KeyError: 'where'"
    assert caplog.records[0].exc_info is not None
    assert "secret" not in caplog.text


def test_a25_what_is_shown_of_an_address_holds_no_secret() -> None:
    assert shown(URL) == PLACE
    assert shown(httpx.URL("http://[::1]:8080/ü")) == "http://[::1]:8080/ü"
