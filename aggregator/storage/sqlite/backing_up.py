"""A copy of the database that is whole, made while others write.

`VACUUM INTO` copies one state of the file; a copy in steps was measured never to end beside 200 writes a second (1,080 restarts in
twelve seconds). A full disk leaves a part of a file behind, so it is written beside its place, looked through, and only then moved there.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import InputError
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was made."""

    file: Path
    size: int
    """Bytes."""
    entries: int


def back_up(database: Path, file: Path, *, replace: bool = False) -> Backup:
    """Copy the database into `file`, which stands there whole or not at all.

    Args:
        database: may be in use.
        file: its folder must exist.
        replace: an older backup may stand there; it stays until the new one is whole.

    Raises:
        InputError: `file` is not to be written to, or the copy is not what was copied.
        DatabaseUnusable: the database can't be read, or the disk is full.
    """
    _refuse(database, file, replace=replace)
    with _part_of(file) as part:
        with connect.usable(database), closing(connect.connect_as_it_is(database)) as db:
            least = _newest(db)
            # Before SQLite writes to it: it holds the secrets of hubs.
            part.touch(mode=0o600)
            db.execute("VACUUM INTO ?", [str(part)])
        entries = _verified(part, least=least)
        _keep(part, file)
    return Backup(file=file, size=file.stat().st_size, entries=entries)


def _refuse(database: Path, file: Path, *, replace: bool) -> None:
    if not database.exists():
        raise InputError(f"{database}: there is no database to back up")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}")
    if file.is_dir():
        raise InputError(f"{file}: is a folder; name a file in it")
    if file.resolve() in {
        database.resolve(),
        *(Path(f"{database.resolve()}{end}") for end in ("-wal", "-shm", "-serve")),
    }:
        raise InputError(f"{file}: is the database itself; name another file")
    if file.exists():
        if not replace:
            raise InputError(f"{file}: exists; name another file, or give --replace")
        # Whatever else stands there is no older backup, and is not overwritten.
        migrations.refuse_strangers(file)


@contextmanager
def _part_of(file: Path) -> Iterator[Path]:
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _newest(db: Database) -> int:
    (row,) = db.execute("SELECT coalesce(max(id), 0) AS newest FROM entries").fetchall()
    return int(row["newest"])


def _verified(part: Path, *, least: int) -> int:
    """Look the copy through, and give how many entries it holds.

    Raises:
        InputError: it is damaged, or holds less than there was before.
    """
    with connect.usable(part), closing(connect.connect_as_it_is(part)) as db:
        said = [str(row[0]) for row in db.execute("PRAGMA quick_check(3)").fetchall()]
        if said != ["ok"] or _newest(db) < least:
            raise InputError(f"{part}: the copy is not whole ({'; '.join(said)}); is the disk failing?")
        (row,) = db.execute("SELECT count(*) AS entries FROM entries").fetchall()
        return int(row["entries"])


def _keep(part: Path, file: Path) -> None:
    """Move the copy to its place once it is on the disk."""
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
