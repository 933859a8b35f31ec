"""Log lines: one a poll, one a request, one a problem; to stderr, so that stdout stays for answers.

    DEBUG     what only who looks for a mistake wants, supervisors' questions among it
    INFO      what happened as it should: polls, requests, digests
    WARNING   what will be tried again, or somebody should look at
    ERROR     what went wrong and stays so

Nothing can be taken for a line that is none: control characters are escaped, and what follows a line break is set off
(CVE-2023-22481 of FreshRSS). What looks like a login in an address, a token or a password is masked, whoever logs it.

Nobody waits for who reads them. A pipe takes 64 KiB (pipe(7)), then who writes to it stands still until something is read: a
supervisor that hangs, or a terminal that is scrolled, would hold up every page and every poll. Lines are written on a thread of
their own (`Aside`).
"""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
VARIABLE: Final = "AGGREGATOR_LOG"
"""`json`: a JSON object a line; anything else, or nothing: text."""
FIELDS: Final = "fields"
"""Of a record's `extra`: what its message says, by name, for those who count (`logger.info(..., extra={FIELDS: {...}})`)."""
CLEAN: Final = "clean"
"""Set on a record of `clean_line`."""

WAITING: Final = 10_000
"""Lines that wait to be written, at most: 1 or 2 MB. What comes when so many do is counted, not kept."""
TOGETHER: Final = 0.02
"""Seconds from a line to its being written, with those that came meanwhile: a thread that wakes for each of 4,000 requests a second takes
half of what these take."""
AT_ONCE: Final = 500
AT_THE_END: Final = 1.0
"""Seconds that the end of the program waits for lines to be written."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""All but tab and line feed; also what ends lines for some readers, and what turns text around on a terminal."""

_MASKED = (
    (re.compile(r"(?<=://)[^\s/?#@'\"<>]+@"), "***@"),
    (re.compile(r"(?i)\b((?:authorization|proxy-authorization|cookie|set-cookie)['\"]?\s*[:=]\s*).+"), r"\1***"),
    (
        re.compile(
            r"(?i)\b((?:access_?|feed_?|auth_?|api_?)?(?:token|key|password|passwd|secret)['\"]?(?:=|:\s*)['\"]?)(?!\*)[^\s&'\",;]+"
        ),
        r"\1***",
    ),
    (re.compile(r"(/websub/)[^\s/?'\"]+"), r"\1***"),
    (re.compile(r"scrypt:[0-9:]+[\w=:-]+"), "scrypt:***"),
)
_SIGNS = ("://", "authorization", "cookie", "token", "key", "passw", "secret", "/websub/", "scrypt:")
"""Without one of these nothing is masked: five searches take 12 us of a line, and most lines are requests."""


def configure(*, verbose: bool, environment: Mapping[str, str] = os.environ) -> None:
    """Send log records to stderr; INFO and up, or with `verbose` DEBUG of our own."""
    handler = Aside(sys.stderr.fileno())
    handler.setFormatter(JsonLines() if environment.get(VARIABLE, "").lower() == "json" else TextLines(FORMAT))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # What no line says needs not be looked up for each: an eighth of what a line costs.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # Nor the caller: the way to leave that out is this name (docs.python.org/3/howto/logging.html#optimization).
    logging._srcfile = None  # noqa: SLF001
    # httpx and APScheduler tell of each request and tick at INFO; our own line a poll says the same and more.
    for library in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(library).setLevel(logging.WARNING)
    if verbose:
        logging.getLogger("aggregator").setLevel(logging.DEBUG)


