"""Work under way, each piece of it once: whoever wants what is being brought already waits for the same.

    begin -> turn of its lane -> room among those that run -> work

A lane is a publisher: one piece of work at a time, and no room is taken while it waits. So a server that is slow holds
up its own images, not those of others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")


class Flights(Generic[T]):
    """Tasks by name. Belongs to one event loop.

    Args:
        at_once: pieces of work that run; the others wait.
        most: those that run and those that wait.
    """

    def __init__(self, *, at_once: int, most: int) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._most = most
        self._tasks: dict[str, asyncio.Task[T]] = {}
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Each stays as long as a task has it in hand."""

    def begin(self, name: str, lane: str, work: Callable[[], Awaitable[T]]) -> asyncio.Task[T] | None:
        """Give the task of this name, begun now if there is none; None where there is no room for it.

        The task goes on when who waits for it goes: wait with `asyncio.shield`.
        """
        task = self._tasks.get(name)
        if task is None:
            if len(self._tasks) >= self._most:
                return None
            task = self._tasks[name] = asyncio.create_task(self._run(name, lane, work))
        return task

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def aclose(self) -> None:
        """Drop what waits and what runs."""
        for task in self._tasks.values():
            task.cancel()
        await self.settle()

    async def _run(self, name: str, lane: str, work: Callable[[], Awaitable[T]]) -> T:
        turn = self._lanes.setdefault(lane, asyncio.Lock())
        try:
            async with turn, self._room:
                return await work()
        finally:
            self._tasks.pop(name, None)
