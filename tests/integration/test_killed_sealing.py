"""SIGKILL while digests are sealed and mailed: each is sealed once, as in an undisturbed run, and mailed at least once (D1)."""

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from aggregator.clock import SystemClock
from aggregator.digests.periods import last_closed
from aggregator.model.digest import DigestPlan
from aggregator.storage.sqlite.inspecting import inspect
from benchmarks.formats import rss
from benchmarks.news import Newspaper
from tests.blank import open_blank
from tests.digest_made import make_digest
from tests.integration.conftest import Program
from tests.kills import KILLS, SEED, killed
from tests.loopback import Answer, LoopbackServer, in_thread
from tests.mail_server import MailServer
from tests.mail_server import in_thread as mail_server_in_thread

pytestmark = pytest.mark.slow

UTC = ZoneInfo("UTC")
DAYS = 20
"""Without a digest: that many of each plan are due at once."""
NAMES = ("daily", "noon", "evening")
RECIPIENTS = ("a@example.org", "b@example.org", "c@example.org")
OFF = "digest: {enabled: false}\n"

Rows = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Twenty days of news in a database, none of it told, and a server that takes mail."""

    program: Program
    start: Path
    """A copy of that database."""
    mails: MailServer

    def begin(self) -> None:
        """Put the copy in the place of the database."""
        for file in self.program.database.parent.glob(f"{self.program.database.name}*"):
            file.unlink()
        shutil.copyfile(self.start, self.program.database)
        self.mails.taken.clear()

    def rows(self, statement: str) -> Rows:
        with closing(sqlite3.connect(self.program.database)) as connection:
            return connection.execute(statement).fetchall()

    def sealed(self) -> Rows:
        """Give all that is kept of digests, but when that was."""
        digests = self.rows(
            "SELECT id, name, date, title, start_at, end_at, stories, entries, publishers, told, headlines, last_entry, sections "
            "FROM digests ORDER BY name, date"
        )
        places = {row[0]: row[1:3] for row in digests}
        items = self.rows("SELECT digest_id, place, story_id, entry_id, headline FROM digest_items")
        told = sorted(((*places[each[0]], *each[1:]) for each in items), key=str)
        return [*(row[1:] for row in digests), *told]

    def steps(self) -> int:
        """Count digests that are sealed and messages that are sent."""
        counts = "SELECT (SELECT count(*) FROM digests) + (SELECT count(*) FROM mails WHERE state = 'sent')"
        return int(str(self.rows(counts)[0][0]))

    def has_gone(self, steps: int) -> bool:
        """Tell whether it has gone so far."""
        return self.steps() >= steps

    def let_time_go_by(self) -> None:
        """Let ten minutes go by for messages that the dead were sending."""
        with closing(sqlite3.connect(self.program.database, timeout=10)) as connection, connection:
            connection.execute("UPDATE mails SET next_at = 1 WHERE next_at IS NOT NULL")


@pytest.fixture
def room(program: Program, tmp_path: Path) -> Iterator[Room]:
    now = SystemClock().now()
    with in_thread() as server, mail_server_in_thread() as mails:
        settings = configuration(server, now, port=mails.port)
        program.config.write_text(settings.replace(digests_of(now), OFF))
        program.poll("--all")
        asyncio.run(seal_the_first(program.database, now))
        program.config.write_text(settings)
        start = tmp_path / "start.db"
        shutil.copyfile(program.database, start)
        yield Room(program=program, start=start, mails=mails)


def configuration(server: LoopbackServer, now: datetime, *, port: int) -> str:
    feeds = []
    for number in range(6):
        paper = Newspaper(number, seed=SEED)
        articles = [
            replace(article, published_at=now - timedelta(hours=3) - timedelta(days=DAYS) / paper.size * place)
            for place, article in enumerate(paper.articles(0))
        ]
        server.answers[f"/{number}.xml"] = Answer(body=rss(paper, articles, server.url(f"/{number}.xml")))
        feeds.append(f"- {{id: f{number}, url: '{server.url(f'/{number}.xml')}', publisher: Paper {number}}}\n")
    return (
        f"polling: {{host_gap: 0s, allow_networks: ['127.0.0.0/8']}}\n{digests_of(now)}"
        f"mail: {{host: 127.0.0.1, port: {port}, security: none, sender: news@news.example}}\nfeeds:\n{''.join(feeds)}"
    )


def plans(now: datetime) -> list[DigestPlan]:
    """Order a few, none of which ends while the test runs."""
    return [
        DigestPlan(name=name, at=(now + timedelta(hours=6 * place)).replace(minute=0, second=0, microsecond=0).time())
        for place, name in enumerate(NAMES, start=1)
    ]


def digests_of(now: datetime) -> str:
    first, *others = plans(now)
    to = f"recipients: [{', '.join(RECIPIENTS)}]"
    named = "".join(f"- {{name: {plan.name}, time: '{plan.at:%H:%M}', {to}}}\n" for plan in others)
    return f"digest: {{time: '{first.at:%H:%M}', {to}}}\ndigests:\n{named}"


async def seal_the_first(database: Path, now: datetime) -> None:
    """Seal a digest of each plan that is so old that all since are due."""
    store = await open_blank(database)
    for plan in plans(now):
        period = last_closed(plan, UTC, now - timedelta(days=DAYS))
        first = replace(make_digest(name=plan.name), date=period.date, start=period.start, end=period.end)
        await store.write(lambda tx, first=first: tx.digests.seal(first, recipients=(), now=now))  # type: ignore[misc]
    await store.aclose()


def test_d1_killed_while_digests_are_sealed_and_mailed_each_is_sealed_once_and_mailed_at_least_once(room: Room) -> None:
    room.begin()
    undisturbed = room.program.run("poll")
    assert undisturbed.returncode == 0, undisturbed.stderr
    expected, sent = room.sealed(), {taken.message["Message-ID"]: taken.content for taken in room.mails.taken}
    assert len(room.rows("SELECT 1 FROM digests")) == len(NAMES) * (DAYS + 1)
    assert len(sent) == len(room.mails.taken) >= len(NAMES) * len(RECIPIENTS)
    steps = room.steps()

    random, kills, amid, twice = Random(SEED), 0, 0, 0
    for _ in range(KILLS):  # most rounds have several kills: they go on until a poll is done before its kill comes
        if amid >= KILLS:
            break
        room.begin()
        in_round = 0
        while (before := room.steps()) < steps:
            goal = random.randint(before + 1, steps)
            reached = partial(room.has_gone, goal)
            if not killed(room.program.command("poll"), random.uniform(0, 0.01), reached=reached):
                break
            in_round += 1
            amid += len(NAMES) < room.steps() < steps
            room.let_time_go_by()
        assert room.program.run("poll").returncode == 0
        kills += in_round
        assert room.sealed() == expected, f"KILL_SEED={SEED}"
        assert {str(row[0]) for row in room.rows("SELECT state FROM mails")} == {"sent"}
        assert inspect(room.program.database) == []
        copies = {taken.message["Message-ID"]: taken.content for taken in room.mails.taken}
        assert copies.keys() == sent.keys(), "every message went out"
        assert all(taken.content == copies[taken.message["Message-ID"]] for taken in room.mails.taken)
        again = len(room.mails.taken) - len(copies)
        assert again <= in_round, "at most the one that was under way comes twice"
        twice += again
    logging.getLogger(__name__).info("%s", {"kills": kills, "amid it": amid, "messages that came twice": twice})
    assert amid >= KILLS, "as many came in the midst of it as are asked for"
