"""Rows as text: CSV and newline-delimited JSON. It converts a column of a batch at once, and holds one batch in memory.

Times are ISO 8601, in UTC or another zone; amounts and other decimals have all their digits; a duration is a number of seconds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import IO, TYPE_CHECKING, Any

from ..errors import unreadable
from ..schema.csv_cells import escape_cell, format_row
from ..schema.decimals import usual_text
from ..schema.exact_json import dumps_strict, loads
from ..schema.times import instant
from ..schema.timezones import time_zone

if TYPE_CHECKING:
    from .columns import Batch, Result, ResultColumn
    from .options import Options

HARMLESS = frozenset(map(chr, range(33, 127))) - frozenset("'=+-@")
"""First characters of a text that no spreadsheet takes for the start of a formula."""
_ADDRESSES = re.compile(r"(?:\+?[0-9]+\n)+")
EMPTY = "\ue00c\ue00d\ue00c"
"""Stands for an empty text until a batch is written: ``csv`` would write it as it writes null, without quotes."""


# ---------------------------------------------------------------- values as text


def texts(column: ResultColumn, values: Sequence[Any], zone: str | None) -> Sequence[Any]:
    """Return values as texts; null stays None, and whole numbers stay numbers.

    :param column: their column.
    :param values: canonical values.
    :param zone: the name of the zone of times, "" or None for UTC.
    """
    convert = _CONVERTERS.get(column.kind)
    try:
        return values if convert is None else convert(column, values, zone)
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        raise unreadable(column.name) from None


def _times(column: ResultColumn, values: Sequence[Any], zone: str | None) -> Sequence[Any]:  # noqa: ARG001
    if zone:
        there = time_zone(zone)
        return [None if one is None else instant(one).astimezone(there).isoformat() for one in values]
    return [
        None if one is None else f"{one[:10]}T{one[11:]}+00:00" if len(one) == 19 else instant(one).isoformat() for one in values
    ]


class _Decimals(dict[Any, Any]):
    """The texts of table numbers, cached: few prices are ever new. A text stands for itself."""

    def __init__(self, places: int) -> None:
        self.places = places

    def __missing__(self, value: Any) -> Any:
        text = value if value is None or isinstance(value, str) else usual_text(value, self.places)
        if len(self) < 4096:
            self[value] = text
        return text


_DECIMALS: dict[int, _Decimals] = {}


def decimal_texts(column: ResultColumn, values: Sequence[Any], zone: str | None = None) -> list[Any]:  # noqa: ARG001
    """Return decimals as texts with all their digits."""
    return list(map(_DECIMALS.setdefault(column.places, _Decimals(column.places)).__getitem__, values))


def _booleans(column: ResultColumn, values: Sequence[Any], zone: str | None) -> list[Any]:  # noqa: ARG001
    return [None if one is None else "true" if one else "false" for one in values]


def _durations(column: ResultColumn, values: Sequence[Any], zone: str | None) -> list[Any]:  # noqa: ARG001
    return [None if one is None else seconds(one) for one in values]


def seconds(micros: int) -> str:
    """Return a duration as its exact number of seconds: ``90``, ``0.5``."""
    whole, rest = divmod(abs(micros), 10**6)
    return f"{'-' * (micros < 0)}{whole}{f'.{rest:06}'.rstrip('0') if rest else ''}"


_CONVERTERS: dict[str, Callable[[ResultColumn, Sequence[Any], str | None], Sequence[Any]]] = {
    "time": _times, "decimal": decimal_texts, "money": decimal_texts, "boolean": _booleans, "duration": _durations,
}  # fmt: skip


# ---------------------------------------------------------------- CSV


def write_csv(result: Result, file: IO[bytes], options: Options, guard_formulas: bool) -> int:
    """Write rows as CSV: a header, lines that end in a line feed, ``""`` for an empty text and nothing for null.

    :param result: the rows. The query is evaluated before anything is written.
    :param file: a file open for bytes.
    :param guard_formulas: whether a text that looks like a formula gets an apostrophe before it.
    :returns: the number of rows.
    """
    result = result.spread()
    count, begun = 0, False
    for batch in options.counted(result.batches()):
        if not begun:
            file.write(_header(result))
            begun = True
        count += len(batch[0])
        file.write(_csv_lines(result.columns, batch, options.zone, guard_formulas).encode())
    if not begun:
        file.write(_header(result))
    return count


def _header(result: Result) -> bytes:
    return format_row(escape_cell(one.name) for one in result.columns).encode()


def _csv_lines(columns: list[ResultColumn], batch: Batch, zone: str | None, guard: bool) -> str:
    """The lines of a batch."""
    cells: list[Sequence[Any]] = []
    empty = 0
    for column, values in zip(columns, batch, strict=True):
        if column.kind in ("text", "address"):
            found, none = _guarded(values, column.kind, guard)
            empty += none
        else:
            found = texts(column, values, zone)
        cells.append(found)
    buffer = io.StringIO(newline="")
    try:
        # Before Python 3.13 csv quotes only the characters of the line end: with "\n", a bare "\r" would begin a new row.
        csv.writer(buffer, lineterminator="\r\n").writerows(zip(*cells, strict=True))
    except csv.Error:  # the csv of Python 3.10 refuses NUL
        return _one_by_one(cells)
    text = buffer.getvalue()
    if text.count("\r\n") != len(batch[0]) or (empty and text.count(EMPTY) != empty):
        return _one_by_one(cells)
    return text.replace("\r\n", "\n").replace(EMPTY, '""') if empty else text.replace("\r\n", "\n")


def _guarded(values: Sequence[Any], kind: str, guard: bool) -> tuple[Sequence[Any], int]:
    """Texts with the guard where they need one, ``EMPTY`` in place of empty ones, and the number of these."""
    heads = {one[:1] for one in values if one is not None}
    empty = 0
    if guard and not heads <= HARMLESS | {""} and not (kind == "address" and _are_numbers(values, heads)):
        values = [one if one is None or one[:1] in HARMLESS else escape_cell(one, kind) for one in values]
    if "" in heads:
        empty = values.count("")
        values = [EMPTY if one == "" else one for one in values]
    return values, empty


def _are_numbers(values: Sequence[Any], heads: set[str]) -> bool:
    """Whether all values are phone numbers, so that none needs a guard."""
    if None in values or "" in heads:
        return False
    return _ADDRESSES.fullmatch("\n".join(values) + "\n") is not None


def _one_by_one(cells: list[Sequence[Any]]) -> str:
    """The lines of a batch that has line ends, NUL or private characters in a cell."""
    return "".join(map(_csv_line, zip(*cells, strict=True)))


def _csv_line(row: tuple[Any, ...]) -> str:
    texts = ["" if one is None else str(one) for one in row]
    if any(one is EMPTY for one in row):
        return ",".join('""' if one is EMPTY else _quoted(text) for one, text in zip(row, texts, strict=True)) + "\n"
    return format_row(texts)


def _quoted(text: str) -> str:
    """One cell as :func:`format_row` writes it beside others."""
    return format_row([text, ""]).removesuffix(",\n")


# ---------------------------------------------------------------- newline-delimited JSON


def write_ndjson(result: Result, file: IO[bytes], options: Options) -> int:
    """Write rows as JSON objects, one a line: decimals and times as texts, JSON fields as what they hold.

    :param result: the rows. The query is evaluated before anything is written.
    :param file: a file open for bytes.
    :returns: the number of rows.
    """
    result = result.spread()
    names = (f"{encode_basestring(one.name)}: ".replace("%", "%%") for one in result.columns)
    template = "{" + ", ".join(f"{name}%s" for name in names) + "}\n"
    count = 0
    for batch in options.counted(result.batches()):
        count += len(batch[0])
        cells = [_fragments(column, values, options.zone) for column, values in zip(result.columns, batch, strict=True)]
        file.write("".join(map(template.__mod__, zip(*cells, strict=True))).encode())
    return count


def _fragments(column: ResultColumn, values: Sequence[Any], zone: str | None) -> Iterator[str] | list[str]:
    """Values as JSON."""
    if column.kind == "json":
        return ["null" if one is None else _portable(one) for one in values]
    found = texts(column, values, zone)
    if column.kind in ("int", "boolean", "duration"):
        return ["null" if one is None else str(one) for one in found]
    return ["null" if one is None else encode_basestring(one) for one in found]


def _portable(text: str) -> str:
    """A JSON text that every reader accepts: strict ones refuse a lone surrogate."""
    return dumps_strict(loads(text), ascii_only=False) if "\\ud" in text else text
