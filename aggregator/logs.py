"""Log lines: one a poll, one a problem; to stderr, so that stdout stays for answers."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure(*, verbose: bool) -> None:
    """Send log records to stderr; INFO and up, or with `verbose` DEBUG of our own."""
    logging.basicConfig(stream=sys.stderr, format=FORMAT, level=logging.INFO, force=True)
    # httpx and APScheduler tell of each request and tick at INFO; our own line a poll says the same and more.
    for library in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(library).setLevel(logging.WARNING)
    if verbose:
        logging.getLogger("aggregator").setLevel(logging.DEBUG)
