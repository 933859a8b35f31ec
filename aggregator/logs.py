"""Log lines: one a poll, one a request, one a problem; to stderr, so that stdout stays for answers.

    DEBUG     what only who looks for a mistake wants, supervisors' questions among it
    INFO      what happened as it should: polls, requests, digests
    WARNING   what will be tried again, or somebody should look at
    ERROR     what went wrong and stays so

Nothing can be taken for a line that is none: control characters are escaped, and what follows a line break is set off
(CVE-2023-22481 of FreshRSS). What looks like a login in an address, a token or a password is masked, whoever logs it.
"""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
VARIABLE: Final = "AGGREGATOR_LOG"
"""`json`: a JSON object a line; anything else, or nothing: text."""
FIELDS: Final = "fields"
"""Of a record's `extra`: what its message says, by name, for those who count (`logger.info(..., extra={FIELDS: {...}})`)."""

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


def configure(*, verbose: bool, environment: Mapping[str, str] = os.environ) -> None:
    """Send log records to stderr; INFO and up, or with `verbose` DEBUG of our own."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if environment.get(VARIABLE, "").lower() == "json" else TextLines(FORMAT))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # httpx and APScheduler tell of each request and tick at INFO; our own line a poll says the same and more.
    for library in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(library).setLevel(logging.WARNING)
    if verbose:
        logging.getLogger("aggregator").setLevel(logging.DEBUG)


class TextLines(logging.Formatter):
    """Text for people: what is not the first line of a record begins with `  | `."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        return _escaped(masked(super().format(record))).replace("\n", "\n  | ")


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


def masked(text: str) -> str:
    """Put asterisks for what looks like a secret."""
    for pattern, instead in _MASKED:
        text = pattern.sub(instead, text)
    return text


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
