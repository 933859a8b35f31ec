"""A subscription list of somebody else, which feeds.yaml includes."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.feed import Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """What is known of a list."""

    url: str
    body: bytes | None = None
    """The last one that could be read; None: there was none yet."""
    content_type: str = ""
    validators: Validators = Validators()
    fetched_at: datetime | None = None
    """When it last came, or was said to be as it was."""
    failures: int = 0
    """In a row."""
    next_at: datetime | None = None
    """Not asked for before then; None: at once."""
    message: str = ""
    """Why it could not be had the last time; empty when it could."""
