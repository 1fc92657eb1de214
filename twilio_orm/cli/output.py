"""Writes rows to stdout as a table, JSON, CSV or newline-delimited JSON, and remarks to stderr. It sends nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from math import isfinite
from typing import Any, TextIO

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twilio_orm.schema.csv_cells import escape_cell, format_row
from twilio_orm.schema.exact_json import dumps_strict

from .sanitize import duration_text, encodable, visible

FORMATS = ("table", "json", "csv", "ndjson")
MIN_COLUMN_WIDTH = 4
"""Characters that a column of a table on a terminal has at least. The column's name is never wrapped."""
COLUMN_GAP = 3
"""Characters between two columns."""
MAX_CELL_LENGTH = 200
"""Characters after which a table truncates a cell; the other formats truncate nothing."""

Rows = Iterable[Mapping[str, Any]]


class Output:
    """Writes a command's data to stdout and its remarks to stderr.

    :param format: one of ``FORMATS``.
    :param quiet: write no remarks.
    """

    def __init__(self, format: str = "table", quiet: bool = False) -> None:
        self.format, self.quiet = format, quiet

    def remark(self, text: str) -> None:
        """Write one line to stderr, unless quiet."""
        if not self.quiet:
            write_line(text, sys.stderr)

    def lines(self, texts: Iterable[str]) -> None:
        """Write lines of data to stdout."""
        for text in texts:
            write_line(text, sys.stdout)

    def rows(
        self,
        columns: Sequence[str],
        rows: Rows,
        *,
        kinds: Mapping[str, str] | None = None,
        around: Mapping[str, Any] | None = None,
        key: str = "rows",
    ) -> None:
        """Write rows to stdout.

        :param columns: the names to write, in order; empty to write whatever each row has.
        :param kinds: the kind of each declared field. CSV needs it to protect text that a spreadsheet would run as a formula.
            JSON writes amounts of these fields as text, and amounts under undeclared keys as the numbers that Twilio sent.
        :param around: other keys of the JSON document; the rows are then under ``key``.
        :param key: the key of the rows in that document.
        """
        if self.format == "json":
            found = [_json_row(row, columns, kinds) for row in rows]
            document = found if around is None else {**around, key: found}
            _write(_json(document, indent=2) + "\n")
        elif self.format == "ndjson":
            for row in rows:
                _write(_json(_json_row(row, columns, kinds)) + "\n")
        elif self.format == "csv":
            _csv(columns, rows, kinds)
        else:
            table(columns, rows)

    def record(
        self,
        name: str,
        columns: Sequence[str],
        row: Mapping[str, Any],
        *,
        kinds: Mapping[str, str],
        computed: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one record to stdout: as a table, a line for each field; as JSON, one object.

        :param name: the resource's name.
        :param columns: the names to write, in order; empty for all.
        :param row: the record's values by field.
        :param kinds: see :meth:`rows`.
        :param computed: the values of computed fields, which only a table shows, after the line ``computed``.
        """
        if self.format == "json":
            _write(_json(_json_row(row, columns, kinds), indent=2) + "\n")
        elif self.format == "table":
            shown = [("field", name), *((one, cell(row.get(one), None)) for one in columns or row)]
            if computed:
                shown += [("computed", ""), *((one, cell(value, None)) for one, value in computed.items())]
            width = max(len(one) for one, _ in shown)
            self.lines(f"{one:<{width}}  {value}".rstrip() for one, value in shown)
        else:
            self.rows(columns, [row], kinds=kinds)


def write_line(text: str, stream: TextIO, *, keep: str = "") -> None:
    """Write one line, safe for any terminal. A closed or full stderr is ignored, so that it never ends a command.

    :param keep: control characters that are written as they are.
    """
    with suppress(OSError) if stream is sys.stderr else nullcontext():
        click.echo(encodable(visible(text, keep=keep), getattr(stream, "encoding", None)), file=stream)


def table(columns: Sequence[str], rows: Rows, stream: TextIO | None = None) -> None:
    """Write rows as a table, or nothing if there are no rows.

    On a terminal long cells are wrapped; if it is too narrow for the names of the columns, each row is a block with a line for
    each field. In a file or pipe each row is one line.
    """
    out = stream or sys.stdout
    encoding = getattr(out, "encoding", None)
    console = Console(file=out, markup=False, highlight=False, emoji=False, width=None if out.isatty() else 100_000)
    names = [encodable(visible(str(name)), encoding) for name in columns]
    found = list(rows)
    cells = [[encodable(cell(row.get(name)), encoding) for name in columns] for row in found]
    widths = _widths([names, *cells], console.width)
    if found and widths is None:
        longest = max(map(cell_len, names))
        for row_ in cells:
            console.out(*(f"{name:<{longest}}  {text}".rstrip() for name, text in zip(names, row_, strict=True)), "", sep="\n")
    elif found and widths is not None:
        grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for name, column, width in zip(names, columns, widths, strict=True):
            numeric = any(isinstance(row.get(column), (int, float, Decimal)) for row in found)
            grid.add_column(Text(name), justify="right" if numeric else "left", overflow="fold", width=width)
        for row_ in cells:
            grid.add_row(*map(Text, row_))
        console.print(grid)


def _widths(lines: list[list[str]], line_length: int) -> list[int] | None:
    """Return the width of each column of a table, or None if a line is too short for the names of all columns.

    :param lines: the names, then the cells of each row.
    :param line_length: characters in a line.
    """
    wanted = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    widths = [min(max(cell_len(name), MIN_COLUMN_WIDTH), width) for name, width in zip(lines[0], wanted, strict=True)]
    spare = line_length - sum(widths) - COLUMN_GAP * (len(widths) - 1)
    if spare < 0:
        return None
    for at in sorted(range(len(widths)), key=lambda at: wanted[at] - widths[at]):  # those that lack least, first
        rest = sum(wanted[other] > widths[other] for other in range(len(widths)))
        more = min(wanted[at] - widths[at], spare // max(rest, 1))
        widths[at], spare = widths[at] + more, spare - more
    return widths


def cell(value: Any, longest: int | None = MAX_CELL_LENGTH) -> str:
    """Return a value as a table shows it: on one line, without control characters.

    :param longest: characters after which it is truncated; None truncates nothing.
    """
    if isinstance(value, datetime):
        text = value.isoformat(" ", "seconds").replace("+00:00", "Z")
    elif isinstance(value, timedelta):
        text = duration_text(value)
    else:
        text = _cell_text(value)
    text = text if longest is None or len(text) <= longest else text[: longest - 3] + "..."
    return visible(text)


def _cell_text(value: Any) -> str:
    """Return a value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return _json(value)
    if isinstance(value, float) and isfinite(value):
        value = Decimal(repr(value))  # a price in an SQL result, without an exponent
    return str(_to_scalar(value))


def _to_scalar(value: Any) -> Any:
    """Return a value that JSON has no type for as text; a duration as seconds."""
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 3)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, (str, int, float)) else str(value)


