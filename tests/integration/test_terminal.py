"""`poll` as a person sees it: on a terminal there is a bar while it runs, and its table fits the window."""

import os
import subprocess
from contextlib import suppress

import pytest

from aggregator.config.read import load
from tests.documents import Item, rss
from tests.integration.conftest import Program
from tests.loopback import Answer, in_thread

pty = pytest.importorskip("pty", reason="terminals to test with are a matter of POSIX")

TITLE = "Evil [/x] [bold]news of a feed whose name is much too long for the window that a person has it shown in"


def on_a_terminal(program: Program, *arguments: str, typed: bytes = b"") -> str:
    ours, theirs = pty.openpty()
    environment = program.environment | {"TERM": "xterm", "COLUMNS": "60", "LINES": "20"}
    with subprocess.Popen(
        program.command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        os.write(ours, typed)
        said = bytearray()
        with suppress(OSError):  # how Linux says that the other side is closed
            while part := os.read(ours, 4096):
                said += part
        assert process.wait(30) == 0, said.decode()
    os.close(ours)
    return said.decode()


def test_a_poll_on_a_terminal_shows_a_bar_and_a_table_as_wide_as_the_window(program: Program) -> None:
    with in_thread() as server:
        server.answers["/a.xml"] = Answer(body=rss([Item(name="a", headline="News")], title=TITLE))
        program.config.write_text(f"feeds:\n  - url: {server.url('/a.xml')}\n    allow_private_address: true\n")
        said = on_a_terminal(program, "poll", "--all")
    assert "━" in said
    assert "a-xml: fetched" not in said, "lines are for where there is no terminal"
    assert "Evil [/x] [bold]news" in said
    assert TITLE not in said, "it is folded"
    assert "1 feed" in said
    assert "1 feeds" not in said


@pytest.mark.slow
def test_of_several_feeds_of_a_page_the_one_that_is_chosen_is_added(program: Program) -> None:
    links = "".join(f"<link rel=alternate type=application/rss+xml href=/{name}.xml>" for name in "ab")
    with in_thread() as server:
        server.answers["/"] = Answer(body=f"<html>{links}</html>".encode(), headers={"Content-Type": "text/html"})
        for name in "ab":
            server.answers[f"/{name}.xml"] = Answer(body=rss([Item(name=name, headline="News")], title=name.upper()))
        program.config.write_text("polling: {host_gap: 0s, allow_networks: [127.0.0.0/8]}\nfeeds: []\n")
        said = on_a_terminal(program, "feeds", "add", server.url("/"), typed=b"2\n")
        assert "Which one [1]:" in said
        assert [feed.url for feed in load(program.config).feeds] == [server.url("/b.xml")]
        assert server.paths() == ["/", "/a.xml", "/b.xml"]
