"""Finish an answer as HTTP wants it: ETag, 304, gzip, HEAD (RFC 9110 sections 8.8, 12.5.3, 13).

The ETag is strong and made over the bytes, so that equal bytes are never sent twice; the gzip variant has an ETag
of its own (section 8.8.3.3). `If-None-Match` with either variant's ETag matches: both say the same content.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus

SMALLEST_GZIP = 1024
"""Bytes. What fits into one packet anyway does not get faster by compression."""

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_QUALITY = re.compile(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def finish(method: str, asked: Mapping[str, str], answer: Answer) -> Answer:
    """Turn the plain 200 of a handler into what this client gets.

    Args:
        method: Of the request.
        asked: Headers of the request, names in lower case, several of one name joined with ", ".
        answer: What the handler said, body uncompressed. Its Last-Modified, if it has one, is believed.
    """
    packed = len(answer.body) > SMALLEST_GZIP and accepts_gzip(asked.get("accept-encoding", ""))
    headers = {**answer.headers, "vary": "Accept-Encoding"}
    if answer.status == HTTPStatus.OK and method in {"GET", "HEAD"}:
        headers["etag"] = _entity_tag(answer.body, packed=packed)
        if unchanged := _unchanged(asked, answer, headers):
            return unchanged
    body = gzip.compress(answer.body, mtime=0) if packed else answer.body  # mtime: equal input, equal bytes
    if packed:
        headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(body))
    return replace(answer, headers=headers, body=b"" if method == "HEAD" else body)


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


def _entity_tag(body: bytes, *, packed: bool) -> str:
    return f'"{sha256(body).hexdigest()[:32]}{"-gzip" if packed else ""}"'


def _unchanged(asked: Mapping[str, str], answer: Answer, headers: Mapping[str, str]) -> Answer | None:
    if "if-none-match" in asked:
        # Section 13.1.3: If-Modified-Since is for clients that know no ETag.
        known = _matching(asked["if-none-match"], headers["etag"])
    else:
        known = headers["etag"] if _not_newer(asked.get("if-modified-since"), headers.get("last-modified")) else None
    if known is None:
        return None
    kept = {name: value for name, value in headers.items() if not name.startswith("content-t")}
    return replace(answer, status=HTTPStatus.NOT_MODIFIED, headers=kept | {"etag": known}, body=b"")


def _matching(asked: str, current: str) -> str | None:
    """Find the ETag of ours that the client knows: it is told that one again, for it names what the client holds."""
    if asked.strip() == "*":
        return current
    plain = current.removesuffix('-gzip"').removesuffix('"')
    known = set(_ENTITY_TAG.findall(asked))
    return next((tag for tag in (current, f'{plain}"', f'{plain}-gzip"') if tag in known), None)


def _not_newer(asked: str | None, last_modified: str | None) -> bool:
    since, changed = _http_date(asked), _http_date(last_modified)
    return since is not None and changed is not None and changed <= since


def _http_date(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(text or "")
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # not a date: the condition is ignored (section 13.1.3)
        return None
