"""Names to addresses, on threads of its own.

The loop's default executor has six threads on a machine of two cores: a few names whose servers do not answer would
hold up every other feed's look-up until its time is over.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from aggregator.fetch.addresses import Address

THREADS = 32

Resolver = Callable[[str, int], Awaitable[list[Address]]]
"""Every address of a name, best first, for a TCP connection to a port. Raises OSError or UnicodeError."""


class SystemResolver:
    """Asks the operating system, which also reads /etc/hosts and the old spellings of IPv4 (`127.1`, `0x7f.1`)."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> list[Address]:
        """Look a name up, once."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, addresses_of, host, port)

    def close(self) -> None:
        """Drop look-ups that have not begun; those that have end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def literal(host: str) -> Address | None:
    """Read a host that is an address already, and so needs neither look-up nor thread; None where it is a name.

    Old spellings of IPv4 (`127.1`) are left to the operating system, which is who would dial them.
    """
    if not (host[:1].isdigit() or ":" in host):
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def addresses_of(host: str, port: int, *, flags: int = 0) -> list[Address]:
    """Ask getaddrinfo; each address once, in its order (RFC 6724).

    Raises:
        OSError: there is no such name, or no answer.
        UnicodeError: a label is empty or longer than 63 characters.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))
