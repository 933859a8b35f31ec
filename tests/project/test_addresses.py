"""No file says where packages come from or where somebody's checkout lies: both differ from machine to machine."""

import os
import re
import subprocess
import sys

from tests.project.repository import texts

INDEX = re.compile(r"(?:pypi|pythonhosted|npmjs|crates)\.(?:org|com|io)|//[^\s\"']+/simple/?\b")
MACHINE_PATH = re.compile(r"(?<![\w.~)}-])/(?:(?:work|farm|root|mnt)/|(?:home|Users)/(?!me\b))")
"""In examples, people are called "me"."""


def test_no_file_holds_the_address_of_a_package_index() -> None:
    assert {name: found[0] for name, text in texts().items() if (found := INDEX.search(text))} == {}


def test_no_file_holds_the_index_that_this_machine_installs_from() -> None:
    settings = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    environment = "\n".join(value for key, value in os.environ.items() if key.startswith(("PIP_", "UV_")))
    hosts = set(re.findall(r"https?://(?:[^@/\s']*@)?([^/\s':]+)", f"{settings.stdout}\n{environment}"))
    assert {name: host for name, text in texts().items() for host in hosts if host in text} == {}


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    assert {name: found[0] for name, text in texts().items() if (found := MACHINE_PATH.search(text))} == {}
