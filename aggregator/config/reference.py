"""The tables of docs/configuration.md, made of what the settings are: `make docs` puts them there."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from aggregator.config.access import SiteAccess
from aggregator.config.care import Care
from aggregator.config.digests import DigestSettings, NamedDigestSettings
from aggregator.config.feeds import CategorySettings, Defaults, FeedSettings, RetentionSettings, RuleSettings
from aggregator.config.mail import Mail
from aggregator.config.meanings import MEANINGS
from aggregator.config.model import Configuration, Copies, Media, Metrics, Polling, Site, Stories

SECTIONS: Final[Mapping[str, type[BaseModel]]] = {
    "site": Site,
    "polling": Polling,
    "copies": Copies,
    "stories": Stories,
    "media": Media,
    "access": SiteAccess,
    "metrics": Metrics,
    "care": Care,
    "mail": Mail,
    "digest": DigestSettings,
    "digests": NamedDigestSettings,
    "defaults": Defaults,
    "categories": CategorySettings,
    "feeds": FeedSettings,
    "rules": RuleSettings,
    "retention": RetentionSettings,
}
"""By the name of their table; the last two stand within others."""

_HEADINGS: Final = {"rules": "keep and mute"}
_ROW: Final = re.compile(r"`(\w+)` \| (.*?) \| (.*?) \| (.*)")
_TABLE: Final = re.compile(r"\| key \| kind \| default \| meaning \|\n\| --- \| --- \| --- \| --- \|\n(?:\|.*\|\n)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key, as people are told of it."""

    key: str
    kind: str
    default: str
    meaning: str

    def __str__(self) -> str:
        return f"| `{self.key}` | {self.kind} | {self.default} | {self.meaning} |"


@cache
def settings(section: str) -> tuple[Setting, ...]:
    """List the settings of a section in the order in which they are told; "": of the top of the file."""
    own = tuple(_read(line) for line in MEANINGS.get("" if section == "include" else section, "").strip().splitlines())
    if section not in {"defaults", "categories"}:
        return own
    known = SECTIONS[section].model_fields.keys() - {each.key for each in own}
    inherited = (each for each in settings("feeds") if each.key in known)
    return (*own, *(replace(each, meaning="As of a [feed](#feeds).") for each in inherited))


def _read(line: str) -> Setting:
    found = _ROW.fullmatch(line)
    if found is None:
        raise ValueError(f"no row of a setting: {line!r}")
    key, kind, default, meaning = found.groups()
    return Setting(key=key, kind=kind, default=default, meaning=meaning)


def described(document: str) -> str:
    """Put the tables into a document, each below the heading of its section."""
    for section in (*SECTIONS, "include"):
        heading = re.search(rf"^##+ {_HEADINGS.get(section, section)}$", document, re.MULTILINE | re.IGNORECASE)
        if heading is None:
            raise ValueError(f"no heading for {section!r}")
        before, after = document[: heading.end()], document[heading.end() :]
        document = before + _TABLE.sub(lambda _, name=section: table(name), after, count=1)  # type: ignore[misc]
    return document


def table(section: str) -> str:
    """Give the table of a section as Markdown."""
    head = "| key | kind | default | meaning |\n| --- | --- | --- | --- |\n"
    return head + "".join(f"{each}\n" for each in settings(section))


def top_level() -> frozenset[str]:
    """Give the keys at the top of the file."""
    return frozenset(Configuration.model_fields)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(described(path.read_text(encoding="utf-8")), encoding="utf-8")
