"""Log lines: nothing in them can pass for another line, and no secret stands in them."""

import json
import logging

import pytest

from aggregator.logs import FIELDS, FORMAT, JsonLines, TextLines, configure, masked

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
