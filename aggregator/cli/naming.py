"""Which feed a person means who gives its id to a command."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aggregator.cli.options import Place
from aggregator.config.nearest import did_you_mean
from aggregator.errors import UserError
from aggregator.model.ids import FeedId

if TYPE_CHECKING:
    from aggregator.config.model import Configuration


def named_ids(place: Place, configuration: "Configuration", names: Sequence[str]) -> list[FeedId]:
    """Find the ids that people name, each once, in their order.

    Raises:
        UserError: feeds.yaml has no feed to poll, none of that id, or has switched it off.
    """
    known = {feed.id for feed in configuration.enabled_feeds()}
    if not known:
        raise UserError(f"{place.config}: names no feed to poll; add one under `feeds:`")
    for name in names:
        if name not in known:
            raise UserError(_disabled(place, configuration, name) or unknown(configuration, name))
    return [FeedId(name) for name in dict.fromkeys(names)]


def _disabled(place: Place, configuration: "Configuration", name: str) -> str:
    """Say where the feed is switched off; empty where feeds.yaml has no such feed at all."""
    for number, settings in enumerate(configuration.feeds):
        if settings.feed_id == name and not settings.enabled:
            where = _place(place, number)
            return f"{where}: the feed {name!r} has `enabled: false`; take that out, and it is polled again"
    return ""


def unknown(configuration: "Configuration", name: str) -> str:
    """Say that no feed has this id, and which was probably meant."""
    nearest = did_you_mean(name, [settings.feed_id for settings in configuration.feeds])
    return f"no feed has the id {name!r}{nearest or ';'} `aggregator feeds list` shows every id"


def _place(place: Place, number: int) -> str:
    """Find where a feed is switched off: `feeds.yaml:12:14`."""
    from aggregator.config.positions import read  # noqa: PLC0415 -- ruamel takes 40 ms that nobody needs who names it right

    name = str(place.config)
    try:
        mark = read(place.config.read_text(encoding="utf-8-sig"), file=name).places.of(("feeds", number, "enabled"))
    except (OSError, UnicodeDecodeError):  # it changed since it was read; the name alone is still right
        return name
    return f"{name}:{mark.line}:{mark.column}"
