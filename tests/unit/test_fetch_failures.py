import errno
import logging
import ssl

import pytest

from aggregator.fetch.failures import FetchProblem, as_problem, shown, too_late
from aggregator.model.fetch import Failed, FailureKind

URL = "https://user:secret@news.example:8443/feed?token=secret"
PLACE = "https://news.example:8443/feed"


def chained(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (OSError(errno.ECONNRESET, "reset"), FailureKind.NETWORK, f"connection reset by {PLACE}"),
        (BrokenPipeError(errno.EPIPE, "pipe"), FailureKind.NETWORK, f"connection reset by {PLACE}"),
        (
            chained(OSError("all of them"), OSError(errno.ECONNREFUSED, "no")),
            FailureKind.NETWORK,
            f"connection refused by {PLACE}",
        ),
        (OSError(errno.EHOSTUNREACH, "no"), FailureKind.NETWORK, f"no route, connection refused by {PLACE}"),
        (OSError("odd"), FailureKind.NETWORK, f"connection broken off by {PLACE}"),
        (
            ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            FailureKind.NETWORK,
            f"the server speaks no TLS here ({PLACE})",
        ),
        (ssl.SSLError(1, "unsupported protocol"), FailureKind.NETWORK, f"TLS: unsupported protocol ({PLACE})"),
    ],
)
def test_an_error_is_said_in_plain_words_with_its_place(error: Exception, kind: FailureKind, message: str) -> None:
    assert as_problem(error, URL).as_failed() == Failed(kind=kind, message=message)


def test_what_would_help_is_said_only_where_it_is_asked_for() -> None:
    problem = as_problem(ssl.SSLError(1, "wrong version number"), URL)
    assert problem.as_failed(hinting=True).message.endswith("; try http:// in place of https://")
    assert "http://" not in problem.as_failed().message


def test_a_problem_stays_that_problem() -> None:
    problem = FetchProblem(FailureKind.REFUSED_ADDRESS, "not there")
    assert as_problem(problem, URL) is problem


def test_a_problem_tells_whose_answer_it_was() -> None:
    assert FetchProblem(FailureKind.TOO_LARGE, "too much", url=PLACE).as_failed().url == PLACE
    assert too_late(URL, 2.5).as_failed() == Failed(
        kind=FailureKind.TIMEOUT, message=f"{PLACE} was not done within 2.5 s", url=""
    )


def test_an_error_that_comes_from_itself_does_not_hang() -> None:
    error, other = OSError(), ValueError()
    error.__context__, other.__context__ = other, error
    assert as_problem(error, URL).kind is FailureKind.NETWORK


def test_an_unforeseen_error_is_a_failure_and_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="aggregator.fetch.failures"):
        problem = as_problem(KeyError("where"), URL)
    assert str(problem) == f"fetching {PLACE} broke off: KeyError: 'where'"
    assert caplog.records[0].exc_info is not None
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (URL, PLACE),
        ("http://[::1]:8080/%C3%BC", "http://[::1]:8080/%C3%BC"),
        ("http://user:secret@[bad/", "http://[bad/"),
        ("http://a.example/@home?secret", "http://a.example/@home"),
        ("http://a.example/" + "x" * 5000, "http://a.example/" + "x" * 183),
    ],
)
def test_a14_a25_what_is_shown_of_an_address_holds_no_secret(url: str, said: str) -> None:
    assert shown(url) == said
