"""Which state of the database an answer was made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A state of the database. Both numbers say nothing but whether they are the same."""

    contents: int
    """Another one after every change of what lists, stories, entries, searches or digests show."""
    commits: int
    """Another one after every change of anything, also of how a feed is doing. Of this process alone."""
