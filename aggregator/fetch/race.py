"""Happy Eyeballs (RFC 8305): the first of several addresses that accepts a connection, without waiting for the dead.

An IPv6 address that nothing answers from would hold up a poll for the minutes a system takes to give up; so the next
address is tried a quarter of a second later, and at once where one refuses.
"""

import asyncio
import socket
from collections.abc import Sequence
from itertools import zip_longest

from aggregator.fetch.addresses import Address
from aggregator.fetch.dial import Dialler

STAGGER = 0.25
"""Seconds between two attempts: the "Connection Attempt Delay" that RFC 8305 section 5 recommends."""


def interleaved(addresses: Sequence[Address]) -> list[Address]:
    """Alternate the families, beginning with that of the first address; each family keeps its order (section 4)."""
    first = [address for address in addresses if address.version == addresses[0].version]
    second = [address for address in addresses if address.version != addresses[0].version]
    return [address for pair in zip_longest(first, second) for address in pair if address is not None]


async def first_connection(
    addresses: Sequence[Address], port: int, dial: Dialler, *, stagger: float = STAGGER
) -> socket.socket:
    """Connect to the first address that accepts; connections that come second are closed.

    Raises:
        OSError: none accepts; it is what the last one that answered said.
    """
    if len(addresses) == 1:
        return await dial(addresses[0], port)
    running: set[asyncio.Task[socket.socket]] = set()
    waiting = list(addresses)
    try:
        while True:
            if waiting:
                running.add(asyncio.ensure_future(dial(waiting.pop(0), port)))
            done, running = await asyncio.wait(
                running, timeout=stagger if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            if winner := _winner(done):
                return winner
            if not (running or waiting):
                return done.pop().result()
    finally:
        await _call_off(running)


def _winner(done: set[asyncio.Task[socket.socket]]) -> socket.socket | None:
    connections = [task.result() for task in done if task.exception() is None]
    for late in connections[1:]:
        late.close()
    return connections[0] if connections else None


async def _call_off(running: set[asyncio.Task[socket.socket]]) -> None:
    for task in running:
        task.cancel()
    for end in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(end, socket.socket):  # it had connected already when it was called off
            end.close()
