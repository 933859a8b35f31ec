"""Answer hubs: `/websub/{token}` is where they verify subscriptions and send what is new (WebSub sections 5.3 and 7).

Nobody else knows these addresses. What is wrong is answered like every address that is not there.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aggregator.polling.websub import Mode, Verification
from aggregator.services.deliveries import Deliveries, Expected, Push, Taken
from aggregator.web.bodies import body
from aggregator.web.desk import Callbacks, desk_of

logger = logging.getLogger(__name__)

NOT_KEPT = {"cache-control": "no-store"}
LONGEST_TOKEN = 100
MOST_FIELDS = 50


async def callback(request: Request) -> Response:
    """Answer a hub: GET asks whether we meant it, POST brings content."""
    try:
        return await _answer(request)
    except HTTPException:
        raise
    except Exception:
        # Further out the address would be logged, and with it the token.
        logger.exception("a hub could not be answered")
        return _later()


def _later() -> Response:
    return PlainTextResponse("please try again later\n", 503, headers={**NOT_KEPT, "retry-after": "60"})


async def _answer(request: Request) -> Response:
    callbacks, token = desk_of(request).callbacks, request.path_params["token"]
    if callbacks is None or len(token) > LONGEST_TOKEN:
        raise HTTPException(404)
    if request.method == "POST":
        return await _take(request, callbacks, token)
    if request.method != "GET":  # Starlette lets HEAD in with GET, and a HEAD must not change anything
        raise HTTPException(405)
    return await _verify(request, callbacks, token)


async def _verify(request: Request, callbacks: Callbacks, token: str) -> Response:
    asked = verification(request.scope["query_string"])
    if asked is None or not await callbacks.subscriber.verify(token, asked):
        raise HTTPException(404)
    # The very bytes: what is not UTF-8 must come back unchanged, too. Text and nosniff, so that no browser runs it.
    echo = b"" if asked.mode is Mode.DENIED else asked.challenge
    return Response(echo, media_type="text/plain", headers=NOT_KEPT)


def verification(query: bytes) -> Verification | None:
    """Read the query of a hub's GET; None where it is none. Of a field that stands twice the first counts."""
    fields: dict[str, str] = {}
    try:
        pairs = parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
        )
        for name, value in pairs:
            fields.setdefault(name, value)
        return Verification(
            mode=Mode(fields.get("hub.mode", "")),
            topic=_text(fields, "hub.topic"),
            challenge=fields.get("hub.challenge", "").encode("latin-1"),
            lease=_lease(fields.get("hub.lease_seconds", "")),
            reason=_text(fields, "hub.reason"),
        )
    except ValueError:  # too many fields, another mode, a topic that is no UTF-8
        return None


def _text(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "").encode("latin-1").decode("utf-8")


def _lease(text: str) -> timedelta | None:
    """Read seconds; None where there are none. Nine digits are 31 years, and more than a `timedelta` needs."""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) <= len("999999999") else None


async def _take(request: Request, callbacks: Callbacks, token: str) -> Response:
    match await callbacks.deliveries.expects(token):
        case Expected.NOTHING:
            raise HTTPException(404)
        case Expected.NO_MORE:
            raise HTTPException(410, "This subscription has ended.")
        case Expected.CONTENT:
            return await _queue(request, callbacks.deliveries, token, await _body(request, callbacks))


async def _queue(request: Request, deliveries: Deliveries, token: str, body: bytes) -> Response:
    push = Push(
        body=body,
        content_type=request.headers.get("content-type", ""),
        signature=request.headers.get("x-hub-signature", ""),
    )
    if await deliveries.take(token, push) is Taken.NO_ROOM:
        return _later()
    return PlainTextResponse("thank you\n", 202, headers=NOT_KEPT)


async def _body(request: Request, callbacks: Callbacks) -> bytes:
    """Read what a hub sends as it was sent: an encoded document is not decoded, and the parser will refuse it."""
    sentence = f"A document of at most {callbacks.max_bytes:,} bytes is taken."
    return await body(request, most=callbacks.max_bytes, within=callbacks.within, sentence=sentence)