def _json(value: Any, indent: int | None = None) -> str:
    """Return JSON in ASCII, so that no control character of the data reaches a terminal."""
    return dumps_strict(value, indent=indent, default=_to_scalar).replace("\x7f", "\\u007f")


def _json_row(row: Mapping[str, Any], columns: Sequence[str], kinds: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the values of a row that JSON is to contain."""
    return {name: _amount(row.get(name), kinds is None or name in kinds) for name in columns or row}


def _amount(value: Any, declared: bool) -> Any:
    return format(value, "f") if declared and isinstance(value, Decimal) else value


def _csv(columns: Sequence[str], rows: Rows, kinds: Mapping[str, str] | None) -> None:
    terminal = sys.stdout.isatty()  # a file gets the text unchanged; a terminal gets control characters escaped

    def put(cells: Iterable[str]) -> None:
        _write(visible(format_row(cells), keep="\n\t") if terminal else format_row(cells))

    found = iter(rows)
    first = next(found, None)  # fetched before the header is written: a query that fails writes nothing
    put(escape_cell(str(name)) for name in columns)
    for row in found if first is None else chain((first,), found):
        put(_csv_cell(row.get(name), (kinds or {}).get(name)) for name in columns)


def _csv_cell(value: Any, kind: str | None) -> str:
    if kind == "json" and value is not None:
        return _json(value)
    return escape_cell(value, kind) if isinstance(value, str) else _cell_text(value)


def _write(text: str) -> None:
    """Write UTF-8 to stdout, whatever the locale; a lone surrogate is escaped."""
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    raw.write(text.encode("utf-8", "backslashreplace"))
