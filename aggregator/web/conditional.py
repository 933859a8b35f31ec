"""Finish an answer as HTTP wants it: ETag, Last-Modified, 304, gzip, HEAD (RFC 9110 sections 8.8, 12.5.3, 13).

The ETag is strong and made over the bytes, so that equal bytes are never sent twice; the gzip variant has an ETag
of its own (section 8.8.3.3). `If-None-Match` with either variant's ETag matches: both say the same content.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from gzip import compress
from hashlib import sha256
from http import HTTPStatus

from aggregator.polling.freshness import http_date
from aggregator.web.representations import Served

SMALLEST_GZIP = 1024
"""Bytes. What fits into one packet anyway does not get faster by compression."""

_LEVEL = 4
"""Of compression: a feed of 187 kB takes 2.2 ms of CPU and is 35.5 kB then; with 5, 3.2 ms and 33.6 kB; with 9, which `gzip` takes unasked,
15 ms and more for a tenth less."""

ASKED = ("if-none-match", "if-modified-since")
"""Headers of a request that tell what its client holds."""

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_QUALITY = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Serve = Callable[[str], Served | None]
"""Takes the digest of an answer, gives since when it has been the answer; None where that can't be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A whole answer as a client gets it that holds nothing yet, but for Last-Modified."""

    answer: Answer
    """Its body is compressed, if it is at all."""
    digest: str
    """Of the content before compression; empty where there is no ETag."""


def finish(method: str, answer: Answer, *, gzip: bool) -> Finished:
    """Give the plain answer of a handler its ETag, and compress it where the client takes `gzip`."""
    packed = gzip and len(answer.body) > SMALLEST_GZIP and not is_image(answer.headers.get("content-type", ""))
    headers = {**answer.headers, "vary": "Accept-Encoding"}
    digest = ""
    if answer.status == HTTPStatus.OK and method in {"GET", "HEAD"}:
        digest = sha256(answer.body).hexdigest()[:32]
        headers["etag"] = f'"{digest}{"-gzip" if packed else ""}"'
    body = compress(answer.body, _LEVEL, mtime=0) if packed else answer.body  # mtime: equal input, equal bytes
    if packed:
        headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(body))
    return Finished(answer=replace(answer, headers=headers, body=body), digest=digest)


def deliver(method: str, asked: Mapping[str, str], finished: Finished, serve: Serve) -> Answer:
    """Turn what is finished into what this client gets.

    Args:
        method: Of the request.
        asked: Of its headers, names in lower case, at least `ASKED`; several of one name joined with ", ".
        finished: What there is.
        serve: Knows the address; called once, for what has an ETag.
    """
    answer = finished.answer
    if finished.digest:
        served = serve(finished.digest)
        headers = {**answer.headers, "last-modified": _written(served.since)} if served else answer.headers
        if held := _held(asked, headers["etag"], served):
            return _not_modified(answer, {**headers, "etag": held})
        answer = replace(answer, headers=headers)
    return replace(answer, body=b"") if method == "HEAD" else answer


@lru_cache(maxsize=1000)
def _written(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def is_image(content_type: str) -> bool:
    """Tell a body that is compressed by itself: all images are but drawings."""
    return content_type.startswith("image/") and not content_type.startswith("image/svg")


@lru_cache(maxsize=200)
def accepts_gzip(text: str) -> bool:
    """Tell whether an Accept-Encoding header prefers gzip to nothing (section 12.5.3)."""
    weights = dict(_weight(part) for part in text.lower().split(",") if part.strip())
    gzip_weight = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip_weight > 0 and gzip_weight >= weights.get("identity", 0.0)


def _weight(part: str) -> tuple[str, float]:
    coding, _, parameters = part.partition(";")
    if not parameters.strip():
        return coding.strip(), 1.0
    found = _QUALITY.fullmatch(parameters.strip())
    return coding.strip(), float(found[1]) if found else 0.0


def _held(asked: Mapping[str, str], current: str, served: Served | None) -> str | None:
    """Give the ETag of what the client holds, if it is still right."""
    if "if-none-match" in asked:
        # Section 13.1.3: If-Modified-Since is for clients that know no ETag.
        return _matching(asked["if-none-match"], current)
    return current if served and served.covers(http_date(asked.get("if-modified-since", ""))) else None


_TOLD_AGAIN = frozenset({"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary"})
"""Headers of 304: all that section 15.4.5 asks for. The client has the others, and goes by them."""


def _not_modified(answer: Answer, headers: Mapping[str, str]) -> Answer:
    kept = {name: value for name, value in headers.items() if name in _TOLD_AGAIN}
    return replace(answer, status=HTTPStatus.NOT_MODIFIED, headers=kept, body=b"")


def _matching(asked: str, current: str) -> str | None:
    """Find the ETag of ours that the client knows: it is told that one again, for it names what the client holds."""
    if asked.strip() == "*":
        return current
    plain = current.removesuffix('-gzip"').removesuffix('"')
    known = set(_ENTITY_TAG.findall(asked))
    return next((tag for tag in (current, f'{plain}"', f'{plain}-gzip"') if tag in known), None)
