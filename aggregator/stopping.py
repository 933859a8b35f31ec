"""Ctrl-C and SIGTERM: the first finishes what runs, the second stops at once."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

SIGNALS = (signal.SIGINT, signal.SIGTERM)

GRACE = timedelta(seconds=15)
"""How long polls that run may take to finish after the first signal; what takes longer is given back unpolled. Giving back and
closing come after it, and the whole is to end within 20 seconds."""


@dataclass(slots=True)
class Stopping:
    """What signals have asked for so far."""

    exit_code: int | None = None
    """128 and the number of the first signal, as shells have it: 130 for Ctrl-C, 143 for SIGTERM; None before it."""


def on_signals(finish: Callable[[], None], stop: Callable[[], object]) -> Stopping:
    """Call `finish` at the first signal and `stop` at the second; a third ends the process as if nobody caught it.

    For the event loop that runs, and as long as it does.
    """
    loop, stopping = asyncio.get_running_loop(), Stopping()

    def caught(number: int) -> None:
        if stopping.exit_code is None:
            stopping.exit_code = 128 + number
            finish()
            return
        for name in SIGNALS:
            loop.remove_signal_handler(name)
        stop()

    for name in SIGNALS:
        loop.add_signal_handler(name, partial(caught, name))
    return stopping


async def until(work: Awaitable[None], event: Awaitable[object], *, stop: Callable[[], None]) -> None:
    """Do some work; stop it, and wait for its end, when something happens."""
    running, happening = asyncio.ensure_future(work), asyncio.ensure_future(event)
    try:
        await asyncio.wait({running, happening}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            stop()
        await running
    finally:
        running.cancel()
        happening.cancel()
        await asyncio.gather(running, happening, return_exceptions=True)
