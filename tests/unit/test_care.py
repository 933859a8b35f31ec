"""What is done for the database every night, and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.services.care import CareSettings, CareStanding, NightlyCare, backups
from aggregator.storage.sqlite.inspecting import Finding
from aggregator.storage.sqlite.store import SqliteStore
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio
EVENING = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
SETTINGS = CareSettings(at=time(3, 30), zone=UTC, backups=None, keep=2, check=True)


@dataclass(slots=True)
class Keeping:
    """Implements `services.care.Keeper`, and notes what it was asked."""

    backed_up: list[Path] = field(default_factory=list)
    looks: int = 0
    findings: Sequence[Finding] = ()
    refusing: bool = False

    def back_up(self, file: Path) -> None:
        if self.refusing:
            raise DatabaseUnusable("the disk is full; make room")
        file.write_bytes(b"a backup")
        self.backed_up.append(file)

    def inspect(self) -> Sequence[Finding]:
        self.looks += 1
        return self.findings


class Nights:
    """A service that is looked after, and the time it lives in."""

    def __init__(self, store: SqliteStore, settings: CareSettings, *, at: datetime = EVENING) -> None:
        self.keeper, self.clock, self.standing = Keeping(), ManualClock(at), CareStanding()
        self.store, self.settings = store, settings
        self.care = self.started()

    def started(self) -> NightlyCare:
        return NightlyCare(self.store, self.keeper, self.clock, self.settings, self.standing)

    async def pass_(self, time: timedelta) -> None:
        self.clock.move(time)
        await self.care.step()


@pytest.fixture
async def store(tmp_path: Path) -> SqliteStore:
    return await SqliteStore.open(tmp_path / "news.db")


async def test_a_night_is_done_once_when_its_time_has_come(store: SqliteStore) -> None:
    nights = Nights(store, SETTINGS)
    looks = []
    for _ in range(48):
        await nights.pass_(timedelta(hours=1))
        looks.append(nights.keeper.looks)
    assert looks == [0] * 7 + [1] * 24 + [2] * 17
    assert nights.keeper.backed_up == [], "no folder is named for backups"


async def test_the_time_is_that_of_the_site(store: SqliteStore) -> None:
    nights = Nights(store, replace(SETTINGS, zone=ZoneInfo("Asia/Beirut")))
    await nights.pass_(timedelta(hours=5, minutes=29))
    assert nights.keeper.looks == 0, "03:29 in Beirut"
    await nights.pass_(timedelta(minutes=1))
    assert nights.keeper.looks == 1


async def test_backups_are_named_by_their_night_and_the_oldest_go(store: SqliteStore, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    nights = Nights(store, replace(SETTINGS, backups=folder))
    folder.mkdir()
    (folder / "aggregator-mine.db").write_bytes(b"not ours")
    await nights.care.step()
    for _ in range(3):
        await nights.pass_(timedelta(days=1))
    assert [file.name for file in nights.keeper.backed_up] == [
        *("aggregator-2026-03-10.db", "aggregator-2026-03-11.db"),
        *("aggregator-2026-03-12.db", "aggregator-2026-03-13.db"),
    ]
    assert [file.name for file in backups(folder)] == ["aggregator-2026-03-13.db", "aggregator-2026-03-12.db"]
    assert (folder / "aggregator-mine.db").exists()


async def test_a_backup_that_was_missed_is_made_at_the_start_and_one_that_is_there_is_not_made_again(
    store: SqliteStore, tmp_path: Path
) -> None:
    nights = Nights(store, replace(SETTINGS, backups=tmp_path / "copies"))
    await nights.care.step()
    assert len(nights.keeper.backed_up) == 1, "the machine was off at half past three"
    nights.care = nights.started()
    await nights.care.step()
    assert len(nights.keeper.backed_up) == 1


async def test_what_can_not_be_done_is_told_and_the_rest_is_done(store: SqliteStore, tmp_path: Path) -> None:
    nights = Nights(store, replace(SETTINGS, backups=tmp_path / "copies"))
    nights.keeper.refusing = True
    nights.keeper.findings = [Finding(what="entries without a text", examples=("3",))]
    await nights.care.step()
    assert nights.standing.refused == ("the disk is full; make room",)
    assert nights.standing.findings == ("entries without a text",)
    assert nights.standing.backed_up_at is None
    nights.keeper.refusing = False
    nights.keeper.findings = ()
    await nights.pass_(timedelta(days=1))
    assert not nights.standing.refused + nights.standing.findings
    assert nights.standing.backed_up_at == nights.clock.now()


async def test_looking_through_can_be_left_out(store: SqliteStore) -> None:
    nights = Nights(store, replace(SETTINGS, check=False))
    await nights.pass_(timedelta(days=1))
    assert nights.keeper.looks == 0
