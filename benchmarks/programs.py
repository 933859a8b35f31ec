"""The programs that are compared: how each is set up, started, and asked what it stored."""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

OURS: Final = "aggregator"
OURS_UNGROUPED: Final = "aggregator --no-group"
READER: Final = "reader"
PLAIN: Final = "plain loop"

PACKAGES: Final = ("reader[cli]==3.26", "sgmllib3k", "feedparser>=6.0.14,<7", "httpx>=0.28,<0.29")
"""What the rivals need. reader 3.26 has feedparser within it, and that imports `sgmllib`, which it counts on the
feedparser of the package index to bring along; 6.0.14 no longer does."""
_MODULES: Final = ("reader._cli", "reader._parser.feedparser", "feedparser", "httpx")


class Program(Protocol):
    """A feed reader under test. `folder` is its own, empty before `prepare`."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        ...

    def prepare(self, folder: Path, addresses: Sequence[str]) -> None:
        """Make these feeds known to it; not measured."""
        ...

    def command(self, folder: Path) -> list[str]:
        """Give the command that polls every feed once."""
        ...

    def entries(self, folder: Path) -> int:
        """Count what it has stored."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregator:
    """This program, with pacing off and loopback allowed: two documented settings."""

    group: bool

    @property
    def name(self) -> str:
        """What the table calls it."""
        return OURS if self.group else OURS_UNGROUPED

    def prepare(self, folder: Path, addresses: Sequence[str]) -> None:
        """Write its feeds.yaml."""
        feeds = "".join(f"  - url: {address}\n" for address in addresses)
        settings = "polling:\n  host_gap: 0s\n  allow_networks: [127.0.0.0/8]\n"
        (folder / "feeds.yaml").write_text(f"{settings}feeds:\n{feeds}", encoding="ascii")

    def command(self, folder: Path) -> list[str]:
        """Give the command, as a person types it."""
        files = ("--config", str(folder / "feeds.yaml"), "--database", str(folder / "aggregator.db"))
        script = str(Path(sys.executable).with_name("aggregator"))
        return [script, *files, "poll", "--all", *(() if self.group else ("--no-group",))]

    def entries(self, folder: Path) -> int:
        """Count what it has stored."""
        return _count(folder / "aggregator.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """lemon24/reader by its own command line, everything at its default but the workers."""

    python: Path

    @property
    def name(self) -> str:
        """What the table calls it."""
        return READER

    def prepare(self, folder: Path, addresses: Sequence[str]) -> None:
        """Add the feeds through its API: a command a feed would take minutes."""
        (folder / "addresses.txt").write_text("\n".join(addresses), encoding="ascii")
        script = (
            "import sys, reader; r = reader.make_reader(sys.argv[1]); "
            "[r.add_feed(url) for url in open(sys.argv[2]).read().split()]; r.close()"
        )
        database, listed = str(folder / "reader.db"), str(folder / "addresses.txt")
        subprocess.run([str(self.python), "-c", script, database, listed], check=True)

    def command(self, folder: Path) -> list[str]:
        """Give the command. Since 3.21 it polls what its schedule says; `--no-scheduled` is our `--all`."""
        place = ("--db", str(folder / "reader.db"))
        return [str(self.python), "-m", "reader", *place, "update", "--no-scheduled", "--workers", "16"]

    def entries(self, folder: Path) -> int:
        """Count what it has stored."""
        return _count(folder / "reader.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLoop:
    """`benchmarks/plain_loop.py`."""

    python: Path

    @property
    def name(self) -> str:
        """What the table calls it."""
        return PLAIN

    def prepare(self, folder: Path, addresses: Sequence[str]) -> None:
        """Write the addresses down."""
        (folder / "addresses.txt").write_text("\n".join(addresses), encoding="ascii")

    def command(self, folder: Path) -> list[str]:
        """Give the command."""
        script = Path(__file__).with_name("plain_loop.py")
        return [str(self.python), str(script), str(folder / "plain.db"), str(folder / "addresses.txt")]

    def entries(self, folder: Path) -> int:
        """Count what it has stored."""
        return _count(folder / "plain.db")


def _count(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        count: int = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    return count


def python_with_reader(given: Path | None, folder: Path) -> Path | None:
    """Find a Python that has `reader` and what the plain loop needs: the one given, else a new environment.

    None where it can't be installed (no network, for instance).
    """
    if given is not None:
        return given if _imports(given) else None
    place = folder / "rivals"
    python = place / "bin" / "python"
    steps = ([sys.executable, "-m", "venv", str(place)], [str(python), "-m", "pip", "install", "--quiet", *PACKAGES])
    installed = all(subprocess.run(step, check=False, stdout=subprocess.DEVNULL).returncode == 0 for step in steps)
    return python if installed and _imports(python) else None


def _imports(python: Path) -> bool:
    step = [str(python), "-c", f"import {', '.join(_MODULES)}"]
    try:
        return subprocess.run(step, check=False, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False
