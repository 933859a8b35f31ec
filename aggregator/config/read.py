"""Read feeds.yaml: everything that is wrong with it at once, each with its place."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aggregator.config.conflicts import conflicts
from aggregator.config.messages import explain, keys_at, located, unknown_key
from aggregator.config.model import Configuration, FeedSettings
from aggregator.config.positions import Places, Plain, Tree, read
from aggregator.config.syntax import Mark
from aggregator.errors import ConfigurationError, Problem

MAX_BYTES = 1024 * 1024
"""Five thousand feeds of seven keys fit. As much takes about three seconds to read: 2.5 of them go into ruamel's scanner,
which is pure Python; the C parser it can use instead knows YAML 1.1 only, and words its errors otherwise."""


def load(path: FilePath) -> Configuration:
    """Read the configuration.

    Raises:
        ConfigurationError: the file can't be read or used; holds every problem, in the order of the file.
    """
    return parse(_text(path), file=str(path))


def parse(text: str, *, file: str) -> Configuration:
    """Read the configuration from text; `file` is what problems call it.

    Raises:
        ConfigurationError: it can't be used; holds every problem, in the order of the file.
    """
    tree = read(text, file=file)
    problems = list(tree.problems)
    if not tree.broken:
        try:
            configuration = _validate(tree)
        except _Invalid as invalid:
            problems += [Problem(file, mark.line, mark.column, message) for mark, message in invalid.findings]
        else:
            if not problems:
                return configuration
    raise ConfigurationError(problems)


class _Invalid(Exception):
    """The document is YAML, but no configuration."""

    def __init__(self, *findings: tuple[Mark, str]) -> None:
        self.findings = findings
        super().__init__(len(findings))


def _validate(tree: Tree) -> Configuration:
    if tree.root is None:
        raise _Invalid((Mark(1, 1), "the file is empty; it needs at least 'feeds:' and a feed below it"))
    if not isinstance(tree.root, dict):
        raise _Invalid((tree.places.of(()), "expected keys with values (site, feeds ...) at the top of the file"))
    findings = list(_contradictions(tree.root, tree.places))
    try:
        configuration = Configuration.model_validate(tree.root)
    except ValidationError as invalid:
        raise _Invalid(*findings, *(_finding(error, tree.places) for error in invalid.errors())) from invalid
    if findings:
        raise _Invalid(*findings)
    return configuration


_KEY = "[key]"
"""Ends pydantic's path of a key, where keys are free to choose."""


def _finding(error: ErrorDetails, places: Places) -> tuple[Mark, str]:
    path = error["loc"]
    match error["type"]:
        case "extra_forbidden":
            *section, key = path
            keys = keys_at(Configuration, tuple(section))
            return places.of_key(path), located(tuple(section), unknown_key(str(key), keys))
        case _ if path[-1:] == (_KEY,):
            return places.of_key(path[:-1]), located(path[:-1], explain(error))
        case "missing" if path in places.keys:
            return places.of_key(path), located(path, "has no value")
        case _:
            return places.of(path), located(path, explain(error))


def _contradictions(root: dict[str, Plain], places: Places) -> Iterator[tuple[Mark, str]]:
    feeds = root.get("feeds")
    comparable = {
        place: settings
        for place, feed in enumerate(feeds if isinstance(feeds, list) else ())
        if (settings := _comparable(feed))
    }
    for path, message in conflicts(comparable, lambda path: places.of(path).line):
        yield places.of(path), located(path, message)


def _comparable(feed: Plain) -> FeedSettings | None:
    """Read a feed without its wrong values, so that one typing mistake does not hide a duplicate until it is mended."""
    if not isinstance(feed, dict):
        return None
    try:
        return FeedSettings.model_validate(feed)
    except ValidationError as invalid:
        wrong = {error["loc"][0] for error in invalid.errors()}
    if wrong & {"url", "id"}:
        return None
    return FeedSettings.model_validate({key: value for key, value in feed.items() if key not in wrong})


def _text(path: FilePath) -> str:
    content = _content(path)
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
        raise _unusable(path, "no such file; name yours with --config FILE or AGGREGATOR_CONFIG") from error
    except OSError as error:
        raise _unusable(path, f"can't be read: {error.strerror}") from error


def _unusable(path: FilePath, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(path), 0, 0, message)])
