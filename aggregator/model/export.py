"""What became of the files of an export."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Files of one run."""

    written: int
    """New, or with other content than before."""
    unchanged: int
    """Left as they were, with their times."""
    removed: int
    """Written by an earlier run, and no part of the site any more."""
