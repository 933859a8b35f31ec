"""A key that signs (addresses of images, sessions): made once, kept in a file that its owner alone may read, never logged."""

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
        if key is not None and len(key) != LENGTH:
            _take_away(file)
            key = None
        if key is None:
            _make(file)
            key = _read(file)
    except OSError as error:
        raise UserError(f"{file}: the key can't be kept here: {error.strerror}") from error
    if key is None or len(key) != LENGTH:
        raise UserError(f"{file}: the key was changed while it was made; start again")
    return key


def _read(file: Path) -> bytes | None:
    """Give what the file holds; None where there is no file: then nothing may be removed, as another process may make it now."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _take_away(file: Path) -> None:
    """Remove a file that holds no key. It is looked at again under a name of its own: another process may just have put a key there."""
    aside = file.with_name(f"aside-{secrets.token_hex(8)}")
    try:
        file.rename(aside)
    except FileNotFoundError:
        return
    if len(aside.read_bytes()) == LENGTH:
        with suppress(FileExistsError):
            os.link(aside, file)
    aside.unlink()


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
