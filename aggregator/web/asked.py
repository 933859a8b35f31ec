"""Read what a request asks for. What can't be raises an error that names it and says what was expected."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aggregator.errors import QueryError
from aggregator.model.ids import EntryId, FeedId, StoryId
from aggregator.model.query import Cursor
from aggregator.model.search import Rank, SearchQuery, Sort
from aggregator.text.search_language import parse
from aggregator.text.words import one_line

T = TypeVar("T")

MOST_WORDS = 300
"""Characters of a search. A longer one is a paste by mistake, and costs the full-text index for nothing."""

FIRST_YEAR, LAST_YEAR = 1990, 9998
"""Of times that are asked for: before, there was no web to publish news on; after, no day follows."""

_HIGHEST_ID = 2**63 - 1
"""Of SQLite: a higher number raises OverflowError when it is bound to a statement."""

_DIGITS = re.compile(r"[0-9]{1,19}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?")
_DIGEST_NAME = re.compile(r"[a-z0-9-]{1,40}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_FEED_ID = re.compile(r"[a-z0-9-]{1,80}")


def entry_id(request: Request) -> EntryId:
    """Read the number in the path.

    Raises:
        HTTPException: 404, for no entry can have that number.
    """
    return EntryId(_number(request.path_params["entry_id"]))


def story_id(request: Request) -> StoryId:
    """Read the number in the path.

    Raises:
        HTTPException: 404, for no story can have that number.
    """
    return StoryId(_number(request.path_params["story_id"]))


def feed_id(request: Request) -> FeedId:
    """Read the feed's name in the path.

    Raises:
        HTTPException: 404, for no feed can have that name.
    """
    name = feed_name(request.path_params["feed_id"])
    if name is None:
        raise HTTPException(404)
    return name


def feed_name(text: str) -> FeedId | None:
    """Read the name of a feed; None where no feed can have it."""
    return FeedId(text) if _FEED_ID.fullmatch(text) else None


def is_day(text: str) -> bool:
    """Tell whether a part of an address is meant as a day: it can't be the name of a digest, which has a letter."""
    return not is_digest_name(text) or not any(character.isalpha() for character in text)


def is_digest_name(text: str) -> bool:
    """Tell whether digests can have this name."""
    return bool(_DIGEST_NAME.fullmatch(text))


def day(text: str) -> date:
    """Read a day.

    Raises:
        QueryError: it is no day, or not written as `YYYY-MM-DD`.
    """
    try:
        # The pattern first: `fromisoformat` also takes 20180902 and 2018-W35-7, and a page has one address.
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise QueryError(f"{_shown(text)} is not a day; expected one like 2018-09-02")
    return found


def before(request: Request) -> date | None:
    """Read the day before which a list of days begins; None for the newest.

    Raises:
        QueryError: it is no day.
    """
    text = request.query_params.get("before")
    return None if text is None else day(text)


def since(request: Request, timezone: ZoneInfo) -> datetime | None:
    """Read since when a reader wants news: a day, which begins at midnight in `timezone`, or a time (RFC 3339).

    Raises:
        QueryError: it is neither, or before the first years of the web.
    """
    text = request.query_params.get("since")
    if text is None:
        return None
    try:
        # "+" of an offset means a space in a query.
        found = datetime.combine(day(text), time()) if _DAY.fullmatch(text) else _time(text.replace(" ", "+"))
        found = found if found.tzinfo else found.replace(tzinfo=timezone)
        at = found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unclear(text) from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise _unclear(text)
    return at


def _time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _unclear(text: str) -> QueryError:
    expected = "a day like 2018-09-02 or a time like 2018-09-02T06:00:00Z"
    return QueryError(f"since={_shown(text)} is not a time; expected {expected}")


def cursor(request: Request) -> Cursor | None:
    """Read where the page begins; None for the first one.

    Raises:
        QueryError: `after` was not made by a page of ours.
    """
    text = request.query_params.get("after")
    if text is None:
        return None
    found = Cursor.from_text(text)
    if not 0 <= found.id <= _HIGHEST_ID:
        raise QueryError(
            f"after={_shown(text)} is not the mark of a page; follow the link at the foot of the page before"
        )
    return found


def choice(request: Request, name: str, choices: Mapping[str, T], usual: T) -> T:
    """Read one of a few; `usual` where the request names none.

    Raises:
        QueryError: it names another.
    """
    text = request.query_params.get(name)
    if text is None:
        return usual
    if text not in choices:
        raise QueryError(f"{name}={_shown(text)} is none; expected {', '.join(choices)}")
    return choices[text]


def moment(request: Request) -> datetime:
    """Read `at`: a time as our pages write it (RFC 3339).

    Raises:
        QueryError: it is none, or of no time zone.
    """
    text = request.query_params.get("at", "")
    found = None
    # The pattern first: `fromisoformat` also takes 20180902 and 2018-W35-7.
    if _MOMENT.fullmatch(text):
        with suppress(ValueError):
            found = datetime.fromisoformat(text)
    if found is None:
        raise QueryError(f"at={_shown(text)} is not a time; expected one like 2018-09-02T07:50:00Z")
    return found


def archive(request: Request) -> Cursor | None:
    """Read which archive of a feed's history is wanted; None for its current document.

    Raises:
        QueryError: `archive` was not made by a document of ours.
    """
    text = request.query_params.get("archive")
    if text is None:
        return None
    with suppress(QueryError):  # which would speak of the mark of a page
        found = Cursor.from_text(text)
        if 0 <= found.id <= _HIGHEST_ID:
            return found
    raise QueryError(f"archive={_shown(text)} is not the mark of an archive; follow the prev-archive links")


def search(request: Request, timezone: ZoneInfo, *, sort: Sort | None = None) -> SearchQuery | None:
    """Read a search; None where nothing is asked for. With `sort`, the order that the request names is of no account.

    Raises:
        QueryError: it is not of the language of searches, or its order or mark is none.
    """
    text = words(request)
    if not text:
        return None
    asked = parse(text)
    since, until = asked.bounds(timezone)
    query = SearchQuery(asked=asked, since=since, until=until, sort=sort or _sort(request))
    after = request.query_params.get("after")
    if after is None:
        return query
    return replace(query, after=Rank.from_text(after) if query.ranked else cursor(request))


def _sort(request: Request) -> Sort:
    text = request.query_params.get("sort", Sort.BEST)
    try:
        return Sort(text)
    except ValueError:
        raise QueryError(f"sort={_shown(text)} is no order; expected {' or '.join(Sort)}") from None


def words(request: Request) -> str:
    """Read the words to search for; empty where none were given.

    Raises:
        QueryError: they are too many.
    """
    text = one_line(request.query_params.get("q", ""))
    if len(text) > MOST_WORDS:
        raise QueryError(f"q has {len(text)} characters; expected {MOST_WORDS} at most")
    return text


def _number(text: str) -> int:
    number = int(text) if _DIGITS.fullmatch(text) else 0
    if not 0 < number <= _HIGHEST_ID:
        raise HTTPException(404)
    return number


def _shown(text: str) -> str:
    return repr(text[:80])
