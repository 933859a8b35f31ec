"""Put together what looks after the database."""

from dataclasses import dataclass
from pathlib import Path

from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.ports import Store
from aggregator.services.care import Care, CareSettings, CareStanding
from aggregator.services.pruning import Pruned
from aggregator.services.pruning import prune as prune_store
from aggregator.storage.sqlite import backing_up, inspecting
from aggregator.storage.sqlite.backing_up import Backup
from aggregator.storage.sqlite.inspecting import Finding
from aggregator.storage.sqlite.store import SqliteStore


def inspect(database: Path) -> list[Finding]:
    """Look a database through; see `storage.sqlite.inspecting`."""
    return inspecting.inspect(database)


def back_up(database: Path, file: Path, *, replace: bool) -> Backup:
    """Copy a database into a file; see `storage.sqlite.backing_up`."""
    return backing_up.back_up(database, file, replace=replace)


async def prune(configuration: Configuration, database: Path, *, dry: bool) -> list[Pruned]:
    """Let go what feeds.yaml no longer keeps; see `services.pruning`."""
    store = await SqliteStore.open(database)
    try:
        return await prune_store(store, configuration.enabled_feeds(), now=SystemClock().now(), dry=dry)
    finally:
        await store.aclose()


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


def nightly(configuration: Configuration, store: Store, database: Path, standing: CareStanding) -> Care:
    """Make what cares for the database every night, as feeds.yaml wants it."""
    care = configuration.care
    settings = CareSettings(
        at=care.time, zone=configuration.site.timezone, backups=care.backups, keep=care.keep, check=care.check
    )
    return Care(store, FileKeeper(database=database), SystemClock(), settings, standing)
