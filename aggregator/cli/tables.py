"""How tables are printed."""

import sys

from rich.console import Console

PIPE_WIDTH = 160
"""In a pipe there is no window whose width could be asked; rich would wrap at 80."""


def wide_console() -> Console:
    """Give standard output: as wide as the terminal, or wide enough for one line a row."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)
