"""What is done for the database every night: let go what is no longer kept, copy it, look it through.

A night is done once its time has come and `done` says so; where the machine was off, the first step after the start does it,
if there is a folder of backups to tell that none was made. All of it is safe to break off and to do again.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Protocol

from aggregator.errors import UserError
from aggregator.ports import Clock, Store
from aggregator.services.pruning import prune

logger = logging.getLogger(__name__)

PREFIX, SUFFIX = "aggregator-", ".db"
"""Around the date in the name of a backup."""


class Found(Protocol):
    """One kind of thing that is wrong with a database."""

    @property
    def what(self) -> str:
        """A sentence."""
        ...

    @property
    def examples(self) -> tuple[str, ...]:
        """The first of them."""
        ...


class Keeper(Protocol):
    """What looks after the database's file; called on a thread."""

    def back_up(self, file: Path) -> None:
        """Copy the database into a file, whole or not at all; an older one may stand there.

        Raises:
            UserError: it can't be done.
        """
        ...

    def inspect(self) -> Sequence[Found]:
        """Look the database through.

        Raises:
            UserError: it can't be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CareSettings:
    """What is to be done, and when."""

    at: time
    zone: tzinfo
    backups: Path | None
    """None: no copies are made."""
    keep: int
    check: bool


@dataclass(slots=True, kw_only=True)
class CareStanding:
    """How the last nights went; for whoever watches."""

    backed_up_at: datetime | None = None
    checked_at: datetime | None = None
    findings: tuple[str, ...] = ()
    """What is wrong, of the last look."""
    refused: tuple[str, ...] = field(default=())
    """What could not be done in the last night, and why."""


class NightlyCare:
    """Does a night's work, once a night. `step` is to be called every minute or so."""

    def __init__(
        self, store: Store, keeper: Keeper, clock: Clock, settings: CareSettings, standing: CareStanding
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._settings = settings
        self._standing = standing
        self._done = self._night()
        if settings.backups and not self._file(self._done).exists():
            self._done -= timedelta(days=1)

    async def step(self) -> None:
        """Do what the night wants if its time has come; what can't be done is told, and tried again the next night."""
        night = self._night()
        if night <= self._done:
            return
        refused = []
        for work in (self._prune, self._back_up, self._inspect):
            try:
                await work(night)
            except (UserError, OSError) as error:
                logger.warning("care of the database: %s", error)
                refused.append(str(error))
        self._standing.refused = tuple(refused)
        self._done = night

    def _night(self) -> date:
        """Give the day whose time for care has come last."""
        local = self._clock.now().astimezone(self._settings.zone)
        return local.date() if local.time() >= self._settings.at else local.date() - timedelta(days=1)

    def _file(self, night: date) -> Path:
        return (self._settings.backups or Path()) / f"{PREFIX}{night}{SUFFIX}"

    async def _prune(self, _night: date) -> None:
        await prune(self._store, now=self._clock.now())

    async def _back_up(self, night: date) -> None:
        folder = self._settings.backups
        if folder is None:
            return
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(self._keeper.back_up, self._file(night))
        self._standing.backed_up_at = self._clock.now()
        await asyncio.to_thread(_thin_out, folder, keep=self._settings.keep)

    async def _inspect(self, _night: date) -> None:
        if not self._settings.check:
            return
        findings = await asyncio.to_thread(self._keeper.inspect)
        self._standing.findings = tuple(found.what for found in findings)
        self._standing.checked_at = self._clock.now()
        for found in findings:
            logger.error("the database is not what it should be: %s: %s", found.what, ", ".join(found.examples))


def backups(folder: Path) -> list[Path]:
    """List the backups that were made by themselves, the newest first."""
    return sorted((file for file in folder.glob(f"{PREFIX}*{SUFFIX}") if _is_dated(file)), reverse=True)


def _thin_out(folder: Path, *, keep: int) -> None:
    for file in backups(folder)[keep:]:
        file.unlink(missing_ok=True)


def _is_dated(file: Path) -> bool:
    """Tell whether the name is one of ours: whatever else lies in the folder is not ours to remove."""
    try:
        date.fromisoformat(file.name.removeprefix(PREFIX).removesuffix(SUFFIX))
    except ValueError:
        return False
    return True
