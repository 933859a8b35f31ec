"""Log lines: nothing in them can pass for another line, and no secret stands in them."""

import json
import logging
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregator.logs import FIELDS, FORMAT, Aside, JsonLines, TextLines, clean_line, configure, masked

SECRET = "s3cr3t-s3cr3t"


def record(message: str, *given: object, error: Exception | None = None, **fields: object) -> logging.LogRecord:
    raised = (type(error), error, None) if error else None
    made = logging.LogRecord("aggregator.test", logging.WARNING, __file__, 1, message, given, raised)
    setattr(made, FIELDS, fields)
    return made


@pytest.mark.parametrize(
    "text",
    [
        f"https://ann:{SECRET}@example.org/feed",
        f"https://{SECRET}@example.org/feed",
        f"http://proxy:{SECRET}@[::1]:3128",
        f"/feed.atom?a=b&token={SECRET}&c=d",
        f"feed_token={SECRET}",
        f"Authorization: Basic {SECRET}",
        f"{{'authorization': 'Bearer {SECRET}', 'accept': '*/*'}}",
        f"Cookie: aggregator-session=1.2.{SECRET}",
        f'{{"password": "{SECRET}"}}',
        f"password={SECRET}",
        f"POST /websub/{SECRET} failed",
        f"X-Api-Key: {SECRET}",
    ],
)
def test_a14_a25_what_looks_like_a_secret_is_masked(text: str) -> None:
    assert SECRET not in masked(text)
    for lines in (TextLines(FORMAT), JsonLines()):
        for made in (record(text), record("%s", text), record("x", error=ValueError(text)), record("x", said=text)):
            assert SECRET not in lines.format(made)


@pytest.mark.parametrize(
    "text",
    [
        "poll feed=example outcome='new' new=3 changed=0 seconds=0.12 200 OK",
        "GET /categories/middle-east 200 12 ms 5120 bytes",
        "serving http://127.0.0.1:8000",
        "digest daily of 2018-09-02 sent to editor@example.org",
        "https://example.org/@ann/feed and editor@example.org",
    ],
)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n", "\x85", "\u2028", "\x0b", "\x00", "\x1b[2K"])
def test_a25_nobody_writes_a_line_of_his_own(ending: str) -> None:
    forged = f"a title{ending}2026-01-01 00:00:00,000 INFO aggregator all is well"
    for made in (record("%s", forged), record("x", error=ValueError(forged))):
        first, *others = TextLines(FORMAT).format(made).splitlines()
        assert first.split()[2:4] == ["WARNING", "aggregator.test"]
        assert all(line.startswith("  | ") for line in others)
        assert len(JsonLines().format(made).splitlines()) == 1


def test_a_clean_line_is_written_as_any_other() -> None:
    said = {"path": "/a%20b", "status": 200}
    clean = clean_line("aggregator.test", logging.WARNING, "GET /a%20b", said)
    other = record("GET /a%20b", path="/a%20b", status=200)
    other.created, other.msecs = clean.created, clean.msecs
    for lines in (TextLines(FORMAT), JsonLines(), logging.Formatter("%(module)s %(message)s %(threadName)s")):
        assert "GET /a%20b" in lines.format(clean)
    assert TextLines(FORMAT).format(clean) == TextLines(FORMAT).format(other)
    assert JsonLines().format(clean) == JsonLines().format(other)


def test_json_says_by_name_what_the_line_says() -> None:
    said = json.loads(JsonLines().format(record("poll feed=%s", "example", feed="example", new=3)))
    assert said["at"].endswith("Z")
    del said["at"]
    assert said == {
        "level": "WARNING",
        "logger": "aggregator.test",
        "message": "poll feed=example",
        "feed": "example",
        "new": 3,
    }


@pytest.mark.parametrize(
    ("wanted", "kind"), [("json", JsonLines), ("JSON", JsonLines), ("", TextLines), ("text", TextLines)]
)
def test_the_environment_says_how_lines_are_written(wanted: str, kind: type[logging.Formatter]) -> None:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    try:
        configure(verbose=False, environment={"AGGREGATOR_LOG": wanted})
        assert [type(handler.formatter) for handler in root.handlers] == [kind]
    finally:
        root.handlers[:] = before
        root.setLevel(level)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Where lines are read and written; it takes 64 KiB that nobody reads."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


@pytest.fixture
def in_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


def read(reading: int) -> list[str]:
    """Read until it is closed."""
    with os.fdopen(os.dup(reading), encoding="utf-8") as found:
        return found.read().splitlines()


def test_a_log_that_nobody_reads_holds_up_nobody_and_loses_nothing(
    pipe: tuple[int, int], in_thread: ThreadPoolExecutor
) -> None:
    reading, writing = pipe
    handler = Aside(writing)
    began = time.perf_counter()
    for number in range(300):
        handler.emit(record("%d %s", number, "x" * 1000))
    assert time.perf_counter() - began < 5
    drained = in_thread.submit(read, reading)
    handler.close()
    os.close(writing)
    assert [line.split()[0] for line in drained.result(timeout=10)] == [str(number) for number in range(300)]


def test_lines_that_nobody_takes_are_counted(pipe: tuple[int, int], in_thread: ThreadPoolExecutor) -> None:
    reading, writing = pipe
    handler = Aside(writing, most=10)
    for _ in range(300):
        handler.emit(record("%s", "x" * 1000))
    drained = in_thread.submit(read, reading)
    while handler.waiting:
        time.sleep(0.01)
    handler.emit(record("again"))
    handler.close()
    os.close(writing)
    *kept, told, last = drained.result(timeout=10)
    assert len(kept) < 300
    assert told == f"{300 - len(kept)} lines of this log are lost: nobody took them in time"
    assert last == "again"


def test_a_log_that_nobody_reads_any_more_ends_nothing(pipe: tuple[int, int]) -> None:
    _, writing = pipe
    gone, alive = os.pipe()
    os.close(gone)
    for handler in (Aside(alive), Aside(writing)):
        handler.emit(record("x"))
        handler.close()
    os.close(alive)
    os.close(writing)
    assert read(pipe[0]) == ["x"]
