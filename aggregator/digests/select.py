"""Choose what stands in a digest, and in which order."""

from collections.abc import Sequence

from aggregator.model.digest import DigestSection
from aggregator.model.entry import PublishedEntry


def sections(entries: Sequence[PublishedEntry], categories: Sequence[str]) -> tuple[DigestSection, ...]:
    """Put entries into a section a category, in the order of `categories`; empty ones are left out.

    Within a section what more publishers have comes first, then the newest; equal ones stand in order of id.
    """
    return tuple(
        DigestSection(category=category, entries=tuple(sorted(members, key=_rank)))
        for category in categories
        if (members := [item for item in entries if item.entry.category == category])
    )


def _rank(item: PublishedEntry) -> tuple[int, float, int]:
    publishers = {item.entry.publisher, *(other.publisher for other in item.also)}
    return (-len(publishers), -item.entry.listed_at.timestamp(), item.entry.id)
