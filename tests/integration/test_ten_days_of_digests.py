"""Ten days of real feeds, read as a subscriber does: nothing twice, nothing missing, the same each time."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.model.digest import Digest, DigestPlan, SectionKind
from tests.newsreel import DATA, DAYS, screening

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(not (DATA / "feeds" / "INDEX.jsonl").exists(), reason="the real feeds are absent"),
]
STEP = timedelta(hours=8)
PRESS = DigestPlan(name="press", tags=("press",), recipients=("reader@example.org",))
SINGLES = 26
"""Feeds beside the outlets: enough for every day to have some that are quiet."""
BUSY = 40
"""Stories to choose from on a day on which every kind of section can be filled."""


async def ten_days(folder: Path, database: str) -> dict[str, list[Digest]]:
    """Show everything, and give the digests of each name, earliest first."""
    plans = (DigestPlan(), PRESS)
    async with screening(folder / database, singles=SINGLES, plans=plans) as room:
        for _ in range(int(timedelta(days=DAYS) / STEP) + 3):
            await room.move(STEP)
        return {plan.name: list(reversed(await room.digests.page(plan.name, limit=99))) for plan in plans}


async def test_ten_days_of_digests_tell_everything_once_and_the_same_in_every_run(tmp_path: Path) -> None:
    runs = [await ten_days(tmp_path, f"{number}.db") for number in range(3)]
    assert repr(runs[0]) == repr(runs[1]) == repr(runs[2])
    for digests in runs[0].values():
        assert len(digests) >= DAYS
        _follow_one_another(digests)
        _tell_nothing_twice(digests)
        _have_every_section(digests)
    _are_of_the_press(runs[0]["press"])


def _follow_one_another(digests: list[Digest]) -> None:
    assert all(one.end == other.start and one.date < other.date for one, other in pairwise(digests))


def _tell_nothing_twice(digests: list[Digest]) -> None:
    stories: set[int] = set()
    leads: set[int] = set()
    for digest in digests:
        items = digest.items
        assert len({item.story for item in items}) == len(items)
        for item in items:
            assert item.changed or (item.story not in stories and item.entry not in leads), item.headline
        for section in digest.sections:
            assert all(bool(item.changed) == (section.kind is SectionKind.DEVELOPING) for item in section.items)
        stories |= {item.story for item in items}
        leads |= {item.entry for item in items}


def _have_every_section(digests: list[Digest]) -> None:
    for digest in digests:
        kinds = {section.kind for section in digest.sections}
        assert digest.stories < BUSY or {SectionKind.TOP, SectionKind.CATEGORY} <= kinds, digest.date
        assert all(section.items for section in digest.sections)
        assert all(item.headline and "<" not in item.teaser for item in digest.items)
    told = {section.kind for digest in digests for section in digest.sections}
    assert told >= {SectionKind.TOP, SectionKind.DEVELOPING, SectionKind.CATEGORY, SectionKind.BRIEF}


def _are_of_the_press(digests: list[Digest]) -> None:
    assert not any(item.publisher.startswith("single") for digest in digests for item in digest.items)
    assert all(section.kind is not SectionKind.QUIET for digest in digests for section in digest.sections)
