"""`aggregator digest` as people start it: a process of its own, over a database with sealed digests."""

import asyncio
import json
import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from aggregator.clock import SystemClock
from aggregator.digests.periods import last_closed
from aggregator.model.digest import Digest, DigestPlan
from aggregator.publish import digest_html, digest_json, digest_markdown, digest_text
from aggregator.publish.site import Site
from tests.blank import open_blank
from tests.digest_made import BEIRUT, make_digest, whole_digest
from tests.integration.conftest import Program, free_port
from tests.mail_server import MailServer

SITE = Site(title="Related Stories", url="https://news.example/", timezone=BEIRUT)
SETTINGS = """
site:
  title: Related Stories
  url: https://news.example/
  timezone: Asia/Beirut
feeds:
  - url: https://news.example/feed.xml
"""
NO_MORE = "digest:\n  enabled: false\n"


def seal(program: Program, *digests: Digest, recipients: tuple[str, ...] = ()) -> None:
    async def work() -> None:
        store = await open_blank(program.database)
        try:
            for digest in digests:
                await store.write(
                    lambda tx, digest=digest: tx.digests.seal(digest, recipients=recipients, now=digest.end)  # type: ignore[misc]
                )
        finally:
            await store.aclose()

    asyncio.run(work())


def newest(*, name: str = "daily") -> Digest:
    """Make the digest of the last period that has ended: with it, none is due."""
    period = last_closed(DigestPlan(name=name), BEIRUT, SystemClock().now())
    return replace(make_digest(name=name), date=period.date, start=period.start, end=period.end)


@pytest.fixture
def sealed(program: Program) -> Program:
    program.config.write_text(SETTINGS + NO_MORE)
    seal(program, whole_digest(), make_digest(day=date(2018, 8, 30)))
    return program


def printed(program: Program, *arguments: str) -> bytes:
    done = subprocess.run(program.command("digest", *arguments), capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def refused(program: Program, *arguments: str) -> str:
    done = program.run("digest", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_without_a_date_the_newest_digest_is_printed_as_text(sealed: Program) -> None:
    assert printed(sealed) == digest_text.write(SITE, whole_digest())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "module"),
    [("html", digest_html), ("json", digest_json), ("markdown", digest_markdown), ("text", digest_text)],
)
def test_a_digest_is_printed_in_the_format_asked_for(sealed: Program, form: str, module: object) -> None:
    assert printed(sealed, "2018-09-02", "--format", form) == module.write(SITE, whole_digest())  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_file_says_by_its_name_what_it_is_to_be(sealed: Program, tmp_path: Path) -> None:
    for name in ("d.epub", "d.JSON", "d.md", "d"):
        assert printed(sealed, "--output", str(tmp_path / name)) == b""
    with ZipFile(tmp_path / "d.epub") as book:
        assert book.read("mimetype") == b"application/epub+zip"
    assert json.loads((tmp_path / "d.JSON").read_text())["date"] == "2018-09-02"
    assert (tmp_path / "d.md").read_text().startswith("# Related Stories")
    assert (tmp_path / "d").read_bytes() == digest_text.write(SITE, whole_digest())


@pytest.mark.slow
def test_a_book_goes_into_a_pipe_but_not_onto_a_terminal(sealed: Program) -> None:
    assert printed(sealed, "--format", "epub")[30:38] == b"mimetype"
    code, said = on_a_terminal(sealed, "digest", "--format", "epub")
    assert code == 2
    assert "name a file with --output" in said


