"""The folder of a copy of the site.

    folder/.aggregator-export       what runs have written, a line a file: SHA-256, two spaces, name, as `sha256sum` has it
    folder/.aggregator-export.new/  what this run is about to put in place; removed at its end

The list is longer than the truth, never shorter: names are noted before their files are put in place. A file is removed only if
it is on the list with just this content, so that what a person has put there or has changed stays. Until `commit` nothing but
the new folder changes; a run that is killed within it leaves files of both runs, each of them whole, and the next one
finishes. Files are not synchronised to the disk one by one: thousands would take minutes, and each run compares contents.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath

from aggregator.errors import UserError
from aggregator.model.export import Exported

LIST = ".aggregator-export"
_HEAD = "# Files that `aggregator export` has written here. Without this list it refuses to write into the folder.\n"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
# File systems take 255 bytes in a part of a name.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}(?:/[a-z0-9][a-z0-9._-]{0,199}){0,3}")


class SiteFolder:
    """`ports.SiteFiles` in a folder that `open_site_folder` has made sure of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._list = folder / LIST
        self._new = folder / f"{LIST}.new"
        self._listed = _read(self._list)
        self._part: dict[str, str] = {}
        """SHA-256 of each file that is part."""
        self._staged: list[str] = []

    @property
    def names(self) -> Collection[str]:
        """The files that earlier runs have written."""
        return self._listed.keys()

    def stage(self, name: str, body: bytes) -> None:
        """Make a file part; one that has this content already is left alone."""
        path, digest = self._path(name), sha256(body).hexdigest()
        if (found := _digest(path)) == digest:
            self._part[name] = digest
            return
        if found is not None and name not in self._listed:
            raise UserError(f"{path}: was not written by `aggregator export`; move it out of the way")
        with _said(path):
            self._new.mkdir(exist_ok=True)
            (self._new / str(len(self._staged))).write_bytes(body)
        self._part[name] = digest
        self._staged.append(name)

    def keep(self, name: str) -> None:
        """Leave a file as it is, if it was written by an earlier run."""
        if name in self._listed and (digest := _digest(self._path(name))):
            self._part[name] = digest

    def commit(self) -> Exported:
        """Put everything in its place. What was staged last comes first: lists, staged first, lead to what is there then."""
        with _said(self._list):
            self._note({name: {*self._listed.get(name, ()), digest} for name, digest in self._part.items()}, also=True)
        for number, name in reversed(list(enumerate(self._staged))):
            path = self._path(name)
            with _said(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                (self._new / str(number)).replace(path)
        removed = sum(self._remove(name) for name in sorted(self._listed.keys() - self._part.keys()))
        with _said(self._list):
            self._note({name: {digest} for name, digest in self._part.items()})
        self.discard()
        written = len(self._staged)
        return Exported(written=written, unchanged=len(self._part) - written, removed=removed)

    def discard(self) -> None:
        """Forget what was staged and not put in place."""
        shutil.rmtree(self._new, ignore_errors=True)

    def _note(self, digests: dict[str, set[str]], *, also: bool = False) -> None:
        noted = {**self._listed, **digests} if also else digests
        lines = (f"{digest}  {name}\n" for name in sorted(noted) for digest in sorted(noted[name]))
        draft = self._list.with_name(f"{LIST}.part")
        draft.write_text(_HEAD + "".join(lines), encoding="ascii")
        draft.replace(self._list)

    def _remove(self, name: str) -> bool:
        path = self._path(name)
        if _digest(path) not in self._listed[name]:
            return False
        with _said(path):
            path.unlink()
        with suppress(OSError):  # something else is in it
            if path.parent != self._folder:
                path.parent.rmdir()
        return True

    def _path(self, name: str) -> Path:
        """Find where a file stands: below the folder, whatever the name is, and wherever links in the folder lead.

        Raises:
            UserError: a link on the way leads elsewhere.
            ValueError: it is no name of a file of an export.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a file of an export")
        path = self._folder / PurePosixPath(name)
        if path.is_symlink() or not path.parent.resolve().is_relative_to(self._folder):
            raise UserError(f"{path}: a link leads out of the folder; remove it")
        return path


@contextmanager
def open_site_folder(path: Path) -> Iterator[SiteFolder]:
    """Open a folder to write a copy of the site into, for one process at a time; made if it is not there.

    Raises:
        UserError: it holds other files, is no folder, can't be written to, or another process writes into it.
    """
    with _said(path):
        path.mkdir(parents=True, exist_ok=True)
        folder = path.resolve()
        held = os.open(folder, os.O_RDONLY)
    try:
        _hold(held, path)
        if not (folder / LIST).is_file():
            _begin(folder)
        opened = SiteFolder(folder)
        opened.discard()
        try:
            yield opened
        finally:
            opened.discard()
    finally:
        os.close(held)


def _hold(held: int, path: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(f"{path}: another export writes here; wait until it is done") from None


def _begin(folder: Path) -> None:
    with _said(folder):
        if any(folder.iterdir()):
            raise UserError(
                f"{folder}: is not empty, and no earlier export; name a new or an empty folder, or that of an export"
            )
        (folder / LIST).write_text(_HEAD, encoding="ascii")


def _read(file: Path) -> dict[str, set[str]]:
    """Read the list; lines that no run of ours wrote are passed over, and names that lead elsewhere with them."""
    noted: dict[str, set[str]] = {}
    with _said(file):
        text = file.read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found and _NAME.fullmatch(found[2]):
            noted.setdefault(found[2], set()).add(found[1])
    return noted


def _digest(path: Path) -> str | None:
    """Hash what stands at a path; None where there is nothing.

    Raises:
        UserError: it is no file, or can't be read.
    """
    with _said(path):
        try:
            return sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            return None


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"{path}: can't be exported to: {error.strerror}") from error
