"""Opening a TCP connection to an address that was judged: the one place that does."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from aggregator.fetch.addresses import Address

Dialler = Callable[[Address, int], Awaitable[socket.socket]]
"""Connects to a port of an address; the socket does not block. Raises OSError."""

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


async def dial(address: Address, port: int) -> socket.socket:
    """Connect, for real."""
    connection = socket.socket(_FAMILIES[address.version], socket.SOCK_STREAM)
    try:
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, (str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection
