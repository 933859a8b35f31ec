"""What feeds.yaml may say of who may read the site, and how often."""

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, SecretStr, model_validator

from aggregator.config.fields import Kept as Lasting
from aggregator.config.fields import Line, Network, Number, Token, counting, quoted, typed
from aggregator.config.mail import Variable
from aggregator.config.section import Section
from aggregator.text.passwords import is_hash


class Mode(StrEnum):
    """Who may read the site."""

    PUBLIC = "public"
    """Everybody who reaches it."""
    PASSWORD = "password"  # noqa: S105 -- the name of a setting
    """Who knows the one password."""
    PROXY = "proxy"
    """Who a reverse proxy names in a header."""


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is none of {', '.join(Mode)}") from None


def _password_hash(value: Any) -> SecretStr:  # noqa: ANN401 - whatever stood in the file
    """Read what `aggregator password` printed; the message does not repeat what may be the password itself."""
    if isinstance(value, SecretStr):
        return value
    if not is_hash(str(value)):
        raise ValueError("is not what 'aggregator password' prints; run it and put its line here")
    return SecretStr(str(value))


_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_TAKEN = frozenset({"authorization", "cookie", "host", "content-type", "content-length", "origin", "forwarded"})


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text) or text.lower() in _TAKEN or text.lower().startswith("x-forwarded-"):
        raise ValueError(f"{quoted(text)} is not a header that names a user; write one like Remote-User")
    return text.lower()


AccessMode = Annotated[Mode, typed(_mode)]
PasswordHash = Annotated[SecretStr, BeforeValidator(_password_hash)]
UserHeader = Annotated[str, typed(_header)]


class SiteAccess(Section):
    """Who may read pages, feeds and images."""

    mode: AccessMode = Mode.PUBLIC
    password_hash: PasswordHash | None = None
    """As `aggregator password` makes it."""
    password: Variable | None = None
    """Name of an environment variable."""
    password_file: Line | None = None
    session: Lasting = timedelta(days=30)
    """From a login to the next."""
    feed_token: Token | None = None
    """Opens feeds, and nothing else, as `?token=`."""
    user_header: UserHeader = "remote-user"
    """In lower case."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose word is taken for who asks, and from where."""
    searches: Annotated[Number, counting(0, 100_000)] = 60
    """A minute and client; 0: as many as they like."""
    images: Annotated[Number, counting(0, 100_000)] = 1200
    """Likewise."""

    @property
    def token(self) -> str:
        """The token of feeds as it is sent; empty where there is none."""
        return self.feed_token.get_secret_value() if self.feed_token else ""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := next(_wrong_with(self), None):
            raise ValueError(wrong)
        return self


def _wrong_with(access: SiteAccess) -> Iterator[str]:
    """Say what is right in itself and wrong together."""
    passwords = [each for each in (access.password_hash, access.password, access.password_file) if each]
    if access.mode is Mode.PASSWORD and len(passwords) != 1:
        yield "with mode: password needs one of password_hash (see 'aggregator password'), password and password_file"
    if access.mode is not Mode.PASSWORD and passwords:
        yield "has a password that nobody is asked for; write mode: password, or leave it out"
    if access.mode is Mode.PROXY and not access.trusted_proxies:
        yield "with mode: proxy needs trusted_proxies: anybody can send a header"
    if access.mode is Mode.PUBLIC and access.feed_token:
        yield "has a feed_token, and feeds are open without it; write mode: password or proxy, or leave it out"
