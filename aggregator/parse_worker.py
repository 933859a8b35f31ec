"""The inside of a parse worker: a process that reads documents from a socket until that is closed.

    begins                                       ->  READY (1 byte)
    size (4 bytes, big-endian), packed document  ->  TAKEN (1 byte), then size, kind of answer (1 byte), packed outcome

It holds itself to limits: memory, and an alarm that ends it when a document takes longer than anybody waits for.
"""

import gc
import resource
import signal
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aggregator.feeds.wire import pack_outcome, unpack_document
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed

MEMORY: Final = 768 * 1024 * 1024
"""Bytes of address space a worker may have. Reading the largest sane feed (5.8 MB) takes 48 MiB."""

_MANY_OBJECTS: Final = 100_000
"""Objects that a document may leave behind in cycles before they are looked for: about 10 MiB."""

SIZE: Final = 4
"""Bytes that tell how many follow."""

READY, TAKEN = b"\6", b"\7"
"""A worker that ends between the two did so for itself; one that ends after TAKEN, for its document."""

ANSWER, OUT_OF_MEMORY, FAULT = b"\0", b"\1", b"\2"
"""Kinds of answers: a packed outcome; nothing; name of an exception, line feed, traceback."""

Parse = Callable[[Document], ParsedFeed | Failed]


def read(document: Document) -> ParsedFeed | Failed:
    """Parse in a worker. Only there is the parser imported: 0.1 s of CPU and 20 MB that polls answered 304 never need."""
    from aggregator.feeds.parse import parse_document  # noqa: PLC0415 -- see above

    return parse_document(document)


def framed(packed: bytes) -> bytes:
    """Put its size in front of a message."""
    return len(packed).to_bytes(SIZE) + packed


def serve(line: socket.socket, parse: Parse, seconds: float) -> None:
    """Read documents until the line is closed, or its other end is gone: who is killed closes nothing, and nobody waits then."""
    _limit_worker()
    with line, suppress(ConnectionError):
        line.sendall(READY)
        while (size := _received(line, SIZE)) and (packed := _received(line, int.from_bytes(size))):
            line.sendall(TAKEN)
            line.sendall(framed(_work(parse, packed, seconds)))


def _received(line: socket.socket, size: int) -> bytes:
    """Wait for so many bytes; give none when the line was closed."""
    found = bytearray()
    while len(found) < size:
        chunk = line.recv(size - len(found))
        if not chunk:
            return b""
        found += chunk
    return bytes(found)


def _limit_worker() -> None:
    """Set up a worker process."""
    # Ctrl-C reaches the whole group of processes, and the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_CORE, 0)
    # What was imported before the fork stays shared with the other workers, and need not be walked ever again.
    gc.freeze()
    # Trees of documents are no cycles: looking for cycles every 700 objects took a twentieth of the time to read a document.
    gc.set_threshold(_MANY_OBJECTS)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    # macOS refuses RLIMIT_AS; deadline and size limits hold there all the same.
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (allowed, allowed))


def _work(parse: Parse, packed: bytes, seconds: float) -> bytes:
    """Read one document; SIGALRM ends the process after `seconds`."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return ANSWER + pack_outcome(parse(unpack_document(packed)))
    except MemoryError:
        return OUT_OF_MEMORY
    except Exception as error:  # noqa: BLE001  whatever it is, the next document is another one
        return FAULT + f"{type(error).__name__}\n{traceback.format_exc()}".encode("utf-8", "replace")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
