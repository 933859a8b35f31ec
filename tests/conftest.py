"""What every test has: no way out but loopback, and the database and server of its own that it asks for."""

from typing import Final

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else is slow, not wrong; what must be quick is tested by name.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

FEW: Final = 40
"""Examples of a law in a run without slow tests. Most mistakes show within these; the rest is what `make check` tries them all for:
with all of them the laws took 40 of the 260 s of CPU that `make test` did."""
_SETTINGS: Final = "_hypothesis_internal_use_settings"
"""Where hypothesis keeps what `@settings` said of a test; its own pytest plugin reads it there. A profile can't do this: it loses to the decorator."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Try laws on fewer examples where slow tests are left out."""
    if config.getoption("markexpr") != "not slow":
        return
    for item in items:
        test = getattr(item, "obj", None)
        said = getattr(test, _SETTINGS, None)
        if isinstance(test, object) and isinstance(said, settings) and said.max_examples > FEW:
            setattr(getattr(test, "__func__", test), _SETTINGS, settings(said, max_examples=FEW))


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio: the program uses nothing else."""
    return "asyncio"
