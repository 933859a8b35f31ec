"""What belongs to the project: the files that git knows or would add."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def files() -> list[Path]:
    """List the files of the project, new ones included; ignored ones are no part of it."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in sorted(set(listing.split("\0"))) if name and (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    """Give the text of every file by its name."""
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8", errors="replace") for file in files()}
