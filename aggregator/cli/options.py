"""What every command is given: where the configuration and the database are."""

from dataclasses import dataclass
from pathlib import Path

import click

from aggregator.config.model import Configuration
from aggregator.config.read import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The two files a command works on."""

    config: Path
    database: Path

    def __post_init__(self) -> None:
        if str(self.database) == ":memory:":
            raise click.UsageError("--database needs a file: what is kept in memory alone would be lost")

    def configuration(self) -> Configuration:
        """Read feeds.yaml.

        Raises:
            ConfigurationError: it can't be used; carries every problem.
        """
        return load(self.config)


pass_place = click.make_pass_decorator(Place)
