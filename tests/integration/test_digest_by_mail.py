"""Digests from the database to a real mail server, and what goes wrong in between."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator import editions
from aggregator.config.mail import Security
from aggregator.config.read import parse
from aggregator.mail import MailServer as Settings
from aggregator.mail import SmtpMailer
from aggregator.model.digest import DAILY, MailState
from aggregator.publish.digest_mail import DigestMail
from aggregator.services.mailing import Mailing
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.digest_made import SUNDAY, make_digest, make_item, make_section, whole_digest
from tests.mail_server import PASSWORD, MailServer
from tests.manual_clock import ManualClock
from tests.published import make_site

pytestmark = pytest.mark.anyio

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"
MINUTE = timedelta(minutes=1)


class Office:
    """A database, a mail server, and what sends from one to the other."""

    def __init__(self, store: SqliteStore, server: MailServer) -> None:
        self.store, self.server, self.clock = store, server, ManualClock()

    @property
    def mailing(self) -> Mailing:
        """As a program that has just started."""
        settings = Settings(
            host="127.0.0.1", port=self.server.port, security=Security.NONE, timeout=timedelta(seconds=10)
        )
        letters = DigestMail(make_site(), sender="digest@news.example")
        return Mailing(self.store, SmtpMailer(settings), self.clock, write=letters.write, sender="digest@news.example")

    async def seal(self, *recipients: str) -> None:
        digest, now = whole_digest(), self.clock.now()
        await self.store.write(lambda tx: tx.digests.seal(digest, recipients=recipients, now=now))

    async def round_after(self, wait: timedelta) -> int:
        self.clock.move(wait)
        return await self.mailing.send_due()

    async def states(self) -> list[MailState]:
        return [message.state for message in await self.store.read(lambda tx: tx.mails.of(DAILY, SUNDAY))]


@pytest.fixture
async def office(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Office]:
    store = await open_blank(tmp_path / "aggregator.db")
    async with MailServer() as server:
        yield Office(store, server)
    await store.aclose()


async def test_every_recipient_gets_a_message_of_its_own(office: Office) -> None:
    await office.seal(ANN, BOB)
    assert await office.mailing.send_due() == 2
    assert [(taken.to, taken.message["To"]) for taken in office.server.taken] == [(ANN, ANN), (BOB, BOB)]
    assert len({taken.message["Message-ID"] for taken in office.server.taken}) == 2
    assert all(taken.message["Subject"].startswith("Related Stories: Iraq hosts") for taken in office.server.taken)


async def test_what_arrives_is_what_was_written(office: Office) -> None:
    await office.seal(ANN)
    await office.mailing.send_due()
    (waited,) = await office.store.read(lambda tx: tx.mails.of(DAILY, SUNDAY))
    written = DigestMail(make_site(), sender="digest@news.example").write(whole_digest(), waited)
    assert office.server.taken[0].content == written


async def test_s11_a_headline_with_line_breaks_is_sent_with_one_subject(office: Office) -> None:
    headline = "First\r\nBcc: all@example.org\u2028Second =?utf-8?q?=0D=0ABcc:_all=40example.org?="
    digest = make_digest(make_section(whole_digest().sections[0].kind, "Top stories", make_item(headline=headline)))
    now = office.clock.now()
    await office.store.write(lambda tx: tx.digests.seal(digest, recipients=[ANN], now=now))
    assert await office.mailing.send_due() == 1
    message = office.server.taken[0].message
    assert len(message.get_all("Subject", [])) == 1
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Related Stories: First Bcc: all@example.org Second =?utf-8?q?")


async def test_a_greylisting_server_gets_the_same_message_a_minute_later(office: Office) -> None:
    await office.seal(ANN, BOB)
    office.server.on_rcpt[ANN] = ["451 4.7.1 Greylisted"]
    assert await office.mailing.send_due() == 1
    assert await office.round_after(MINUTE / 2) == 0
    assert await office.round_after(MINUTE / 2) == 1
    assert [taken.to for taken in office.server.taken] == [BOB, ANN]


async def test_a_recipient_that_is_refused_is_not_tried_again(office: Office) -> None:
    await office.seal(ANN, BOB)
    office.server.on_rcpt[ANN] = ["550 5.1.1 No such user"]
    await office.mailing.send_due()
    assert await office.round_after(timedelta(days=1)) == 0
    assert await office.states() == [MailState.REFUSED, MailState.SENT]


async def test_a_connection_dropped_before_the_message_was_taken_costs_nothing(office: Office) -> None:
    await office.seal(ANN)
    office.server.on_data = ["drop"]
    assert await office.mailing.send_due() == 0
    assert await office.round_after(MINUTE) == 1
    assert len(office.server.taken) == 1


async def test_a_message_whose_answer_was_lost_comes_again_byte_for_byte(office: Office) -> None:
    await office.seal(ANN)
    office.server.on_data = ["drop after"]
    assert await office.mailing.send_due() == 0
    assert await office.round_after(MINUTE) == 1
    once, again = office.server.taken
    assert once.content == again.content


async def test_a_server_that_is_down_for_an_hour_gets_everything_afterwards(tmp_path: Path) -> None:
    store, server = await open_blank(tmp_path / "aggregator.db"), MailServer()
    async with server:
        office = Office(store, server)
    await office.seal(ANN, BOB, EVE)
    for _ in range(61):
        assert await office.round_after(MINUTE) == 0
    async with server:
        assert sum([await office.round_after(MINUTE) for _ in range(60)]) == 3
    assert sorted(taken.to for taken in server.taken) == [ANN, BOB, EVE]
    await store.aclose()


async def test_what_a_killed_program_had_under_way_goes_out_when_its_time_is_over(office: Office) -> None:
    await office.seal(ANN)
    assert await office.mailing._take() is not None  # and then it was killed
    assert await office.round_after(timedelta(minutes=9)) == 0
    assert await office.round_after(MINUTE) == 1
    assert await office.states() == [MailState.SENT]


async def test_feeds_yaml_is_all_that_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", PASSWORD)
    store, clock = await open_blank(tmp_path / "aggregator.db"), ManualClock()
    async with MailServer(login=True) as server:
        configuration = parse(FEEDS_YAML.format(port=server.port), file="feeds.yaml")
        mailing = editions.mailing(configuration, store, clock)
        assert mailing is not None
        digest, now = whole_digest(), clock.now()
        await store.write(lambda tx: tx.digests.seal(digest, recipients=[ANN], now=now))
        assert await mailing.send_due() == 1
    (taken,) = server.taken
    assert (taken.user, taken.sender) == (b"me", "digest@news.example")
    assert taken.message["List-Id"] == '"Related Stories" <daily.digests.news.example>'
    await store.aclose()


FEEDS_YAML = """
site:
  title: Related Stories
  url: https://news.example/
mail:
  host: 127.0.0.1
  port: {port}
  security: none
  user: me
  password: ${{SMTP_PASSWORD}}
  sender: digest@news.example
feeds: []
"""
