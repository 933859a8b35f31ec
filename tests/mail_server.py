"""A real SMTP server on 127.0.0.1 (aiosmtpd), with faults that a test orders.

async with MailServer() as server:
    server.on_rcpt["a@example.org"] = ["451 4.7.1 Greylisted"]      once; then it is taken
    ... send to server.port ...
    assert server.taken[0].to == "a@example.org"
"""

import asyncio
import ssl
import warnings
from collections import defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import threaded

PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message that the server has answered with 250."""

    sender: str
    to: str
    content: bytes
    encrypted: bool
    user: bytes
    """Who was logged in; empty: nobody."""

    @property
    def message(self) -> EmailMessage:
        """As the email package reads it."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass(kw_only=True)
class MailServer:
    """The server; an async context manager that can be entered again, on the port that it had."""

    tls: ssl.SSLContext | None = None
    """Of the whole connection."""
    starttls: ssl.SSLContext | None = None
    login: bool = False
    """Takes nothing without one."""
    size_limit: int | None = None
    on_mail: list[str] = field(default_factory=list)
    """What the next MAIL commands are answered."""
    on_rcpt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The same for RCPT, by recipient."""
    on_data: list[str] = field(default_factory=list)
    """The same for messages; "drop" closes the connection instead, "drop after" when the message is taken."""
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()
        await asyncio.sleep(0.01)  # connections that were closed by the other side end with the loop's next turns

    def _protocol(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a login in the clear is none for production
            return SMTP(
                self,
                hostname="mail.example",
                data_size_limit=self.size_limit,
                tls_context=self.starttls,
                require_starttls=self.starttls is not None,
                auth_required=self.login,
                auth_require_tls=False,
                authenticator=_authenticate,
                loop=asyncio.get_running_loop(),
            )

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.on_mail:
            return self.on_mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.on_rcpt[address]:
            return self.on_rcpt[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        said = self.on_data.pop(0) if self.on_data else "250 OK"
        if said != "drop" and said[0] not in "45":
            self._take(session, envelope)
        if said.startswith("drop"):
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return said

    def _take(self, session: Session, envelope: Envelope) -> None:
        content: Any = envelope.content
        login: Any = session.auth_data
        self.taken.append(
            Taken(
                sender=envelope.mail_from or "",
                to=envelope.rcpt_tos[0],
                content=content,
                encrypted=self.tls is not None or session.ssl is not None,
                user=login.login if login else b"",
            )
        )


def in_thread() -> AbstractContextManager[MailServer]:
    """Run a server on a loop of its own in another thread, for tests that can't await."""
    return threaded.in_thread(MailServer(), name="mail-server")


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401 - what the mechanism gave
    right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False, auth_data=data)
