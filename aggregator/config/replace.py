"""Change feeds.yaml so that nobody ever sees half of it, and no two writers lose each other's work.

    lock the file -> read -> edit -> write a new file beside it -> still the same bytes? -> rename -> unlock

- The lock is on the file itself (flock), so that none is left lying about. A file that was replaced while we waited for
  the lock is another file: it is opened again.
- Editors take no lock. What they saved between reading and renaming is found by comparing, and the edit made once more.
- The new file is on the disk before it takes the name (fsync, rename, fsync of the folder). Killed before, the old file
  stands; the next edit sweeps away what was left beside it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from aggregator.config.read import decoded
from aggregator.errors import UserError

Edit = Callable[[str], str]
"""Makes the new text of the old one; called again where the file has changed meanwhile."""

_BOM: Final = b"\xef\xbb\xbf"
_ATTEMPTS: Final = 20


def replace(path: Path, edit: Edit) -> tuple[str, str]:
    """Edit a file in its place; it keeps its mode, a symbolic link to it stays one.

    Returns:
        Its text before and after.

    Raises:
        UserError: it can't be read or written, or keeps changing; it is as it was. Whatever `edit` raises, likewise.
    """
    try:
        real = path.resolve(strict=True)
        for _ in range(_ATTEMPTS):
            with _locked(real) as lock:
                done = _replaced(real, lock, edit, shown=path)
            if done:
                return done
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; `aggregator init` writes one to begin with") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: can't be changed: {reason}; it is as it was") from error
    raise UserError(f"{path}: changes all the time; it is as it was")


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open the file that has this name once it is ours."""
    while True:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(opened), path.stat()):
                yield opened
                return
        finally:
            os.close(opened)


def _replaced(path: Path, lock: int, edit: Edit, *, shown: Path) -> tuple[str, str] | None:
    """Edit once; None: somebody has saved the file meanwhile."""
    content = path.read_bytes()
    before = decoded(content, shown)
    after = edit(before)
    if after == before:
        return before, after
    mark = _BOM if content.startswith(_BOM) else b""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        _write(beside, mark + after.encode(), like=os.fstat(lock))
        is_same = path.read_bytes() == content
        if is_same:
            beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if not is_same:
        beside.unlink(missing_ok=True)
        return None
    # From here on the name is another file, and whoever has locked that may have begun to write beside it.
    _remember(path.parent)
    return before, after


def _write(path: Path, content: bytes, *, like: os.stat_result) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        with suppress(PermissionError):  # only root can give a file away
            os.fchown(file.fileno(), like.st_uid, like.st_gid)
        os.fchmod(file.fileno(), like.st_mode & 0o7777)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _remember(folder: Path) -> None:
    """Have the disk keep the new name, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system can
            os.fsync(opened)
    finally:
        os.close(opened)
