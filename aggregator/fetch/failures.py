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
_NO_TLS = ("wrong version number", "http request", "unknown protocol")
"""What OpenSSL calls an answer that is none of TLS. Of a version of TLS that is too old it says "unsupported protocol"."""


class FetchProblem(Exception):
    """There is no document.

    Args:
        message: a sentence that names what was seen and what was expected.
        url: whose answer it was, once that is known; empty where no server answered.
        hint: what would help, if a person has written the address that failed. It must not be said of one that a server or
            a document gave: who follows it there may open this network to strangers.
    """

    def __init__(self, kind: FailureKind, message: str, *, url: str = "", hint: str = "") -> None:
        self.kind = kind
        self.url = url
        self.message = message
        super().__init__(f"{message}; {hint}" if hint else message)

    def as_failed(self, *, hinting: bool = False) -> Failed:
        """Give the outcome that the rest of the program sees, with the hint or without."""
        return Failed(kind=self.kind, message=str(self) if hinting else self.message, url=self.url)


class AddressRefused(FetchProblem):
    """The guard does not dial what an address names.

    Args:
        message: as of the address that is asked first.
        place: what is refused: "10.1.2.3", "port 22 of news.example".
        what: what that is: "an address of a private network".
        hint: as for every problem.
    """

    def __init__(self, message: str, *, place: str, what: str, hint: str = "") -> None:
        self.place = place
        self.what = what
        super().__init__(FailureKind.REFUSED_ADDRESS, message, hint=hint)

    def behind_redirect(self, redirecting: str) -> str:
        """Say the same of an address that a server has redirected to."""
        return f"{redirecting} redirects to {self.place}, {self.what}: not followed; ask its publisher"


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
            return _tls_problem(error, shown(url))
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


def _tls_problem(error: ssl.SSLError, place: str) -> FetchProblem:
    words = _tls_words(error)
    if any(sign in words for sign in _NO_TLS):
        message = f"the server speaks no TLS here ({place})"
        return FetchProblem(FailureKind.NETWORK, message, hint="try http:// in place of https://")
    return FetchProblem(FailureKind.NETWORK, f"TLS: {words} ({place})")


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
