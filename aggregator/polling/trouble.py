"""What is the matter with a feed that fails, and what a person can do about it. Pure.

Of a failed poll its sentence is kept (`FeedState.last_message`), not its kind: it is known again by how that sentence begins.
Sentences are made in `fetch/` and `feeds/` and name at their beginning nothing that a server has said, so that no document can
pass itself off as another trouble. Tests make each of them there and see it known again here.
"""

import re
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from aggregator.model.feed import Feed, FeedState

_STATUS: Final = re.compile(r"HTTP (\d{3})\b")
_NOT_A_FEED: Final = re.compile(
    r"the document (?:begins like JSON but|is empty\b|is (?!gzip|JSON nested).*\bnot a feed\b)"
)
_NOT_ALLOWED: Final = re.compile(r".* is .*: not dialled; `allow_private_address` ")
_MISLED: Final = re.compile(r"\S+ redirects (?:to|out of encryption, to) .*(?:: not followed|, which is not fetched)")
_NO_ADDRESS: Final = re.compile(
    r".*(?: is \S+: not dialled|: not dialled$|is no address of the web|: is not fetched, only)"
)
_UNKNOWN_HOST: Final = re.compile(r"the name \S+ (?:has no address|could not be resolved: (?!.*\b(?i:temporary)\b))")
REFUSING: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Trouble(Enum):
    """Why the last poll failed, as far as it matters to the person who may mend it."""

    LIMITED = auto()
    """429."""
    NOT_LET_IN = auto()
    """401 or 403."""
    NOT_THERE = auto()
    """404, or 410 behind a redirect."""
    NOT_A_FEED = auto()
    """An HTML page in its place, most often."""
    PRIVATE_ADDRESS = auto()
    """The guard opens it only to feeds with `allow_private_address`."""
    WRONG_ADDRESS = auto()
    """It is opened to none: the port of another service, no address of the web."""
    MISLED = auto()
    """Its server redirects to such an address: what would open it is not for that server to ask."""
    UNKNOWN_HOST = auto()
    """No such name; that names can't be looked up at all for a while is no trouble of the feed."""
    TLS = auto()
    OTHER = auto()


NEEDS_A_PERSON: Final = frozenset(
    {
        Trouble.NOT_LET_IN,
        Trouble.NOT_THERE,
        Trouble.NOT_A_FEED,
        Trouble.PRIVATE_ADDRESS,
        Trouble.WRONG_ADDRESS,
        Trouble.MISLED,
        Trouble.UNKNOWN_HOST,
    }
)
"""What waiting does not mend, as a rule."""

_BY_STATUS: Final[dict[int, Trouble]] = {
    HTTPStatus.TOO_MANY_REQUESTS: Trouble.LIMITED,
    HTTPStatus.UNAUTHORIZED: Trouble.NOT_LET_IN,
    HTTPStatus.FORBIDDEN: Trouble.NOT_LET_IN,
    HTTPStatus.NOT_FOUND: Trouble.NOT_THERE,
    HTTPStatus.GONE: Trouble.NOT_THERE,
}
_BY_BEGINNING: Final = (
    (re.compile("TLS: "), Trouble.TLS),
    (_NOT_A_FEED, Trouble.NOT_A_FEED),
    (_UNKNOWN_HOST, Trouble.UNKNOWN_HOST),
    (_MISLED, Trouble.MISLED),
    (_NOT_ALLOWED, Trouble.PRIVATE_ADDRESS),
    (_NO_ADDRESS, Trouble.WRONG_ADDRESS),
)
_ADVICE: Final = {
    Trouble.LIMITED: "Its server wants to be asked less often: give it a longer `interval` in feeds.yaml",
    Trouble.NOT_LET_IN: (
        "Its server does not let us in: give it a login (`user:` and `password:` in feeds.yaml), or another address "
        "in its place, or ask its publisher not to block feed readers"
    ),
    Trouble.NOT_THERE: "Nothing is there: look on its site for the feed's new address",
    Trouble.NOT_A_FEED: "No feed is there: look on its site for the feed's new address",
    Trouble.PRIVATE_ADDRESS: (
        "Give it `allow_private_address: true` only if its address in feeds.yaml is itself meant to be in your own network; "
        "else look for the feed's new address"
    ),
    Trouble.WRONG_ADDRESS: "Nothing of the kind is fetched: look for the feed's new address",
    Trouble.MISLED: "Its server redirects to where nothing is fetched: ask its publisher, or look for the feed's new address",
    Trouble.UNKNOWN_HOST: "See whether the host is spelt right in feeds.yaml, and look for the feed's new address",
    Trouble.TLS: "Its server can't prove who it is: its publisher must mend that, and nothing is read from it until then",
    Trouble.OTHER: "Look whether its address in feeds.yaml is still right",
}


def trouble_of(state: FeedState) -> Trouble | None:
    """Find why the last poll failed; None where it did not."""
    if not state.failures:
        return None
    status = _status(state)
    if status is not None:
        return _BY_STATUS.get(status, Trouble.OTHER)
    said = state.last_message
    return next((trouble for beginning, trouble in _BY_BEGINNING if beginning.match(said)), Trouble.OTHER)


def refusing_status(state: FeedState) -> int | None:
    """Give the 401 or 403 by which the server did not let the last poll in; None where it was neither."""
    status = _status(state)
    return status if status in REFUSING else None


def advice(feed: Feed, state: FeedState) -> str:
    """Say what a person can do about a feed that fails: a sentence without its full stop."""
    trouble = trouble_of(state) or Trouble.OTHER
    if trouble is Trouble.NOT_A_FEED and "; it names a feed at " in state.last_message:
        return "A page is there that names a feed: put that address in place of this one"
    if trouble is Trouble.PRIVATE_ADDRESS and feed.allow_private_address:
        trouble = Trouble.WRONG_ADDRESS  # what is refused all the same, such as a link-local address, is opened to none
    return _ADVICE[trouble]


def _status(state: FeedState) -> int | None:
    found = _STATUS.match(state.last_message) if state.failures else None
    return int(found[1]) if found else None
