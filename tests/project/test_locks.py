"""Lock files say what is installed, byte for byte, and nothing of where from."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,._-]+\])?==[A-Za-z0-9.!+_-]+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;]+)", text, re.MULTILINE))


def name(requirement: str) -> str:
    """Give the normalised name of "Ruamel.YAML>=0.18" (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]).lower()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_holds_names_versions_and_hashes_only(lock: Path) -> None:
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not REQUIREMENT.fullmatch(line) and not HASH.fullmatch(line)] == []


def test_a_package_that_another_asks_for_with_extras_is_locked_with_them() -> None:
    # pip 23, which comes with Python 3.11, takes a pin of `coverage` for none of `coverage[toml]`: nothing could be installed from the
    # day on that a newer one was published.
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    asked = {
        (name(requirement), extras[1])
        for package in locked("requirements-dev.lock")
        for requirement in (requires(package) or [])
        if "extra ==" not in requirement and (extras := re.match(r"[A-Za-z0-9._-]+\[([^\]]+)\]", requirement))
    }
    assert asked
    assert {(package, extras) for package, extras in asked if f"\n{package}[{extras}]==" not in text} == set()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_hash(lock: Path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
    requirements = [block for block in blocks if "==" in block]
    assert requirements
    assert [block.split()[0] for block in requirements if "--hash=sha256:" not in block] == []


def test_every_dependency_is_locked() -> None:
    names = {name(requirement) for requirement in project()["project"]["dependencies"]}
    assert names - {name(package) for package in locked("requirements.lock")} == set()


def test_every_development_dependency_is_locked() -> None:
    extras = project()["project"]["optional-dependencies"]["dev"]
    names = {name(requirement) for requirement in extras}
    assert names - {name(package) for package in locked("requirements-dev.lock")} == set()


def test_what_builds_the_package_is_locked() -> None:
    names = {name(requirement) for requirement in project()["build-system"]["requires"]}
    assert names - {name(package) for package in locked("requirements-build.lock")} == set()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_what_is_tested_is_what_runs(lock: str) -> None:
    development = locked("requirements-dev.lock")
    assert {package: version for package, version in locked(lock).items() if development.get(package) != version} == {}


def test_extras_come_beside_what_is_tested_without_changing_it() -> None:
    extras, development = locked("requirements-extras.lock"), locked("requirements-dev.lock")
    assert {package: extras.get(package) for package in development} == development


def test_every_extra_is_locked() -> None:
    optional = project()["project"]["optional-dependencies"]
    names = {name(requirement) for extra in optional.values() for requirement in extra}
    assert names - {name(package) for package in locked("requirements-extras.lock")} == set()
