"""Each dependency has a reason, and is used: pyproject.toml, docs/adr/0002-dependencies.md and imports say the same."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NO_IMPORTS = {"hatchling", "editables", "build", "ruff", "mypy", "import-linter", "lxml-stubs", "types-jsonschema"}
"""Tools, and types of libraries: nothing imports them."""
PLUGINS = {"pytest-cov", "pytest-randomly", "pytest-socket", "pytest-xdist"}
PARTS = {"pydantic-core": "pydantic", "ruamel": "ruamel-yaml", "yaml": "pyyaml", "stemmer": "pystemmer"}
"""Modules of distributions: what one of them brings as a part of itself, and names where nothing is installed to ask."""


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def normalised(name: str) -> str:
    """Give a name as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", name, maxsplit=1)[0]).lower()


def declared(*extras: str) -> set[str]:
    """List what the program needs, or what these extras bring."""
    wanted = project()["dependencies"] if not extras else []
    wanted = [*wanted, *(each for extra in extras for each in project()["optional-dependencies"][extra])]
    return {normalised(each) for each in wanted}


def rows() -> list[list[str]]:
    """Read the tables: a row's names, what they are for, and why."""
    text = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| (?!library|---)(.*) \|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def explained() -> set[str]:
    return {normalised(name.strip()) for names, *_ in rows() for name in re.sub(r"\(.*?\)", "", names).split(",")}


def imported(*folders: str) -> set[str]:
    """List the distributions that the modules of a folder import."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    modules = {name.partition(".")[0] for node in nodes for name in _named(node)}
    outside = modules - sys.stdlib_module_names - {"aggregator", "tests", "benchmarks"}
    known = packages_distributions()
    found = {normalised(known.get(module, [module])[0]) for module in outside}
    return {PARTS.get(name, name) for name in found}


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


EXTRAS = sorted(project()["optional-dependencies"])


def test_every_dependency_has_a_row_and_every_row_is_of_one() -> None:
    assert explained() == declared() | declared(*EXTRAS)


def test_every_row_says_what_for_and_what_runs_says_why() -> None:
    assert [cells[0] for cells in rows() if not all(cells)] == []
    reasoned = {normalised(name.strip()) for names, *cells in rows() if len(cells) > 1 for name in names.split(",")}
    assert declared() <= reasoned


def test_what_the_program_imports_is_declared_and_what_it_declares_is_imported() -> None:
    optional = declared(*(extra for extra in EXTRAS if extra != "dev"))
    assert imported("aggregator") == declared() | optional


def test_what_tests_import_is_declared_and_what_only_they_need_is_imported() -> None:
    assert imported("tests", "benchmarks") <= declared() | declared(*EXTRAS)
    assert declared("dev") - NO_IMPORTS - PLUGINS <= imported("tests", "benchmarks")


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_no_dependency_is_declared_twice(extra: str) -> None:
    listed = project()["optional-dependencies"][extra] if extra else project()["dependencies"]
    assert len({normalised(each) for each in listed}) == len(listed)
    assert not extra or not declared(extra) & declared()
