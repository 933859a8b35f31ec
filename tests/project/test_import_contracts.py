"""Imports point down, each outside library has one home, and there is one way to other machines."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIALLING = {
    "connect",
    "connect_ex",
    "sock_connect",
    "open_connection",
    "create_connection",
    "create_datagram_endpoint",
    "open_unix_connection",
    "connect_tcp",
    "connect_udp",
    "urlopen",
    "HTTPConnection",
    "HTTPSConnection",
}
"""What the standard library and anyio call opening a connection."""
DIALS = {
    "aggregator/fetch/courier.py": {"connect"},  # of the guard, which judges before it lets the dialler dial
    "aggregator/fetch/dial.py": {"sock_connect"},
    "aggregator/mail.py": {"connect"},  # of aiosmtplib: the server that feeds.yaml names
}
DATABASE = "aggregator/storage/sqlite/"
"""There, a connection is one to a file."""


def test_the_import_contracts_are_kept(tmp_path: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--cache-dir", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a31_one_contract_leaves_no_other_way_to_other_machines() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = [each for each in settings["contracts"] if "guard of fetch" in each["name"]]
    assert contract["source_modules"] == ["aggregator"], "all of it, what is added later too"
    assert {"socket", "ssl", "httpx", "smtplib"} <= set(contract["forbidden_modules"])
    others = [each for each in contract["ignore_imports"] if not each.startswith("aggregator.fetch.")]
    assert len(others) == 4, "mail, workers, and the port that is listened on"


def test_a31_nothing_but_the_guard_s_dialler_opens_a_connection() -> None:
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "aggregator").rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if called in DIALLING:
                found.setdefault(name, set()).add(called)
    assert {name: calls for name, calls in found.items() if not name.startswith(DATABASE)} == DIALS
