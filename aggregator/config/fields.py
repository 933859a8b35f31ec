"""Types of the values in feeds.yaml: each reads what was typed, and says what it expected where that can't be read."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urldefrag
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, SecretStr

from aggregator.config import durations, sizes
from aggregator.config.nearest import did_you_mean
from aggregator.config.references import Reference
from aggregator.polling.groups import rate_group
from aggregator.text import languages
from aggregator.text.urls import web_url
from aggregator.text.words import one_line

_SHOWN = 60
"""Characters of a wrong value that a message repeats."""


def quoted(value: str) -> str:
    """Show a value in a message: in quotes, short, control characters spelt out."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _typed(read: Callable[[str], object]) -> BeforeValidator:
    """Let `read` make the value of text; values that are none (defaults, Python callers) go on as they are."""

    def validate(value: Any) -> object:  # noqa: ANN401 - whatever stood in the file
        match value:
            case Reference():
                return value.read(read, quoted)
            case str():
                return read(value)
            case None:
                raise ValueError("is empty")
            case list():
                raise ValueError("expected one value, found a list")
            case dict():
                raise ValueError("expected one value, found keys and values")
            case _:
                return value

    return BeforeValidator(validate)


def _line(text: str) -> str:
    line = one_line(text)
    if not line:
        raise ValueError("is empty")
    return line


def _address(text: str) -> str:
    if re.match(r"https?://[^/?#]*@", text):
        raise ValueError("holds a user name or password, which would show up on pages and in logs; leave them out")
    url = web_url(text)
    if url is None:
        raise ValueError(f"{quoted(text)} is not an http(s) address")
    return url


def _feed_address(text: str) -> str:
    return urldefrag(_address(text)).url  # servers never see the fragment (RFC 9110 section 7.1)


def _site_address(text: str) -> str:
    url = _address(text)
    if "?" in url or "#" in url:
        raise ValueError(f"{quoted(text)} has a query or fragment; pages are put below it, so it must end in a path")
    return url.removesuffix("/") + "/"


_MAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")  # ASCII without spaces: it goes into a request header


def _contact(text: str) -> str:
    if _MAIL.fullmatch(text):
        return text
    url = web_url(text)
    if url is None or not url.isascii():
        raise ValueError(f"{quoted(text)} is neither a mail address nor an http(s) address")
    return url


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:  # a name that leads out of the zone directory, or to a part of it
        nearest = did_you_mean(text, available_timezones())
        raise ValueError(
            f"{quoted(text)} is not a time zone{nearest or '; write one like Europe/Berlin or UTC'}"
        ) from error


def _switch(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"{quoted(text)} is neither true nor false")
    return text == "true"


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{quoted(text)} is not a whole number")
    return int(text)


def _share(text: str) -> float:
    if not re.fullmatch(r"[01](\.[0-9]{1,6})?", text):
        raise ValueError(f"{quoted(text)} is not a share; write one like 0.3")
    share = float(text)
    if share > _MOST:
        raise ValueError(f"{quoted(text)} is out of bounds; 0 to {_MOST} is possible")
    return share


_MOST = 0.5
"""Of likeness that is left to a model: the words remain what decides, and what is explained."""


def _folder(text: str) -> Path:
    if "\0" in text:
        raise ValueError(f"{quoted(text)} is not the name of a folder")
    return Path(_line(text)).expanduser()


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a network; write one like 192.168.0.0/16 or fd00::/8") from None
    raise ValueError(f"{quoted(text)} has bits beyond its prefix; did you mean '{meant}'?")


def _domain(text: str) -> str:
    """Read a registrable domain; hosts that are none (addresses, `localhost`) name themselves."""
    url = web_url(f"http://{text}/")
    if url is None or url.count("/") != _SLASHES or text.endswith("."):
        raise ValueError(f"{quoted(text)} is not a domain; write one like example.org")
    name, _, port = rate_group(url).rpartition(":")
    if f"http://{name}/" != url or port != "80":
        raise ValueError(f"{quoted(text)} is not a registrable domain; did you mean {name!r}?")
    return name


_SLASHES = 3
"""Of "http://domain/"."""


class Push(StrEnum):
    """Whether hubs are asked to send what is new."""

    AUTO = "auto"
    """Where `site.url` is public, so that hubs can reach us."""
    ON = "on"
    OFF = "off"