class Aside(logging.Handler):
    """Writes to a file descriptor on a thread of its own; `emit` never waits.

    The descriptor, not the stream: a thread that stands still in a stream holds its lock, and Python can't end while it does.

    Args:
        descriptor: where to.
        most: lines that wait.
    """

    def __init__(self, descriptor: int, *, most: int = WAITING) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._most = most
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._lost = 0
        self._thread = Thread(target=self._write_all, name="log-writer", daemon=True)
        self._thread.start()

    def createLock(self) -> None:  # noqa: N802 -- logging's name
        """Have none: what is formatted is a record alone, and the queue takes lines of any thread."""
        self.lock = None

    @property
    def waiting(self) -> int:
        """How many lines are not written yet."""
        return self._lines.qsize()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a line to the thread; count it where too many wait."""
        if self._lines.qsize() >= self._most:
            self._lost += 1
            return
        try:
            if self._lost:
                lost, self._lost = self._lost, 0
                self._lines.put(self.format(_told_of(lost)))
            self._lines.put(self.format(record))
        except Exception:  # noqa: BLE001 -- as handlers do: logging must not be what fails
            self.handleError(record)

    def close(self) -> None:
        """Wait a moment until all is written."""
        self._lines.put(None)
        self._thread.join(AT_THE_END)
        super().close()

    def _write_all(self) -> None:
        line: str | None = ""
        while line is not None and (line := self._lines.get()) is not None:
            lines = [line]
            # Whoever hands a line over needs the interpreter more than this thread does: of many requests, lines are written together.
            time.sleep(TOGETHER)
            with suppress(Empty):
                while len(lines) < AT_ONCE and (line := self._lines.get_nowait()) is not None:
                    lines.append(line)
            left = "\n".join([*lines, ""]).encode("utf-8", "backslashreplace")
            # Whoever read it may be gone, or the disk full: the service goes on without a log.
            with suppress(OSError):
                while left:
                    left = left[os.write(self._descriptor, left) :]


def _told_of(lost: int) -> logging.LogRecord:
    message = "%d lines of this log are lost: nobody took them in time"
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, message, (lost,), None)


class TextLines(logging.Formatter):
    """Text for people: what is not the first line of a record begins with `  | `."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 -- logging's name
        """Write when, to the millisecond; a second is written once for all its lines."""
        return f"{_second(int(record.created), datefmt)},{int(record.msecs):03d}"

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        if CLEAN in record.__dict__:
            return f"{self.formatTime(record)} {record.levelname} {record.name} {record.msg}"  # `FORMAT`
        return clean(super().format(record)).replace("\n", "\n  | ")


class JsonLines(logging.Formatter):
    """A JSON object a line: at (RFC 3339, UTC), level, logger, message, what the record says by name, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        said: dict[str, object] = {
            "at": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        fields = getattr(record, FIELDS, {})
        said |= {name: masked(value) if isinstance(value, str) else value for name, value in fields.items()}
        if record.exc_info:
            said["traceback"] = masked(self.formatException(record.exc_info))
        # ASCII alone: JSON lets U+2028 stand as it is, and half the tools that read lines break there.
        return json.dumps(said, default=str)


def clean_line(logger: str, level: int, text: str, fields: Mapping[str, object]) -> logging.LogRecord:
    """Make a record of which there are thousands a second, for `Logger.handle`: for half of what `Logger.log` takes.

    Args:
        logger: its name.
        level: of the record; whether it is wanted has been asked.
        text: one line, all of which has been through `clean` before.
        fields: what it says, by name.
    """
    record = logging.LogRecord.__new__(logging.LogRecord)
    said = _clean_record(logger, level).copy()
    said["msg"], said[FIELDS] = text, fields
    said["created"] = now = time.time()  # noqa: TID251 -- as LogRecord does
    said["msecs"] = int(now % 1 * 1000) + 0.0
    record.__dict__ = said
    return record


@lru_cache(maxsize=20)
def _clean_record(logger: str, level: int) -> dict[str, object]:
    """Give what is the same in all records of `clean_line`: formatters find what they may ask for."""
    same = {"name": logger, "levelno": level, "levelname": logging.getLevelName(level), "args": None, CLEAN: True}
    return logging.makeLogRecord(same).__dict__


@lru_cache(maxsize=4)
def _second(at: int, form: str | None) -> str:
    return time.strftime(form or logging.Formatter.default_time_format, time.localtime(at))


def clean(text: str) -> str:
    """Mask what looks like a secret, and write out what would act on a terminal."""
    return _escaped(masked(text))


def masked(text: str) -> str:
    """Put asterisks for what looks like a secret."""
    folded = text.casefold()
    if not any(sign in folded for sign in _SIGNS):
        return text
    for pattern, instead in _MASKED:
        text = pattern.sub(instead, text)
    return text


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
