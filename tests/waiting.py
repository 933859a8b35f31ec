"""Waiting for what another process or thread brings about, which has no event to wait for."""

import time
from collections.abc import Callable

LONG = 60.0
"""Seconds after which a machine that is busy with something else has done what is waited for, too."""


def until(condition: Callable[[], bool], *, seconds: float = LONG, pause: float = 0.02) -> None:
    """Wait until a condition holds; it is looked at once a pause."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(pause)
