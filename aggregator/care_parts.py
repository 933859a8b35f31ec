"""Put together what looks after the database."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from shutil import disk_usage

from aggregator.bootstrap import open_store
from aggregator.clock import SystemClock
from aggregator.config.care import Care
from aggregator.config.model import Configuration
from aggregator.config.read import load
from aggregator.editions import mail_server
from aggregator.errors import UserError
from aggregator.polling.health import problems
from aggregator.ports import Store
from aggregator.services.care import CareSettings, CareStanding, NightlyCare, backups
from aggregator.services.doctor import QUIET, Disk, Polled, Sign, Versions, Vitals, diagnose
from aggregator.services.pruning import Pruned
from aggregator.services.pruning import prune as prune_store
from aggregator.storage.sqlite import backing_up, connect, inspecting
from aggregator.storage.sqlite.backing_up import Backup
from aggregator.storage.sqlite.inspecting import Finding


def inspect(database: Path) -> list[Finding]:
    """Look a database through; see `storage.sqlite.inspecting`."""
    return inspecting.inspect(database)


def back_up(database: Path, file: Path, *, replace: bool) -> Backup:
    """Copy a database into a file; see `storage.sqlite.backing_up`."""
    return backing_up.back_up(database, file, replace=replace)


async def prune(configuration: Configuration, database: Path, *, dry: bool) -> list[Pruned]:
    """Let go what feeds.yaml no longer keeps; see `services.pruning`."""
    async with open_store(database) as store:
        return await prune_store(store, configuration.enabled_feeds(), now=SystemClock().now(), dry=dry)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKeeper:
    """`services.care.Keeper` of a file."""

    database: Path

    def back_up(self, file: Path) -> None:
        """Copy the database into a file, whole or not at all."""
        backing_up.back_up(self.database, file, replace=True)

    def inspect(self) -> list[Finding]:
        """Look the database through."""
        return inspecting.inspect(self.database)


async def examine(config: Path, database: Path, *, thorough: bool) -> list[Sign]:
    """Find out whether all is well; see `services.doctor`.

    Args:
        config: feeds.yaml; it may be broken.
        database: it may be missing, and is not made for this, or broken.
        thorough: look the whole database through.
    """
    configuration, trouble = _configuration(config)
    now = SystemClock().now()
    is_there = await asyncio.to_thread(database.exists)
    unusable, polled = await _polled(database, now) if is_there else ("", None)
    care = configuration.care if configuration else Care()
    return diagnose(
        Vitals(
            now=now,
            versions=Versions(program=version("aggregator"), python=python_version(), sqlite=connect.SQLITE),
            configuration=trouble,
            names_feeds=configuration is not None and bool(configuration.enabled_feeds() or configuration.include),
            unmade="" if is_there else str(database),
            database=unusable,
            findings=[found.what for found in inspecting.inspect(database)]
            if thorough and is_there and not unusable
            else None,
            disk=_disk(database) if is_there and not unusable else None,
            polled=polled,
            backups=care.backups is not None,
            backup_at=_backup_at(care.backups),
            mail=await _mail(configuration),
        )
    )


def _configuration(config: Path) -> tuple[Configuration | None, str]:
    try:
        return load(config), ""
    except UserError as error:
        return None, str(error)


async def _polled(database: Path, now: datetime) -> tuple[str, Polled | None]:
    """Give why the database can't be used, or how its feeds are doing."""
    try:
        async with open_store(database) as store:
            overviews = await store.read(lambda tx: tx.feeds.overview())
            latest_at = await store.read(lambda tx: tx.feeds.latest_at())
    except UserError as error:
        return str(error), None
    times = [overview.state.last_polled_at for overview in overviews if overview.state.last_polled_at]
    due = [overview.state.next_poll_at for overview in overviews if overview.state.next_poll_at]
    return "", Polled(
        feeds=len(overviews),
        problems=problems(overviews, now=now),
        last_at=max(times, default=None),
        latest_at=latest_at,
        overdue=sum(at < now - QUIET for at in due),
    )


def _disk(database: Path) -> Disk:
    wal = database.with_name(f"{database.name}-wal")
    return Disk(
        database=database.stat().st_size,
        wal=wal.stat().st_size if wal.exists() else 0,
        free=disk_usage(database.parent).free,
    )


def _backup_at(folder: Path | None) -> datetime | None:
    newest = backups(folder)[:1] if folder and folder.is_dir() else []
    return datetime.fromtimestamp(newest[0].stat().st_mtime, UTC) if newest else None


async def _mail(configuration: Configuration | None) -> str | None:
    mailer = mail_server(configuration) if configuration else None
    return await mailer.reach() if mailer else None


def nightly(configuration: Configuration, store: Store, database: Path, standing: CareStanding) -> NightlyCare:
    """Make what cares for the database every night, as feeds.yaml wants it."""
    care = configuration.care
    if standing.backed_up_at is None:  # of an earlier process, or of none
        standing.backed_up_at = _backup_at(care.backups)
    settings = CareSettings(
        at=care.time, zone=configuration.site.timezone, backups=care.backups, keep=care.keep, check=care.check
    )
    return NightlyCare(store, FileKeeper(database=database), SystemClock(), settings, standing)
