"""The order of top stories: how many publishers have a story, and how fresh it is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from aggregator.model.story import StoryLine

HALVINGS: Final = 3
"""Within a window. At its far end a story of eight publishers weighs as much as a new one of a single publisher, which is no top
story at all: so what leaves the window has hardly ever still been at the top, and a page does not jump with the hour."""


def ranked(lines: Iterable[StoryLine], *, newest: datetime, window: timedelta) -> list[StoryLine]:
    """Order stories for a front page, the weightiest first; equal input in any order gives equal output.

    Args:
        lines: those that may be shown.
        newest: what freshness is measured from: the latest change of any story, so that the order depends on the news alone
            and a page that is asked for again without news is the same, byte for byte.
        window: after a third of it a story weighs half.
    """
    return sorted(lines, key=lambda line: (_weight(line, newest, window), line.updated_at, line.id), reverse=True)


def _weight(line: StoryLine, newest: datetime, window: timedelta) -> float:
    age = max(newest - line.updated_at, timedelta(0))
    halved: float = 0.5 ** (HALVINGS * (age / window))
    return line.coverage * halved
