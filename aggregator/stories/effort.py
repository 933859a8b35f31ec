"""Effort: how much has been looked at. Counted, so that tests hold what is bounded; seconds would say what else the machine does."""

from dataclasses import dataclass


@dataclass(slots=True)
class Effort:
    """Counts from the beginning of an engine."""

    postings: int = 0
    """Pairs of a term and a story that has it."""
    stories: int = 0
    """Stories whose likeness to an entry or to another story was worked out."""
    pairs: int = 0
    """Pairs of entries whose likeness was."""
