"""What the service logs goes where nobody reads it, and fills the pipe: pages are answered all the same."""

import urllib.error
import urllib.request

import pytest

from tests.integration.conftest import Program
from tests.integration.test_commands import end, serve, wait_for

PIPE = 64 * 1024
"""Bytes that a pipe takes (pipe(7)); then who writes to it stands still."""


@pytest.mark.slow
def test_a_log_that_nobody_reads_holds_up_no_page(program: Program) -> None:
    program.config.write_text("feeds: []\n")
    process, url = serve(program, "--no-poll")
    asked = 0
    try:
        wait_for(url, "</html>")
        for asked in range(400):
            path = f"/{'x' * 290}{asked}"
            with pytest.raises(urllib.error.HTTPError, match="404"), urllib.request.urlopen(url + path, timeout=10):
                pass
    finally:
        log = end(process)
    assert asked == 399
    assert len(log) > PIPE
    assert log.count(" 404 ") == 400, "and nothing of it is lost"
    assert process.returncode == 0
