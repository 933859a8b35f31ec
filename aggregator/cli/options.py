"""What every command is given: where the configuration and the database are."""

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

    def configuration(self) -> "Configuration":
        """Read feeds.yaml.

        Raises:
            ConfigurationError: it can't be used; carries every problem.
        """
        from aggregator.config.read import load  # noqa: PLC0415 -- pydantic takes 0.1 s of CPU, which `--help` can do without

        return load(self.config)


pass_place = click.make_pass_decorator(Place)
