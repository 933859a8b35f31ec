"""Find everything that is wrong with a feeds.yaml, each thing with its place: once it is known that something is.

Much slower than reading a file that is right, and imported with all it needs only where one is not.
"""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aggregator.config.conflicts import conflicts
from aggregator.config.digests import DigestSettings
from aggregator.config.feeds import Categories, Defaults, FeedSettings, inherit
from aggregator.config.messages import explain, keys_at, located, unknown_key
from aggregator.config.model import Configuration
from aggregator.config.plain import Path, Plain
from aggregator.config.positions import Places, Tree, read
from aggregator.config.section import Section
from aggregator.config.syntax import Mark
from aggregator.config.wanted import unknown_wishes
from aggregator.errors import ConfigurationError, Problem

_S = TypeVar("_S", bound=Section)


def examine(text: str, *, file: str) -> Configuration:
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
    defaults = _lenient(Defaults, root.get("defaults")) or Defaults()
    categories = _lenient(_Categories, {"all": root.get("categories") or {}})
    found = {
        place: settings
        for place, feed in enumerate(feeds if isinstance(feeds, list) else ())
        if (settings := _comparable(feed))
    }
    comparable = dict(zip(found, inherit(found.values(), defaults, categories.all if categories else {}), strict=True))
    for path, message in conflicts(comparable, lambda path: places.of(path).line):
        yield places.of(path), located(path, message)
    # What feeds that can't be read have is not known, nor what those of included lists have: nothing is said to be of no feed then.
    if isinstance(feeds, list) and len(comparable) == len(feeds) and not root.get("include"):
        named = categories.all if categories else ()
        for path, message in unknown_wishes(comparable.values(), dict(_digests(root)), named=named):
            yield places.keys.get(path) or places.of(path), located(path, message)


class _Categories(Section):
    all: Categories


def _lenient(model: type[_S], said: Plain) -> _S | None:
    """Read a section; None where anything in it is wrong, which is told elsewhere."""
    try:
        return model.model_validate(said)
    except ValidationError:
        return None


def _comparable(feed: Plain) -> FeedSettings | None:
    """Read a feed without its wrong values, so that one typing mistake does not hide a duplicate until it is mended."""
    if not isinstance(feed, dict):
        return None
    right = _without_what_is_wrong(FeedSettings, feed)
    return FeedSettings.model_validate(right) if right.get("url") and feed.get("id") == right.get("id") else None


def _digests(root: dict[str, Plain]) -> Iterator[tuple[Path, DigestSettings]]:
    named = root.get("digests")
    found: list[tuple[Path, Plain]] = [(("digest",), root.get("digest"))]
    found += [(("digests", place), each) for place, each in enumerate(named if isinstance(named, list) else ())]
    for path, fields in found:
        if isinstance(fields, dict):
            wishes = {key: value for key, value in fields.items() if key in {"categories", "tags", "weights"}}
            yield path, DigestSettings.model_validate(_without_what_is_wrong(DigestSettings, wishes))


def _without_what_is_wrong(section: type[Section], fields: dict[str, Plain]) -> dict[str, Plain]:
    try:
        section.model_validate(fields)
    except ValidationError as invalid:
        wrong = {error["loc"][0] for error in invalid.errors() if error["loc"]}
        # What is wrong together with something else is one of these.
        wrong |= {"user", "password", "password_file"}
        return {key: value for key, value in fields.items() if key not in wrong}
    return fields