class Shown(StrEnum):
    """How pages show images of third parties."""

    PROXIED = "proxied"
    """Fetched by us: a reader's browser asks nobody else."""
    NONE = "none"
    """Not at all: their texts stand in their place."""


def _shown(text: str) -> Shown:
    try:
        return Shown(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is none of {', '.join(Shown)}") from None


def _push(text: str) -> Push:
    try:
        return Push(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is none of {', '.join(Push)}") from None


_MAILBOX = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@(?=.{1,253}$)([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}"
)
"""RFC 5321 section 4.1.2, without quoted local parts, literals and what needs SMTPUTF8."""


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a mail address; write one like editor@example.org")
    return text


_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,200}=*")  # RFC 6750 section 2.1, b64token


def _token(text: str) -> SecretStr:
    """Read a secret; the message does not repeat it."""
    if not _TOKEN.fullmatch(text):
        raise ValueError("is not a token; write 16 to 200 of A-Z, a-z, 0-9, -, ., _, ~, + and /, drawn at random")
    return SecretStr(text)


_FEED_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


def _id(text: str) -> str:
    if not _FEED_ID.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not an id; write up to 80 of a-z, 0-9 and -")
    return text


def _language(text: str) -> str:
    tag = languages.tag(text)
    if tag is None:
        raise ValueError(f"{quoted(text)} is not a language tag; write one like en, ar or zh-Hant")
    return tag


def _lasting(least: timedelta, most: timedelta) -> AfterValidator:
    def validate(length: timedelta) -> timedelta:
        if not least <= length <= most:
            bounds = f"{durations.spell(least)} to {durations.spell(most)}"
            raise ValueError(f"'{durations.spell(length)}' is out of bounds; {bounds} is possible")
        return length

    return AfterValidator(validate)


def counting(least: int, most: int, spell: Callable[[int], str] = str) -> AfterValidator:
    """Bound a number; `spell` writes it in the message."""

    def validate(number: int) -> int:
        if not least <= number <= most:
            raise ValueError(f"'{spell(number)}' is out of bounds; {spell(least)} to {spell(most)} is possible")
        return number

    return AfterValidator(validate)


_Duration = Annotated[timedelta, _typed(durations.parse)]

typed = _typed
"""For settings whose types stand beside them."""

Line = Annotated[str, _typed(_line)]
FeedAddress = Annotated[str, _typed(_feed_address)]
SiteAddress = Annotated[str, _typed(_site_address)]
Contact = Annotated[str, _typed(_contact)]
Zone = Annotated[ZoneInfo, _typed(_zone)]
Switch = Annotated[bool, _typed(_switch)]
Number = Annotated[int, _typed(_number)]
Size = Annotated[int, _typed(sizes.parse)]
Network = Annotated[IPv4Network | IPv6Network, _typed(_network)]
Token = Annotated[SecretStr, _typed(_token)]
Id = Annotated[str, _typed(_id)]
Language = Annotated[str, _typed(_language)]
Interval = Annotated[_Duration, _lasting(timedelta(minutes=1), timedelta(days=30))]
"""Never under a minute: publishers ban readers that ask more often."""
Gap = Annotated[_Duration, _lasting(timedelta(0), timedelta(minutes=10))]
DEFAULT_GAPS: Mapping[str, timedelta] = {"reddit.com": timedelta(seconds=60)}
"""Reddit lets readers ask once a minute, for all of its feeds together (FreshRSS/FreshRSS#8928)."""
Gaps = Annotated[
    Mapping[Annotated[str, _typed(_domain)], Gap], AfterValidator(lambda written: {**DEFAULT_GAPS, **written})
]
"""By registrable domain; what a person writes is put over the default."""
MailAddress = Annotated[str, _typed(_mailbox)]
Websub = Annotated[Push, _typed(_push)]
ShownImages = Annotated[Shown, _typed(_shown)]
Timeout = Annotated[_Duration, _lasting(timedelta(seconds=1), timedelta(minutes=5))]
Window = Annotated[_Duration, _lasting(timedelta(hours=1), timedelta(days=30))]
Lateness = Annotated[_Duration, _lasting(timedelta(0), timedelta(days=30))]
Kept = Annotated[_Duration, _lasting(timedelta(days=1), timedelta(days=36_500))]
Share = Annotated[float, _typed(_share)]
Folder = Annotated[Path, _typed(_folder)]
