"""SIGKILL while a running server applies a changed feeds.yaml: what it says last is what holds, and nothing is lost or doubled (D1)."""

import json
import logging
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from aggregator.config.feeds import FeedSettings
from aggregator.config.model import Configuration
from aggregator.config.read import load
from aggregator.storage.sqlite.inspecting import inspect
from tests.integration.conftest import Program, RealFeeds, free_port, serve_real_feeds
from tests.kills import KILLS, SEED, free_leases, names, stories
from tests.placed_again import note_order, place_again

pytestmark = pytest.mark.slow

WORDS = ("iraq", "china", "cup", "covid", "film", "police")
APPLIED = "applied the changed configuration"
PATIENCE = 60
"""Seconds for anything that a test waits for."""


@pytest.fixture
def outlets(tmp_path: Path) -> Iterator[RealFeeds]:
    yield from serve_real_feeds(tmp_path, [])


def variant(whole: Configuration, random: Random) -> str:
    """Write feeds.yaml with some of its feeds, in other categories, muted by other words."""
    chosen = [feed for feed in whole.feeds if random.random() < 0.7]
    return text(chosen or whole.feeds[:1], mute=random.sample(WORDS, 2), random=random)


def text(feeds: Sequence[FeedSettings], *, mute: list[str], random: Random) -> str:
    listed = "".join(
        f"- {{url: '{feed.url}', title: {json.dumps(feed.title)}, category: {random.choice(['World', 'Other'])}}}\n"
        for feed in feeds
    )
    return (
        f"site: {{title: Site {random.randrange(1000)}}}\ndefaults: {{allow_private_address: true, mute: {json.dumps(mute)}}}\n"
        f"polling: {{host_gap: 0s}}\nfeeds:\n{listed}"
    )


@contextmanager
def serving(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until it answers, and as long as the block lasts."""
    port = free_port()
    with program.database.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(program.command("serve", "--port", str(port)), stderr=log)
        try:
            wait_until(lambda: process.poll() is not None or answers(port), "an answer")
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def wait_until(true: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            pytest.fail(f"waited in vain for {what}")
        time.sleep(0.05)


def rows(database: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        return connection.execute(statement).fetchall()


def is_done(database: Path) -> bool:
    """Tell whether every feed has been polled, every entry placed and every rule applied."""
    left = (
        "SELECT (SELECT count(*) FROM feeds WHERE configured = 1 AND last_polled_at IS NULL) "
        "+ (SELECT count(*) FROM entries WHERE grouped = 0) + (SELECT count(*) FROM feeds WHERE judged_at IS NOT NULL)"
    )
    return rows(database, left) == [(0,)]


def settled(program: Program) -> None:
    """Let a server go by what the file says until nothing is left to do, and stop it as supervisors do."""
    with serving(program) as process:
        wait_until(lambda: is_done(program.database), "everything to be polled, placed and judged")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def time_of_a_reload(program: Program, content: str) -> float:
    """Let a server apply a file, and tell how many seconds that takes."""
    log = program.database.with_suffix(".log")
    with serving(program) as process:
        program.put(content)
        began = time.monotonic()
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: APPLIED in log.read_text(), "the changed file to be applied")
        # The first one may wait for polls that run; those after it find most feeds polled.
        return min(time.monotonic() - began, 2.0)


def kept(database: Path) -> dict[object, object]:
    return {number: (feed, guid) for number, feed, guid in rows(database, "SELECT id, feed_id, guid FROM entries")}


def shown(database: Path) -> set[tuple[object, ...]]:
    return set(rows(database, "SELECT feed_id, guid, url, headline, category, muted, shown FROM entries"))


def feeds(database: Path) -> set[tuple[object, ...]]:
    return set(rows(database, "SELECT id, url, title, category, configured, filters, entry_count FROM feeds"))


def test_d1_killed_while_a_changed_file_is_applied_what_it_says_last_holds_and_nothing_is_lost_or_doubled(
    outlets: RealFeeds, program: Program, tmp_path: Path
) -> None:
    program.config = outlets.config
    note_order(program.database)
    whole, random = load(program.config), Random(SEED)
    program.put(variant(whole, random))
    usual = time_of_a_reload(program, variant(whole, random))
    before: dict[object, object] = kept(program.database)
    for _ in range(KILLS):
        with serving(program) as process:
            program.put(variant(whole, random))
            process.send_signal(signal.SIGHUP)
            # Most of the time until a change is applied goes by before it is begun, and that may be short: often very early, at times late.
            time.sleep(1.5 * random.random() ** 3 * usual)
            process.kill()
        now = kept(program.database)
        assert before.items() <= now.items(), f"what was kept before is gone; KILL_SEED={SEED}"
        before = now
        free_leases(program.database)
    program.put(text(whole.feeds, mute=["iraq"], random=random))
    settled(program)
    undisturbed = Program(config=program.config, database=tmp_path / "undisturbed.db")
    settled(undisturbed)
    assert names(program.database) == names(undisturbed.database), f"KILL_SEED={SEED}"
    assert feeds(program.database) == feeds(undisturbed.database)
    assert shown(program.database) == shown(undisturbed.database)
    # Feeds that a file leaves out for a while come in later than in a run that polls all of them at once: so it is compared with one
    # to which the entries came in the same order.
    in_order = tmp_path / "in_order.db"
    assert place_again(program.database, in_order) == len(kept(program.database)), "every entry was placed once"
    assert stories(program.database) == stories(in_order), f"KILL_SEED={SEED}"
    together = [entry for story in stories(program.database) for entry in story]
    assert len(together) == len(set(together)) == len(names(program.database)), "every entry is in one story"
    assert inspect(program.database) == []
    log = program.database.with_suffix(".log").read_text()
    assert "Traceback" not in log
    applied = log.count(APPLIED) - 1
    told = {"kills": KILLS, "changes applied before the kill": applied, "entries": len(kept(program.database))}
    logging.getLogger(__name__).info("%s", told)
    assert 0 < applied < KILLS, "some came before it was applied, some after"
