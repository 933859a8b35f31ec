"""The folder of an export: what is written, left, refused and removed."""

import hashlib
from pathlib import Path

import pytest

from aggregator.errors import UserError
from aggregator.model.export import Exported
from aggregator.storage.files.site_folder import LIST, open_site_folder


def export(folder: Path, **files: bytes) -> Exported:
    """Write files; `__` in a name is a slash, `_` a dot."""
    with open_site_folder(folder) as opened:
        for name, body in files.items():
            opened.stage(name.replace("__", "/").replace("_", "."), body)
        return opened.commit()


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LIST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_first_export_makes_the_folder_and_lists_what_it_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "site"
    assert export(folder, index_html=b"front", entries__1_html=b"one") == Exported(written=2, unchanged=0, removed=0)
    assert contents(folder) == {"index.html": b"front", "entries/1.html": b"one"}
    assert f"{hashlib.sha256(b'one').hexdigest()}  entries/1.html\n" in (folder / LIST).read_text()


def test_a_second_export_writes_only_what_has_changed_and_removes_what_is_gone(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front", entries__1_html=b"one", feeds__2_html=b"two")
    before = (tmp_path / "entries/1.html").stat()
    assert export(tmp_path, index_html=b"new", entries__1_html=b"one") == Exported(written=1, unchanged=1, removed=1)
    assert contents(tmp_path) == {"index.html": b"new", "entries/1.html": b"one"}
    after = (tmp_path / "entries/1.html").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert not (tmp_path / "feeds").exists()


def test_what_a_person_has_put_there_or_has_changed_stays(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front", a_html=b"a", feeds__b_html=b"b")
    (tmp_path / "CNAME").write_text("news.example")
    (tmp_path / "feeds" / "mine.txt").write_text("mine")
    (tmp_path / "a.html").write_text("changed by hand")
    assert export(tmp_path, index_html=b"front") == Exported(written=0, unchanged=1, removed=1)
    assert sorted(contents(tmp_path)) == ["CNAME", "a.html", "feeds/mine.txt", "index.html"]


def test_a_file_that_was_damaged_is_written_again(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front")
    (tmp_path / "index.html").write_bytes(b"")
    assert export(tmp_path, index_html=b"front").written == 1


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="is not empty, and no earlier export"):
        export(tmp_path, index_html=b"front")
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_file_of_someone_else_s_is_not_overwritten(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front")
    (tmp_path / "stories.html").write_text("mine")
    with pytest.raises(UserError, match=r"stories\.html: was not written by"):
        export(tmp_path, index_html=b"new", stories_html=b"ours")
    assert contents(tmp_path) == {"index.html": b"front", "stories.html": b"mine"}


def test_an_export_that_breaks_off_leaves_the_last_one_as_it_was(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front", a_html=b"a")
    with pytest.raises(ValueError, match="no name"):
        export(tmp_path, index_html=b"new", b_html=b"b", __=b"")
    assert contents(tmp_path) == {"index.html": b"front", "a.html": b"a"}


def test_a_process_that_was_killed_while_staging_is_cleaned_up_after(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front")
    (tmp_path / f"{LIST}.new").mkdir()
    (tmp_path / f"{LIST}.new" / "0").write_bytes(b"half of")
    assert export(tmp_path, index_html=b"new").written == 1
    assert contents(tmp_path) == {"index.html": b"new"}


def test_a_process_that_was_killed_while_putting_files_in_place_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(tmp_path, index_html=b"front", old_html=b"old")
    moved, replace = list[str](), Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target.name == "index.html":
            raise SystemExit
        moved.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(SystemExit):
        export(tmp_path, index_html=b"leads to new", new_html=b"new")
    monkeypatch.undo()
    assert moved == [LIST, "new.html"], "names are noted first, and what lists lead to comes before them"
    assert contents(tmp_path) == {"index.html": b"front", "old.html": b"old", "new.html": b"new"}
    assert export(tmp_path, index_html=b"leads nowhere").removed == 2
    assert contents(tmp_path) == {"index.html": b"leads nowhere"}


def test_a_first_export_that_was_killed_can_be_made_again(tmp_path: Path) -> None:
    with pytest.raises(SystemExit), open_site_folder(tmp_path):
        raise SystemExit
    assert export(tmp_path, index_html=b"front").written == 1


def test_two_exports_do_not_write_into_one_folder_at_once(tmp_path: Path) -> None:
    with open_site_folder(tmp_path), pytest.raises(UserError, match="another export writes here"):
        export(tmp_path, index_html=b"front")


def test_what_is_kept_is_not_removed(tmp_path: Path) -> None:
    export(tmp_path, index_html=b"front", a_html=b"a")
    with open_site_folder(tmp_path) as opened:
        opened.keep("a.html")
        opened.keep("never-written.html")
        assert opened.commit() == Exported(written=0, unchanged=1, removed=1)
    assert contents(tmp_path) == {"a.html": b"a"}


@pytest.mark.parametrize(
    "name", ["../a.html", "/etc/passwd", "a/../../b", "", ".htaccess", "a//b", "A.html", "a\nb", "a\\b", "a/.b", "a b"]
)
def test_s12_a19_a_name_that_is_none_of_an_export_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    with open_site_folder(tmp_path) as opened, pytest.raises(ValueError, match="is no name"):
        opened.stage(name, b"")


def test_s12_a19_a_link_in_the_folder_does_not_lead_an_export_out_of_it(tmp_path: Path) -> None:
    folder, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    export(folder, index_html=b"front")
    (folder / "entries").symlink_to(outside)
    (folder / "a.html").symlink_to(outside / "a.html")
    for name in ("entries__1_html", "a_html"):
        with pytest.raises(UserError, match="leads out of the folder"):
            export(folder, **{name: b"x"})
    assert list(outside.iterdir()) == []


def test_a_list_that_was_tampered_with_removes_nothing_outside(tmp_path: Path) -> None:
    folder, outside = tmp_path / "site", tmp_path / "outside.html"
    outside.write_bytes(b"x")
    export(folder, index_html=b"front")
    with (folder / LIST).open("a") as listed:
        listed.write(f"{hashlib.sha256(b'x').hexdigest()}  ../outside.html\nnonsense\n\xff")
    export(folder, index_html=b"front")
    assert outside.exists()


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="can't be exported to"):
        export(tmp_path / "file", index_html=b"")
