"""The contract of `ports.Store`: every test here runs against every implementation."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from aggregator.ports import Store
from tests.blank import open_blank

Opening = Callable[[Path], Awaitable[Store]]

IMPLEMENTATIONS: dict[str, Opening] = {
    "sqlite": lambda folder: open_blank(folder / "aggregator.db"),
}


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def store(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    store = await IMPLEMENTATIONS[request.param](tmp_path)
    yield store
    await store.aclose()
