"""Ways from one front page, or page of a category, to another: of another window, of another category. Plain links."""

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.publish.site import category_path
from aggregator.services.read_front import USUAL_WINDOW, WINDOWS

_SPOKEN = {"24h": "24 hours", "3d": "3 days", "7d": "7 days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Another page, a link away."""

    name: str
    address: str
    """Path and query, without leading slash."""
    is_chosen: bool
    is_category: bool = False
    """Whether `name` is a publisher's word, of whatever language."""


def windows(window: str | None, category: str | None) -> list[Way]:
    """List what top stories can be chosen from, for the category that is shown; None: the front page.

    Args:
        window: as the request names it; None: it names none.
        category: by its name.
    """
    chosen = _window(window)
    return [
        Way(name=spoken, address=address(category, name), is_chosen=WINDOWS[name] == chosen)
        for name, spoken in _SPOKEN.items()
    ]


def subjects(categories: Sequence[str], window: str | None, category: str | None) -> list[Way]:
    """List all categories, and each of them, for the window that is shown; empty for the usual one: every page's head leads to those."""
    if _window(window) == USUAL_WINDOW:
        return []
    every = Way(name="All", address=address(None, window), is_chosen=category is None)
    return [
        every,
        *(
            Way(name=name, address=address(name, window), is_chosen=name == category, is_category=True)
            for name in categories
        ),
    ]


def address(category: str | None, window: str | None) -> str:
    """Give the address of a page; what is usual is left out, so that every page has one address."""
    path = category_path(category) if category is not None else ""
    return path if _window(window) == USUAL_WINDOW else f"{path}?window={window}"


def _window(name: str | None) -> object:
    return USUAL_WINDOW if name is None else WINDOWS[name]
