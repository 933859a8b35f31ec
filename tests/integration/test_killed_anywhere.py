"""SIGKILL while feeds are polled and grouped: what was kept is there, once, and stories are those of an undisturbed run (D1).

Kills come after random times (the seed is in the message); KILLS=100 for a longer run.
"""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from aggregator.storage.sqlite.inspecting import inspect
from tests.integration.conftest import Program, RealFeeds, serve_real_feeds
from tests.kills import KILLS, SEED, free_leases, killed, names, stories

pytestmark = pytest.mark.slow

ROUNDS = 4


@pytest.fixture
def outlets(tmp_path: Path) -> Iterator[RealFeeds]:
    yield from serve_real_feeds(tmp_path, [])


def numbered(database: Path) -> dict[int, tuple[str, str | None]]:
    """List what is kept by the number it was given for good: headlines may change with a poll, these may not."""
    if not names(database):
        return {}
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id, feed_id, guid FROM entries").fetchall()
        return {number: (feed, guid) for number, feed, guid in rows}


def test_d1_killed_anywhere_nothing_is_lost_or_doubled_and_stories_are_the_same(
    outlets: RealFeeds, program: Program, tmp_path: Path
) -> None:
    program.config = outlets.config
    program.config.write_text(f"polling: {{host_gap: 0s}}\n{program.config.read_text()}")
    undisturbed = Program(config=program.config, database=tmp_path / "undisturbed.db")
    kept: dict[int, tuple[str, str | None]] = {}
    random, kills, partial = Random(SEED), 0, 0
    for _ in range(ROUNDS):
        began = time.monotonic()
        undisturbed.poll("--all")
        usual = time.monotonic() - began
        before = kills
        for _ in range(2 * KILLS // ROUNDS):
            if kills - before >= KILLS // ROUNDS:
                break
            kills += killed(program.command("poll", "--all"), random.uniform(0.2, 0.9) * usual)
            now = numbered(program.database)
            assert kept.items() <= now.items(), f"what was kept before is gone; KILL_SEED={SEED}"
            partial += names(program.database) != names(undisturbed.database)
            kept = now
            free_leases(program.database)
        program.poll("--all")
        kept = numbered(program.database)
        assert names(program.database) == names(undisturbed.database), f"KILL_SEED={SEED}"
        assert stories(program.database) == stories(undisturbed.database), f"KILL_SEED={SEED}"
        assert inspect(program.database) == []
        outlets.tick()
    told = {"kills": kills, "in the midst of it": partial, "entries": len(kept)}
    logging.getLogger(__name__).info("%s", told)
    # What was kept before the last kill need not be fetched again, so the later polls of a round are short, and some end before their kill comes.
    assert kills >= ROUNDS, "at least one a round came before the end"
    assert partial >= 1, "some came before everything was kept"
