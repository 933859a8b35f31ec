"""What the mailer makes of a real mail server, and of one that misbehaves."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.mail import Security
from aggregator.errors import UserError
from aggregator.mail import MailServer as Settings
from aggregator.mail import SmtpMailer
from aggregator.model.digest import Bounce
from tests.certificates import make_certificate
from tests.mail_server import PASSWORD, MailServer

pytestmark = pytest.mark.anyio

MESSAGE = b"Subject: The news\r\n\r\nFirst line\r\n.\r\n..two dots\r\n"


def mailer(
    port: int,
    *,
    security: Security = Security.NONE,
    host: str = "127.0.0.1",
    user: str = "",
    password: Callable[[], str] = lambda: PASSWORD,
    timeout: timedelta = timedelta(seconds=10),
) -> SmtpMailer:
    return SmtpMailer(Settings(host=host, port=port, security=security, user=user, password=password, timeout=timeout))


async def send(sending: SmtpMailer, recipient: str = "reader@example.org") -> Bounce | None:
    return await sending.send(MESSAGE, sender="digest@example.org", recipient=recipient)


@contextlib.asynccontextmanager
async def scripted(*said: bytes) -> AsyncIterator[int]:
    """Run a server that says these things, each after what the client says, then nothing; gives its port."""
    done = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for line in said:
                writer.write(line)
                await reader.read(65_536)
            await done.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    done.set()
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.01)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Give what a server needs to be `localhost`, and make the certificate one that the system trusts."""
    certificate, key = make_certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_message_arrives_as_it_was_written() -> None:
    async with MailServer() as server:
        assert await send(mailer(server.port)) is None
    (taken,) = server.taken
    assert (taken.sender, taken.to) == ("digest@example.org", "reader@example.org")
    assert taken.content == MESSAGE
    assert not taken.encrypted


async def test_the_name_of_this_machine_is_not_told() -> None:
    async with MailServer() as server:
        await send(mailer(server.port))
    assert socket.gethostname().encode() not in server.taken[0].content


async def test_starttls_encrypts_what_follows(certified: ssl.SSLContext) -> None:
    async with MailServer(starttls=certified) as server:
        assert await send(mailer(server.port, security=Security.STARTTLS, host="localhost")) is None
    assert server.taken[0].encrypted


async def test_tls_encrypts_from_the_first_byte(certified: ssl.SSLContext) -> None:
    async with MailServer(tls=certified) as server:
        assert await send(mailer(server.port, security=Security.TLS, host="localhost")) is None
    assert server.taken[0].encrypted


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_of_another_name_is_not_taken(certified: ssl.SSLContext, security: Security) -> None:
    tls, starttls = (certified, None) if security is Security.TLS else (None, certified)
    async with MailServer(tls=tls, starttls=starttls) as server:
        bounce = await send(mailer(server.port, security=security, host="127.0.0.1"))
    assert bounce is not None
    assert bounce.server
    assert "shows no certificate that is valid for 127.0.0.1" in bounce.message
    assert server.taken == []


async def test_a_server_without_starttls_gets_nothing_in_the_clear() -> None:
    async with MailServer() as server:
        bounce = await send(mailer(server.port, security=Security.STARTTLS, user="me"))
    assert bounce is not None
    assert bounce.server
    assert "STARTTLS" in bounce.message
    assert server.taken == []


async def test_tls_to_a_port_without_it_says_so() -> None:
    async with MailServer() as server:
        bounce = await send(mailer(server.port, security=Security.TLS))
    assert bounce is not None
    assert bounce.server
    assert "does not speak TLS as it should" in bounce.message
    assert "mail.security: tls" in bounce.message


async def test_a_login_that_is_right_opens_the_server(certified: ssl.SSLContext) -> None:
    async with MailServer(starttls=certified, login=True) as server:
        assert await send(mailer(server.port, security=Security.STARTTLS, host="localhost", user="me")) is None
    assert server.taken[0].user == b"me"


async def test_a_wrong_password_is_said_clearly_never_shown_and_no_fault_of_the_message() -> None:
    async with MailServer(login=True) as server:
        bounce = await send(mailer(server.port, user="me", password=lambda: "not it"))
        assert bounce is not None
        assert bounce.message.startswith(
            f"127.0.0.1:{server.port} does not accept the login of me (mail.user and its password): 535"
        )
        assert "not it" not in bounce.message
        assert bounce.server
        assert not bounce.for_good


async def test_a_password_that_is_not_there_is_said_and_nobody_is_dialled() -> None:
    def missing() -> str:
        raise UserError("mail.password: the environment variable SMTP_PASSWORD is not set")

    async with MailServer(login=True) as server:
        bounce = await send(mailer(server.port, user="me", password=missing))
    assert bounce == Bounce(message="mail.password: the environment variable SMTP_PASSWORD is not set", server=True)
    assert server.connections == 0


async def test_a_server_that_wants_a_login_from_whom_has_none_is_no_fault_of_the_message() -> None:
    async with MailServer(login=True) as server:
        bounce = await send(mailer(server.port))
    assert bounce is not None
    assert "530" in bounce.message
    assert (bounce.server, bounce.for_good) == (True, False)


async def test_a_recipient_that_does_not_exist_is_refused_for_good() -> None:
    async with MailServer() as server:
        server.on_rcpt["reader@example.org"] = ["550 5.1.1 No such\tuser"]
        bounce = await send(mailer(server.port))
        assert bounce == Bounce(message=f"127.0.0.1:{server.port} answered 550 5.1.1 No such user", for_good=True)


