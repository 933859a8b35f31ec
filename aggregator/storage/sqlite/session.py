"""One connection, as the rooms of the store speak to it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain
from json import JSONEncoder, dumps, loads
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from aggregator.storage.sqlite.database import Database

Value = str | int | float | bytes | None
Row = Mapping[str, Any]
"""A `sqlite3.Row`: columns by name. Leaves the store only as a value of `model`."""

Tracer = Callable[[str, object], None]
"""Is told every statement with its parameters."""

MOST = 2**63 - 1
"""The greatest INTEGER SQLite holds."""


_WRITTEN = re.compile(r"\s*(?:INSERT(?: OR [A-Z]+)? INTO|UPDATE|DELETE FROM)\s+(\w+)")
_UNSEEN = frozenset(
    [
        "rate_groups",
        "clock",
        "polls",
        "imprints",
        "subscriptions",
        "mails",
        "copy_ties",
        "story_readings",
        "story_outlines",
        "contents_mark",
    ]
)
"""Tables of which lists, stories, entries, searches and digests say nothing: see versions.py."""


class Session:
    """Statements on one connection, which is inside a transaction for as long as this is used."""

    def __init__(self, db: "Database") -> None:
        self._db = db
        self.has_news = False
        """Whether anything was written that lists, stories, entries, searches or digests may show."""

    def run(self, sql: str, **values: Value) -> int:
        """Run a statement that returns no rows, and give how many it wrote."""
        written = self.note(sql, **values)
        self.has_news = self.has_news or (written != 0 and _is_seen(sql))
        return written

    def note(self, sql: str, **values: Value) -> int:
        """Do what `run` does, where only pages about feeds show what is written: how polls went, and when the next is."""
        return int(self._execute(sql, values).rowcount)

    def run_each(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement that returns no rows once for each of `rows`, whose values stand in it as question marks.

        A third of the time that as many calls of `run` take. The tracer is told of the first row.
        """
        waiting = iter(rows)
        seen = _is_seen(sql)
        while (row := next(waiting, None)) is not None:
            self.has_news = self.has_news or seen
            self._execute_row(sql, row)
            last = [row]
            try:
                self._db.conn.executemany(sql, _noting(waiting, last))
            except (UnicodeEncodeError, OverflowError):
                # The rows before it are in: go on with the one that can't be bound as it is.
                waiting = chain(last, waiting)

    def _execute_row(self, sql: str, row: Sequence[Value]) -> None:
        try:
            self._db.execute(sql, row)
        except (UnicodeEncodeError, OverflowError):
            self._db.execute(sql, [_bindable(value) for value in row])

    def rows(self, sql: str, **values: Value) -> list[Row]:
        """Fetch every row."""
        rows: list[Row] = self._execute(sql, values).fetchall()
        return rows

    def row(self, sql: str, **values: Value) -> Row | None:
        """Fetch the first row; None where there is none."""
        for row in self.walk(sql, **values):
            return row
        return None

    def walk(self, sql: str, **values: Value) -> Iterator[Row]:
        """Give rows one by one: where only the first few of many may be wanted."""
        cursor = self._execute(sql, values)
        try:
            yield from cursor
        finally:
            cursor.close()

    def _execute(self, sql: str, values: dict[str, Value]) -> Any:  # noqa: ANN401 - a cursor of sqlite3 or pysqlite3
        try:
            return self._db.execute(sql, values)
        except (UnicodeEncodeError, OverflowError):
            return self._db.execute(sql, {name: _bindable(value) for name, value in values.items()})


@cache
def _is_seen(sql: str) -> bool:
    """Tell whether what a statement writes may be seen; of a statement that is not understood, it may."""
    written = _WRITTEN.match(sql)
    return written is None or written[1] not in _UNSEEN


def _noting(rows: Iterator[Sequence[Value]], last: list[Sequence[Value]]) -> Iterator[Sequence[Value]]:
    """Give the rows, and keep in `last` which one was given last."""
    for row in rows:
        last[0] = row
        yield row


def _bindable(value: Value) -> Value:
    """Make of a value that SQLite can't hold the nearest one that it can.

    Addresses of pages and words of a search reach the store as they were typed: with half a surrogate pair, which
    has no UTF-8 form, or a number beyond 64 bits. Nothing stored equals such a value, and the answer is "not found".
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int):
        return max(-MOST, min(value, MOST))
    return value


def many(values: Iterable[Value]) -> str:
    """Give values as one parameter, for `IN (SELECT value FROM json_each(:name))`.

    One statement for any number of values: SQLite stops at 32,766 parameters, and would have to prepare a statement
    anew for every number of them.
    """
    return dumps(list(values))


@overload
def seconds(at: datetime) -> int: ...
@overload
def seconds(at: None) -> None: ...
def seconds(at: datetime | None) -> int | None:
    """Give a time as the database keeps it: whole seconds since 1970."""
    return None if at is None else int(at.timestamp() // 1)


@overload
def moment(value: int) -> datetime: ...
@overload
def moment(value: None) -> None: ...
def moment(value: int | None) -> datetime | None:
    """Read what `seconds` made."""
    return None if value is None else _moment(value)


@lru_cache(maxsize=10_000)
def _moment(value: int) -> datetime:
    """Remember it: an entry is seen, changes and is listed at one time, and a page reads two thousand."""
    return datetime.fromtimestamp(value, UTC)


def as_json(value: object) -> str | None:
    """Give a value as JSON, as short as it gets; None where there is nothing."""
    return _encode(value) if value else None


_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
"""`dumps` would make an encoder at every call: 0.8 of the 2 us that a short value takes. To look whether it contains itself takes another one."""


def from_json(text: str | None, empty: Any) -> Any:  # noqa: ANN401 - JSON
    """Read what `as_json` wrote."""
    return loads(text) if text else empty
