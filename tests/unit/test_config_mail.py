"""The mail server in feeds.yaml."""

from pathlib import Path

import pytest

from aggregator.config.mail import Mail, Security
from aggregator.config.read import parse
from aggregator.config.secret import password
from aggregator.errors import ConfigurationError, UserError

LEAST = "host: smtp.example.org\n  sender: digest@example.org"


def read(lines: str) -> Mail:
    return parse(f"feeds: []\nmail:\n  {lines}\n", file="feeds.yaml").mail


def test_without_mail_nothing_is_sent() -> None:
    assert parse("feeds: []", file="feeds.yaml").mail.host is None


def test_host_and_sender_are_enough() -> None:
    mail = read(LEAST)
    assert (mail.host, mail.used_port, mail.security) == ("smtp.example.org", 587, Security.STARTTLS)
    assert password(mail) == ""


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_each_encryption_has_its_usual_port(security: str, port: int) -> None:
    assert read(f"{LEAST}\n  security: {security}").used_port == port
    assert read(f"{LEAST}\n  security: {security}\n  port: 2525").used_port == 2525


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("host: smtp.example.org", "mail: needs a sender: the address that digests come from"),
        ("sender: digest@example.org", "mail: needs a host, such as mail.example.org"),
        (
            "host: smtp.example.org:587",
            "mail.host: 'smtp.example.org:587' is not a host; write one like mail.example.org, the port goes to port:",
        ),
        ("host: https://smtp.example.org/", "mail.host: 'https://smtp.example.org/' is not a host"),
        (f"{LEAST}\n  user: me", "mail: needs user and password (or password_file) for a login, or none of them"),
        (
            f"{LEAST}\n  password: ${{X}}",
            "mail: needs user and password (or password_file) for a login, or none of them",
        ),
        (
            f"{LEAST}\n  user: me\n  password: ${{X}}\n  password_file: /x",
            "mail: has both a password and a password_file",
        ),
        (
            f"{LEAST}\n  user: me\n  password: ${{X}}\n  security: none",
            "mail: would send the password for everybody to read",
        ),
        (f"{LEAST}\n  security: ssl", "mail.security: 'ssl' is none of starttls, tls, none"),
        (
            "host: smtp.example.org\n  sender: Digest <digest@example.org>",
            "mail.sender: 'Digest <digest@example.org>' is not a mail address",
        ),
        (f"{LEAST}\n  pasword: x", "mail: unknown key 'pasword'; did you mean 'password'?"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(lines: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(lines)
    assert message in str(caught.value)


def test_a_password_that_stands_in_the_file_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(f"{LEAST}\n  user: me\n  password: hunter2")
    assert "mail.password: does not stand in this file; write ${SMTP_PASSWORD}" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_login_without_encryption_is_possible_at_this_machine() -> None:
    mail = read("host: 127.0.0.1\n  sender: digest@example.org\n  user: me\n  password: ${X}\n  security: none")
    assert mail.security is Security.NONE


def test_a_password_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = read(f"{LEAST}\n  user: me\n  password: ${{SMTP_PASSWORD}}")
    monkeypatch.setenv("SMTP_PASSWORD", "correct horse")
    assert password(mail) == "correct horse"
    monkeypatch.delenv("SMTP_PASSWORD")
    with pytest.raises(UserError, match=r"mail\.password: the environment variable SMTP_PASSWORD is not set"):
        password(mail)


@pytest.mark.parametrize("content", ["correct horse", "correct horse\n", "correct horse\r\nand more\n"])
def test_a_password_is_the_first_line_of_a_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content.encode())
    assert password(read(f"{LEAST}\n  user: me\n  password_file: {file}")) == "correct horse"


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "can't be read: No such file or directory"), (b"", "is empty"), (b"\xff\xfe", "is not UTF-8")],
)
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        password(read(f"{LEAST}\n  user: me\n  password_file: {file}"))
    assert str(file) in str(caught.value)
