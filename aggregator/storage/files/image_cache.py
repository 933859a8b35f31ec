"""Images on disk, in a folder that never grows beyond what it may take.

    folder/ab/abcdef...     name: SHA-256 of what the image is called, so that no part of an address becomes a path
        time of keeping     8 bytes, seconds
        check               32 bytes, SHA-256 of the rest together with that time: a torn file counts as none
        image               empty where there is none

A file's modification time is when it was used last: those that were not used for longest go first. Several processes may
share the folder. The type of an image is told by its bytes each time, never by what was once noted of it (tt-rss,
commit c3d14e1fa: a type that was kept could be chosen by strangers).
"""

import asyncio
import logging
import os
import struct
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from threading import Lock

from aggregator.model.media import Image, KeptImage

logger = logging.getLogger(__name__)

SWEPT_TO = 0.9
"""Part of the room that is left in use after making some: so that not every image has to make room for itself."""
USE_NOTED = 3600.0
"""Seconds. A use is noted this rarely: what is read every minute need not be written as often."""

_HEAD = struct.Struct(">q32s")


class FileImageCache:
    """`ports.ImageCache` in a folder, which is made when it is needed.

    Args:
        folder: of this cache alone.
        max_bytes: of all files together.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._used: int | None = None
        """Bytes in the folder as far as this process knows; None until it has looked."""
        self._writing = Lock()

    async def load(self, name: str, *, now: datetime) -> KeptImage | None:
        """Give what is kept under a name."""
        return await asyncio.to_thread(self._load, self._path(name), now.timestamp())

    async def save(self, name: str, body: bytes, *, now: datetime) -> None:
        """Keep an image, whole or not at all; a disk that refuses is noted in the log."""
        await asyncio.to_thread(self._save, self._path(name), body, int(now.timestamp()))

    def _path(self, name: str) -> Path:
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / digest[:2] / digest

    def _load(self, path: Path, now: float) -> KeptImage | None:
        try:
            content = path.read_bytes()
            kept = _unpacked(content)
            if kept is None:
                path.unlink(missing_ok=True)
            elif now - path.stat().st_mtime > USE_NOTED:
                os.utime(path, (now, now))
        except OSError:
            return None
        return kept

    def _save(self, path: Path, body: bytes, now: int) -> None:
        try:
            with self._writing:
                self._write(path, _packed(body, now), now)
        except OSError as error:
            logger.warning("an image could not be kept in %s: %s", self._folder, error.strerror)

    def _write(self, path: Path, content: bytes, now: int) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix="draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.utime(draft, (now, now))
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        self._used = None if self._used is None else self._used + len(content)
        if self._used is None or self._used > self._max_bytes:
            self._used = self._swept()

    def _swept(self) -> int:
        """Remove what was not used for longest, if there is too much; give the bytes that are left."""
        files = sorted(self._files())
        used = sum(size for _, size, _ in files)
        room = used if used <= self._max_bytes else int(self._max_bytes * SWEPT_TO)
        for _, size, path in files:
            if used <= room:
                break
            path.unlink(missing_ok=True)
            used -= size
        return used

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """List what is there: last use, size, path. Drafts that a crash has left are among them."""
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another process makes room, too
                continue
            if S_ISREG(status.st_mode):
                yield status.st_mtime, status.st_size, path


def _packed(body: bytes, now: int) -> bytes:
    return _HEAD.pack(now, _check(now, body)) + body


def _unpacked(content: bytes) -> KeptImage | None:
    if len(content) < _HEAD.size:
        return None
    seconds, check = _HEAD.unpack_from(content)
    body = content[_HEAD.size :]
    if check != _check(seconds, body):
        return None
    image = Image.of(body)
    return KeptImage(image=image, kept_at=datetime.fromtimestamp(seconds, UTC)) if image or not body else None


def _check(seconds: int, body: bytes) -> bytes:
    return sha256(struct.pack(">q", seconds) + body).digest()
