"""Standard output that takes no more: a full disk, or a reader such as `head` that has seen enough."""

import errno
import os
import sys
from contextlib import suppress

import click

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
PIPE_CLOSED = 141
"""128 and the number of SIGPIPE: how a program ends, as shells see it, that does not care to catch it."""


def refused(error: OSError) -> int | None:
    """Give the exit code if it was standard output that failed, after saying so; None if it was something else.

    Errors of files name their file, those of a stream do not. A closed pipe is nobody's fault and nothing is said.
    """
    if error.filename is not None or error.errno not in FULL | {errno.EPIPE}:
        return None
    _forget_what_is_left()
    if error.errno == errno.EPIPE:
        return PIPE_CLOSED
    click.echo(f"can't write to standard output: {error.strerror}", err=True)
    return 2


def _forget_what_is_left() -> None:
    """Send what is still buffered nowhere: Python tries once more at its end, and would complain (library docs, signal)."""
    with suppress(OSError, ValueError):  # where it is no file, as in tests, there is nothing to redirect
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
