"""How answers are printed."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 1000
"""In a pipe there is no window whose width could be asked; rich would wrap rows at 80, and break them for grep."""


def print_table(table: Table) -> None:
    """Print to standard output: as wide as the terminal, or a line a row where there is none."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_WIDTH)
    console.print(table)


def add_row(table: Table, cells: Sequence[str]) -> None:
    """Add a row of plain text: titles and messages come from feeds, and `[/b]` in them is no markup."""
    table.add_row(*(Text(cell) for cell in cells))
