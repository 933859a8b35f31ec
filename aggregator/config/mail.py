"""What feeds.yaml may say of the mail server."""

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, model_validator

from aggregator.config.fields import Line, MailAddress, Number, Timeout, counting, quoted, typed
from aggregator.config.references import Reference
from aggregator.config.section import Section

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    """It begins in the clear and goes on encrypted, or not at all (RFC 3207)."""
    TLS = "tls"
    """From the first byte (RFC 8314)."""
    NONE = "none"


def _security(text: str) -> Security:
    try:
        return Security(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is none of {', '.join(Security)}") from None


_MAIL_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")


def _mail_host(text: str) -> str:
    if not _MAIL_HOST.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a host; write one like mail.example.org, the port goes to port:")
    return text


_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _variable(value: Any) -> str:  # noqa: ANN401 - whatever stood in the file
    """Read the name of an environment variable; the message does not repeat what may be the password itself.

    Its value is looked up when mail is sent, so that commands which send none can do without it.
    """
    found = _VARIABLE.fullmatch(value.written if isinstance(value, Reference) else str(value))
    if not found:
        raise ValueError("does not stand in this file; write ${SMTP_PASSWORD} and set that environment variable")
    return found[1]


Encryption = Annotated[Security, typed(_security)]
MailHost = Annotated[str, typed(_mail_host)]
Variable = Annotated[str, BeforeValidator(_variable)]
"""Written as `${NAME}`; read as `NAME`."""


class Mail(Section):
    """The server that takes digests to their recipients."""

    host: MailHost | None = None
    """None: nothing is sent."""
    port: Annotated[Number, counting(1, 65535)] | None = None
    """None: the usual one of `security`."""
    security: Encryption = Security.STARTTLS
    user: Line | None = None
    password: Variable | None = None
    """Name of an environment variable."""
    password_file: Line | None = None
    sender: MailAddress | None = None
    timeout: Timeout = timedelta(minutes=2)
    """For one message."""

    @property
    def used_port(self) -> int:
        """The port given, else the usual one (RFC 6409 section 3.1, RFC 8314 section 3.3)."""
        return self.port or {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}[self.security]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := next(_wrong_with(self), None):
            raise ValueError(wrong)
        return self


def _wrong_with(mail: Mail) -> Iterator[str]:
    """Say what is right in itself and wrong together."""
    if mail.host is None:
        if mail.sender or mail.user:
            yield "needs a host, such as mail.example.org"
        return
    if mail.sender is None:
        yield "needs a sender: the address that digests come from"
    if mail.password and mail.password_file:
        yield "has both a password and a password_file; leave one of them out"
    if bool(mail.user) != bool(mail.password or mail.password_file):
        yield "needs user and password (or password_file) for a login, or none of them"
    if mail.user and mail.security is Security.NONE and mail.host not in _LOOPBACK:
        yield "would send the password for everybody to read; login needs security: starttls or tls"
