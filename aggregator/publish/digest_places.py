"""Where digests are, and what their days are called."""

from datetime import date, datetime

from aggregator.model.digest import DAILY
from aggregator.text.dates import rfc3339


def list_path(name: str) -> str:
    """Give the path under which digests of a name are listed, and published as feeds."""
    return "digests" if name == DAILY else f"digests/{name}"


def path(name: str, day: date) -> str:
    """Give the path of a digest."""
    return f"{list_path(name)}/{day.isoformat()}"


def since_path(name: str, at: datetime) -> str:
    """Give the path, with its query, of what is new since a time: it carries all that the site has to know of a reader."""
    return f"{list_path(name)}?since={rfc3339(at)}"


def long_day(day: date) -> str:
    """Write a day for people: `Sunday, 2 September 2018`."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"
