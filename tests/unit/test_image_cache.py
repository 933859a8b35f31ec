"""Images on disk: whole or not at all, never more than there is room for."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.storage.files.image_cache import FileImageCache
from tests.factories import NOON
from tests.pictures import GIF, SVG, image, png

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def noise(seed: int, size: int = 1000) -> bytes:
    return GIF + bytes([seed]) * size


async def test_what_was_kept_is_given_back_with_its_time(tmp_path: Path) -> None:
    cache = FileImageCache(tmp_path / "images", max_bytes=10**6)
    assert await cache.load("a", now=NOON) is None
    await cache.save("a", png(), now=NOON)
    kept = await FileImageCache(tmp_path / "images", max_bytes=10**6).load("a", now=NOON + HOUR)
    assert kept is not None
    assert (kept.image, kept.kept_at) == (image(), NOON)


async def test_that_there_is_no_image_is_kept_too(tmp_path: Path) -> None:
    cache = FileImageCache(tmp_path, max_bytes=10**6)
    await cache.save("a", png(), now=NOON)
    await cache.save("a", b"", now=NOON + HOUR)
    kept = await cache.load("a", now=NOON + HOUR)
    assert kept is not None
    assert (kept.image, kept.kept_at) == (None, NOON + HOUR)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a\0b", "x" * 9000, "\udc80", "http://a/?b=ü"])
async def test_a19_no_part_of_a_name_becomes_a_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "images"
    cache = FileImageCache(folder, max_bytes=10**6)
    await cache.save(name, png(), now=NOON)
    (file,) = files(tmp_path)
    assert set(file.name) <= set("0123456789abcdef")
    assert file.parent.parent == folder
    assert len(file.name) == 64
    assert await cache.load(name, now=NOON)


async def test_nobody_else_on_the_machine_reads_what_readers_look_at(tmp_path: Path) -> None:
    await FileImageCache(tmp_path / "images", max_bytes=10**6).save("a", png(), now=NOON)
    (file,) = files(tmp_path)
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "images").stat().st_mode & 0o777 == 0o700 or file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["cut", "flip", "emptied", "time", "other"])
async def test_a_damaged_file_counts_as_none_and_goes(tmp_path: Path, damage: str) -> None:
    cache = FileImageCache(tmp_path, max_bytes=10**6)
    await cache.save("a", png(), now=NOON)
    (file,) = files(tmp_path)
    content = file.read_bytes()
    file.write_bytes(
        {
            "cut": content[:-1],
            "flip": content[:-1] + b"\x00",
            "emptied": b"",
            "time": b"\x01" + content[1:],
            "other": b"x" * 100,
        }[damage]
    )
    assert await cache.load("a", now=NOON) is None
    assert files(tmp_path) == []


async def test_a29_the_type_of_what_is_kept_is_told_by_its_bytes(tmp_path: Path) -> None:
    cache = FileImageCache(tmp_path, max_bytes=10**6)
    await cache.save("a", SVG, now=NOON)
    assert await cache.load("a", now=NOON) is None


async def test_what_was_not_looked_at_for_longest_makes_room(tmp_path: Path) -> None:
    cache = FileImageCache(tmp_path, max_bytes=10 * 1100)
    for number in range(9):
        await cache.save(f"{number}", noise(number), now=NOON + number * HOUR)
    assert await cache.load("0", now=NOON + 20 * HOUR)
    for number in range(9, 12):
        await cache.save(f"{number}", noise(number), now=NOON + (20 + number) * HOUR)
    there = [number for number in range(12) if await cache.load(f"{number}", now=NOON + 40 * HOUR)]
    assert 0 in there
    assert {9, 10, 11} < set(there)
    assert there == [0, *range(there[1], 12)]
    assert 1 not in there
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 10 * 1100


async def test_room_is_kept_beside_what_another_process_left(tmp_path: Path) -> None:
    first, second = (FileImageCache(tmp_path, max_bytes=5000) for _ in range(2))
    for number in range(4):
        await first.save(f"{number}", noise(number), now=NOON + number * HOUR)
    await second.save("new", noise(9), now=NOON + 10 * HOUR)
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 5000
    assert await second.load("new", now=NOON + 10 * HOUR)


async def test_an_image_larger_than_all_the_room_is_not_kept(tmp_path: Path) -> None:
    cache = FileImageCache(tmp_path, max_bytes=500)
    await cache.save("a", noise(1), now=NOON)
    assert files(tmp_path) == []


async def test_a_disk_that_refuses_is_noted_and_nothing_is_left_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "images").write_text("a file where the folder should be")
    cache = FileImageCache(tmp_path / "images", max_bytes=10**6)
    await cache.save("https://secret.example/", png(), now=NOON)
    assert "could not be kept" in caplog.text
    assert "secret.example" not in caplog.text
    assert await cache.load("https://secret.example/", now=NOON) is None


async def test_strange_files_and_an_emptied_folder_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    (folder / "ab" / "deep").mkdir(parents=True)
    (folder / "README").write_text("not ours")
    cache = FileImageCache(folder, max_bytes=3000)
    for number in range(5):
        await cache.save(f"{number}", noise(number), now=NOON + number * HOUR)
    assert len(files(folder)) == 3
    shutil.rmtree(folder)
    assert await cache.load("4", now=NOON) is None
    await cache.save("4", noise(4), now=NOON)
    assert await cache.load("4", now=NOON)


async def test_drafts_that_a_crash_left_make_room_like_the_rest(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    draft = tmp_path / "ab" / "draft-x"
    draft.write_bytes(b"x" * 5000)
    os.utime(draft, (1, 1))
    await FileImageCache(tmp_path, max_bytes=3000).save("a", noise(1), now=NOON)
    assert not draft.exists()
    assert len(files(tmp_path)) == 1
