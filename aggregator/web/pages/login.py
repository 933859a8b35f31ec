"""Logging in and out: the two things that a reader changes here.

    GET  /login     the form; with a session, what ends it
    POST /login     password, next, token
    POST /logout    token

Both want a token that was made for this browser (of its session, or before there is one of a cookie of its own) and no sign that
another site sent the form. `SameSite=Lax` keeps the cookies out of what others post anyway; this is for browsers that know
nothing of it, and for sites on a neighbouring host, which are the same to it.
"""

import math
import re
from datetime import datetime
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aggregator.text.urls import origin
from aggregator.web.attempts import Password, Word
from aggregator.web.bodies import form
from aggregator.web.clients import client
from aggregator.web.desk import Desk, desk_of
from aggregator.web.errors import NOT_KEPT
from aggregator.web.guard import Guard
from aggregator.web.sessions import Sessions

FRONT = "/"
_OLD = "This form was made for another visit. Please go back to it, load it again, and try once more."
_FOREIGN = "Another site sent this form. Nothing was done."
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""Of this site: no second slash, no backslash, nothing but visible ASCII; browsers read `/\\e` as `//e` and leave out tabs."""


async def page(request: Request) -> Response:
    """Answer `GET /login`."""
    desk, guard, sessions, _ = _parts(request)
    session = guard.session(request, desk.clock.now())
    if session:
        return _page(desk, HTTPStatus.OK, token=sessions.form_token(session.id), logged_in=True)
    return _asked(request, desk, guard, sessions, HTTPStatus.OK, request.query_params.get("next", FRONT))


async def enter(request: Request) -> Response:
    """Answer `POST /login`: a new session for who knows the password."""
    desk, guard, sessions, password = _parts(request)
    given, now = await form(request, "password", "next", "token"), desk.clock.now()
    _check(request, desk, sessions, given["token"], of=request.cookies.get(guard.form_cookie, ""))
    who = client(request.scope, guard.trusted)
    match await password.look(given["password"], who, now):
        case Word.RIGHT:
            return _entered(desk, guard, sessions, given["next"], now)
        case Word.WRONG:
            problem = "That is not the password."
            return _asked(request, desk, guard, sessions, HTTPStatus.FORBIDDEN, given["next"], problem)
        case Word.LATER:
            seconds = max(1, math.ceil(password.wait(who, now).total_seconds()))
            problem = f"Too many wrong passwords came from your network. Please try again in {seconds} seconds."
            answer = _asked(request, desk, guard, sessions, HTTPStatus.TOO_MANY_REQUESTS, given["next"], problem)
            answer.headers["retry-after"] = str(seconds)
            return answer


def _entered(desk: Desk, guard: Guard, sessions: Sessions, wanted: str, now: datetime) -> Response:
    where = desk.site.link(local(wanted)[1:])
    answer = RedirectResponse(where, HTTPStatus.SEE_OTHER, headers=NOT_KEPT)
    _set(answer, guard, guard.session_cookie, sessions.begin(now), int(sessions.lasting.total_seconds()))
    return answer


async def leave(request: Request) -> Response:
    """Answer `POST /logout`: every session ends."""
    desk, guard, sessions, _ = _parts(request)
    given, session = await form(request, "token"), guard.session(request, desk.clock.now())
    # What caches of the browser hold goes too, where it knows how (https://www.w3.org/TR/clear-site-data/).
    headers = {**NOT_KEPT, "clear-site-data": '"cache"'}
    answer = RedirectResponse(desk.site.link("login"), HTTPStatus.SEE_OTHER, headers=headers)
    if session:
        _check(request, desk, sessions, given["token"], of=session.id)
        sessions.end_all()
        _set(answer, guard, guard.session_cookie, "", 0)
    return answer


def local(text: str) -> str:
    """Read where to go after logging in: a path of this site, else its front page (CVE-2025-67713 of Miniflux)."""
    read = unquote(text)
    return text if _PATH.fullmatch(text) and _PATH.match(read) and "\\" not in read.partition("?")[0] else FRONT


def is_ours(request: Request, site: str) -> bool:
    """Tell whether a form may come from a page of this site.

    Where a browser says neither, the token decides; and `Origin: null` says nothing, as our own pages have their referrer left
    out (`Referrer-Policy: no-referrer`), which leaves out the origin too (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    named = request.headers.get("origin", "null")
    if named == "null":
        return True
    return named == origin(site) or urlsplit(named).netloc == request.headers.get("host")


def _check(request: Request, desk: Desk, sessions: Sessions, token: str, *, of: str) -> None:
    if not is_ours(request, desk.site.url):
        raise HTTPException(403, _FOREIGN)
    if not sessions.is_form_token(token, of):
        raise HTTPException(403, _OLD)


def _parts(request: Request) -> tuple[Desk, Guard, Sessions, Password]:
    """Find what logins need.

    Raises:
        HTTPException: 404, for this site asks for no password.
    """
    desk = desk_of(request)
    guard = desk.guard
    if guard is None or guard.sessions is None or guard.password is None:
        raise HTTPException(404)
    return desk, guard, guard.sessions, guard.password


def _asked(
    request: Request, desk: Desk, guard: Guard, sessions: Sessions, status: HTTPStatus, wanted: str, problem: str = ""
) -> Response:
    """Show the form. A browser that has one in another tab keeps its cookie, so that both work."""
    held = request.cookies.get(guard.form_cookie, "")
    nonce = held if sessions.is_nonce(held) else sessions.nonce()
    answer = _page(
        desk, status, token=sessions.form_token(nonce), logged_in=False, wanted=local(wanted), problem=problem
    )
    _set(answer, guard, guard.form_cookie, nonce, None)
    return answer


def _page(
    desk: Desk, status: HTTPStatus, *, token: str, logged_in: bool, wanted: str = FRONT, problem: str = ""
) -> Response:
    values = {"token": token, "logged_in": logged_in, "wanted": wanted, "problem": problem}
    shown = desk.templates.render("login.html", categories=(), twins=(), **values)
    return HTMLResponse(shown, status, headers=NOT_KEPT)


def _set(answer: Response, guard: Guard, name: str, value: str, lasting: int | None) -> None:
    answer.set_cookie(name, value, max_age=lasting, path="/", secure=guard.secure, httponly=True, samesite="lax")
