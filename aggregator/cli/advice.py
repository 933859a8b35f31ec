"""What a person can do about a feed that failed a check: one sentence, or none where the failure says it all itself."""

import re
from collections.abc import Callable

from aggregator.model.fetch import FailureKind
from aggregator.services.check_report import CheckReport

_BY_STATUS = {
    400: "the server does not understand the address: see whether all of it is right, also what follows a question mark",
    401: "the server wants a login: give the feed a `user` and a `password` in feeds.yaml, or ask its publisher",
    403: "the server refuses us: open the address in a browser; if it works there, write to the publisher, who may block "
    "feed readers by mistake",
    404: "nothing is at this address: look on the site for where its feed is now",
    410: "nothing is at this address any more: look on the site for where its feed is now",
    429: "the server wants to be asked less often: give the feed a longer `interval`; polls slow down by themselves",
    451: "the server may not give this out, by law; its publisher may know another address",
}
_BY_CLASS = {
    2: "the server took the request, but sends no document (only HTTP 200 brings one): see whether this is the feed's address",
    3: "the server points elsewhere without saying where to: open the address in a browser, and take the one it ends at",
    4: "the server does not answer this request: open the address in a browser; if it works there, write to the publisher",
    5: "the fault is the server's: polls will try again, ever more slowly",
}
_NAMED = re.compile(r"names a feed at (\S+)$")
_UNDEFINED = "HTTP knows no such status: open the address in a browser; if it works there, write to the publisher"
_BY_KIND = {
    FailureKind.TIMEOUT: "the server is slow or unreachable: try again later; `polling.timeout` lets it take longer",
    FailureKind.TOO_LARGE: "`polling.max_bytes` says how long a document may be",
    FailureKind.HOSTILE_DOCUMENT: "the document would harm a reader; its publisher should know",
    FailureKind.INTERNAL: "this is a fault of this program or machine, not of the feed",
}


def advice(report: CheckReport) -> str:
    """Say what can be done about a failure; empty where nothing is to be added to its message."""
    return remedy(report.failure, report.status, report.message)


def remedy(kind: FailureKind | None, status: int | None, message: str) -> str:
    """Say the same of a failure that is in no report.

    The switch for private addresses is named only where the message offers it: it does so for nothing but the address
    that feeds.yaml itself gives (`fetch.trip`).
    """
    said, message = message, message.lower()
    if kind is FailureKind.NOT_A_FEED:
        return _not_a_feed(said)
    if kind is FailureKind.STATUS:
        return "" if ": not followed" in message else _by_status(status or 0)
    if kind in _BY_MESSAGE:
        return _BY_MESSAGE[kind](message)
    return _BY_KIND.get(kind, "") if kind else ""


def _by_status(status: int) -> str:
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, _UNDEFINED)


def _network(message: str) -> str:
    if message.startswith("tls: certificate refused"):
        return "the server can't prove who it is: its publisher must mend that; nothing is read from it until then"
    if message.startswith("tls:"):
        return "the server and this program agree on no encryption: its publisher must mend that"
    if "speaks no tls" in message:
        return "the port answers, but without encryption: its address in feeds.yaml, or the server, is wrong"
    if "could not be resolved" in message:
        return "see whether the host is spelt right in the address, and whether this machine finds other names"
    return "see whether this machine reaches other servers; if so, this one is down"


def _not_a_feed(message: str) -> str:
    if named := _NAMED.search(message):
        return f"did you mean {named[1]}? put that in place of this address"
    return "open the address in a browser: it may want a login, or be the page about the feed instead of the feed"


def _refused_address(message: str) -> str:
    if "`allow_private_address`" in message:
        return (
            "if this feed is in your own network, give it `allow_private_address: true`, or name the network in"
            " `polling: {allow_networks: [...]}`; else look for its new address"
        )
    return ""


def _bad_response(message: str) -> str:
    if "does not speak http" in message:
        return "see whether host and port of the address are those of a web server"
    return "polls will try again; if it stays so, its publisher should know"


_BY_MESSAGE: dict[FailureKind, Callable[[str], str]] = {
    FailureKind.NETWORK: _network,
    FailureKind.REFUSED_ADDRESS: _refused_address,
    FailureKind.BAD_RESPONSE: _bad_response,
}
