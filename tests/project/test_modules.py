"""Shape of the code: small modules, named for what they hold, and packages that import nothing."""

import ast
from pathlib import Path

import pytest

from tests.project.repository import ROOT, files

SHAPELESS = {"utils", "util", "common", "helpers", "helper", "core", "manager", "misc"}
LONGEST = 300


def modules(*under: str) -> list[Path]:
    return [file for file in files() if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in under]


def test_every_package_is_a_docstring_and_imports_nothing() -> None:
    wrong = []
    for file in modules("aggregator"):
        if file.name == "__init__.py":
            tree = ast.parse(file.read_text(encoding="utf-8"))
            if ast.get_docstring(tree) is None or len(tree.body) != 1:
                wrong.append(str(file.relative_to(ROOT)))
    assert wrong == []


def test_every_directory_of_modules_is_a_package() -> None:
    directories = {file.parent for file in modules("aggregator")}
    assert [str(directory) for directory in directories if not (directory / "__init__.py").exists()] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in modules("aggregator")
        if ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_a_module_is_named_for_what_it_holds() -> None:
    named = {part for file in modules("aggregator", "tests") for part in file.relative_to(ROOT).with_suffix("").parts}
    assert named & SHAPELESS == set()


def test_a_module_that_outgrows_its_topic_is_split() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in modules("aggregator")
    }
    too_long = {name: length for name, length in lengths.items() if length > LONGEST}
    if too_long:
        pytest.fail(f"over {LONGEST} lines, so probably on more than one topic; split them: {too_long}")
