"""Digests of who polls by cron and runs no server: `aggregator poll` makes what is due, and mails it once."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.clock import SystemClock
from aggregator.digests.periods import last_closed
from aggregator.model.digest import DigestPlan
from tests.documents import Item, rss
from tests.integration.conftest import Program, free_port
from tests.loopback import Answer, LoopbackServer, in_thread
from tests.mail_server import MailServer

pytestmark = pytest.mark.slow

UTC = ZoneInfo("UTC")
SETTINGS = """
site: {{title: Related Stories, url: 'https://news.example/'}}
polling: {{host_gap: 0s, allow_networks: ['127.0.0.0/8', '::1/128']}}
digest: {{recipients: [a@example.org, b@example.org]}}
mail: {{host: 127.0.0.1, port: {port}, security: none, sender: news@news.example}}
feeds:
  - {{id: news, url: '{feed}'}}
  - {{id: other, url: '{other}'}}
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Serve one piece of news of the last period that has ended, which is due therefore."""
    ended = last_closed(DigestPlan(), UTC, SystemClock().now()).end
    headline = "Iraq hosts military chiefs from Iran, Russia and Syria"
    item = Item(name="chiefs", headline=headline, at=ended - timedelta(hours=1))
    with in_thread() as running:
        running.answers["/news.xml"] = Answer(body=rss([item]))
        running.answers["/other.xml"] = Answer(body=rss([]))
        yield running


def configure(program: Program, server: LoopbackServer, *, port: int) -> None:
    feed, other = server.url("/news.xml"), server.url("/other.xml", host="localhost")
    program.config.write_text(SETTINGS.format(port=port, feed=feed, other=other))


async def run(
    program: Program, mails: MailServer, server: LoopbackServer, *commands: str
) -> list[subprocess.CompletedProcess[str]]:
    """Run commands one after another while the mail server answers."""
    async with mails:
        configure(program, server, port=mails.port)
        return [await asyncio.to_thread(program.run, *command.split()) for command in commands]


def test_a_poll_makes_the_digest_that_is_due_and_mails_it_to_each_recipient_once(
    program: Program, server: LoopbackServer
) -> None:
    mails = MailServer()
    first, again, asked = asyncio.run(run(program, mails, server, "poll", "poll --all", "digest --send"))
    day = last_closed(DigestPlan(), UTC, SystemClock().now()).date
    assert first.returncode == 0
    assert first.stdout.splitlines()[-3:] == [
        f"digest daily of {day} made: 1 story",
        f"digest daily of {day} to a@example.org: sent",
        f"digest daily of {day} to b@example.org: sent",
    ]
    assert "digest" not in again.stdout
    assert asked.stderr == "a@example.org: sent\nb@example.org: sent\n"
    assert [taken.to for taken in mails.taken] == ["a@example.org", "b@example.org"]
    assert "Iraq hosts military chiefs" in mails.taken[0].message["Subject"]


def test_what_one_feed_brought_is_no_digest_nor_is_what_was_not_compared(
    program: Program, server: LoopbackServer
) -> None:
    mails = MailServer()
    named, alone, whole = asyncio.run(
        run(program, mails, server, "poll news", "poll --all --no-group", "poll --all --json")
    )
    assert "digest" not in named.stdout + alone.stdout
    assert len(mails.taken) == 2
    assert len(json.loads(whole.stdout)) == 2, "what is said of digests must not stand in the JSON"
    assert "made: 1 story" in whole.stderr


def test_a_mail_that_does_not_go_is_said_and_the_poll_ends_with_1(program: Program, server: LoopbackServer) -> None:
    configure(program, server, port=free_port())
    done = program.run("poll")
    assert done.returncode == 1
    assert "made: 1 story" in done.stdout
    assert "to a@example.org: not sent: " in done.stderr
    assert "by aggregator serve or poll" in done.stderr


def test_two_polls_at_once_mail_it_once(program: Program, server: LoopbackServer) -> None:
    mails = MailServer()

    async def both() -> list[subprocess.CompletedProcess[str]]:
        async with mails:
            configure(program, server, port=mails.port)
            return await asyncio.gather(*(asyncio.to_thread(program.run, "poll", "--all") for _ in range(2)))

    done = asyncio.run(both())
    assert sum(each.stdout.count("made: 1 story") for each in done) == 1
    assert sorted(taken.to for taken in mails.taken) == ["a@example.org", "b@example.org"]


FORMATS = {"text": b"THE WEEK", "markdown": b"# The week", "html": b"<!doctype html>", "json": b"{", "epub": b"PK"}


def test_a_weekly_digest_of_one_category_has_readers_and_formats_of_its_own(
    program: Program, server: LoopbackServer
) -> None:
    ended = last_closed(DigestPlan(), UTC, SystemClock().now()).end
    weekday = ended.strftime("%A").lower()
    week = f"digests: [{{name: week, title: The week, weekday: {weekday}, categories: [World], recipients: [w@example.org]}}]\n"
    mails = MailServer()

    async def polled() -> subprocess.CompletedProcess[str]:
        async with mails:
            configure(program, server, port=mails.port)
            settings = program.config.read_text().replace("{id: news,", "{id: news, category: World,")
            program.config.write_text(week + settings)
            return await asyncio.to_thread(program.run, "poll")

    done = asyncio.run(polled())
    assert done.returncode == 0
    assert {taken.to: taken.message["List-Id"] for taken in mails.taken} == {
        "a@example.org": '"Related Stories" <daily.digests.news.example>',
        "b@example.org": '"Related Stories" <daily.digests.news.example>',
        "w@example.org": '"The week" <week.digests.news.example>',
    }
    assert "The 7 days to" in program.run("digest", "--name", "week").stdout
    for form, begin in FORMATS.items():
        command = program.command("digest", "--name", "week", "--format", form)
        written = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        assert written.startswith(begin), form
    assert "Nothing was published" in program.run("digest", "--name", "week", "--preview").stdout
    assert program.run("digest", "--name", "week", "--send").stderr == "w@example.org: sent\n"
    assert len(mails.taken) == 3
