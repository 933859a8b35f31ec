"""The key that signs addresses of images."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aggregator.errors import UserError
from aggregator.storage.files.signing_key import LENGTH, _take_away, signing_key


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "news.db-media" / "key"
    key = signing_key(file)
    assert len(key) == LENGTH
    assert signing_key(file) == key
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["key"]


def test_no_two_keys_are_alike(tmp_path: Path) -> None:
    assert len({signing_key(tmp_path / str(number)) for number in range(20)}) == 20


def test_whoever_makes_it_at_the_same_time_gets_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(signing_key, [tmp_path / "key"] * 64))) == 1


def test_a_key_that_another_process_has_just_made_stays(tmp_path: Path) -> None:
    """Who found no key and comes to make one finds it made: what others have read already must stay."""
    key = signing_key(tmp_path / "key")
    _take_away(tmp_path / "key")
    assert signing_key(tmp_path / "key") == key
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_file_that_holds_no_key_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"short")
    key = signing_key(file)
    assert len(key) == LENGTH
    assert signing_key(file) == key


def test_where_no_key_can_be_kept_a_person_is_told(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(UserError, match="can't be kept here"):
        signing_key(tmp_path / "media" / "key")


def test_a_key_is_never_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    key = signing_key(tmp_path / "key")
    assert key.hex() not in caplog.text
