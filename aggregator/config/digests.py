"""What feeds.yaml may say of digests."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field

from aggregator.config.fields import Line, MailAddress, Switch, quoted, typed
from aggregator.config.nearest import did_you_mean
from aggregator.config.section import Section
from aggregator.model.digest import DAILY, DigestPlan

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `datetime.weekday()`."""
_NAME = re.compile(r"[a-z0-9-]{0,39}[a-z][a-z0-9-]{0,39}")
_TAKEN = frozenset({"today"})
"""`/digests/today` is the running day."""
_LONGEST = 40
_WEIGHT = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?")
_MOST = 10.0


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"{quoted(text)} is not a time of the day; write one like 06:00 or 18:30")
    return time(int(found[1]), int(found[2]))


def _weekday(text: str) -> int:
    name = text.lower()
    if name not in _WEEKDAYS:
        nearest = did_you_mean(name, _WEEKDAYS) or "; write one like monday, or leave it out for every day"
        raise ValueError(f"{quoted(text)} is not a day of the week{nearest}")
    return _WEEKDAYS.index(name)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or len(text) > _LONGEST:
        raise ValueError(f"{quoted(text)} is not a name; write up to {_LONGEST} of a-z, 0-9 and -, one letter at least")
    if text == DAILY:
        raise ValueError(f"{quoted(text)} is the digest that 'digest:' describes; give this one another name")
    if text in _TAKEN:
        raise ValueError(f"{quoted(text)} is the address of the running day; give this one another name")
    return text


def _weight(text: str) -> float:
    if not _WEIGHT.fullmatch(text) or float(text) > _MOST:
        raise ValueError(f"{quoted(text)} is not a weight; write a number from 0 to {_MOST:g}, such as 1.5")
    return float(text)


def _named_differently(digests: tuple["NamedDigestSettings", ...]) -> tuple["NamedDigestSettings", ...]:
    for name, count in Counter(digest.name for digest in digests).items():
        if count > 1:
            raise ValueError(f"{quoted(name)} is the name of {count} of them; names must differ")
    return digests


Daytime = Annotated[time, typed(_time)]
Weight = Annotated[float, typed(_weight)]
MORNING = DigestPlan().at


class DigestSettings(Section):
    """The daily digest."""

    enabled: Switch = True
    title: Line | None = None
    """None: the site's."""
    time: Daytime = MORNING
    """When its period ends, in the site's time zone."""
    weekday: Annotated[int, typed(_weekday)] | None = None
    """None: every day."""
    categories: tuple[Line, ...] = ()
    tags: tuple[Line, ...] = ()
    recipients: tuple[MailAddress, ...] = ()
    weights: Mapping[Line, Weight] = Field(default_factory=dict)
    """By category; 1 where it isn't named."""

    def to_plan(self, name: str, spelling: Mapping[str, str], weights: Mapping[str, float]) -> DigestPlan:
        """Fill in the defaults.

        Args:
            name: of the digest.
            spelling: how feeds.yaml spells a category first, by its folded name.
            weights: of categories of which the digest says nothing.
        """
        return DigestPlan(
            name=name,
            title=self.title or "",
            at=self.time,
            weekday=self.weekday,
            categories=_spelt(self.categories, spelling),
            tags=tuple(dict.fromkeys(self.tags)),
            recipients=tuple(dict.fromkeys(self.recipients)),
            weights={
                spelling.get(name.casefold(), name): weight for name, weight in {**weights, **self.weights}.items()
            },
        )


class NamedDigestSettings(DigestSettings):
    """One item under `digests`."""

    name: Annotated[str, typed(_name)]


NamedDigests = Annotated[tuple[NamedDigestSettings, ...], AfterValidator(_named_differently)]


def plans(
    digest: DigestSettings,
    digests: Iterable[NamedDigestSettings],
    spelling: Mapping[str, str],
    weights: Mapping[str, float],
) -> tuple[DigestPlan, ...]:
    """Give what is ordered, the daily digest first; `weights` are those that `categories` says."""
    named = [(DAILY, digest), *((each.name, each) for each in digests)]
    return tuple(settings.to_plan(name, spelling, weights) for name, settings in named if settings.enabled)


def _spelt(categories: Sequence[str], spelling: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spelling.get(name.casefold(), name) for name in categories))
