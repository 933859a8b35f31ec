"""What a transaction of the store tells of how far the work behind the pages has come. See `records`."""

from collections.abc import Collection
from typing import Protocol

from aggregator.model.progress import Progress


class ProgressRecords(Protocol):
    """What is done and what waits, of all topics; for who watches."""

    def look(self, names: Collection[str]) -> Progress:
        """Count what waits, and the sealed digests of these names."""
        ...
