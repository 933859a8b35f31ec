"""Parsing in worker processes that can be killed: a document may get the better of its parser, not of the program.

    parse() ── waits for its turn ── a free worker ── socket ── limits, alarm, parse_document
                                       │
                                       └── after `timeout`: SIGKILL, and the next document has a new worker forked

- Workers are forked by a server process that holds the parser in memory already (3 ms, not 0.25 s for a fresh
  interpreter). Forking this process itself, which has threads and an event loop, is not safe.
- A worker dies of its own alarm shortly after the deadline. So none outlives this process for long, not even where it
  was killed with SIGKILL while a parse hung: idle workers end at the closing of their socket.
- The pool is our own because of what a call costs: pebble, with its threads, a lock and pickle, took 1.7 ms of CPU for
  a feed of 30 entries there and back, when reading it took 4; a socket in the event loop and `feeds.wire` take 1.0.
- `ProcessPoolExecutor` can't stop a hung call, and its `max_tasks_per_child` deadlocks on Python 3.11.
"""

import asyncio
import logging
import multiprocessing
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from importlib.machinery import ModuleSpec
from multiprocessing.process import BaseProcess
from typing import Final

from aggregator.feeds.wire import pack_document, unpack_outcome
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.parse_worker import ANSWER, MEMORY, OUT_OF_MEMORY, SIZE, Parse, framed, read, serve

DOCUMENTS_A_WORKER: Final = 500
"""After so many a worker is replaced, so that nothing it leaks adds up."""

IDLE: Final = timedelta(seconds=10)
"""After so long without a document all workers end, of 10 to 20 MB each: polls come by the minute, and to fork one takes 3 ms."""

_GRACE: Final = 1.0
"""Seconds after the deadline at which a worker's own alarm ends it, should nobody else have."""

_PATIENCE: Final = 30.0
"""Seconds for a worker to begin; one that has not by then is found out by the first document."""

_CHUNK: Final = 256 * 1024
_ATTEMPTS: Final = 3
"""Workers that are tried where one after the other is gone before it took the document."""

_log = logging.getLogger(__name__)

Parsed = ParsedFeed | Failed


