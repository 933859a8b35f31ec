"""What every test has: no way out but loopback, and the database and server of its own that it asks for."""

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else is slow, not wrong; what must be quick is tested by name.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio: the program uses nothing else."""
    return "asyncio"
