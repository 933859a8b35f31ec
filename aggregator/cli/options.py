"""What every command is given: where the configuration and the database are."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aggregator.config.model import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The two files a command works on."""

    config: Path
    database: Path

    def __post_init__(self) -> None:
        if str(self.database) == ":memory:":
            raise click.UsageError("--database needs a file: what is kept in memory alone would be lost")

    def file(self) -> "Configuration":
        """Read feeds.yaml alone.

        Raises:
            ConfigurationError: it can't be used; carries every problem.
        """
        from aggregator.config.read import load  # noqa: PLC0415 -- pydantic takes 0.1 s of CPU, which `--help` can do without

        return load(self.config)

    def configuration(self) -> "Configuration":
        """Read feeds.yaml, with the feeds of lists that it includes, as the database has kept them.

        Raises:
            ConfigurationError: it can't be used; carries every problem.
        """
        configuration = self.file()
        if not configuration.include or not self.database.exists():
            return configuration
        # In a thread: some commands read feeds.yaml while an event loop of their own runs.
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(asyncio.run, self._including(configuration)).result()

    async def _including(self, configuration: "Configuration") -> "Configuration":
        from aggregator import bootstrap  # noqa: PLC0415 -- 0.2 s of CPU that files which include no list can do without
        from aggregator.list_parts import including  # noqa: PLC0415 -- likewise

        async with bootstrap.open_store(self.database) as store:
            return await including(configuration, store)


pass_place = click.make_pass_decorator(Place)
