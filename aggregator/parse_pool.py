"""Parsing in worker processes that can be killed: a document may get the better of its parser, not of the program.

    parse() ── waits for its turn ── pebble ── pipe ── worker: limits, alarm, parse_document
                                       │
                                       └── after `timeout`: SIGTERM, and a new worker is forked

- Workers are forked by a server process that holds the parser in memory already (3 ms, not 0.25 s for a fresh
  interpreter). Forking this process itself, which has threads and an event loop, is not safe.
- A worker dies of its own alarm shortly after the deadline. So none outlives this process for long, not even where it
  was killed with SIGKILL while a parse hung: idle workers end at the closing of their pipe.
- `ProcessPoolExecutor` can't stop a hung call, and its `max_tasks_per_child` deadlocks on Python 3.11.
"""

import asyncio
import logging
import multiprocessing
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import timedelta
from importlib.machinery import ModuleSpec
from typing import Final

from pebble import ProcessExpired, ProcessPool

from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind

MEMORY: Final = 768 * 1024 * 1024
"""Bytes of address space a worker may have. Reading the largest sane feed (5.8 MB) takes 48 MiB."""

DOCUMENTS_A_WORKER: Final = 500
"""After so many a worker is replaced, so that nothing it leaks adds up."""

_GRACE: Final = 1.0
"""Seconds after the deadline at which a worker's own alarm ends it, should nobody else have."""

_PATIENCE: Final = 30.0
"""Seconds after the deadline at which a pool that has not answered is taken for broken. Starting it is within."""

_log = logging.getLogger(__name__)

Parsed = ParsedFeed | Failed


def _read(document: Document) -> Parsed:
    """Parse in a worker. Only there is the parser imported: 0.2 s of CPU and 30 MB that polls answered 304 never need."""
    from aggregator.feeds.parse import parse_document  # noqa: PLC0415 -- see above

    return parse_document(document)


