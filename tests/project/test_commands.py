"""Every command is documented, and every document tells of commands that exist."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.project.program import commands, program
from tests.project.repository import ROOT

ALL = dict(commands(program()))


@pytest.mark.parametrize("name", ALL)
def test_a_command_is_in_the_readme(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"\baggregator( --\w+ \S+)* {re.escape(name)}\b", readme), (
        f"README.md does not show 'aggregator {name}'"
    )


@pytest.mark.parametrize("name", ALL)
def test_a_command_explains_itself_and_each_of_its_options(name: str) -> None:
    command = ALL[name]
    assert (command.help or "").strip()
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []


@pytest.mark.parametrize("name", ALL)
def test_help_needs_neither_configuration_nor_database(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(program(), [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage: ")
    assert list(tmp_path.iterdir()) == []


def test_the_readme_shows_no_command_that_does_not_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\s*(?:\$ )?(?:\.venv/bin/)?aggregator((?: [a-z]+)+)", readme, re.MULTILINE)
    first_words = {name.split()[0] for name in ALL}
    assert [words for words in shown if words.split()[0] not in first_words] == []
