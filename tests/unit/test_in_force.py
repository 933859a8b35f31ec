"""The file is looked at while the program runs: what is right is wanted, what is wrong is told, and nothing else changes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.read import load
from aggregator.services.in_force import InForce
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio

ONE = "feeds:\n- url: https://a.example/\n"
TWO = ONE + "- url: https://b.example/\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.yaml"
    path.write_text(ONE)
    return path


def write(path: Path, text: str) -> None:
    path.write_text(text)


def remove(path: Path) -> None:
    path.unlink()


def disguise(other: Path, path: Path) -> None:
    """Put another file in the place of one, with its time."""
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@asynccontextmanager
async def watching(path: Path, *, every: timedelta = timedelta(seconds=0.005)) -> AsyncIterator[InForce]:
    in_force = InForce(path, load(path), ManualClock(), every=every)
    running = asyncio.create_task(in_force.run())
    try:
        yield in_force
    finally:
        in_force.stop()
        await running


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("it did not come about")


async def looks(in_force: InForce, times: int = 8) -> None:
    """Give it the time for some looks."""
    await asyncio.sleep(0.005 * times)


async def test_a_changed_file_is_wanted_and_in_force_once_it_is_applied(path: Path) -> None:
    async with watching(path) as in_force:
        write(path, TWO)
        await asyncio.wait_for(in_force.changed.wait(), 5)
        assert (len(in_force.wanted.feeds), len(in_force.configuration.feeds)) == (2, 1)
        in_force.applied()
        assert len(in_force.configuration.feeds) == 2
        assert in_force.standing.reloads == 1
        assert not in_force.changed.is_set()


async def test_a_file_put_in_the_place_of_the_old_one_is_noticed_even_of_the_same_size_and_time(path: Path) -> None:
    async with watching(path) as in_force:
        other = path.with_name("new")
        write(other, ONE.replace("a.example", "c.example"))
        disguise(other, path)
        await asyncio.wait_for(in_force.changed.wait(), 5)


async def test_a_link_that_is_turned_is_noticed_as_in_kubernetes(tmp_path: Path) -> None:
    for name, text in (("one", ONE), ("two", TWO)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "feeds.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "feeds.yaml").symlink_to("..data/feeds.yaml")
    async with watching(tmp_path / "feeds.yaml") as in_force:
        (tmp_path / "..data_tmp").symlink_to("two")
        (tmp_path / "..data_tmp").replace(tmp_path / "..data")
        await asyncio.wait_for(in_force.changed.wait(), 5)
        assert len(in_force.wanted.feeds) == 2


async def test_while_the_file_is_broken_what_it_said_stays_in_force_and_its_problems_are_told(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with watching(path) as in_force:
        write(path, "feedz: []\n")
        await until(lambda: bool(in_force.standing.problems))
        assert [str(problem) for problem in in_force.standing.problems] == [
            "feeds.yaml:1:1: feeds: is required",
            "feeds.yaml:1:1: unknown key 'feedz'; did you mean 'feeds'?",
        ]
        assert not in_force.changed.is_set()
        assert in_force.standing.since is not None
        in_force.look_now()
        await looks(in_force)
        assert len([record for record in caplog.records if "stays in force" in record.message]) == 1
        write(path, ONE)
        await until(lambda: not in_force.standing.problems)
        assert not in_force.changed.is_set()
        assert in_force.standing.since is None


async def test_a_file_that_is_gone_is_a_problem_until_it_is_back(path: Path) -> None:
    async with watching(path) as in_force:
        remove(path)
        await until(lambda: bool(in_force.standing.problems))
        assert "no such file" in str(in_force.standing.problems[0])
        write(path, TWO)
        await asyncio.wait_for(in_force.changed.wait(), 5)


async def test_a_file_that_is_only_touched_changes_nothing(path: Path) -> None:
    async with watching(path) as in_force:
        os.utime(path)
        write(path, f"# a comment\n{ONE}")
        await looks(in_force)
        assert not in_force.changed.is_set()


async def test_what_is_asked_for_is_read_at_once(path: Path) -> None:
    async with watching(path, every=timedelta(hours=1)) as in_force:
        write(path, TWO)
        in_force.look_now()
        await asyncio.wait_for(in_force.changed.wait(), 5)


async def test_what_can_not_be_applied_is_a_problem_of_the_file(path: Path) -> None:
    async with watching(path) as in_force:
        write(path, TWO)
        await asyncio.wait_for(in_force.changed.wait(), 5)
        in_force.refused("stories.embeddings: 'x' is not a folder")
        assert not in_force.changed.is_set()
        assert len(in_force.wanted.feeds) == 1
        assert str(in_force.standing.problems[0]) == "feeds.yaml: stories.embeddings: 'x' is not a folder"
        write(path, TWO + "- url: https://c.example/\n")
        await asyncio.wait_for(in_force.changed.wait(), 5)
        assert not in_force.standing.problems
