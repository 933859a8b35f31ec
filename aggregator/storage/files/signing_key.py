"""The key that signs addresses of images: made once, kept in a file that its owner alone may read, never logged."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from aggregator.errors import UserError

LENGTH = 32
"""Bytes: as many as SHA-256 gives (RFC 2104 section 3)."""


def signing_key(file: Path) -> bytes:
    """Read the key, or make it where there is none.

    Of several processes that make it at once, one decides and all get the same. A file that holds something else is
    replaced, and addresses that were given out before lead nowhere: pages name new ones.

    Raises:
        UserError: the file can be neither read nor made.
    """
    try:
        key = _read(file)
        if key is None:
            file.unlink(missing_ok=True)
            _make(file)
            key = _read(file)
    except OSError as error:
        raise UserError(f"{file}: the key for images can't be kept here: {error.strerror}") from error
    if key is None:
        raise UserError(f"{file}: the key for images was changed while it was made; start again")
    return key


def _read(file: Path) -> bytes | None:
    """Give the key; None where there is no file, or one that holds none."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    return content if len(content) == LENGTH else None


def _make(file: Path) -> None:
    """Put a whole file in its place; where another process was quicker, its key stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix="draft-")  # opened with mode 0600
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(secrets.token_bytes(LENGTH))
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()
