"""What can go wrong on the way to a document, in words for people.

`FetchProblem` is how the rooms of this package tell one another that there will be no document; it never leaves
the package: `HttpFetcher` turns it into the value `Failed`.
"""

import errno
import logging
import ssl
from collections.abc import Iterator

import httpcore
import httpx

from aggregator.model.fetch import Failed, FailureKind

logger = logging.getLogger(__name__)


class FetchProblem(Exception):
    """There is no document; `message` is a sentence that names what was seen and what was expected."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        self.kind = kind
        super().__init__(message)

    def as_failed(self) -> Failed:
        """Give the outcome that the rest of the program sees."""
        return Failed(kind=self.kind, message=str(self))


def shown(url: httpx.URL) -> str:
    """Name an address without what may be secret in it: user name, password, query."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = f":{url.port}" if url.port is not None else ""
    return f"{url.scheme}://{host}{port}{url.path}"


def as_problem(error: Exception, url: httpx.URL) -> FetchProblem:
    """Say in plain words what an exception of the HTTP library or the operating system means."""
    for cause in _causes(error):
        if isinstance(cause, FetchProblem):
            return cause
        if isinstance(cause, ssl.SSLError):
            return FetchProblem(FailureKind.NETWORK, f"TLS: {_tls_words(cause)} ({shown(url)})")
    match error:
        case httpcore.ProtocolError():
            return FetchProblem(FailureKind.BAD_RESPONSE, f"{shown(url)} sent a broken answer: {error}")
        case httpcore.TimeoutException():
            return FetchProblem(FailureKind.TIMEOUT, f"{shown(url)} did not answer in time")
        case httpcore.NetworkError() | OSError():
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
    """Give the error and everything it came from, groups opened, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        waiting.extend(origin for origin in (cause.__cause__, cause.__context__) if origin is not None)
