"""What can go wrong on the way to a document, in words for people.

`FetchProblem` is how the rooms of this package tell one another that there will be no document; it never leaves
the package: `HttpFetcher` and `HubClient` turn it into the value `Failed`.
"""

import errno
import logging
import re
import ssl
from collections.abc import Iterator

from aggregator.model.fetch import Failed, FailureKind

logger = logging.getLogger(__name__)

_LOGIN = re.compile("//[^/?#]*@")
_LONGEST_SHOWN = 200


class FetchProblem(Exception):
    """There is no document; `message` is a sentence that names what was seen and what was expected.

    `url` is whose answer it was, once that is known; empty where no server answered.
    """

    def __init__(self, kind: FailureKind, message: str, *, url: str = "") -> None:
        self.kind = kind
        self.url = url
        super().__init__(message)

    def as_failed(self) -> Failed:
        """Give the outcome that the rest of the program sees."""
        return Failed(kind=self.kind, message=str(self), url=self.url)


def shown(url: str) -> str:
    """Name an address without what may be secret in it: user name, password, query. Long ones are cut."""
    return _LOGIN.sub("//", url).partition("?")[0][:_LONGEST_SHOWN]


def too_late(url: str, seconds: float) -> FetchProblem:
    """Say that a server had so many seconds, and has not used them."""
    return FetchProblem(FailureKind.TIMEOUT, f"{shown(url)} was not done within {seconds:g} s")


def as_problem(error: Exception, url: str) -> FetchProblem:
    """Say in plain words what an exception of the way to a server means."""
    match error:
        case FetchProblem():
            return error
        case ssl.SSLError():
            return FetchProblem(FailureKind.NETWORK, f"TLS: {_tls_words(error)} ({shown(url)})")
        case OSError():
            return FetchProblem(FailureKind.NETWORK, f"{network_words(error)} by {shown(url)}")
        case _:
            # One server must not end the poll of all others, and a mistake of ours must not go unseen.
            logger.error("unforeseen error while fetching %s", shown(url), exc_info=error)
            return FetchProblem(
                FailureKind.NETWORK, f"fetching {shown(url)} broke off: {type(error).__name__}: {error}"
            )


def network_words(error: BaseException) -> str:
    """Say what the operating system answered: "connection refused", or its own words."""
    numbers = {cause.errno for cause in _causes(error) if isinstance(cause, OSError)}
    if errno.ECONNREFUSED in numbers:
        return "connection refused"
    if numbers & {errno.ECONNRESET, errno.EPIPE}:
        return "connection reset"
    if numbers & {errno.ENETUNREACH, errno.EHOSTUNREACH}:
        return "no route, connection refused"
    return "connection broken off"


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    # An error that Python makes itself, not OpenSSL, has no reason.
    return (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give the error and everything it came from, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting.extend(origin for origin in (cause.__cause__, cause.__context__) if origin is not None)
