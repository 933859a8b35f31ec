"""`poll` as a person sees it: on a terminal there is a bar while it runs, and its table fits the window."""

import os
import subprocess
from contextlib import suppress

import pytest

from tests.documents import Item, rss
from tests.integration.conftest import Program
from tests.loopback import Answer, in_thread

pty = pytest.importorskip("pty", reason="terminals to test with are a matter of POSIX")

TITLE = "Evil [/x] [bold]news of a feed whose name is much too long for the window that a person has it shown in"


def on_a_terminal(program: Program, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    environment = program.environment | {"TERM": "xterm", "COLUMNS": "60", "LINES": "20"}
    with subprocess.Popen(program.command(*arguments), stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
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