async def test_a_greylisted_recipient_may_be_tried_again() -> None:
    async with MailServer() as server:
        server.on_rcpt["reader@example.org"] = ["451 4.7.1 Greylisted, come back"]
        bounce = await send(mailer(server.port))
        assert bounce is not None
        assert (bounce.server, bounce.for_good) == (False, False)
        assert await send(mailer(server.port)) is None


@pytest.mark.parametrize(("answer", "for_good"), [("554 5.7.1 Spam", True), ("452 4.3.1 Full", False)])
async def test_a_message_that_is_refused_is_refused_as_the_answer_says(answer: str, *, for_good: bool) -> None:
    async with MailServer() as server:
        server.on_data = [answer]
        bounce = await send(mailer(server.port))
    assert bounce == Bounce(message=f"127.0.0.1:{server.port} answered {answer}", for_good=for_good)


async def test_a_sender_that_is_refused_concerns_everybody() -> None:
    async with MailServer() as server:
        server.on_mail = ["553 5.7.1 Not yours"]
        bounce = await send(mailer(server.port))
    assert bounce is not None
    assert "takes nothing from digest@example.org (mail.sender): 553 5.7.1 Not yours" in bounce.message
    assert (bounce.server, bounce.for_good) == (True, False)


async def test_a_message_that_is_too_long_for_the_server_is_refused_for_good() -> None:
    async with MailServer(size_limit=20) as server:
        bounce = await send(mailer(server.port))
    assert bounce is not None
    assert "552" in bounce.message
    assert (bounce.server, bounce.for_good) == (False, True)


async def test_a_connection_that_is_dropped_mid_way_leaves_the_message_to_be_tried_again() -> None:
    async with MailServer() as server:
        server.on_data = ["drop"]
        bounce = await send(mailer(server.port))
    assert bounce == Bounce(message=f"127.0.0.1:{server.port} closed the connection")


async def test_a_server_that_is_down_concerns_everybody() -> None:
    async with MailServer() as server:
        pass
    bounce = await send(mailer(server.port))
    assert bounce == Bounce(message=f"127.0.0.1:{server.port} can't be reached: Connection refused", server=True)


@pytest.mark.parametrize(
    ("said", "concerns_everybody"),
    [
        ((), True),
        ((b"220 mail.example\r\n",), True),
        ((b"220 mail.example\r\n", b"250 mail.example\r\n", b"250 OK\r\n"), False),
        ((b"220 mail.example\r\n", b"250 mail.example\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 Go\r\n"), False),
    ],
    ids=["no greeting", "no answer to EHLO", "no answer to RCPT", "no answer to the message"],
)
async def test_a_server_that_never_answers_is_left_in_time(
    said: tuple[bytes, ...], *, concerns_everybody: bool
) -> None:
    async with scripted(*said) as port:
        bounce = await send(mailer(port, timeout=timedelta(seconds=0.15)))
    assert bounce == Bounce(message=f"127.0.0.1:{port} did not answer within 0.15 s", server=concerns_everybody)


@pytest.mark.parametrize(
    ("security", "said"),
    [
        (Security.TLS, ()),
        (Security.STARTTLS, (b"220 mail.example\r\n", b"250-mail.example\r\n250 STARTTLS\r\n", b"220 Go\r\n")),
    ],
)
async def test_a_server_that_is_mute_while_tls_begins_is_left_in_time(
    security: Security, said: tuple[bytes, ...]
) -> None:
    async with scripted(*said) as port:
        bounce = await send(mailer(port, security=security, timeout=timedelta(seconds=0.15)))
    assert bounce == Bounce(message=f"127.0.0.1:{port} did not answer within 0.15 s", server=True)


async def test_a_password_of_any_letters_can_be_sent() -> None:
    async with MailServer(login=True) as server:
        bounce = await send(mailer(server.port, user="jürgen", password=lambda: "schlüssel 🔑"))
    assert bounce is not None
    assert "does not accept the login of jürgen" in bounce.message


async def test_a_refusal_counts_although_the_server_is_mute_afterwards() -> None:
    said = (b"220 mail.example\r\n", b"250 mail.example\r\n", b"250 OK\r\n", b"550 Nobody\r\n")
    async with scripted(*said) as port:
        bounce = await send(mailer(port, timeout=timedelta(seconds=0.15)))
    assert bounce == Bounce(message=f"127.0.0.1:{port} answered 550 Nobody", for_good=True)


async def test_a_message_that_was_taken_counts_as_sent_whatever_the_farewell() -> None:
    answers = (b"250 mail.example\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 Go\r\n", b"250 Taken\r\n")
    async with scripted(b"220 mail.example\r\n", *answers, b"what?\r\n") as port:
        assert await send(mailer(port)) is None


async def test_a_server_that_says_nonsense_does_no_harm() -> None:
    async with scripted(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        bounce = await send(mailer(port, timeout=timedelta(seconds=0.2)))
    assert bounce is not None
    assert bounce.server
    assert len(bounce.message) <= 201


async def test_an_address_that_smtp_cannot_carry_is_refused_for_good() -> None:
    async with MailServer() as server:
        bounce = await send(mailer(server.port), "lesér@example.org")
    assert bounce is not None
    assert bounce.for_good
