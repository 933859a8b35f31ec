"""Which configuration is in force, and whether the file has become another one: read again while the program runs.

A look costs one `stat`, so it is taken every two seconds; that also sees a file that was put in the place of the old one
(editors, `mv`), and a link that was turned to another folder (Kubernetes). A file is read when it has looked the same
twice, since some editors write into it piece by piece.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.config.model import Configuration
from aggregator.config.read import load
from aggregator.errors import ConfigurationError, Problem
from aggregator.ports import Clock

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=2)
"""Between two looks at the file."""
MOST_SHOWN = 10
"""Problems on a page."""

Mark = tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the file and what is in force stand to each other."""

    applied_at: datetime
    """When what is in force was read."""
    problems: tuple[Problem, ...] = ()
    """Of the file as it is now: as long as there are any, what was applied before stays in force. Without its folder."""
    since: datetime | None = None
    """When the file came to have problems."""
    reloads: int = 0
    """How often it was applied again."""


class InForce:
    """Watches one file.

    Args:
        path: of feeds.yaml.
        configuration: what it held at the start.
        clock: tells when something was applied.
        every: between two looks.
    """

    def __init__(self, path: Path, configuration: Configuration, clock: Clock, *, every: timedelta = EVERY) -> None:
        self._path = path
        self._clock = clock
        self._every = every.total_seconds()
        self._seen = _mark(path)
        self._is_settling = False
        self._nudged = asyncio.Event()
        self._asked = False
        self._is_stopping = False
        self.configuration = configuration
        self.wanted = configuration
        """Read, and not applied yet."""
        self.changed = asyncio.Event()
        """Set while `wanted` is another one than what is in force."""
        self.standing = Standing(applied_at=clock.now())

    def look_now(self) -> None:
        """Read the file at once, changed or not: SIGHUP."""
        self._asked = True
        self._nudged.set()

    def stop(self) -> None:
        """Let `run` end."""
        self._is_stopping = True
        self._nudged.set()

    async def run(self) -> None:
        """Look again and again until `stop`."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), self._every)
            if self._is_stopping:
                return
            self._nudged.clear()
            asked, self._asked = self._asked, False
            if asked or await self._has_settled():
                await self._read(asked=asked)

    def applied(self) -> None:
        """Take note that `wanted` is in force now."""
        self.configuration = self.wanted
        self.changed.clear()
        self.standing = Standing(applied_at=self._clock.now(), reloads=self.standing.reloads + 1)

    def apply_again(self) -> None:
        """Have what is in force applied once more: a list that it includes names other feeds."""
        self.changed.set()

    def refused(self, why: str) -> None:
        """Take note that `wanted` can't be applied; what was in force stays so until the file changes."""
        self.wanted = self.configuration
        self.changed.clear()
        self._note([Problem(self._path.name, 0, 0, why)])

    async def _has_settled(self) -> bool:
        mark = await asyncio.to_thread(_mark, self._path)
        if mark != self._seen:
            self._seen, self._is_settling = mark, True
            return False
        settled, self._is_settling = self._is_settling, False
        return settled

    async def _read(self, *, asked: bool) -> None:
        self._seen = await asyncio.to_thread(_mark, self._path)
        try:
            found = await asyncio.to_thread(load, self._path)
        except ConfigurationError as error:
            self._note([replace(problem, file=self._path.name) for problem in error.problems])
            return
        if self.standing.problems:
            logger.info("%s is right again", self._path)
            self.standing = replace(self.standing, problems=(), since=None)
        self.wanted = found
        if found != self.configuration:
            self.changed.set()
        else:
            self.changed.clear()
            if asked:
                logger.info("%s holds what is in force", self._path)

    def _note(self, problems: list[Problem]) -> None:
        self.wanted = self.configuration
        self.changed.clear()
        if tuple(problems) != self.standing.problems:
            said = "\n".join(map(str, problems[:MOST_SHOWN]))
            logger.error("%s can't be applied, and what it said before stays in force:\n%s", self._path, said)
        since = self.standing.since or self._clock.now()
        self.standing = replace(self.standing, problems=tuple(problems), since=since)


def _mark(path: Path) -> Mark:
    """Tell one state of the file from another; None where it can't be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
