"""Rows -> table, JSON, CSV or ndjson on stdout; remarks and progress go to stderr. It asks nothing of anybody."""

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

from twilio_orm.cells import guarded, line
from twilio_orm.jsontext import strict

from .sanitize import fit, span, visible

FORMATS = ("table", "json", "csv", "ndjson")
NARROWEST = 4
"""Characters that a column of a table on a terminal has at least; its name is never broken."""
GAP = 3
"""Characters between two columns."""
LONGEST = 200
"""Characters of one cell of a table; the other formats cut nothing."""

Rows = Iterable[Mapping[str, Any]]


class Output:
    """Where a command's words go.

    :param format: one of ``FORMATS``. :param quiet: whether remarks are left out.
    """

    def __init__(self, format: str = "table", quiet: bool = False) -> None:
        self.format, self.quiet = format, quiet

    def remark(self, text: str) -> None:
        """One line on stderr, unless quiet."""
        if not self.quiet:
            say(text, sys.stderr)

    def lines(self, texts: Iterable[str]) -> None:
        """Lines of data on stdout."""
        for text in texts:
            say(text, sys.stdout)

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

        :param columns: the names to write, in order; empty for those that each row has.
        :param kinds: the kinds of the fields, for the guard of CSV; JSON has an amount of theirs as text, and one of a key that
            is not declared as the number that came.
        :param around: what stands beside the rows in one JSON document, where they are under ``key``.
        """
        if self.format == "json":
            found = [_picked(row, columns, kinds) for row in rows]
            whole = found if around is None else {**around, key: found}
            _write(_json(whole, indent=2) + "\n")
        elif self.format == "ndjson":
            for row in rows:
                _write(_json(_picked(row, columns, kinds)) + "\n")
        elif self.format == "csv":
            _csv(columns, rows, kinds)
        else:
            table(columns, rows)

    def record(self, name: str, columns: Sequence[str], row: Mapping[str, Any], *, kinds: Mapping[str, str]) -> None:
        """Write one record to stdout: a table has a line for each field, JSON is one object.

        :param name: the resource's name. The rest as for :meth:`rows`.
        """
        if self.format == "json":
            _write(_json(_picked(row, columns, kinds), indent=2) + "\n")
        elif self.format == "table":
            shown = [("field", name), *((one, cell(row.get(one), None)) for one in columns or row)]
            width = max(len(one) for one, _ in shown)
            self.lines(f"{one:<{width}}  {value}".rstrip() for one, value in shown)
        else:
            self.rows(columns, [row], kinds=kinds)


def say(text: str, stream: TextIO, *, keep: str = "") -> None:
    """One line, safe for any terminal; what nobody can read on stderr, where it is closed or full, is dropped."""
    with suppress(OSError) if stream is sys.stderr else nullcontext():
        click.echo(fit(visible(text, keep=keep), getattr(stream, "encoding", None)), file=stream)


def table(columns: Sequence[str], rows: Rows, stream: TextIO | None = None) -> None:
    """Rows as a table; nothing where there are none.

    On a terminal long cells fold, and where it is too narrow for the names of the columns a row is a block of lines, one a
    field. Elsewhere a row is a line.
    """
    out = stream or sys.stdout
    encoding = getattr(out, "encoding", None)
    console = Console(file=out, markup=False, highlight=False, emoji=False, width=None if out.isatty() else 100_000)
    names = [fit(visible(str(name)), encoding) for name in columns]
    found = list(rows)
    cells = [[fit(cell(row.get(name)), encoding) for name in columns] for row in found]
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


def _widths(lines: list[list[str]], room: int) -> list[int] | None:
    """How wide each column of a table is to be, its name unbroken; None where there is no room for the names.

    :param lines: the names, then the cells of each row. :param room: characters of a line.
    """
    wanted = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    widths = [min(max(cell_len(name), NARROWEST), width) for name, width in zip(lines[0], wanted, strict=True)]
    spare = room - sum(widths) - GAP * (len(widths) - 1)
    if spare < 0:
        return None
    for at in sorted(range(len(widths)), key=lambda at: wanted[at] - widths[at]):  # those that lack least, first
        rest = sum(wanted[other] > widths[other] for other in range(len(widths)))
        more = min(wanted[at] - widths[at], spare // max(rest, 1))
        widths[at], spare = widths[at] + more, spare - more
    return widths


def cell(value: Any, longest: int | None = LONGEST) -> str:
    """A value as a cell of a table shows it, on one line and without anything that a terminal would obey.

    :param longest: characters of it; None cuts nothing.
    """
    if isinstance(value, datetime):
        text = value.isoformat(" ", "seconds").replace("+00:00", "Z")
    elif isinstance(value, timedelta):
        text = span(value)
    else:
        text = _flat(value)
    text = text if longest is None or len(text) <= longest else text[: longest - 3] + "..."
    return visible(text)


def _flat(value: Any) -> str:
    """A value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return _json(value)
    if isinstance(value, float) and isfinite(value):
        value = Decimal(repr(value))  # a price of SQL, without an exponent
    return str(_plain(value))


def _plain(value: Any) -> Any:
    """What JSON has no form for, as text; a length of time as seconds."""
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
    """JSON in ASCII: no character of the data reaches a terminal as itself unless it can be printed everywhere."""
    return strict(value, indent=indent, default=_plain).replace("\x7f", "\\u007f")


def _picked(row: Mapping[str, Any], columns: Sequence[str], kinds: Mapping[str, str] | None) -> dict[str, Any]:
    """A row as JSON is to have it."""
    return {name: _amount(row.get(name), kinds is None or name in kinds) for name in columns or row}


def _amount(value: Any, declared: bool) -> Any:
    return format(value, "f") if declared and isinstance(value, Decimal) else value


def _csv(columns: Sequence[str], rows: Rows, kinds: Mapping[str, str] | None) -> None:
    shown = sys.stdout.isatty()  # a file gets the text as it is; a terminal must not obey it

    def put(cells: Iterable[str]) -> None:
        _write(visible(line(cells), keep="\n\t") if shown else line(cells))

    found = iter(rows)
    first = next(found, None)  # before the names: a query that fails writes nothing
    put(guarded(str(name)) for name in columns)
    for row in found if first is None else chain((first,), found):
        put(_csv_cell(row.get(name), (kinds or {}).get(name)) for name in columns)


def _csv_cell(value: Any, kind: str | None) -> str:
    if kind == "json" and value is not None:
        return _json(value)
    return guarded(value, kind) if isinstance(value, str) else _flat(value)


def _write(text: str) -> None:
    """UTF-8 on stdout, whatever the locale says; a lone surrogate is spelled out."""
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    raw.write(text.encode("utf-8", "backslashreplace"))
