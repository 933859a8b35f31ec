"""What a command does not need is not imported: start-up is a good part of what a poll without news costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.program import commands, program

READERS = {"feedparser", "lxml", "selectolax"}
PAGES = {"starlette", "jinja2", "uvicorn", "prometheus_client", "apscheduler"}


def loaded(*arguments: str, folder: Path) -> set[str]:
    """Run a command in a process of its own, and list the packages that it has imported in the end."""
    return {name.partition(".")[0] for name in modules(*arguments, folder=folder)}


def modules(*arguments: str, folder: Path) -> set[str]:
    """Run a command in a process of its own, and list the modules that it has imported in the end."""
    run = f"""
import sys
from aggregator.cli.main import main
sys.argv = {["aggregator", *arguments]!r}
try:
    main()
except SystemExit as ended:
    assert ended.code in {{0, 1}}, ended.code
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", run], cwd=folder, capture_output=True, text=True, check=True, timeout=30
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "feeds.yaml").write_text("feeds:\n- url: http://127.0.0.1/rss.xml\n- url: http://127.0.0.2/rss.xml\n")
    return tmp_path


def test_explaining_a_poll_imports_nothing_that_polls(folder: Path) -> None:
    found = loaded("poll", "--help", folder=folder)
    assert found & {*READERS, *PAGES, "httpx", "sqlite_utils", "pydantic", "ruamel", "yaml", "rich"} == set()


def test_a_poll_without_news_imports_no_web_server_and_no_parser(folder: Path) -> None:
    # Addresses of this machine are refused before anything is dialled: a whole poll that asks nobody.
    found = loaded("poll", "--json", folder=folder)
    assert found & {*READERS, *PAGES, "httpx", "ruamel"} == set()
    assert {"sqlite_utils", "pydantic", "yaml"} <= found, "the poll did not get far"
    again = loaded("poll", "--json", folder=folder)
    assert found - again >= {"sqlite_utils"}, "the database needs no new tables"
    assert {"sqlite3", "pydantic", "yaml"} <= again, "the poll did not get far"


def test_a_poll_without_news_imports_nothing_that_groups(folder: Path) -> None:
    found = modules("poll", "--json", folder=folder)
    assert "aggregator.services.grouping" in found, "the poll did not get far"
    light = {f"aggregator.stories.{name}" for name in ("rank", "related", "retelling", "rulings", "turns")}
    assert {name for name in found if name.startswith("aggregator.stories.")} <= light
    assert not {"Stemmer", "aggregator.services.story_desk", "aggregator.text.headline"} & found
    assert "aggregator.cli.digests_due" in found
    assert not {"aggregator.digests.select", "aiosmtplib", "jinja2"} & found


def test_a_poll_that_nobody_watches_draws_nothing(folder: Path) -> None:
    assert "rich" not in loaded("poll", "--all", folder=folder)


@pytest.mark.slow
def test_a_configuration_that_is_right_is_read_without_what_explains_mistakes(folder: Path) -> None:
    right = loaded("feeds", "schedule", folder=folder)
    (folder / "feeds.yaml").write_text("feeds:\n- url: http://127.0.0.1/rss.xml\n  title: >\n    News\n")
    unusual = loaded("feeds", "schedule", folder=folder)
    assert ("ruamel" in right, "ruamel" in unusual) == (False, True)


def test_every_command_is_where_it_is_said_to_be() -> None:
    assert {name for name, _ in commands(program())} >= {
        "serve",
        "poll",
        "feeds list",
        "feeds check",
        "search",
        "replay",
    }
    assert all(command.name == name.split()[-1] for name, command in commands(program()))


def test_a_misspelt_command_is_guessed(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "pol"], cwd=folder, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert "poll" in done.stderr.splitlines()[-1]
