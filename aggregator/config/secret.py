"""Read the password of the mail server, from where feeds.yaml says that it is."""

import os
from pathlib import Path

from aggregator.config.mail import Mail
from aggregator.errors import UserError

_LONGEST = 10_000


def password(mail: Mail) -> str:
    """Give the password; empty where feeds.yaml names none.

    Of a file the first line counts: editors and `echo` end it with a line break that is no part of it.

    Raises:
        UserError: the environment variable is not set, or the file can't be read; the message says which.
    """
    if mail.password:
        found = os.environ.get(mail.password, "")
        if not found:
            raise UserError(f"mail.password: the environment variable {mail.password} is not set")
        return found
    return _first_line(Path(mail.password_file)) if mail.password_file else ""


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline(_LONGEST).rstrip("\r\n")
    except OSError as error:
        raise UserError(f"mail.password_file: {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"mail.password_file: {path} is not UTF-8") from error
    if not line:
        raise UserError(f"mail.password_file: the first line of {path} is empty")
    return line
