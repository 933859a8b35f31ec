"""`aggregator serve`."""

import asyncio
import gc
import sys
from typing import Final

import click

from aggregator import logs
from aggregator.cli.options import Place, pass_place

TURN: Final = 0.0005
"""Seconds that a thread of Python runs on while others wait (sys.setswitchinterval; usually ten times as long). A page gives its turn
away with every row that it reads, and beside polls and grouping waits as long for each: the merged feed took 165 ms at the 99th
percentile, and takes 72."""
OBJECTS: Final = (10_000, 20, 50)
"""Between looks for cycles (gc.set_threshold). What is held is entries that may become stories, half a million objects and hardly a
cycle, and a look at all of them lets no page through for 100 to 200 ms."""


@click.command(short_help="Poll feeds on schedule, and serve pages and feeds.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--no-poll", is_flag=True, help="Serve what is there, and poll nothing.")
@click.option("--verbose", is_flag=True, help="Log more.")
@pass_place
def serve(place: Place, host: str, port: int, *, no_poll: bool, verbose: bool) -> None:
    """Poll feeds on schedule and serve pages and feeds.

    A changed feeds.yaml is applied within seconds, between polls, and at once on SIGHUP; while it is broken, what it said
    before stays in force, and /feeds says what is wrong.

    Ctrl-C or SIGTERM ends it: polls that run are finished first, within 20 seconds; a second one stops at once.
    """
    logs.configure(verbose=verbose)
    sys.setswitchinterval(TURN)
    gc.set_threshold(*OBJECTS)
    # Starlette, Jinja, uvicorn and APScheduler: `aggregator --help` can do without.
    from aggregator import serving  # noqa: PLC0415 -- see above

    served = serving.serve(place.config, place.file(), place.database, host=host, port=port, poll=not no_poll)
    asyncio.run(served)
