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


# A command in running text or in a page: `aggregator poll --all`, <code>aggregator serve</code>.
QUOTED = re.compile(r"(?:`|<code>)aggregator ([^`<]+)")
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\s*(?:\$ )?(?:\S*/bin/)?aggregator (\S.*)$", re.MULTILINE)


def shown(text: str) -> list[str]:
    return [*QUOTED.findall(text), *(line for block in FENCED.findall(text) for line in TYPED.findall(block))]


def unknown(words: str) -> str | None:
    """Give the first word that names neither a command nor an option of one on the way to it."""
    command, options = program(), dict[str, click.Parameter]()
    waiting = False
    for word in re.sub(r"[\[\]]", "", words).split():
        options |= {name: option for option in command.params for name in option.opts}
        if word.startswith("--"):
            option = options.get(word)
            if option is None:
                return word
            waiting = not getattr(option, "is_flag", False)
        elif isinstance(command, click.Group) and not waiting:
            if word not in command.commands:
                return word
            command = command.commands[word]
        else:
            waiting = False
    return "nothing after a group" if isinstance(command, click.Group) else None


PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "aggregator" / "web" / "templates").iterdir()),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_document_and_no_page_names_a_command_that_does_not_exist(page: Path) -> None:
    found = shown(page.read_text(encoding="utf-8"))
    assert {words: word for words in found if (word := unknown(words))} == {}


def test_commands_are_found_where_they_are_named() -> None:
    text = "`aggregator a`, <code>aggregator b --c</code>\n```sh\n$ aggregator d\naggregator e\n```\nan aggregator that"
    assert shown(text) == ["a", "b --c", "d", "e"]
    assert len(shown((ROOT / "README.md").read_text(encoding="utf-8"))) >= len(ALL)


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ("feeds adopt URL", "adopt"),
        ("feeds", "nothing after a group"),
        ("pol", "pol"),
        ("poll --everything", "--everything"),
        ("poll [--all] [FEED_ID ...]", None),
        ("--config FILE feeds list", None),
        ("poll {{ feed.id }}", None),
    ],
)
def test_a_command_that_does_not_exist_is_recognised(words: str, word: str | None) -> None:
    assert unknown(words) == word
