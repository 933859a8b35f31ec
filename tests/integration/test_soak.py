"""A soak of half a minute: the script runs, breaks no rule, and draws; `python -m benchmarks.soak` goes on for as long as is wanted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_soak_of_half_a_minute_breaks_no_rule_and_draws_its_course(tmp_path: Path) -> None:
    options = ("--minutes=0.4", "--feeds=80", "--faults=30", "--hurry", f"--picture={tmp_path / 'soak.svg'}")
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=400,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "entries lost, of " in run.stdout
    assert " 0 kills" not in run.stdout
    assert (tmp_path / "soak.svg").read_text().count("<polyline") == 5 * 4
