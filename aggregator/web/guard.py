"""Who may read: what is decided of one request before any handler sees it. `web.gate` acts on it.

    public      everything is open
    password    a session (cookie), or the password itself (HTTP Basic, RFC 7617), or for feeds their token
    proxy       the header of a trusted proxy, or for feeds their token

Everything is closed that is not named as open here, so that an address that is new is closed as well.
"""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.types import Scope

from aggregator.config.access import Mode
from aggregator.web.attempts import Password, Word
from aggregator.web.buckets import Buckets
from aggregator.web.clients import Networks, is_trusted
from aggregator.web.headers import is_foreign
from aggregator.web.sessions import Session, Sessions

_OPEN = re.compile(r"/(?:healthz|readyz|metrics|robots\.txt|favicon\.ico|login|logout|static/[^/]+|websub/[^/]+)")
"""What tells nothing of the news, or has a lock of its own (/metrics, /websub/), or is the way in."""

_DOCUMENT = re.compile(r"/.*\.(?:atom|rss|json|opml|epub|txt|md|eml)", re.DOTALL)
_SEARCH = re.compile(r"/search(?:\..*)?", re.DOTALL)
_LONGEST_BASIC = 8192

OPENED_BY = "aggregator.opened_by"
"""Where the scope of a request says which token opened a closed document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Whom to let in, and how often."""

    mode: Mode = Mode.PUBLIC
    password: Password | None = None
    """Of mode password, as `sessions`."""
    sessions: Sessions | None = None
    secure: bool = False
    """Readers come by https: cookies are sent by it alone."""
    feed_token: str = field(default="", repr=False)
    user_header: str = "remote-user"
    trusted: Networks = ()
    """Where reverse proxies are."""
    searches: Buckets | None = None
    """None: as many as they like."""
    images: Buckets | None = None

    @property
    def closes(self) -> bool:
        """Whether anything is for those alone who are let in."""
        return self.mode is not Mode.PUBLIC

    def is_closed(self, path: str) -> bool:
        """Tell whether an address is for those alone who are let in."""
        return self.closes and _OPEN.fullmatch(path) is None

    @property
    def session_cookie(self) -> str:
        """Name the cookie of sessions: of this very host where that can be had (`__Host-`, draft-ietf-httpbis-rfc6265bis section 4.1.3.2)."""
        return "__Host-aggregator-session" if self.secure else "aggregator-session"

    @property
    def form_cookie(self) -> str:
        """Name the cookie that ties the login form to a browser."""
        return "__Host-aggregator-form" if self.secure else "aggregator-form"

    def session(self, request: Request, now: datetime) -> Session | None:
        """Find the session that a request belongs to."""
        return self.sessions.read(request.cookies.get(self.session_cookie, ""), now) if self.sessions else None

    async def admits(self, scope: Scope, client: str, now: datetime) -> Word:
        """Tell whether a request may go on (`RIGHT`)."""
        if not self.is_closed(scope["path"]) or self.has_token(scope) or self._is_named(scope):
            return Word.RIGHT
        if self.session(Request(scope), now):
            return Word.RIGHT
        word = basic_password(Headers(scope=scope).get("authorization", ""))
        return await self.password.look(word, client, now) if self.password and word is not None else Word.WRONG

    def excess(self, path: str, client: str, now: datetime) -> timedelta:
        """Count what costs most; give how long to wait where it is too often."""
        buckets = self.searches if _SEARCH.fullmatch(path) else self.images if is_foreign(path) else None
        return timedelta() if buckets is None else buckets.take(client, now)

    def has_token(self, scope: Scope) -> bool:
        """Tell whether a request for a document brings the token that opens documents."""
        if not self.feed_token or not is_document(scope["path"]) or scope["method"] not in {"GET", "HEAD"}:
            return False
        given = QueryParams(scope["query_string"]).getlist("token")
        return len(given) == 1 and compare_digest(given[0].encode("utf-8", "surrogatepass"), self.feed_token.encode())

    def _is_named(self, scope: Scope) -> bool:
        """Tell whether a trusted proxy names who asks. A header that stands twice was sent by two."""
        if self.mode is not Mode.PROXY or not is_trusted(scope, self.trusted):
            return False
        named = Headers(scope=scope).getlist(self.user_header)
        return len(named) == 1 and bool(named[0].strip())


def is_document(path: str) -> bool:
    """Tell whether programs read what is at a path, not people."""
    return _DOCUMENT.fullmatch(path) is not None


def basic_password(authorization: str) -> str | None:
    """Read the password of HTTP Basic; any user name will do. None where there is none (RFC 7617 section 2)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST_BASIC:
        return None
    try:
        pair = b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return None
    _, colon, password = pair.partition(":")
    return password if colon else None
