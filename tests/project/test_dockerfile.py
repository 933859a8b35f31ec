"""The image is built of what exists and runs what exists; there may be no Docker engine to try it with."""

import ast
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.project.program import program

ROOT = Path(__file__).resolve().parents[2]


def instructions() -> list[tuple[str, str]]:
    """Give the instructions in order: name and argument, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [(name, argument.strip()) for name, _, argument in (line.partition(" ") for line in lines if line.strip())]


def arguments(name: str) -> list[str]:
    return [argument for instruction, argument in instructions() if instruction == name]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    last = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[last:]


def copied() -> list[str]:
    """List what is copied out of the checkout."""
    outside = [argument.split() for argument in arguments("COPY") if not argument.startswith("--from=")]
    return [source for *sources, _ in outside for source in sources]


def test_there_are_two_stages_on_the_slim_python_that_is_tested() -> None:
    assert [stage.split()[0] for stage in arguments("FROM")] == ["python:3.11-slim"] * 2


def test_everything_it_copies_exists() -> None:
    assert copied()
    assert [source for source in copied() if not (ROOT / source).exists()] == []


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == set(copied())


def test_packages_are_installed_by_their_hashes_alone() -> None:
    for command in arguments("RUN"):
        for install in re.findall(r"pip install [^&]+", command):
            assert "--require-hashes" in install or ("--no-deps" in install and "--no-index" in install)


def test_it_does_not_run_as_root() -> None:
    (user,) = [argument for name, argument in last_stage() if name == "USER"]
    assert user not in {"root", "0"}
    assert any(f" {user}" in command for command in arguments("RUN") if command.startswith("useradd"))


def test_the_database_lies_in_the_volume_and_the_configuration_in_the_image() -> None:
    (environment,) = arguments("ENV")
    settings = dict(pair.split("=", 1) for pair in shlex.split(environment))
    assert arguments("VOLUME") == ["/data"]
    assert settings["AGGREGATOR_DATABASE"].startswith("/data/")
    assert f"feeds.yaml {settings['AGGREGATOR_CONFIG']}" in arguments("COPY")


def test_it_holds_no_secret() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"password|secret|token|api.?key|://[^/\s]*@", text, re.IGNORECASE) is None


def test_what_it_runs_exists() -> None:
    (command,) = arguments("CMD")
    name, subcommand, *options = json.loads(command)
    assert name == "aggregator"
    shown = CliRunner().invoke(program(), [subcommand, "--help"])
    assert shown.exit_code == 0
    assert [option for option in options if option.startswith("--") and option not in shown.output] == []


def test_it_asks_the_port_it_serves_for_its_health() -> None:
    (port,) = arguments("EXPOSE")
    (check,) = arguments("HEALTHCHECK")
    _, _, script = json.loads(check[check.index("[") :])
    ast.parse(script)
    assert f"'127.0.0.1', {port}" in script
    assert "'/healthz'" in script
    shown = CliRunner().invoke(program(), ["serve", "--help"], terminal_width=200)
    assert re.search(rf"--port.*default: {port}", shown.output, re.DOTALL)


@pytest.mark.parametrize("instruction", ["ADD", "ARG", "ONBUILD"])
def test_it_keeps_to_the_plain_instructions(instruction: str) -> None:
    assert arguments(instruction) == []
