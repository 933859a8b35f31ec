"""What pages and feeds ask of the digests; `services.digest.Digests` answers it."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from aggregator.model.digest import Digest, DigestLine, DigestPlan


class DigestShelf(Protocol):
    """Sealed digests by name and day, and what the next ones would be."""

    @property
    def plans(self) -> Sequence[DigestPlan]:
        """The digests that feeds.yaml orders, in its order; none where it wants none."""
        ...

    async def get(self, name: str, day: date) -> Digest | None:
        """Find a sealed digest, also one of a name that feeds.yaml no longer has."""
        ...

    async def beside(self, name: str, day: date) -> tuple[date | None, date | None]:
        """Give the days of the sealed digests before and after one, whether or not that one is sealed."""
        ...

    async def page(self, name: str, *, before: date | None = None, limit: int) -> tuple[Digest, ...]:
        """List sealed digests, newest first."""
        ...

    async def lines(self, name: str, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        """The same, as a list shows them."""
        ...

    async def preview(self, name: str) -> Digest:
        """Make the would-be digest of the running period of one of `plans`; its `end` is now."""
        ...
