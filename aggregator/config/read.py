"""Read feeds.yaml: quickly where all is right, else with everything that is wrong with it at once."""

from itertools import chain
from pathlib import Path as FilePath

from pydantic import ValidationError

from aggregator.config import plain
from aggregator.config.conflicts import conflicts
from aggregator.config.model import Configuration
from aggregator.config.wanted import unknown_wishes
from aggregator.errors import ConfigurationError, Problem

MAX_BYTES = 1024 * 1024
"""Five thousand feeds of seven keys fit. As much takes 0.2 s of CPU to read, and nearly twenty times that where something in
it is wrong or unusual (see `plain`)."""


def load(path: FilePath) -> Configuration:
    """Read the configuration.

    Raises:
        ConfigurationError: the file can't be read or used; holds every problem, in the order of the file.
    """
    return parse(decoded(_content(path), path), file=str(path))


def parse(text: str, *, file: str) -> Configuration:
    """Read the configuration from text; `file` is what problems call it.

    Raises:
        ConfigurationError: it can't be used; holds every problem, in the order of the file.
    """
    configuration = _read(text)
    if configuration is None:
        # ruamel, places and messages: 20 ms of CPU that a file which is right can do without.
        from aggregator.config.examine import examine  # noqa: PLC0415 -- see above

        return examine(text, file=file)
    return configuration


def _read(text: str) -> Configuration | None:
    """Read a configuration that is right; None: it is not, or can't be read quickly."""
    try:
        configuration = Configuration.model_validate(plain.read(text))
    except ValidationError:
        return None
    contradictions = conflicts(dict(enumerate(configuration.feeds)), lambda _: 0)
    unmet = unknown_wishes(configuration.feeds, configuration.digests_by_path)
    return None if any(True for _ in chain(contradictions, unmet)) else configuration


def decoded(content: bytes, path: FilePath) -> str:
    """Read the bytes of a configuration as text.

    Raises:
        ConfigurationError: there are too many, or they are not UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise _unusable(path, "is longer than 1 MiB; is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise ConfigurationError([Problem(str(path), line, column, message)]) from error


def _content(path: FilePath) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _unusable(
            path, "no such file; name yours with --config FILE or AGGREGATOR_CONFIG, or make one: aggregator init"
        ) from error
    except OSError as error:
        raise _unusable(path, f"can't be read: {error.strerror}") from error


def _unusable(path: FilePath, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(path), 0, 0, message)])
