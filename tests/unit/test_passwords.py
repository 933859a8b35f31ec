"""Passwords as they are kept, and the command that makes what is kept."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.access_parts import guard
from aggregator.cli.main import main
from aggregator.config.access import Mode
from aggregator.config.read import parse
from aggregator.errors import ConfigurationError, UserError
from aggregator.storage.files.session_secret import FileSecret
from aggregator.text.passwords import hashed, is_hash, matches
from aggregator.web.attempts import Word
from tests.factories import NOON

pytestmark = pytest.mark.anyio
SALT = bytes(16)
FEEDS = "feeds: []\naccess:\n"


def test_a24_every_character_of_a_long_password_counts() -> None:
    long = "x" * 99
    kept = hashed(f"{long}a", salt=SALT, log_n=14, p=1)
    assert matches(f"{long}a", kept)
    assert not matches(f"{long}b", kept)
    assert not matches(long, kept)


def test_the_parameters_are_those_of_owasp_for_32_mib() -> None:
    kept = hashed("password", salt=SALT)
    assert kept.startswith("scrypt:15:8:3:")
    assert is_hash(kept)
    assert matches("password", kept)


def test_one_spelling_of_a_letter_is_as_good_as_another() -> None:
    assert matches(
        "cafe\N{COMBINING ACUTE ACCENT}", hashed("caf\N{LATIN SMALL LETTER E WITH ACUTE}", salt=SALT, log_n=14, p=1)
    )


@pytest.mark.parametrize("kept", ["", "password", "scrypt:30:8:3:AAAA:BBBB", "scrypt:15:8:3::", "$2b$12$abc"])
def test_what_is_no_hash_matches_nothing(kept: str) -> None:
    assert not is_hash(kept)
    assert not matches("", kept)
    assert not matches(kept, kept)


def test_the_command_prints_what_feeds_yaml_takes() -> None:
    made = CliRunner().invoke(main, ["password"], input="correct horse\n")
    assert made.exit_code == 0
    assert "correct horse" not in made.output
    access = parse(f"{FEEDS}  mode: password\n  {made.output}", file="feeds.yaml").access
    assert access.password_hash
    assert matches("correct horse", access.password_hash.get_secret_value())
    assert access.password_hash.get_secret_value() not in repr(access)


def test_the_command_takes_no_short_password_and_draws_tokens() -> None:
    assert CliRunner().invoke(main, ["password"], input="short\n").exit_code == 2
    first, second = (CliRunner().invoke(main, ["password", "--token"]).output for _ in range(2))
    assert first != second
    assert parse(f"{FEEDS}  mode: proxy\n  trusted_proxies: [10.0.0.0/8]\n  {first}", file="feeds.yaml").access.token


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mode: closed", "'closed' is none of public, password, proxy"),
        ("mode: password", "needs one of password_hash"),
        ("mode: password\n  password_hash: hunter2hunter2", "aggregator password"),
        ("password_file: x", "nobody is asked for"),
        ("mode: proxy", "needs trusted_proxies"),
        ("feed_token: 0123456789abcdef", "feeds are open without it"),
        ("user_header: Cookie", "'Cookie' is not a header that names a user"),
        ("user_header: X-Forwarded-For", "is not a header that names a user"),
        ("searches: -1", "not a whole number"),
    ],
)
def test_settings_that_would_leave_a_site_open_by_mistake_are_told(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(f"{FEEDS}  {text}", file="feeds.yaml")
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_the_password_may_come_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("from a file\n")
    monkeypatch.setenv("READING_PASSWORD", "from the environment")
    found = {
        "from a file": f"password_file: {tmp_path}/password",
        "from the environment": "password: ${READING_PASSWORD}",
    }
    for password, line in found.items():
        made = guard(parse(f"{FEEDS}  mode: password\n  {line}", file="feeds.yaml"), tmp_path / "n.db")
        assert made.password
        assert made.mode is Mode.PASSWORD
        assert await made.password.look("another", "client", NOON) is Word.WRONG
        assert await made.password.look(password, "client", NOON) is Word.RIGHT
        assert password not in repr(made)
    monkeypatch.delenv("READING_PASSWORD")
    with pytest.raises(UserError, match=r"access\.password: the environment variable READING_PASSWORD is not set"):
        guard(parse(f"{FEEDS}  mode: password\n  password: ${{READING_PASSWORD}}", file="f"), tmp_path / "n.db")


def test_the_secret_of_sessions_is_its_owners_and_renewed_for_all(tmp_path: Path) -> None:
    here, there = (FileSecret(tmp_path / "access" / "key") for _ in range(2))
    before = here.current()
    assert there.current() == before
    there.renew()
    assert here.current() == there.current() != before
    assert stat.S_IMODE((tmp_path / "access" / "key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "access").iterdir()] == ["key"]
