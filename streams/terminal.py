"""Rows for a person: a table on a terminal, plain columns elsewhere, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence

Row = Mapping[str, object]
"""A row by the names of its columns; all rows of a table have the same."""


def show(rows: Sequence[Row], *, as_json: bool, empty: str) -> None:
    """Write rows to standard output; `empty` is said in place of a table without rows."""
    if as_json:
        sys.stdout.write(json.dumps([dict(row) for row in rows], ensure_ascii=False) + "\n")
    elif not rows:
        sys.stdout.write(empty + "\n")
    elif sys.stdout.isatty():
        _draw(rows)
    else:
        sys.stdout.write(columns(rows))


def columns(rows: Sequence[Row]) -> str:
    """Columns that are as wide as their widest cell, for pipes and logs."""
    cells = [[name.upper().replace("_", " ") for name in rows[0]], *([cell(v) for v in row.values()] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)
    return "".join(f"{line}\n" for line in lines)


def _draw(rows: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        table.add_column(name.replace("_", " "), justify="right" if isinstance(value, int | float) else "left")
    for row in rows:
        table.add_row(*(Text(cell(value)) for value in row.values()))
    Console().print(table)  # it heeds NO_COLOR itself


def cell(value: object) -> str:
    """A value in one line: texts of others must not move the cursor or break the table."""
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else " " for char in text)
