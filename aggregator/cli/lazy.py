"""Commands whose modules are imported when one of them is called.

So what one command needs costs the others nothing: the web server alone takes 0.3 s of CPU to import, and a poll of 2,000
feeds that answer 304 is to cost 1.2 ms a feed in all. click documents a subclass of `Group` for this ("Lazily Loading
Subcommands"); a mapping is less, and leaves click what it uses beside `get_command`, such as guessing a misspelt name.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click


class LazyCommands(MutableMapping[str, click.Command]):
    """The commands of a group by name.

    Args:
        places: where each is defined, as "module:attribute".
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._commands: dict[str, click.Command | str] = dict(places)

    def __getitem__(self, name: str) -> click.Command:
        command = self._commands[name]
        if isinstance(command, str):
            module, _, attribute = command.partition(":")
            command = self._commands[name] = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 -- places are literals of this package
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)
