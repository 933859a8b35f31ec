"""Which story and which entries a person means who names them to a command."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import bootstrap
from aggregator.cli.options import Place
from aggregator.config.nearest import did_you_mean
from aggregator.errors import InputError, UserError
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import PublishedStory
from aggregator.services.read import Reader
from aggregator.services.read_stories import Moved

if TYPE_CHECKING:
    from aggregator.config.model import Configuration

_NUMBERED = re.compile(r"(?:.*/(stories|entries)/)?([0-9]{1,18})")
"""A number, or an address that ends in one: people copy those from pages."""


def story_number(text: str) -> StoryId:
    """Read the number of a story.

    Raises:
        InputError: it is none.
    """
    return StoryId(_number(text, "stories", "a story"))


def entry_number(text: str) -> EntryId:
    """Read the number of an entry.

    Raises:
        InputError: it is none.
    """
    return EntryId(_number(text, "entries", "an entry"))


def _number(text: str, kind: str, called: str) -> int:
    found = _NUMBERED.fullmatch(text)
    if found is None or found[1] not in {None, kind}:
        raise InputError(f"{text[:80]!r} is not the number of {called}; expected one such as 17")
    return int(found[2])


def story_database(place: Place) -> Path:
    """Give the database.

    Raises:
        UserError: there is none yet.
    """
    if not place.database.exists():
        raise UserError(f"{place.database}: there is no database yet; `aggregator poll` makes it and fills it")
    return place.database


def known_category(configuration: "Configuration", name: str) -> str:
    """Find a category of feeds.yaml, in its spelling.

    Raises:
        UserError: no feed is of that category.
    """
    known = {feed.category.casefold(): feed.category for feed in configuration.enabled_feeds()}
    if name.casefold() in known:
        return known[name.casefold()]
    nearest = did_you_mean(name, list(known.values())) or f"; there is {', '.join(known.values()) or 'none'}"
    raise UserError(f"no feed is of the category {name!r}{nearest}")


async def whole_story(place: Place, story_id: StoryId) -> PublishedStory:
    """Read a story with what is related to it.

    Raises:
        UserError: there is no such story, or it has become another one.
    """
    async with bootstrap.open_store(story_database(place)) as store:
        found = await Reader(store).story(story_id)
    if isinstance(found, Moved):
        raise InputError(f"story {story_id} has merged into story {found.to}; name that one")
    if found is None:
        raise InputError(f"there is no story {story_id} to show; `aggregator stories list` shows what there is")
    return found.published
