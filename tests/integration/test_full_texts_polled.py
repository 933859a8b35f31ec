"""Whole texts, from `aggregator poll` to the page, against a server on loopback."""

import pytest

from aggregator.feeds.article import is_installed
from tests.integration.conftest import Program
from tests.loopback import Answer, in_thread

pytestmark = [
    pytest.mark.slow,  # seconds each: programs that are started
    pytest.mark.skipif(not is_installed(), reason="trafilatura, an extra, is not installed"),
]

ARTICLE = "".join(f"<p>Paragraph {n} of a long report about the talks in Baghdad today.</p>" for n in range(12))
PAGE = f"<html><body><nav><a href='/'>Menu</a></nav><article><h1>Talks</h1>{ARTICLE}</article></body></html>".encode()


def test_a_poll_brings_the_articles_of_feeds_that_ask_for_them(program: Program) -> None:
    with in_thread() as server:
        item = f"<item><title>Talks</title><link>{server.url('/talks')}</link><description>Short.</description></item>"
        server.answers |= {
            "/rss.xml": Answer(body=f"<rss version='2.0'><channel><title>A</title>{item}</channel></rss>".encode()),
            "/talks": Answer(body=PAGE, headers={"Content-Type": "text/html; charset=utf-8"}),
        }
        program.config.write_text(
            f"polling: {{host_gap: 0s, allow_networks: [127.0.0.0/8]}}\nfeeds:\n  - url: {server.url('/rss.xml')}\n"
            "    full_text: true\n"
        )
        done = program.run("poll", "--all")
        assert done.returncode == 0, done.stderr
        assert "1 full text fetched" in done.stderr
        assert server.paths() == ["/rss.xml", "/robots.txt", "/talks"]
        (request,) = [request for request in server.requests if request.path == "/talks"]
        assert (request.header("accept") or "").startswith("text/html")
        assert (request.header("user-agent") or "").startswith("aggregator/")
        program.run("poll", "--all", "--force")
        assert server.paths().count("/talks") == 1
    folder = program.config.with_name("site")
    assert program.run("export", str(folder)).returncode == 0
    (shown,) = [path.read_text() for path in folder.glob("entries/**/*.html")]
    assert "Full text fetched from the publisher" in shown
    assert "Paragraph 11" in shown
    assert "Short." in shown[shown.index("What the feed itself says") :]
    assert "Menu" not in shown[shown.index("<article") : shown.index("Full text fetched")]
