"""The way to a mail server: SMTP (RFC 5321, submission RFC 6409), a connection for each message. Implements `ports.Mailer`.

aiosmtplib speaks the protocol; decided here is how far an answer reaches: this recipient, this message, or everybody.
"""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib

from aggregator.config.mail import Security
from aggregator.errors import UserError
from aggregator.model.digest import Bounce
from aggregator.text.words import first_words, one_line

_TROUBLE = (aiosmtplib.SMTPException, OSError, UserError, ValueError)
"""What can go wrong: answers, the network (deadlines and TLS included), a password that isn't there, an address that
aiosmtplib doesn't write."""
_EHLO = "[127.0.0.1]"
"""How we call ourselves (RFC 5321 section 4.1.3). Thunderbird says the same: the name of the machine is nobody's business, and
asking DNS for it can take seconds."""
_LONGEST_SHOWN = 200
_FINAL = range(500, 600)
_LOGIN = frozenset({530, 534, 535, 538})
"""Login wanted, too weak, refused, or wanted over TLS (RFC 4954 section 6): nothing that is wrong with a message."""
_TOO_LARGE = 552
"""What MAIL is answered when the message is longer than the server takes (RFC 1870 section 6.1)."""
_FAREWELL = 2.0
"""Seconds for QUIT, when the server has the message already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Which server, and how it is spoken to."""

    host: str
    port: int
    security: Security
    timeout: timedelta
    """For one message, from dialling to the answer to its last byte."""
    user: str = ""
    """Empty: without login."""
    password: Callable[[], str] = str
    """Asked for with each message, so that a new one needs no new start. May raise `UserError`, and read a file."""


class SmtpMailer:
    """Hands messages to one server."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._place = f"{server.host}:{server.port}"

    async def send(self, message: bytes, *, sender: str, recipient: str) -> Bounce | None:
        """Hand over one message, as `ports.Mailer` says: lines end in CRLF, and none holds more than ASCII."""
        until = asyncio.get_running_loop().time() + self._server.timeout.total_seconds()
        async with contextlib.AsyncExitStack() as closing:
            try:
                async with asyncio.timeout_at(until):
                    client = await self._client()
                    closing.callback(client.close)
                    await client.connect()
                    if client.is_ehlo_or_helo_needed:
                        await client.ehlo()
            except _TROUBLE as error:
                return Bounce(message=self._said(error), server=True)
            try:
                async with asyncio.timeout_at(until):
                    await _hand_over(client, message, sender, recipient)
            except _TROUBLE as error:
                return self._refusal(error)
            await _take_leave(client)
        return None

    async def reach(self) -> str:
        """Go as far as one can without a message; give why that is not far enough, empty where it is."""
        async with contextlib.AsyncExitStack() as closing:
            try:
                async with asyncio.timeout(self._server.timeout.total_seconds()):
                    client = await self._client()
                    closing.callback(client.close)
                    await client.connect()
            except _TROUBLE as error:
                return self._said(error)
            await _take_leave(client)
        return ""

    async def _client(self) -> aiosmtplib.SMTP:
        """Make a client; `connect` then brings TLS and login about.

        It trusts whom the system trusts, so that an authority of one's own counts (`SSL_CERT_FILE` names one to OpenSSL).
        """
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=_EHLO,
            timeout=server.timeout.total_seconds(),
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            username=server.user or None,
            password=await asyncio.to_thread(server.password) if server.user else None,
        )

    def _refusal(self, error: Exception) -> Bounce:
        said = self._said(error)
        match error:
            case aiosmtplib.SMTPResponseException(code=code) if code in _LOGIN:
                return Bounce(message=said, server=True)
            case aiosmtplib.SMTPSenderRefused(code=code) if code != _TOO_LARGE:
                return Bounce(message=said, server=True)
            case aiosmtplib.SMTPResponseException(code=code):
                return Bounce(message=said, for_good=code in _FINAL)
            case aiosmtplib.SMTPException() | OSError():
                return Bounce(message=said)
            case _:
                return Bounce(message=said, for_good=True)

    def _said(self, error: Exception) -> str:
        """Say in a sentence what happened."""
        return first_words(one_line(self._sentence(error)), length=_LONGEST_SHOWN)

    def _sentence(self, error: Exception) -> str:
        for cause in _causes(error):
            if said := self._answered(cause) or self._happened(cause):
                return said
        return f"{self._place}: {error}"

    def _answered(self, error: BaseException) -> str:
        match error:
            case aiosmtplib.SMTPAuthenticationError(code=code, message=text):
                user = self._server.user
                return f"{self._place} does not accept the login of {user} (mail.user and its password): {code} {text}"
            case aiosmtplib.SMTPSenderRefused(code=code, message=text, sender=sender) if code != _TOO_LARGE:
                return f"{self._place} takes nothing from {sender} (mail.sender): {code} {text}"
            case aiosmtplib.SMTPResponseException(code=code, message=text):
                return f"{self._place} answered {code} {text}"
            case _:
                return ""

    def _happened(self, error: BaseException) -> str:  # noqa: PLR0911 -- one sentence a case
        match error:
            case UserError():
                return str(error)
            case ssl.SSLCertVerificationError(verify_message=text):
                return f"{self._place} shows no certificate that is valid for {self._server.host}: {text}"
            case ssl.SSLError(reason=text):
                return f"{self._place} does not speak TLS as it should: {text} (mail.security: {self._server.security})"
            case TimeoutError():
                return f"{self._place} did not answer within {self._server.timeout.total_seconds():g} s"
            case aiosmtplib.SMTPServerDisconnected() | ConnectionResetError():
                return f"{self._place} closed the connection"
            case OSError(errno=number) if number:
                return f"{self._place} can't be reached: {os.strerror(number) if number > 0 else error.strerror}"
            case _:
                return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error and what it was made of, from the outside in."""
    while error is not None:
        yield error
        error = error.__cause__


async def _hand_over(client: aiosmtplib.SMTP, message: bytes, sender: str, recipient: str) -> None:
    """Do what `SMTP.sendmail` does, but without its RSET after a refusal: a mute server must not make us forget the answer."""
    size = [f"SIZE={len(message)}"] if client.supports_extension("size") else []
    await client.mail(sender, options=size)
    await client.rcpt(recipient)
    await client.data(message)


async def _take_leave(client: aiosmtplib.SMTP) -> None:
    """Say QUIT. Whatever happens now, the server has the message (RFC 5321 section 4.1.1.10)."""
    with contextlib.suppress(*_TROUBLE):
        await client.quit(timeout=_FAREWELL)
