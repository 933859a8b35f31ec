"""How much a story weighs in a digest: what decides which stories stand first, and which do not stand there at all.

    weight of the category x (coverage + growth + freshness + quietness)

Each part is between 0 and a few, so that none can drown the others; the figures below say what each is worth.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from math import log2
from typing import Final

from aggregator.model.digest import DigestCandidate
from aggregator.model.story import Story, StoryMember

COPIED: Final = 0.5
"""What a publisher counts for that only printed another's text: to print it is a decision of its editor's, but no second witness."""
GROWTH: Final = 0.5
"""What doubling the publishers within the period adds. At half of coverage a story of yesterday with four publishers more stands about
where a new one of three does: news first, but what everybody goes on reporting is news."""
FRESHNESS: Final = 0.5
"""What the end of the period is worth over its beginning: less than one more publisher (0.58 from one to two), so that it
decides between stories of equal coverage, of which there are hundreds, and never above that."""
QUIETNESS: Final = 0.8
"""What a feed that says something once a month adds. A single story of such a feed then weighs about as much as one that two
busy publishers have (log2 3 - log2 2 = 0.58), and less than what three have."""
QUIET: Final = 1.0
"""Entries a day up to which a feed is quiet: thirty a month. Over 260 real feeds that is where blogs and institutions end and papers begin."""


def weight(
    candidate: DigestCandidate, *, start: datetime, end: datetime, weights: Mapping[str, float], category: str
) -> float:
    """Give the weight of a story that is told in the digest of [start, end); to nine digits, so that it does not hang on how sums are rounded."""
    story = candidate.story
    parts = (
        log2(1 + independent(story)),
        GROWTH * log2(1 + newcomers(story, start)),
        FRESHNESS * freshness(story, start, end),
        QUIETNESS * quietness(candidate),
    )
    return round(weights.get(category, 1.0) * sum(parts), 9)


def independent(story: Story) -> float:
    """Count publishers, those that have nothing but copies of others' texts as `COPIED`."""
    originals = {next(iter(members)).entry.publisher for members in _copy_sets(story)}
    return sum(1.0 if publisher in originals else COPIED for publisher in story.publishers)


def _copy_sets(story: Story) -> list[list[StoryMember]]:
    ordered = sorted(
        story.members, key=lambda member: member.entry.copy_set
    )  # stable: within a set in order of publication
    return [list(members) for _, members in groupby(ordered, key=lambda member: member.entry.copy_set)]


def newcomers(story: Story, start: datetime) -> int:
    """Count publishers that had nothing of it before the period."""
    before = {member.entry.publisher for member in story.members if member.entry.listed_at < start}
    return len(set(story.publishers) - before)


def freshness(story: Story, start: datetime, end: datetime) -> float:
    """Tell where in the period its latest entry came: 0 at the beginning (or before), 1 at the end."""
    return min(max((story.last_at - start) / (end - start), 0.0), 1.0)


def quietness(candidate: DigestCandidate) -> float:
    """Tell how rarely the quietest of its feeds says something: 1 for never, a half for once a day, 0.01 for a hundred times."""
    return 1 / (1 + min(candidate.pace.values())) if candidate.pace else 0.0


def is_quiet(candidate: DigestCandidate) -> bool:
    """Tell whether quiet feeds alone have it."""
    return bool(candidate.pace) and all(pace <= QUIET for pace in candidate.pace.values())
