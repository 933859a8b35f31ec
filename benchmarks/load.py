"""A small load generator, in a process of its own: so many connections, each asking again as soon as it was answered.

    python -m benchmarks.load PORT PATH --seconds 3 --connections 16 --header 'If-None-Match: "..."'

Prints JSON: answers, seconds, the status that all answers had, bytes of one answer's body. Ends with exit code 1 where two answers
differ in status or length.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was answered."""

    answers: int = 0
    seconds: float = 0.0
    seen: set[tuple[int, int]] = field(default_factory=set)
    """Status and length."""


async def load(port: int, path: str, headers: list[str], *, seconds: float, connections: int) -> Tally:
    """Ask for one address for so long."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip", *headers, "", ""]
    tally, begun = Tally(), time.perf_counter()
    asked = "\r\n".join(lines).encode("latin-1")
    await asyncio.gather(*(_connection(port, asked, tally, until=begun + seconds) for _ in range(connections)))
    tally.seconds = time.perf_counter() - begun
    return tally


async def _connection(port: int, asked: bytes, tally: Tally, *, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        status, length = int(head[9:12]), _length(head)
        await reader.readexactly(length)
        tally.answers += 1
        tally.seen.add((status, length))
    writer.close()


def _length(head: bytes) -> int:
    lower = head.lower()
    place = lower.find(b"\r\ncontent-length:")
    return 0 if place < 0 or lower.startswith(b"http/1.1 304") else int(lower[place + 17 :].partition(b"\r\n")[0])


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description="Ask for one address as often as it is answered.")
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--header", action="append", default=[])
    asked = parser.parse_args()
    tally = asyncio.run(
        load(asked.port, asked.path, asked.header, seconds=asked.seconds, connections=asked.connections)
    )
    print(json.dumps(asdict(tally) | {"seen": sorted(tally.seen)}))
    sys.exit(0 if len(tally.seen) == 1 else 1)


if __name__ == "__main__":
    main()
