"""feeds.yaml is replaced whole or not at all, and nobody's edit is lost."""

import multiprocessing
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aggregator.config import edits
from aggregator.config.edits import Text
from aggregator.config.read import load
from aggregator.config.replace import replace
from aggregator.errors import ConfigurationError, UserError

START = "feeds:\n  - url: https://first.example/\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(START)
    return file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def adding(number: int) -> dict[str, str]:
    return {"url": f"https://{number}.example/", "title": f"Number {number}"}


def add(config: Path, number: int) -> None:
    replace(config, lambda text: edits.add(Text.of(text, file=str(config)), adding(number)))


def test_mode_and_symbolic_link_and_byte_order_mark_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "feeds.yaml"
    real.write_bytes(b"\xef\xbb\xbf" + START.encode())
    real.chmod(0o640)
    link.symlink_to("real.yaml")
    add(link, 1)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes() == b"\xef\xbb\xbf" + START.encode() + b"  - url: https://1.example/\n    title: Number 1\n"
    assert names(tmp_path) == ["feeds.yaml", "real.yaml"]


def test_an_editor_that_saves_meanwhile_loses_nothing(config: Path) -> None:
    calls: list[str] = []

    def change(text: str) -> str:
        if not calls:
            config.write_text(START + "  - url: https://by-hand.example/\n")
        calls.append(text)
        return edits.add(Text.of(text, file="x"), adding(1))

    replace(config, change)
    assert len(calls) == 2
    assert [feed.url.split("/")[2] for feed in load(config).feeds] == ["first.example", "by-hand.example", "1.example"]


def test_a_file_that_never_stands_still_is_left_alone(config: Path) -> None:
    def change(text: str) -> str:
        config.write_text(text + "# and again\n")
        return text + "# ours\n"

    with pytest.raises(UserError, match="changes all the time; it is as it was"):
        replace(config, change)
    assert "# ours" not in config.read_text()


def test_an_edit_that_fails_leaves_the_file_and_its_folder_as_they_were(config: Path) -> None:
    with pytest.raises(ConfigurationError):
        replace(config, lambda text: edits.add(Text.of(text + "nonsense: 1\n", file="x"), adding(1)))
    with pytest.raises(UnicodeEncodeError):
        replace(config, lambda text: text + "\ud800")
    assert config.read_text() == START
    assert names(config.parent) == ["feeds.yaml"]


def test_what_a_killed_writer_left_beside_the_file_is_swept_away(config: Path) -> None:
    (config.parent / ".feeds.yaml.new").write_text("half a fi")
    add(config, 1)
    assert names(config.parent) == ["feeds.yaml"]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such file; `aggregator init` writes one"):
        add(tmp_path / "none.yaml", 1)


def many(config: Path, numbers: range) -> None:
    for number in numbers:
        add(config, number)


@pytest.mark.slow
def test_of_many_processes_that_add_at_once_none_loses_an_edit(config: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=many, args=(config, range(first, 40, 4))) for first in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert {feed.title for feed in load(config).feeds if feed.title} == {f"Number {n}" for n in range(40)}


WRITER = """
import sys
from pathlib import Path
from aggregator.config.replace import replace
config = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    replace(config, lambda text: f"feeds:\\n  - url: https://{number}.example/\\n" + "# padding\\n" * 5000)
"""


@pytest.mark.slow
def test_d1_a_writer_that_is_killed_at_any_time_leaves_a_whole_file(config: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    for attempt in range(12):
        command = [sys.executable, "-c", WRITER, str(config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as writer:
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
            time.sleep(0.005 + 0.003 * attempt)
            writer.send_signal(signal.SIGKILL)
        text = config.read_text()
        assert text == START or (text.endswith("# padding\n") and text.count("# padding\n") == 5000)
        assert load(config).feeds
    add(config, 1)
    assert names(config.parent) == ["feeds.yaml"]
