"""Secrets planted wherever one can stand, looked for in all that the real program tells: logs, pages, measurements, JSON."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from aggregator.text.passwords import hashed
from tests.locked import form_token
from tests.loopback import Answer, in_thread

pytestmark = pytest.mark.slow

SITE, FEED_TOKEN, METRICS = "planted-site-password", "planted-feed-token-1234", "planted-metrics-token-12"
ENVIRONMENT = {
    "FEED_PASSWORD": "planted-feed-password",
    "FEED_HEADER": "planted-header-value",
    "SMTP_PASSWORD": "planted-mail-password",
    "FEED_TOKEN": FEED_TOKEN,
}
RSS = b"<rss version='2.0'><channel><title>A</title><item><title>News of a</title><link>http://127.0.0.1/1</link></item></channel></rss>"
LIMIT = 30.0
ROOT = Path(__file__).resolve().parents[2]


def configuration(url: str) -> str:
    kept = hashed(SITE, salt=bytes(16), log_n=14, p=1)
    secrets = "user: ann, password: '${FEED_PASSWORD}', headers: {X-Api-Key: '${FEED_HEADER}'}"
    feeds = "\n".join(
        f"- {{url: '{url}{name}', allow_private_address: true, {secrets}}}"
        for name in ("good", "missing", "locked", "junk")
    )
    return f"""
access: {{mode: password, password_hash: '{kept}', feed_token: '${{FEED_TOKEN}}'}}
metrics: {{token: {METRICS}}}
polling: {{host_gap: 0s, timeout: 2s}}
mail: {{host: 127.0.0.1, port: 9, security: none, sender: a@example.org}}
digest: {{recipients: [b@example.org]}}
feeds:
{feeds}
"""


def surroundings(folder: Path) -> dict[str, str]:
    places = {"AGGREGATOR_CONFIG": str(folder / "feeds.yaml"), "AGGREGATOR_DATABASE": str(folder / "news.db")}
    return {**os.environ, **ENVIRONMENT, **places}


@contextmanager
def serving(folder: Path, port: int, *, lines: str) -> Iterator[tuple[str, Path]]:
    """Run the program; give its address and its log."""
    log = folder / f"log-{lines}.txt"
    command = [sys.executable, "-m", "aggregator", "serve", "--verbose", "--port", str(port)]
    environment = {**surroundings(folder), "AGGREGATOR_LOG": lines}
    with log.open("wb") as told, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=told) as process:
        try:
            yield waited(log), log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT)


def waited(log: Path, pattern: str = r"serving (http://127\.0\.0\.1:[0-9]+)") -> str:
    until = time.monotonic() + LIMIT
    while time.monotonic() < until:
        if found := re.search(pattern, log.read_text()):
            return found[found.re.groups]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def pages(address: str) -> list[str]:
    """Ask what can be asked, with right and wrong credentials; give the answers, headers included."""
    seen: list[httpx.Response] = []
    with httpx.Client(base_url=address, trust_env=False) as client:
        form = client.get("/login")
        for password in ("planted-wrong-password", SITE):
            fields = {"password": password, "next": "/", "token": form_token(form)}
            seen.append(client.post("/login", data=fields))
        paths = (
            "/",
            "/feeds",
            "/stories",
            "/search?q=news",
            "/digests",
            "/nowhere",
            "/entries/x",
            "/feeds.schema.json",
        )
        seen += [client.get(path) for path in paths]
        ids = sorted(set(re.findall(r'href="(/feeds/[a-z0-9-]+)"', client.get("/feeds").text)))
        assert len(ids) == 4
        seen += [client.get(path) for path in (*ids, "/feeds.opml", "/feeds/problems.atom", "/readyz", "/healthz")]
        for token in (METRICS, FEED_TOKEN):
            seen.append(client.get("/metrics", headers={"authorization": f"Bearer {token}"}))
        client.cookies.clear()
        for path in (f"/feed.atom?token={FEED_TOKEN}", f"/search.json?q=&token={FEED_TOKEN}", f"/?token={FEED_TOKEN}"):
            seen.append(client.get(path))
        assert [each.status_code for each in seen].count(200) > 15
    return [
        f"{each.text}\n{ {name: value for name, value in each.headers.items() if name != 'set-cookie'} }"
        for each in seen
    ]


def commands(folder: Path) -> list[str]:
    told = []
    for words in (
        "feeds list --json",
        "feeds schedule --json",
        "feeds check --json",
        "feeds plan --json",
        "doctor --json",
        "poll --json",
    ):
        run = subprocess.run(
            [sys.executable, "-m", "aggregator", *words.split()],
            cwd=ROOT,
            env=surroundings(folder),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        assert run.returncode in {0, 1}, run.stderr
        told.append(run.stdout + run.stderr)
    return told


@pytest.mark.parametrize("lines", ["text", "json"])
def test_a14_a25_no_secret_is_in_any_log_page_measurement_or_answer(tmp_path: Path, lines: str) -> None:
    with in_thread() as server:
        server.answers["/good"] = Answer(body=RSS)
        server.answers["/locked"] = Answer(status=401, body=b"no")
        server.answers["/junk"] = Answer(body=b"<html>no feed</html>")
        (tmp_path / "feeds.yaml").write_text(configuration(server.url("/")))
        with serving(tmp_path, 0, lines=lines) as (address, log):
            waited(log, "poll feed=[a-z0-9-]*(junk)")
            told = pages(address)
        asked = [request.header("x-api-key") for request in server.requests]
        assert ENVIRONMENT["FEED_HEADER"] in asked, "the secrets were not used"
        told += [log.read_text(), *commands(tmp_path)]
    assert "GET /feeds 200" in log.read_text()
    assert [
        (text[:200], found[0]) for text in told if (found := re.search(r"planted-[a-z0-9-]+|scrypt:1\w*", text))
    ] == []
