"""Read the body of a request: so long and no longer, in good time."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

LARGEST_FORM = 8 * 1024
_FORM = "application/x-www-form-urlencoded"


async def body(request: Request, *, most: int, within: timedelta, sentence: str = "") -> bytes:
    """Read the body as it was sent: an encoded one is not decoded.

    Raises:
        HTTPException: 413 with this sentence, as soon as it is longer than it may be; 408 where it does not come in time, or not
            whole.
    """
    found = bytearray()
    try:
        async with asyncio.timeout(within.total_seconds()):
            async for piece in request.stream():
                found += piece
                if len(found) > most:
                    raise HTTPException(413, sentence)
    except (TimeoutError, ClientDisconnect) as error:
        raise HTTPException(408) from error
    return bytes(found)


async def form(request: Request, *fields: str) -> dict[str, str]:
    """Read a form that has these fields, each once, and no other: what nobody offered is not taken (CVE-2025-54875 of FreshRSS).

    Raises:
        HTTPException: 400 where the fields are others, 415 where it is no form, 413 or 408 as `body` does.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415, "Expected the fields of a form.")
    sent = await body(
        request, most=LARGEST_FORM, within=timedelta(seconds=20), sentence="This form is longer than it can be."
    )
    try:
        pairs = parse_qsl(sent.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=len(fields))
    except ValueError:
        pairs = []
    if sorted(name for name, _ in pairs) != sorted(fields):
        raise HTTPException(400, "These are not the fields of this form.")
    return dict(pairs)
