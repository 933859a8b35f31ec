"""Where a feed has moved to: what permanent redirects are worth. Pure.

A 301 or 308 asks for the new address to be used from now on (RFC 9110 sections 15.4.2 and 15.4.9), but not every one
is meant: captive portals, expired domains and mistakes of an afternoon answer 301 as well. So as many polls in a row
as it takes to believe it must end at one address before that is asked directly; and what was adopted is given up as
soon as it fails in a way that a wrong address does, because feeds.yaml names one that worked. Neither touches
feeds.yaml: a person is told (`polling.health`).

    configured --301--> candidate (1, 2, ... polls with a document or 304) --> adopted --404, 410, refused--> configured
"""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from aggregator.model.feed import Move
from aggregator.model.fetch import Failed, FailureKind

POLLS_TO_BELIEVE = 3
"""Polls in a row that must lead to one address before it is asked directly."""

_STAYED = Move()
_NOT_FOUND = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_WRONG_ADDRESS = frozenset({FailureKind.NETWORK, FailureKind.REFUSED_ADDRESS})
"""NETWORK holds "no such name" along with what passes; after it, too, the configured address costs one redirect."""


def after_success(move: Move, permanent_url: str | None, *, configured: str, now: datetime) -> Move:
    """Learn from a poll that brought a document or a 304.

    Args:
        move: what is known so far; its `address`, else `configured`, was asked.
        permanent_url: where an unbroken chain of permanent redirects led from there; None: there was none.
        configured: the address in feeds.yaml.
        now: end of the poll.
    """
    if permanent_url is None:
        return replace(move, candidate=None, seen=0) if move.address else _STAYED
    if permanent_url == configured:
        return _STAYED
    seen = move.seen + 1 if permanent_url == move.candidate else 1
    since = move.since or now
    if seen >= POLLS_TO_BELIEVE:
        return Move(address=permanent_url, since=since)
    return Move(address=move.address, candidate=permanent_url, seen=seen, since=since)


def after_failure(move: Move, failed: Failed) -> Move:
    """Give an adopted address up where it fails as a wrong one does; other failures say nothing about addresses."""
    if move.address and (failed.status in _NOT_FOUND or failed.kind in _WRONG_ADDRESS):
        return Move(since=move.since)
    return move


def destination(move: Move) -> str | None:
    """Give the address that feeds.yaml had better name, as far as the last poll knows; None where the feed stayed."""
    return move.candidate or move.address


def note(move: Move) -> str:
    """Say in a poll's message that the feed has moved; empty where it has not."""
    address = destination(move)
    return f"moved for good to {address}" if address else ""
