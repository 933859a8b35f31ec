"""Ten days of real feeds, read as a subscriber does, on pages and by mail: nothing twice, nothing missing, the same each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.config.mail import Security
from aggregator.mail import MailServer as Settings
from aggregator.mail import SmtpMailer
from aggregator.model.digest import Digest, DigestPlan, SectionKind
from aggregator.publish.digest_mail import DigestMail
from aggregator.publish.site import Site
from aggregator.services.mailing import Mailing
from tests.mail_server import MailServer, Taken
from tests.newsreel import DATA, DAYS, ZONE, screening

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(not (DATA / "feeds" / "INDEX.jsonl").exists(), reason="the real feeds are absent"),
]
STEP = timedelta(hours=8)
DAILY = DigestPlan(recipients=("reader@example.org",))
PRESS = DigestPlan(name="press", tags=("press",), recipients=("editor@example.org",))
"""Of the outlets alone, whose snapshots have two gaps: of 10 and of 13 hours, which are shown as days."""
SITE = Site(title="Real feeds", url="https://news.example/", timezone=ZONE)
SENDER = "digest@news.example"
SINGLES = 26
"""Feeds beside the outlets: enough for every day to have some that are quiet."""
BUSY = 40
"""Stories to choose from on a day on which every kind of section can be filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What ten days gave."""

    digests: Mapping[str, Sequence[Digest]]
    """Of each name, earliest first."""
    mails: tuple[Taken, ...]
    """As the server took them."""


async def ten_days(database: Path) -> Run:
    """Show everything to readers who get it by mail, from a real server."""
    async with MailServer() as server, screening(database, singles=SINGLES, plans=(DAILY, PRESS)) as room:
        settings = Settings(host="127.0.0.1", port=server.port, security=Security.NONE, timeout=timedelta(seconds=20))
        letters = DigestMail(SITE, sender=SENDER)
        mailing = Mailing(room.store, SmtpMailer(settings), room.clock, write=letters.write, sender=SENDER)
        for _ in range(int(timedelta(days=DAYS) / STEP) + 3):
            await room.move(STEP)
            await mailing.send_due()
        digests = {name: list(reversed(await room.digests.page(name, limit=99))) for name in (DAILY.name, PRESS.name)}
        return Run(digests=digests, mails=tuple(server.taken))


async def test_ten_days_of_digests_tell_everything_once_and_the_same_in_every_run(tmp_path: Path) -> None:
    runs = [await ten_days(tmp_path / f"{number}.db") for number in range(3)]
    assert repr(runs[0]) == repr(runs[1]) == repr(runs[2])
    for digests in runs[0].digests.values():
        assert len(digests) >= DAYS
        _follow_one_another(digests)
        _tell_nothing_twice(digests)
        _have_every_section(digests)
    _are_of_the_press(runs[0].digests[PRESS.name])
    assert all(digest.items for digest in runs[0].digests[DAILY.name][:DAYS]), "a day without a mail"
    for plan in (DAILY, PRESS):
        mails = [mail for mail in runs[0].mails if mail.to in plan.recipients]
        _were_mailed(runs[0].digests[plan.name], mails)


def _were_mailed(digests: Sequence[Digest], mails: Sequence[Taken]) -> None:
    """Each day that had news came once, in order, whole, in both of its parts; a day without is no mail."""
    mailed = [digest for digest in digests if digest.items]
    assert [mail.message["Subject"].split(": ")[0] for mail in mails] == ["Real feeds"] * len(mailed)
    assert len({mail.message["Message-ID"] for mail in mails}) == len(mailed)
    for digest, mail in zip(mailed, mails, strict=True):
        assert mail.sender == SENDER
        assert parsedate_to_datetime(mail.message["Date"]) == digest.end
        text, html = mail.message.get_body(["plain"]), mail.message.get_body(["html"])
        assert text is not None
        assert html is not None
        written, shown = unfolded(text.get_content()), parts(html.get_content())
        for item in digest.items:
            assert unfolded(item.headline) in written
            assert item.headline in shown
            assert unfolded(item.changed) in written


def unfolded(text: str) -> str:
    """Leave spaces out: lines are broken at some, and in scripts that write none between any two letters."""
    return "".join(text.split())


def parts(html: str) -> set[str]:
    """Give the texts of all links of a document."""
    return {" ".join(link.text().split()) for link in LexborHTMLParser(html).css("a")}


def _follow_one_another(digests: Sequence[Digest]) -> None:
    assert all(one.end == other.start and one.date < other.date for one, other in pairwise(digests))


def _tell_nothing_twice(digests: Sequence[Digest]) -> None:
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


def _have_every_section(digests: Sequence[Digest]) -> None:
    for digest in digests:
        kinds = {section.kind for section in digest.sections}
        assert digest.stories < BUSY or {SectionKind.TOP, SectionKind.CATEGORY} <= kinds, digest.date
        assert all(section.items for section in digest.sections)
        assert all(item.headline and "<" not in item.teaser for item in digest.items)
    told = {section.kind for digest in digests for section in digest.sections}
    assert told >= {SectionKind.TOP, SectionKind.DEVELOPING, SectionKind.CATEGORY, SectionKind.BRIEF}


def _are_of_the_press(digests: Sequence[Digest]) -> None:
    assert not any(item.publisher.startswith("single") for digest in digests for item in digest.items)
    assert all(section.kind is not SectionKind.QUIET for digest in digests for section in digest.sections)
