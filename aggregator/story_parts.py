"""Put together what groups entries into stories. Used by `bootstrap`, and by commands that rule on stories or explain them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.config.model import Configuration
from aggregator.errors import InputError
from aggregator.ports import Store
from aggregator.services.grouping import Grouping, OnPlaced, nobody_waits

if TYPE_CHECKING:
    from aggregator.stories.vectors import Vectors


def grouping(
    configuration: Configuration,
    store: Store,
    *,
    on_placed: OnPlaced,
    is_quiet: Callable[[], bool] = nobody_waits,
) -> Grouping:
    """Put together what groups new entries; `on_placed` is told of each transaction, `is_quiet` tells that nobody waits for a page."""
    return Grouping(
        store,
        window=configuration.copies.window,
        settings=configuration.stories.settings,
        vectors=story_vectors(configuration),
        on_placed=on_placed,
        is_quiet=is_quiet,
    )


def story_vectors(configuration: Configuration) -> "Callable[[], Vectors] | None":
    """Give what loads the model that feeds.yaml names; None where it names none, or asks for nothing of it.

    Raises:
        InputError: there is no such folder; what else may be wrong with a model shows when it is loaded.
    """
    stories = configuration.stories
    if stories.embeddings is None or not stories.embeddings_share:
        return None
    if not stories.embeddings.is_dir():
        raise InputError(
            f"stories.embeddings: '{stories.embeddings}' is not a folder; it names a model on this machine"
        )
    return partial(_load_vectors, stories.embeddings, stories.embeddings_share)


def _load_vectors(folder: Path, share: float) -> "Vectors":
    from aggregator.embeddings import load  # noqa: PLC0415 -- for who has entries to group, and a model

    return load(folder, share=share)
