"""Put together what asks for the subscription lists that feeds.yaml includes; `bootstrap` does the rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.fetch_parts import fetcher, pacing
from aggregator.ports import Store

if TYPE_CHECKING:
    from aggregator.services.lists import Lists


async def including(configuration: Configuration, store: Store) -> Configuration:
    """Give the configuration with the feeds of the lists that it includes, as they were kept last."""
    if not configuration.include:
        return configuration
    # 30 ms of CPU for reading lists that a file without them can do without.
    from aggregator.config.included import with_lists  # noqa: PLC0415 -- see above
    from aggregator.services.lists import kept_lists  # noqa: PLC0415 -- see above

    return with_lists(configuration, await kept_lists(store, configuration.include))


@asynccontextmanager
async def open_lists(configuration: Configuration, store: Store) -> AsyncIterator["Lists"]:
    """Open what asks for the lists that feeds.yaml includes."""
    from aggregator.services.lists import Lists  # noqa: PLC0415 -- see `including`

    fetching = fetcher(configuration, pacing(configuration))
    try:
        yield Lists(store, fetching, SystemClock(), configuration.include)
    finally:
        await fetching.aclose()
