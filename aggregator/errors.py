"""Every error this program raises on purpose.

    AggregatorError
    ├── UserError                 a person must change something; shown without a traceback, exit code 2
    │   ├── ConfigurationError    feeds.yaml: every problem at once, each with file:line:column
    │   ├── DatabaseUnusable      the database file is newer, damaged, read-only or no database
    │   ├── InputError            a file handed to a command can't be read as what it should be
    │   └── QueryError            a request asks for something that can't be (a date, a cursor, a search)
    └── LeaseLost                 another worker took the feed over; this worker's result is dropped

What a publisher's server or document does wrong is no exception but a value: see `model.fetch.Failed`.
"""

from dataclasses import dataclass


class AggregatorError(Exception):
    """Base of every error raised on purpose."""


class UserError(AggregatorError):
    """A person must change something; the message says what, where, and what was expected."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file. Lines and columns count from 1, as editors do; both are 0 for the whole file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{place}: {self.message}"


class ConfigurationError(UserError):
    """feeds.yaml can't be used; carries every problem found, in the order of the file, and says the first ones."""

    SAID = 50
    """Problems in the message: more scroll away what a person has to begin with."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))
        said = [str(problem) for problem in self.problems[: self.SAID]]
        more = len(self.problems) - len(said)
        super().__init__("\n".join(said + [f"... and {more:,} more"] * bool(more)))


class DatabaseUnusable(UserError):
    """The database file can't be used by this program."""


class InputError(UserError):
    """A file handed to a command can't be read as what it should be."""


class QueryError(UserError):
    """A request asks for something that can't be."""


class LeaseLost(AggregatorError):
    """The lease on a feed ended before its poll did, and another worker holds it now."""
