"""How tables are printed: drawn by rich on a terminal, a line a row where nobody looks at it as it comes.

rich takes 50 ms of CPU to import and 0.2 ms a row, what polling two hundred feeds without news takes; in a pipe there is
neither a width to fold cells at nor a colour to show, and rows that were folded would be broken for grep.
"""

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import click

PIPE_WIDTH = 1000
"""Of what rich prints into a pipe, where no window could be asked: it would wrap lines at 80."""
_GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands above and below the cells of a column."""

    header: str
    footer: str = ""
    right: bool = False
    """Set to the right, as numbers are."""


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print to standard output, with a last line for the footers if there are any.

    Args:
        columns: in order.
        rows: a cell for each column, as it is: titles and messages come from feeds, and `[/b]` in them is no markup.
    """
    if sys.stdout.isatty():
        _draw(columns, rows)
    else:
        click.echo("\n".join(_lines(columns, rows)))


def _draw(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 -- see the top of this module
    from rich.table import Table  # noqa: PLC0415 -- likewise
    from rich.text import Text  # noqa: PLC0415 -- likewise

    with_footer = any(column.footer for column in columns)
    table = Table(box=None, pad_edge=False, header_style="bold", footer_style="bold", show_footer=with_footer)
    for column in columns:
        side: Literal["left", "right"] = "right" if column.right else "left"
        # Names and messages can be folded and still be read; a number can't.
        table.add_column(column.header, Text(column.footer), justify=side, overflow="fold", no_wrap=column.right)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def _lines(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    footers = [column.footer for column in columns]
    cells = ([" ".join(cell.splitlines()) for cell in row] for row in rows)
    lines = [[column.header for column in columns], *cells, *([footers] if any(footers) else [])]
    sizes = [max(map(_cells, texts)) for texts in zip(*lines, strict=True)]
    for line in lines:
        parts = zip(line, sizes, columns, strict=True)
        yield _GAP.join(_filled(text, size, right=column.right) for text, size, column in parts).rstrip()


def _filled(text: str, size: int, *, right: bool) -> str:
    space = " " * (size - _cells(text))
    return space + text if right else text + space


def _cells(text: str) -> int:
    """Count the cells of a terminal that a text takes: two for a Chinese character, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum((1 + (unicodedata.east_asian_width(each) in "WF")) * (not unicodedata.combining(each)) for each in text)
