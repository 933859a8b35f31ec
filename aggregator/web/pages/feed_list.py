"""The list of polled feeds on `/feeds`: chosen by words, category and state, fifty on a page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, islice
from urllib.parse import urlencode

from starlette.requests import Request

from aggregator.errors import QueryError
from aggregator.model.feed import FeedGlance
from aggregator.model.glance import FeedMark
from aggregator.model.ids import FeedId
from aggregator.publish.site import public
from aggregator.text.letters import fold
from aggregator.text.words import one_line
from aggregator.web.pages.condition import CONDITIONS

ON_PAGE = 50
LONGEST = 100
"""Characters of a choice's words."""
FEW = 20
"""Feeds that are found by looking: below that, there is nothing to choose with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which feeds are wanted; empty: any."""

    words: str = ""
    """Each stands somewhere in name, address, publisher or tags."""
    category: str = ""
    state: str = ""
    """A `Condition.kind`."""
    after: str = ""
    """The feed that the page before ended with."""

    def __str__(self) -> str:
        given = {"q": self.words, "category": self.category, "state": self.state, "after": self.after}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def is_any(self) -> bool:
        """Tell that it is no choice, but the first page of all feeds."""
        return not str(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A link to fewer feeds."""

    name: str
    count: int
    address: str
    """Of the query: what stands behind "?"."""
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """A page of feeds, and the ways to others."""

    ids: Sequence[FeedId]
    count: int
    """Of all that were chosen."""
    categories: Sequence[Narrowing]
    states: Sequence[Narrowing]
    next: str
    """The query of the following page; empty on the last."""


def chosen(request: Request) -> Choice:
    """Read which feeds are wanted.

    Raises:
        QueryError: the words are too many, or there is no such state.
    """
    asked = request.query_params
    words = one_line(asked.get("q", ""))
    if len(words) > LONGEST:
        raise QueryError(f"q has {len(words)} characters; expected {LONGEST} at most")
    state = asked.get("state", "")
    if state and state not in CONDITIONS:
        raise QueryError(f"state={state[:40]!r} is no state of a feed; expected one of {', '.join(CONDITIONS)}")
    return Choice(
        words=words, category=one_line(asked.get("category", "")), state=state, after=one_line(asked.get("after", ""))
    )


def having(feeds: Iterable[FeedGlance], words: str) -> list[FeedMark]:
    """Find the feeds that have these words, in their order."""
    folded = fold(words).split()
    return [FeedMark(feed.id, feed.category, feed.kind) for feed in feeds if _has(feed, folded)]


def feed_list(feeds: Sequence[FeedMark], choice: Choice) -> FeedList:
    """Choose feeds, in the order of feeds.yaml.

    Args:
        feeds: all there are, or those that have the words of the choice.
        choice: which are wanted.

    Raises:
        QueryError: `after` names no feed.
    """
    of_category = [feed for feed in feeds if choice.category in {"", feed.category}]
    of_state = [feed for feed in feeds if choice.state in {"", feed.kind}]
    both = [feed for feed in of_category if choice.state in {"", feed.kind}]
    page = list(islice(_behind(both, choice.after), ON_PAGE + 1))
    last = page[ON_PAGE - 1].id if len(page) > ON_PAGE else ""
    return FeedList(
        ids=[feed.id for feed in page[:ON_PAGE]],
        count=len(both),
        categories=_narrowings(choice, "category", [feed.category for feed in of_state]),
        states=_narrowings(choice, "state", [feed.kind for feed in of_category]),
        next=str(replace(choice, after=last)) if last else "",
    )


def _has(feed: FeedGlance, words: Sequence[str]) -> bool:
    address = public(feed.url)
    name = feed.name if feed.name != feed.url else address
    names = fold(" ".join((name, address, feed.id, feed.publisher, *feed.tags)))
    return all(word in names for word in words)


def _behind(feeds: Sequence[FeedMark], after: str) -> list[FeedMark]:
    if not after:
        return list(feeds)
    rest = list(dropwhile(lambda feed: feed.id != FeedId(after), feeds))
    if not rest:
        raise QueryError(
            f"after={after[:80]!r} is no feed of this list; follow the link at the foot of the page before"
        )
    return rest[1:]


def _narrowings(choice: Choice, field: str, values: Sequence[str]) -> list[Narrowing]:
    """Give a link for each value there is, and one for all of them."""
    current: str = getattr(choice, field)
    counts = {"": len(values), **Counter(values)}
    if current:
        counts.setdefault(current, 0)
    return [
        Narrowing(
            name=value or "all",
            count=count,
            address=str(replace(choice, after="", **{field: value})),
            is_chosen=value == current,
        )
        for value, count in counts.items()
    ]