class ParsePool:
    """A `ports.Parser` over worker processes; none is started before the first document comes.

    Belongs to one event loop. `aclose` it: that stops the workers.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        timeout: timedelta = timedelta(seconds=5),
        idle: timedelta = IDLE,
        parse: Parse = read,
    ) -> None:
        self._seconds = timeout.total_seconds()
        self._idle_seconds = idle.total_seconds()
        self._parse = parse
        # Documents wait here, where waiting ends with the task that waits; what has its turn starts at once.
        self._turns = asyncio.Semaphore(workers)
        self._starting = asyncio.Lock()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._resting: asyncio.TimerHandle | None = None
        self._closed = False

    async def parse(self, document: Document) -> Parsed:
        """Read a document in a worker.

        A document that takes too long, takes too much memory or kills its worker is `Failed`; the next one is not
        affected. Cancelling stops the worker.

        Raises:
            RuntimeError: the pool is closed.
        """
        packed = pack_document(document)
        async with self._turns:
            for _ in range(_ATTEMPTS):
                worker = await self._free_worker()
                try:
                    return await self._ask(worker, packed, document.url)
                except ConnectionError:
                    # Nothing the document did: the worker was killed while it had nothing to do.
                    await self._drop(worker)
            return _failed("no worker answered")

    async def aclose(self) -> None:
        """Stop the workers, also those that are at work. Whoever still waits for them gets a `RuntimeError`."""
        self._closed = True
        async with self._starting:
            for worker in self._all:
                worker.process.kill()
            for worker in tuple(self._all):
                await asyncio.to_thread(worker.process.join)
        if self._resting:
            self._resting.cancel()
        self._rest()

    async def _ask(self, worker: "_Worker", packed: bytes, url: str) -> Parsed:
        """Have a worker read a document.

        Raises:
            ConnectionError: the worker was gone before it took the document.
            RuntimeError: the pool was closed.
        """
        try:
            async with asyncio.timeout(self._seconds):
                answer = await worker.ask(packed)
        except TimeoutError:
            await self._drop(worker)
            return _failed(_cause(-signal.SIGALRM, self._seconds))
        except EOFError:
            code = await self._drop(worker)
            if self._closed:
                raise RuntimeError("the parse pool was closed") from None
            return _failed(_cause(code, self._seconds))
        except asyncio.CancelledError:
            self._abandon(worker)
            raise
        self._give_back(worker)
        return _outcome(answer, url)

    async def _free_worker(self) -> "_Worker":
        if self._closed:
            raise RuntimeError("the parse pool is closed")
        if self._idle:
            return self._idle.pop()
        async with self._starting:
            if self._closed:
                raise RuntimeError("the parse pool is closed")
            # Forking waits for the server process to have imported the parser: not for the event loop to do.
            starting = asyncio.ensure_future(asyncio.to_thread(_start, self._parse, self._seconds + _GRACE))
            try:
                worker = await asyncio.shield(starting)
            except asyncio.CancelledError:
                # A thread can't be stopped: what it has begun would run on, with nobody to end it.
                self._abandon(await starting)
                raise
            self._all.add(worker)
            return worker

    def _give_back(self, worker: "_Worker") -> None:
        worker.served += 1
        if worker.served < DOCUMENTS_A_WORKER and not self._closed:
            self._idle.append(worker)
            self._rest_later()
        else:
            self._let_go([worker])

    def _rest_later(self) -> None:
        """Let go of the workers if no document comes for a while."""
        if self._resting:
            self._resting.cancel()
        self._resting = asyncio.get_running_loop().call_later(self._idle_seconds, self._rest)

    def _rest(self) -> None:
        self._let_go(self._idle)
        self._idle = []

    def _let_go(self, workers: Iterable["_Worker"]) -> None:
        """Have workers end that have nothing to do: each does when it finds its line closed."""
        for worker in workers:
            worker.line.close()
            self._all.discard(worker)

    async def _drop(self, worker: "_Worker") -> int:
        """End a worker; give its exit code."""
        self._abandon(worker)
        await asyncio.to_thread(worker.process.join)
        return worker.process.exitcode or 0

    def _abandon(self, worker: "_Worker") -> None:
        worker.process.kill()
        worker.line.close()
        self._all.discard(worker)


class _Worker:
    """A worker process and the line to it."""

    def __init__(self, process: BaseProcess, line: socket.socket) -> None:
        self.process = process
        self.line = line
        self.served = 0

    async def ask(self, packed: bytes) -> bytes:
        """Send a document and wait for the answer.

        Raises:
            ConnectionError: it is gone, and did not take the document.
            EOFError: it has gone since.
        """
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.line, framed(packed))
        if not await loop.sock_recv(self.line, 1):
            raise ConnectionResetError("the worker ended before it took the document")
        answer = bytearray()
        while len(answer) < SIZE or len(answer) < SIZE + int.from_bytes(answer[:SIZE]):
            chunk = await loop.sock_recv(self.line, _CHUNK)
            if not chunk:
                raise EOFError
            answer += chunk
        return bytes(memoryview(answer)[SIZE:])


def _start(parse: Parse, seconds: float) -> _Worker:
    _keep_main_script_out()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([serve.__module__, "aggregator.feeds.parse"])
    ours, theirs = socket.socketpair()
    with theirs:
        process = context.Process(target=serve, args=(theirs, parse, seconds), daemon=True)
        process.start()
    # A deadline is for reading a document, not for a busy machine to begin a process.
    ours.settimeout(_PATIENCE)
    with suppress(TimeoutError, ConnectionError):
        ours.recv(1)
    ours.setblocking(False)  # noqa: FBT003  it takes no keyword
    return _Worker(process, ours)


def _keep_main_script_out() -> None:
    """Have multiprocessing not run the program's start script again in every worker.

    `multiprocessing.spawn` imports the parent's main module by its path (the console script, and with it the whole
    program: 0.5 s and 30 MB a worker), unless the module's name ends in `.__main__`, as that of `python -m` does.
    """
    main = sys.modules["__main__"]
    if main.__spec__ is None:
        main.__spec__ = ModuleSpec("aggregator.__main__", None)


# --- what is said ------------------------------------------------------------------------------------------------


def _outcome(answer: bytes, url: str) -> Parsed:
    if answer.startswith(ANSWER):
        return unpack_outcome(memoryview(answer)[1:])
    if answer.startswith(OUT_OF_MEMORY):
        return _failed(f"it took more than {MEMORY // 2**20} MiB of memory to read")
    name, _, trace = answer[1:].decode().partition("\n")
    _log.error("the parser failed on %s\n%s", url, trace)
    return _failed(f"the parser failed ({name}); this is a fault of this program")


def _failed(reason: str) -> Failed:
    return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message=f"the document could not be read: {reason}")


def _cause(exit_code: int, seconds: float) -> str:
    if exit_code == -signal.SIGALRM:
        return f"it took longer than {seconds:g} s to read"
    if exit_code < 0:
        return f"its worker died of {signal.Signals(-exit_code).name}"
    return f"its worker ended with exit code {exit_code}"
