"""Read a password from where feeds.yaml says that it is."""

import os
from pathlib import Path
from typing import Protocol

from aggregator.errors import UserError

_LONGEST = 10_000


class Places(Protocol):
    """Settings that say where a password is."""

    @property
    def password(self) -> str | None:
        """Name of an environment variable."""
        ...

    @property
    def password_file(self) -> str | None:
        """A file whose first line it is."""
        ...


def password(places: Places, *, section: str = "mail") -> str:
    """Give the password; empty where feeds.yaml names none. `section` is named in messages.

    Of a file the first line counts: editors and `echo` end it with a line break that is no part of it.

    Raises:
        UserError: the environment variable is not set, or the file can't be read; the message says which.
    """
    if places.password:
        found = os.environ.get(places.password, "")
        if not found:
            raise UserError(f"{section}.password: the environment variable {places.password} is not set")
        return found
    return _first_line(Path(places.password_file), section) if places.password_file else ""


def _first_line(path: Path, section: str) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline(_LONGEST).rstrip("\r\n")
    except OSError as error:
        raise UserError(f"{section}.password_file: {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{section}.password_file: {path} is not UTF-8") from error
    if not line:
        raise UserError(f"{section}.password_file: the first line of {path} is empty")
    return line
