"""Lists that feeds.yaml includes, with `poll` and `serve`, against a server on loopback."""

import json

import pytest

from tests.documents import Item, rss
from tests.integration.conftest import Program
from tests.integration.test_commands import end, serve, wait_for
from tests.loopback import Answer, LoopbackServer, conditional, in_thread

pytestmark = pytest.mark.slow  # seconds each: programs that are started


def configure(program: Program, server: LoopbackServer) -> None:
    server.answers["/a.xml"] = Answer(body=rss([Item(name="a", headline="Alpha")], title="A"))
    server.answers["/b.xml"] = Answer(body=rss([Item(name="b", headline="Beta")], title="B"))
    name(server, "/a.xml", "/b.xml")
    program.config.write_text(
        f"include: {server.url('/list.opml')}\npolling: {{host_gap: 0s, allow_networks: [127.0.0.0/8]}}\nfeeds: []\n"
    )


def name(server: LoopbackServer, *paths: str) -> None:
    outlines = "".join(f'<outline text="{path}" xmlUrl="{server.url(path)}"/>' for path in paths)
    body = f'<opml><body><outline text="Theirs">{outlines}</outline></body></opml>'.encode()
    server.answers["/list.opml"] = conditional(Answer(body=body), etag=f'"{len(paths)}"')


def listed(program: Program) -> dict[str, dict[str, object]]:
    return {feed["url"]: feed for feed in json.loads(program.run("feeds", "list", "--json").stdout)}


def test_poll_polls_the_feeds_of_a_list_and_says_where_they_come_from(program: Program) -> None:
    with in_thread() as server:
        configure(program, server)
        results = program.poll("--all")
        assert [result["new"] for result in results] == [1, 1]
        feed = listed(program)[server.url("/a.xml")]
        assert (feed["category"], feed["from"], feed["entries"]) == ("Theirs", server.url("/list.opml"), 1)
        assert "127.0.0.1" in program.run("feeds", "list").stdout.splitlines()[1]
        program.poll("--all")
        assert server.paths().count("/list.opml") == 1


def test_serve_takes_the_feeds_of_a_list_over(program: Program) -> None:
    with in_thread() as server:
        configure(program, server)
        process, site = serve(program)
        try:
            wait_for(f"{site}/feed.atom", "Alpha")
            wait_for(f"{site}/feed.atom", "Beta")
            wait_for(f"{site}/feeds.opml", "/a.xml")
        finally:
            log = end(process)
        assert process.returncode == 0, log
        assert "Traceback" not in log
        assert server.paths().count("/list.opml") == 1
