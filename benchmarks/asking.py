"""A site of generated feeds, and requests to it as nobody's browser would write them."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.poll import running_farm
from benchmarks.programs import Aggregator

PATHS: Final = (
    *(
        "/",
        "/?after=MTc5NTQ2OTM4Mi4yMTQ",
        "/stories",
        "/stories/1",
        "/stories/1.atom",
        "/entries/1",
        "/feeds",
        "/feeds.opml",
    ),
    *(
        "/feeds?state=failing&sort=title",
        "/feeds/x.json",
        "/search?q=market",
        "/search.atom?q=market&after=x",
        "/digests",
    ),
    *(
        "/digests/2026-03-10",
        "/digests/today",
        "/digests?since=2018-08-30",
        "/feed.atom?archive=1",
        "/feed.rss",
        "/feed.json",
    ),
    *(
        "/media/x/https%3A%2F%2Fnews.example%2Fa.png",
        "/stories-since.json?at=2026-03-09T00:00:00Z",
        "/static/style.css?v=1",
    ),
    *(
        "/healthz",
        "/readyz",
        "/metrics",
        "/robots.txt",
        "/categories/world?after=x",
        "/search?q=%22a+b%22+after%3A2018-09",
    ),
)
PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running site."""

    port: int
    log: Path
    paths: tuple[str, ...] = PATHS

    def ask(self, target: bytes) -> None:
        """Send a request for a target as it is, but for line ends and spaces, which would make it another request.

        Raises:
            AssertionError: it was answered 5xx, or not at all.
        """
        line = b"/" + target.translate(None, b"\r\n \0")[:4000].removeprefix(b"/")
        self.send(b"GET " + line + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    def send(self, request: bytes) -> None:
        """Send a request as it is.

        Raises:
            AssertionError: as `ask`.
        """
        answer = bytearray()
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            if _promises_more(request):  # and is waited for, as it should be
                connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):  # it answered before it had read all
                while chunk := connection.recv(65536):
                    answer += chunk
        status = bytes(answer[:12])
        # Of a request that broke off there is nothing to answer.
        broke_off = not answer and _promises_more(request)
        assert broke_off or (status.startswith(b"HTTP/1.1 ") and status[9:10] in b"1234"), (
            f"{request[:400]!r} was answered {status!r}"
        )

    def complaints(self) -> str:
        """Give what the log says of faults from the first on; empty where it says nothing."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        found = _FAULT.search(text)
        return text[max(0, found.start() - 1000) : found.start() + 5000] if found else ""


_FAULT = re.compile(r"Traceback|could not be answered|Exception in ASGI")


def _promises_more(request: bytes) -> bool:
    head, _, body = request.lower().partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *([0-9]+)", head)
    return b"transfer-encoding" in head or (length is not None and int(length[1]) > len(body))


@contextmanager
def running_site(feeds: int = 8, *, settings: str = "") -> Iterator[Site]:
    """Poll a few generated feeds, and serve them without polling; `settings` stand in feeds.yaml before the feeds."""
    with TemporaryDirectory() as temporary, running_farm(feeds, "rss,atom,json", 1) as field:
        folder = Path(temporary)
        Aggregator(group=True).prepare(folder, field.addresses)
        configuration, log = folder / "feeds.yaml", folder / "log"
        configuration.write_text(settings + configuration.read_text(encoding="ascii"), encoding="ascii")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        files = ["--config", str(configuration), "--database", str(folder / "news.db")]
        command = [sys.executable, "-m", "aggregator", *files]
        root = Path(__file__).resolve().parents[1]
        with log.open("wb") as written:
            quiet = partial(subprocess.Popen, cwd=root, stdout=written, stderr=written)
            with quiet([*command, "poll", "--all"]) as poll:
                poll.wait(120)
            with quiet([*command, "serve", "--no-poll", "--port", str(port)]) as process:
                try:
                    _wait(port)
                    yield Site(port=port, log=log)
                finally:
                    process.terminate()


def _wait(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
