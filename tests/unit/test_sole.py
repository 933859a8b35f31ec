"""One server that polls for a database."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.storage.files.sole import sole

HOLDING = """
import sys, time
from pathlib import Path
from aggregator.storage.files.sole import sole
with sole(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_d9_a_second_one_is_told_which_process_is_the_first(tmp_path: Path) -> None:
    with sole(tmp_path / "news.db"), pytest.raises(DatabaseUnusable) as told, sole(tmp_path / "news.db"):
        pass
    assert str(told.value).startswith(
        f"{tmp_path / 'news.db'}: another `aggregator serve` polls for it (process {os.getpid()}); stop"
    )


def test_d9_another_name_of_the_file_is_the_same_database_and_another_file_is_not(tmp_path: Path) -> None:
    (tmp_path / "news.db").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.db").symlink_to(tmp_path / "news.db")
    with ExitStack() as opened:
        opened.enter_context(sole(tmp_path / "news.db"))
        opened.enter_context(sole(tmp_path / "other.db"))
        with pytest.raises(DatabaseUnusable, match=r"link\.db: another"):
            opened.enter_context(sole(tmp_path / "folder" / "link.db"))


def test_d9_the_next_one_may_begin_when_the_first_has_ended(tmp_path: Path) -> None:
    for _ in range(2):
        with sole(tmp_path / "news.db"):
            assert (tmp_path / "news.db-serve").read_text() == f"{os.getpid()}\n"


def test_d9_a_killed_one_holds_nobody_up(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDING, str(tmp_path / "news.db")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(DatabaseUnusable, match=rf"\(process {process.pid}\)"), sole(tmp_path / "news.db"):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with sole(tmp_path / "news.db"):
            pass


def test_d9_what_can_not_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "news.db-serve").mkdir()
    with pytest.raises(DatabaseUnusable, match=r"news\.db-serve: can't be opened"), sole(tmp_path / "news.db"):
        pass
