"""Servers of tests on a loop of their own in another thread, for tests that can't await."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

S = TypeVar("S", bound=AbstractAsyncContextManager[object])


@contextlib.contextmanager
def in_thread(server: S, *, name: str) -> Iterator[S]:
    """Run a server as long as the block lasts; `name` is that of its thread."""
    started, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        async with server:
            loops.append(asyncio.get_running_loop())
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name=name)
    thread.start()
    try:
        if not started.wait(timeout=10):
            raise TimeoutError(f"the {name} did not start within 10 s")
        yield server
    finally:
        for loop in loops:
            loop.call_soon_threadsafe(stop.set)
        thread.join()
