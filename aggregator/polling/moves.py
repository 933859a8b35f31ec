"""Where a feed has moved to: what permanent redirects are worth. Pure.

A 301 or 308 asks for the new address to be used from now on (RFC 9110 sections 15.4.2 and 15.4.9), but not every one
is meant: captive portals, expired domains and mistakes of an afternoon answer 301 as well. So as many polls in a row
as it takes to believe it must end at one address before that is asked directly; and what was adopted is given up as
soon as it fails in a way that a wrong address does, or often in any way, because feeds.yaml names one that worked.
Neither touches feeds.yaml: a person is told (`polling.health`).

    configured --301--> candidate (1, 2, ... polls with a document or 304) --> adopted --404, 410, refused--> configured
                            |                                                     |    --ten failures-------> configured
                            '-- another feed has that address --> twin <----------'

A twin stays a candidate that is believed: it is not asked, nor is a redirect there followed, because what is there is
fetched for the other feed (P27 of docs/politeness.md).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from aggregator.model.feed import Feed, FeedGlance, Move
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.ids import FeedId
from aggregator.text.urls import web_url

Owners = Mapping[str, FeedId]
"""Which feed of feeds.yaml has which address; the addresses spelt as `owners` spells them."""

POLLS_TO_BELIEVE = 3
"""Polls in a row that must lead to one address before it is asked directly."""
FAILURES_TO_GIVE_UP = 10
"""Failures in a row, of whatever kind, at an adopted address: an expired domain answers with a page for sale, a 403 or
not at all, and feeds.yaml's address may have been mended meanwhile. With back-off they take six days."""

_LOGIN = re.compile("(?<=//)[^/?#]*@")
_STAYED = Move()
_NOT_FOUND = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_WRONG_ADDRESS = frozenset({FailureKind.NETWORK, FailureKind.REFUSED_ADDRESS})
"""NETWORK holds "no such name" along with what passes; after it, too, the configured address costs one redirect."""


def owners(feeds: Iterable[Feed | FeedGlance]) -> Owners:
    """Tell which of these feeds has which address."""
    return {_spelt(feed.url): feed.id for feed in feeds}


def after_success(move: Move, permanent_url: str | None, *, feed: Feed, taken: Owners, now: datetime) -> Move:
    """Learn from a poll that brought a document or a 304.

    Args:
        move: what is known so far; its `address`, else that of `feed`, was asked.
        permanent_url: where an unbroken chain of permanent redirects led from there; None: there was none.
        feed: as configured.
        taken: addresses that are not adopted, unless they are the feed's own.
        now: end of the poll.
    """
    if permanent_url is None:
        return _at_the_address_asked(move, feed, taken)
    if permanent_url == feed.url:
        return _STAYED
    seen = move.seen + 1 if permanent_url == move.candidate else 1
    since = move.since or now
    if seen < POLLS_TO_BELIEVE:
        return Move(address=move.address, candidate=permanent_url, seen=seen, since=since)
    if _is_anothers(permanent_url, feed, taken):
        return Move(address=move.address, candidate=permanent_url, seen=POLLS_TO_BELIEVE, since=since)
    return Move(address=permanent_url, since=since)


def after_failure(move: Move, failed: Failed, *, failures: int) -> Move:
    """Give an adopted address up where it fails as a wrong one does; other failures have to come many times in a row.

    Args:
        move: what is known so far.
        failed: this poll.
        failures: in a row, with this one. An address is adopted by a success, so all of them were of that address.
    """
    is_wrong = failed.status in _NOT_FOUND or failed.kind in _WRONG_ADDRESS
    if move.address and (is_wrong or failures >= FAILURES_TO_GIVE_UP):
        return Move(since=move.since)
    return move


def twin_address(move: Move, *, feed: Feed, taken: Owners) -> str | None:
    """Give the address where this feed has moved to and another one is polled; None where there is no such."""
    believed = believed_twin(move)
    return believed if believed and _is_anothers(believed, feed, taken) else None


def believed_twin(move: Move) -> str | None:
    """Give the address that would have been adopted if another feed had not had it when the feed was last polled."""
    return move.candidate if move.seen >= POLLS_TO_BELIEVE else None


def owner_of(address: str, taken: Owners) -> FeedId | None:
    """Find the feed that has an address, however it is spelt."""
    return taken.get(_spelt(address))


def _at_the_address_asked(move: Move, feed: Feed, taken: Owners) -> Move:
    if move.address is None:
        return _STAYED
    if _is_anothers(move.address, feed, taken):  # feeds.yaml has given it to another feed since it was adopted
        return Move(candidate=move.address, seen=POLLS_TO_BELIEVE, since=move.since)
    return replace(move, candidate=None, seen=0)


def _is_anothers(address: str, feed: Feed, taken: Owners) -> bool:
    return bool(taken) and owner_of(address, taken) not in {None, feed.id}


def _spelt(url: str) -> str:
    """Spell an address as it is sent, without login and fragment."""
    plain = _LOGIN.sub("", url.partition("#")[0])
    strict = web_url(plain) or plain
    return strict if urlsplit(strict).path else f"{strict}/"


def destination(move: Move) -> str | None:
    """Give the address that feeds.yaml had better name, as far as the last poll knows; None where the feed stayed."""
    return move.candidate or move.address


def note(move: Move) -> str:
    """Say in a poll's message that the feed has moved; empty where it has not."""
    address = destination(move)
    return f"moved for good to {address}" if address else ""
