"""How a feed is doing, in words. Nothing here depends on the time of the request but what has an end: pages stay cacheable."""

from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.model.feed import Feed, FeedOverview, Outcome
from aggregator.polling.upcoming import refusal
from aggregator.publish.site import public

CONDITIONS = ("ok", "malformed", "blocked", "failing", "gone", "new")
"""Every `Condition.kind`; a feed is in exactly one, the gravest that holds."""


class Condition(NamedTuple):
    """How a feed is doing: a word for people, the tone it is shown in, and a word for programs."""

    word: str
    tone: str
    kind: str


def condition(overview: FeedOverview, *, now: datetime) -> Condition:
    """Say in a word or two how a feed is doing."""
    state = overview.state
    if state.gone:
        return Condition("gone", "bad", "gone")
    if state.blocked_until and state.blocked_until > now:
        return Condition(refusal(state) or "left alone, as its server asked", "bad", "blocked")
    if state.failures:
        word = "failing" if state.failures == 1 else f"failing, {state.failures} times in a row"
        return Condition(word, "bad", "failing")
    if state.last_polled_at is None:
        return Condition("not polled yet", "new", "new")
    if state.malformed_since:
        return Condition("ok, but not well-formed", "fair", "malformed")
    return Condition("ok", "good", "ok")


def rhythm(overview: FeedOverview) -> str:
    """Say how often a feed brings something: "an entry every 3 h; silent for 2 days"; empty where too few entries tell.

    Silence is counted up to the last poll that succeeded: what was not asked since may have spoken.
    """
    usual, newest, heard = overview.rhythm, overview.newest_entry_at, overview.state.last_success_at
    if usual is None:
        return ""
    often = f"an entry every {roughly(usual)}"
    silence = heard - newest if heard and newest else timedelta()
    telling = silence >= max(2 * usual, timedelta(hours=1))
    return f"{often}; silent for {roughly(silence)}" if telling else often


def roughly(length: timedelta) -> str:
    """Round a duration to what a person would say: "20 min", "3 h", "2 days", "5 months", "3 years"."""
    for word, unit, least in _UNITS:
        if length >= least * unit:
            return f"{round(length / unit)} {word}"
    return f"{max(round(length / timedelta(minutes=1)), 1)} min"


_DAY = timedelta(days=1)
_UNITS = (
    ("years", 365.25 * _DAY, 1.9),
    ("months", 30.44 * _DAY, 1.97),
    ("days", _DAY, 1.5),
    ("h", timedelta(hours=1), 1.5),
)
"""From the longest, each with how many of it people begin to count in it at: "90 min" is 1.5 hours, "36 h" are 1.5 days."""


def tone(outcome: Outcome) -> str:
    """Say in which tone the outcome of a poll is shown."""
    return "bad" if outcome in {Outcome.FAILED, Outcome.GONE} else "new" if outcome is Outcome.SKIPPED else "good"


def called(overview: FeedOverview) -> str:
    """Name a feed on a page: one that is only known by its address without user name and password."""
    return overview.name if overview.name != overview.feed.url else public(overview.feed.url)


def without_login(text: str, feed: Feed) -> str:
    """Take user name and password of the feed's address out of a message."""
    return text.replace(feed.url, public(feed.url))