def on_a_terminal(program: Program, *arguments: str) -> tuple[int, str]:
    pty = pytest.importorskip("pty", reason="terminals to test with are a matter of POSIX")
    ours, theirs = pty.openpty()
    with subprocess.Popen(program.command(*arguments), stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = bytearray()
        with suppress(OSError):  # how Linux says that the other side is closed
            while part := os.read(ours, 4096):
                said += part
        code = process.wait(30)
    os.close(ours)
    return code, said.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["2018-09-01"], "there is no digest 'daily' of 2018-09-01; the nearest: 2018-08-30 and 2018-09-02"),
        (["2019-01-01"], "there is no digest 'daily' of 2019-01-01; the nearest: 2018-09-02"),
        (["--name", "weekly"], "there is no digest named 'weekly'; feeds.yaml orders: none"),
        (["--preview"], "there is no digest named 'daily'; feeds.yaml orders: none"),
        (["--send"], "there is no digest named 'daily'; feeds.yaml orders: none"),
        (["yesterday"], "'yesterday' is not a day; expected one like 2018-09-02"),
        (["2018-02-30"], "'2018-02-30' is not a day; expected one like 2018-09-02"),
        (["20180902"], "'20180902' is not a day; expected one like 2018-09-02"),
        (["2018-09-02", "--preview"], "--preview is of the running day"),
        (["--output", "/nowhere/at/all.md"], "/nowhere/at/all.md: can't be written: No such file or directory"),
    ],
)
def test_what_can_t_be_is_said_with_what_there_is(sealed: Program, arguments: list[str], said: str) -> None:
    assert said in refused(sealed, *arguments)


def test_without_a_database_there_is_nothing_to_print_and_none_is_made(program: Program) -> None:
    program.config.write_text(SETTINGS)
    assert "there is no database yet; `aggregator poll` makes it" in refused(program)
    assert not program.database.exists()


# Sending

READERS = "digest:\n  recipients: [a@example.org, b@example.org]\n"


def mail(port: int) -> str:
    return f"mail:\n  host: 127.0.0.1\n  port: {port}\n  security: none\n  sender: news@news.example\n"


@pytest.mark.slow
def test_sending_without_a_server_or_recipients_says_what_feeds_yaml_lacks(program: Program) -> None:
    seal(program, newest())
    program.config.write_text(SETTINGS + READERS)
    assert "no mail is configured: name a server and a sender under `mail:`" in refused(program, "--send")
    program.config.write_text(SETTINGS + mail(free_port()))
    assert "the digest 'daily' has no recipients" in refused(program, "--send")


@pytest.fixture
def readers(program: Program) -> Program:
    seal(program, newest())
    return program


async def _send(program: Program, server: MailServer) -> subprocess.CompletedProcess[str]:
    async with server:
        program.config.write_text(SETTINGS + READERS + mail(server.port))
        return await asyncio.to_thread(program.run, "digest", "--send")


@pytest.mark.slow
def test_a_digest_is_sent_to_each_recipient_who_has_not_got_it(readers: Program) -> None:
    server = MailServer()
    server.on_rcpt["b@example.org"] = ["451 4.7.1 Greylisted"]
    first = asyncio.run(_send(readers, server))
    assert (first.returncode, first.stdout) == (1, "")
    assert "a@example.org: sent\n" in first.stderr
    assert "b@example.org: not sent: " in first.stderr
    assert "Greylisted; tried again" in first.stderr
    again = asyncio.run(_send(readers, server))
    assert (again.returncode, again.stderr) == (0, "a@example.org: sent\nb@example.org: sent\n")
    assert [each.to for each in server.taken] == ["a@example.org", "b@example.org"]


@pytest.mark.slow
def test_a_server_that_is_not_there_is_said(readers: Program) -> None:
    readers.config.write_text(SETTINGS + READERS + mail(free_port()))
    done = readers.run("digest", "--send")
    assert done.returncode == 1
    assert "a@example.org: not sent: " in done.stderr


@pytest.mark.slow
def test_the_newest_digest_is_printed_where_none_is_due(program: Program) -> None:
    digest = newest()
    seal(program, digest, make_digest(day=digest.date - timedelta(days=1)))
    program.config.write_text(SETTINGS)
    assert printed(program) == digest_text.write(SITE, digest)
