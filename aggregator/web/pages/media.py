"""Bytes of third parties: images of entries, icons of feeds.

Every answer under these addresses, also one that says what went wrong, is sandboxed (`web.headers`), has a type of a closed
list, and repeats nothing of what was asked (Miniflux, CVE-2023-27592).
"""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from aggregator.errors import DatabaseUnusable
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import Image, NotAnImage
from aggregator.services.icons import KEPT as ICON_KEPT
from aggregator.services.images import KEPT, Busy, ImageAnswer
from aggregator.web import asked
from aggregator.web.desk import desk_of
from aggregator.web.headers import PAGE_AGE, kept_for
from aggregator.web.letter_icon import MEDIA_TYPE, letter_icon
from aggregator.web.pages.condition import called

_NAMES = {"image/x-icon": "icon.ico", MEDIA_TYPE: "icon.svg"}
_NOT_HERE = "There is no image at this address.\n"
_SENTENCES: Mapping[FailureKind, tuple[HTTPStatus, str]] = {
    FailureKind.TIMEOUT: (HTTPStatus.GATEWAY_TIMEOUT, "The publisher's server did not send the image in time.\n"),
    FailureKind.REFUSED_ADDRESS: (HTTPStatus.FORBIDDEN, "The image is at an address that is not asked from here.\n"),
    FailureKind.TOO_LARGE: (HTTPStatus.BAD_GATEWAY, "The image is larger than what is shown here.\n"),
}
_NO_ANSWER = (HTTPStatus.BAD_GATEWAY, "The publisher's server did not send the image.\n")


async def image(request: Request) -> Response:
    """Answer `/media/{signature}/{address}`."""
    media = desk_of(request).media
    if media is None:
        return _plain(HTTPStatus.NOT_FOUND, _NOT_HERE)
    url = media.addresses.address(request.path_params["signature"], request.path_params["address"])
    return _answer(await media.images.get(url)) if url else _plain(HTTPStatus.NOT_FOUND, _NOT_HERE)


async def icon(request: Request) -> Response:
    """Answer `/feeds/{id}/icon`: the icon of its site, else its letter."""
    desk = desk_of(request)
    try:
        name = asked.feed_name(request.path_params["feed_id"])
        overview = await desk.reader.feed(name) if name else None
    except DatabaseUnusable:
        return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "The database can't be read just now.\n")
    if overview is None:
        return _plain(HTTPStatus.NOT_FOUND, _NOT_HERE)
    found = await desk.media.icons.of(overview) if desk.media and overview.feed.shows_images else None
    if found:
        return _shown(found.media_type, found.body, kept_for(ICON_KEPT))
    # Soon asked for again: the icon may be on its way.
    return _shown(MEDIA_TYPE, letter_icon(called(overview), seed=overview.feed.id), kept_for(PAGE_AGE))


def _answer(outcome: ImageAnswer) -> Response:
    match outcome:
        case Image():
            immutable = {name: f"{value}, immutable" for name, value in kept_for(KEPT).items()}
            return _shown(outcome.media_type, outcome.body, immutable)
        case Busy():
            return _plain(HTTPStatus.SERVICE_UNAVAILABLE, "Too many images are being fetched just now.\n")
        case NotAnImage():
            text = "What the publisher sent is no PNG, JPEG, GIF, WebP or AVIF.\n"
            return _plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text)
        case Failed(status=HTTPStatus.NOT_FOUND | HTTPStatus.GONE):
            return _plain(HTTPStatus.NOT_FOUND, "The publisher's server has no such image.\n")
        case Failed(kind=kind):
            return _plain(*_SENTENCES.get(kind, _NO_ANSWER))


def _shown(media_type: str, body: bytes, headers: Mapping[str, str]) -> Response:
    # The name is ours: one out of the address could be anything, line breaks and ".exe" included.
    name = _NAMES.get(media_type, f"image.{media_type.removeprefix('image/')}")
    disposition = {"content-disposition": f'inline; filename="{name}"'}
    return Response(body, headers={**headers, **disposition}, media_type=media_type)


def _plain(status: HTTPStatus, text: str) -> Response:
    is_busy = status is HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"cache-control": "no-store", "retry-after": "10"} if is_busy else kept_for(PAGE_AGE)
    return PlainTextResponse(text, status, headers=headers)