class ParsePool:
    """A `ports.Parser` over worker processes; none is started before the first document comes.

    Belongs to one event loop. `aclose` it: that stops the workers.
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        timeout: timedelta = timedelta(seconds=5),
        parse: Callable[[Document], Parsed] = _read,
    ) -> None:
        self._workers = workers
        self._seconds = timeout.total_seconds()
        self._parse = parse
        # As many documents as workers are handed over at a time: those that wait do so here, where waiting ends
        # with the task that waits, and what is handed over starts at once.
        self._turns = asyncio.Semaphore(workers)
        self._starting = asyncio.Lock()
        self._pool: ProcessPool | None = None
        self._running: dict[Future[Parsed], ProcessPool] = {}
        self._closed = False

    async def parse(self, document: Document) -> Parsed:
        """Read a document in a worker.

        A document that takes too long, takes too much memory or kills its worker is `Failed`; the next one is not
        affected. Cancelling stops the worker.

        Raises:
            RuntimeError: the pool is closed.
        """
        async with self._turns:
            try:
                return await self._parse_once(document)
            except BrokenProcessPool:
                # Nothing the document did: pebble gives up when a worker that has nothing to do is killed, and
                # `_discard` ends the others of a pool in which one has not answered.
                _log.warning("parse workers died and are started again")
                return await self._parse_once(document)

    async def aclose(self) -> None:
        """Stop the workers, also those that are at work. Whoever still waits for them gets a `RuntimeError`."""
        self._closed = True
        async with self._starting:
            pool, self._pool = self._pool, None
            if pool is not None:
                await asyncio.to_thread(_stop, pool)
        _fail(tuple(self._running), RuntimeError("the parse pool was closed"))

    async def _parse_once(self, document: Document) -> Parsed:
        pool = await self._started()
        try:
            future: Future[Parsed] = pool.schedule(
                _work, args=(self._parse, document, self._seconds + _GRACE), timeout=self._seconds
            )
        except RuntimeError as error:
            raise BrokenProcessPool from error
        self._running[future] = pool
        future.add_done_callback(lambda done: self._running.pop(done, None))
        waiting = asyncio.wrap_future(future)
        try:
            answered, _ = await asyncio.wait({waiting}, timeout=self._seconds + _PATIENCE)
        finally:
            if not waiting.done():
                waiting.cancel()
        if not answered:
            await self._discard(pool)
            return self._failed("no worker answered")
        return self._outcome(waiting, document)

    def _outcome(self, waiting: asyncio.Future[Parsed], document: Document) -> Parsed:
        """Turn what became of the call into a value.

        Raises:
            BrokenProcessPool: the pool is to blame.
            RuntimeError: the pool was closed.
        """
        try:
            return waiting.result()
        except TimeoutError:
            return self._failed(f"it took longer than {self._seconds:g} s to read")
        except ProcessExpired as death:
            return self._failed(_cause(death.exitcode, self._seconds))
        except MemoryError:
            return self._failed(_cause_memory())
        except BrokenProcessPool:
            raise
        except Exception as error:
            if self._closed:
                raise
            _log.exception("the parser failed on %s", document.url)
            return self._failed(f"the parser failed ({type(error).__name__}); this is a fault of this program")

    @staticmethod
    def _failed(reason: str) -> Failed:
        return Failed(kind=FailureKind.HOSTILE_DOCUMENT, message=f"the document could not be read: {reason}")

    async def _started(self) -> ProcessPool:
        async with self._starting:
            if self._closed:
                raise RuntimeError("the parse pool is closed")
            if self._pool is not None and not self._pool.active:
                await asyncio.to_thread(_stop, self._pool)
                self._pool = None
            if self._pool is None:
                # Forking waits for the server process to have imported the parser: not for the event loop to do.
                self._pool = await asyncio.to_thread(_start, self._workers)
            return self._pool

    async def _discard(self, pool: ProcessPool) -> None:
        async with self._starting:
            if self._pool is pool:
                self._pool = None
        await asyncio.to_thread(_stop, pool)
        # pebble says so to some, and leaves others without an answer for ever, as its threads happen to end.
        innocent = [future for future, of_pool in tuple(self._running.items()) if of_pool is pool]
        _fail(innocent, BrokenProcessPool("the workers were stopped"))


def _fail(futures: Iterable[Future[Parsed]], error: Exception) -> None:
    for future in futures:
        with suppress(InvalidStateError):
            future.set_exception(error)


def _start(workers: int) -> ProcessPool:
    _keep_main_script_out()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "aggregator.feeds.parse"])
    pool = ProcessPool(max_workers=workers, max_tasks=DOCUMENTS_A_WORKER, initializer=_limit_worker, context=context)
    # `active` starts the pool.
    if not pool.active:
        raise BrokenProcessPool("parse workers could not be started")
    return pool


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble has types, but not here
    pool.join()


def _keep_main_script_out() -> None:
    """Have multiprocessing not run the program's start script again in every worker.

    `multiprocessing.spawn` imports the parent's main module by its path (the console script, and with it the whole
    program: 0.5 s and 30 MB a worker), unless the module's name ends in `.__main__`, as that of `python -m` does.
    """
    main = sys.modules["__main__"]
    if main.__spec__ is None:
        main.__spec__ = ModuleSpec("aggregator.__main__", None)


def _limit_worker() -> None:
    """Set up a worker process. SIGINT is ignored by pebble: Ctrl-C reaches the whole group, and the parent decides."""
    # pebble's handler runs in Python, which a worker that hangs inside C code never gets to.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    # macOS refuses RLIMIT_AS; deadline and size limits hold there all the same.
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (allowed, allowed))


def _work(parse: Callable[[Document], Parsed], document: Document, seconds: float) -> Parsed:
    """Run in the worker; SIGALRM ends the process after `seconds`."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return parse(document)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _cause(exit_code: int, seconds: float) -> str:
    if exit_code == -signal.SIGALRM:
        return f"it took longer than {seconds:g} s to read"
    if exit_code < 0:
        return f"its worker died of {signal.Signals(-exit_code).name}"
    return f"its worker ended with exit code {exit_code}"


def _cause_memory() -> str:
    return f"it took more than {MEMORY // 2**20} MiB of memory to read"
