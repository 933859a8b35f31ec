"""The wheel that `pip install .` makes: complete, and a command in a fresh environment."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.project.repository import ROOT, files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of the project's files alone, as a fresh clone has them; needs no network."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for file in files():
        copy = source / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(target)]
    run(sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(source))
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel beside the packages that run these tests, in an environment of its own."""
    place = tmp_path_factory.mktemp("venv")
    venv.create(place, with_pip=False, symlinks=True)
    (packages,) = place.glob("lib/python*/site-packages")
    options = ["--no-deps", "--no-index", "--ignore-installed"]
    run(sys.executable, "-m", "pip", "--python", str(place), "install", "--quiet", *options, str(wheel))
    # After our own: what is looked up first there is the wheel's package, then the locked ones of this environment.
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return place


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    wanted = {file.relative_to(ROOT).as_posix() for file in files() if file.relative_to(ROOT).parts[0] == "aggregator"}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted


def test_the_installed_command_and_the_module_are_one_program(environment: Path, tmp_path: Path) -> None:
    command = run(environment / "bin" / "aggregator", "--help", cwd=tmp_path)
    module = run(environment / "bin" / "python", "-m", "aggregator", "--help", cwd=tmp_path)
    assert command.startswith("Usage: aggregator")
    assert module.replace("python -m aggregator", "aggregator") == command


def test_the_installed_program_is_the_wheels_own(environment: Path, tmp_path: Path) -> None:
    where = run(environment / "bin" / "python", "-c", "import aggregator; print(aggregator.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(environment)
