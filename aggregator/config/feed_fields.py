"""Types of what feeds.yaml says of feeds: rules, headers, secrets, proxies; see `fields` for the simple ones."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from aggregator.config.fields import FeedAddress, Line, quoted, typed
from aggregator.config.nearest import did_you_mean
from aggregator.config.references import Reference
from aggregator.model.wanted import Part
from aggregator.text.patterns import expression
from aggregator.text.urls import web_url

LONGEST_SECRET: Final = 8_000
"""Characters of a password or a header's value: servers refuse more than about 8 KiB of headers."""

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110 section 5.1
_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")  # RFC 9110 section 5.5, ASCII alone
_WRITTEN_HERE: Final = frozenset(
    [
        "accept",
        "accept-encoding",
        "content-length",
        "expect",
        "host",
        "if-modified-since",
        "if-none-match",
        "range",
        "referer",
        "user-agent",
    ]
)
_HOP_BY_HOP: Final = frozenset(
    ("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")  # RFC 9110 section 7.6.1
)
_FORGED: Final = frozenset(("forwarded", "x-real-ip", "remote-user", "x-remote-user", "true-client-ip", "via"))
_FORGED_BEGINNINGS: Final = ("x-forwarded-", "proxy-", "sec-", "cf-connecting-")
SECRET: Final = frozenset(("authorization", "cookie", "x-api-key", "x-auth-token", "api-key"))
"""Headers that say who asks."""


def _header(text: str) -> str:
    """Read the name of a header that a feed may send (A18: servers behind proxies take some for the truth)."""
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not the name of a header; write one like Accept-Language")
    name = text.lower()
    if name in _WRITTEN_HERE:
        raise ValueError(f"{text} is written by the program itself and can't be set")
    if name in _HOP_BY_HOP:
        raise ValueError(f"{text} is about a connection, not about a feed, and can't be set")
    if name in _FORGED or name.startswith(_FORGED_BEGINNINGS):
        raise ValueError(f"{text} is for proxies to say who asks, and can't be set")
    return text


def _from_file(value: Mapping[str, Any]) -> str:
    """Read the first line of the file of `{file: PATH}`."""
    path = value.get("file")
    if set(value) != {"file"} or not isinstance(path, str):
        raise ValueError("expected one value, or the file that holds it, as in {file: /run/secrets/token}")
    return _first_line(path)


def _first_line(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            line = file.readline(LONGEST_SECRET + 2).rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, or a NUL in the path
        raise ValueError(f"{quoted(path)} can't be read as text") from error
    if not line:
        raise ValueError(f"the first line of {path} is empty")
    return line


def _header_value(value: Any) -> SecretStr:  # noqa: ANN401 - whatever stood in the file
    if isinstance(value, Reference) and value.problem:
        raise ValueError(value.problem)
    match value:
        case SecretStr():
            return value
        case str():
            text = str(value)
        case dict():
            text = _from_file(value)
        case _:
            raise ValueError("expected one value, or the file that holds it, as in {file: /run/secrets/token}")
    if not _VALUE.fullmatch(text) or len(text) > LONGEST_SECRET:
        raise ValueError("is no value of a header: one line of ASCII, without spaces around it")
    return _Secret(text, is_written_out=isinstance(value, str) and not isinstance(value, Reference))


class _Secret(SecretStr):
    """A value that no `repr` shows."""

    def __init__(self, text: str, *, is_written_out: bool) -> None:
        super().__init__(text)
        self.is_written_out = is_written_out


def _secrets_elsewhere(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, value in headers.items():
        if name.lower() in SECRET and getattr(value, "is_written_out", False):
            raise ValueError(
                f"the value of {name} does not stand in this file;"
                f" write {name}: ${{FEED_SECRET}} and set that environment variable, or {name}: {{file: PATH}}"
            )
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("names a header twice")
    return headers


def _password(value: Any) -> SecretStr:  # noqa: ANN401 - whatever stood in the file
    """Read a password, which must come from the environment; the message does not repeat what may be one."""
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, Reference):
        raise ValueError("does not stand in this file; write ${FEED_PASSWORD} and set that environment variable")  # noqa: TRY004 -- pydantic reports ValueErrors
    if value.problem:
        raise ValueError(value.problem)
    return _bounded(str(value))


def _bounded(text: str) -> SecretStr:
    if not text or len(text) > LONGEST_SECRET:
        raise ValueError(f"is no password: 1 to {LONGEST_SECRET} characters")
    return SecretStr(text)


def _password_file(text: str) -> SecretStr:
    return _bounded(_first_line(text))


DIRECT: Final = "none"
"""Instead of a proxy's address: none, whatever `defaults` or the category say."""


def _proxy(value: Any) -> SecretStr:  # noqa: ANN401 - whatever stood in the file
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        raise ValueError("expected one value")  # noqa: TRY004 -- pydantic reports ValueErrors
    if isinstance(value, Reference) and value.problem:
        raise ValueError(value.problem)
    text, shown = str(value), value.written if isinstance(value, Reference) else ""
    if text == DIRECT:
        return SecretStr(text)
    scheme, _, rest = text.partition("://")
    login, _, place = rest.rpartition("@")
    if login and not shown:
        raise ValueError("holds a login, which does not stand in this file; write ${PROXY} and set that variable")
    url = web_url(f"{scheme}://{place}") if scheme == "http" else None
    if url is None or urlsplit(url).path not in {"", "/"} or urlsplit(url).query:
        raise ValueError(f"{shown or quoted(text)} is not a proxy; write one like http://proxy.example:3128, or none")
    return SecretStr(f"http://{login}@{urlsplit(url).netloc}" if login else f"http://{urlsplit(url).netloc}")


def _regex(text: str) -> str:
    try:
        expression(text)
    except ValueError as error:
        raise ValueError(f"{quoted(text)} {error}") from error
    return text


def _part(text: str) -> Part:
    try:
        return Part(text)
    except ValueError:
        nearest = did_you_mean(text, [part.value for part in Part]) or f"; possible are {', '.join(Part)}"
        raise ValueError(f"{quoted(text)} is no part of an entry{nearest}") from None


def _one_or_several(value: Any) -> Any:  # noqa: ANN401 - whatever stood in the file
    """Let one value stand for a list of it."""
    return [value] if isinstance(value, str | dict) else value


HeaderName = Annotated[str, typed(_header)]
Headers = Annotated[
    Mapping[HeaderName, Annotated[SecretStr, BeforeValidator(_header_value)]], AfterValidator(_secrets_elsewhere)
]
Password = Annotated[SecretStr, BeforeValidator(_password)]
PasswordFile = Annotated[SecretStr, typed(_password_file)]
"""Names a file; read as its first line."""
Proxy = Annotated[SecretStr, BeforeValidator(_proxy)]
Regex = Annotated[str, typed(_regex)]
PartName = Annotated[Part, typed(_part)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_one_or_several)]
Addresses = Annotated[tuple[FeedAddress, ...], BeforeValidator(_one_or_several)]
