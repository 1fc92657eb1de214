"""Rows as Arrow tables and Parquet files. It needs pyarrow, and holds one row group in memory.

========  =====================================================================================================
kind      Arrow type
========  =====================================================================================================
text      string; address and JSON likewise
decimal   decimal128(38, 9); computed by an expression (38, 20); of groups with as many decimals as their values have
money     decimal128(38, 9); of groups likewise
time      timestamp[us, UTC], or string where a zone is named
others    int64, bool, date32[day], duration[us]
========  =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from ..errors import BadValue, ConfigurationError, QueryError, unreadable
from ..schema.decimals import usual_text
from .columns import Result
from .text_formats import decimal_texts, texts

if TYPE_CHECKING:
    from .columns import Batch, ResultColumn
    from .options import Options

DIGITS = 38
"""The digits that a decimal128 holds."""
PLACES = 9
"""The decimals of an amount of a record, more than Twilio writes: all files have one schema. BigQuery calls it NUMERIC."""
PLACES_COMPUTED = 20
"""The decimals of a number that an expression computes: a quotient has more of them than a type can hold, and is rounded."""
_WIDE = Context(prec=1000, rounding=ROUND_HALF_EVEN, traps=[])
ROWS = 4096
"""Rows that are converted at once."""
ROW_GROUP = 65_536
"""Rows of a row group of a Parquet file."""


def needed(module: str, extra: str) -> Any:
    """Return a library that an extra installs.

    :raises ConfigurationError: it is not installed; the error names the extra.
    """
    try:
        return import_module(module)
    except ImportError:
        raise ConfigurationError(f'this needs {module.partition(".")[0]}: pip install "twilio_orm[{extra}]"') from None


class ArrowRows:
    """Rows as Arrow record batches of one schema.

    :param result: the rows.
    :param options: the options of the export.
    :param decimals: ``"decimal128"``, or ``"text"`` for decimals as texts with all their digits.
    :raises ConfigurationError: pyarrow is not installed.
    :raises BadValue: ``decimals`` is neither.
    """

    def __init__(self, result: Result, options: Options, decimals: str, extra: str = "arrow") -> None:
        if decimals not in ("decimal128", "text"):
            raise BadValue("decimals= is 'decimal128', or 'text' for texts with all their digits")
        self._arrow, self._options, self._as_text = needed("pyarrow", extra), options, decimals == "text"
        self._result = result.spread()
        batches = [*self._result.batches()] if self._result.small and not self._as_text else []
        if batches:
            self._result = Result(self._result.columns, lambda: iter(batches), True)
        self._types = [self._type(one, [batch[at] for batch in batches]) for at, one in enumerate(self._result.columns)]
        self.schema = self._arrow.schema([(one.name, kind) for one, kind in zip(self._result.columns, self._types, strict=True)])

    def _type(self, column: ResultColumn, values: list[Sequence[Any]]) -> Any:
        arrow, kind = self._arrow, column.kind
        if kind in ("decimal", "money") and not self._as_text:
            places = PLACES_COMPUTED if column.computed and kind == "decimal" else PLACES
            return arrow.decimal128(DIGITS, _places(column, values) if self._result.small else places)
        found = {
            "int": arrow.int64(), "boolean": arrow.bool_(), "day": arrow.date32(), "duration": arrow.duration("us"),
            "time": arrow.timestamp("us", "UTC") if self._options.zone is None else arrow.string(),
        }  # fmt: skip
        return found.get(kind, arrow.string())

    def batches(self) -> Iterator[Any]:
        """Yield the rows. Evaluates the query."""
        waiting: list[list[Any]] = [[] for _ in self._types]
        for batch in self._options.counted(self._result.batches()):
            for column, values in zip(waiting, batch, strict=True):
                column += values
            if len(waiting[0]) >= ROWS:
                yield self._converted(waiting)
                waiting = [[] for _ in self._types]
        if waiting and waiting[0]:
            yield self._converted(waiting)

    def _converted(self, batch: Batch | list[list[Any]]) -> Any:
        columns = zip(self._result.columns, self._types, batch, strict=True)
        return self._arrow.record_batch([self._array(*one) for one in columns], schema=self.schema)

    def _array(self, column: ResultColumn, kind: Any, values: Sequence[Any]) -> Any:
        arrow = self._arrow
        try:
            if column.kind in ("decimal", "money"):
                return arrow.array(decimal_texts(column, values), kind) if self._as_text else self._decimals(column, kind, values)
            if column.kind == "time" and self._options.zone is None:
                return arrow.array(values, arrow.string()).cast(arrow.timestamp("us")).view(kind)
            if column.kind == "time":
                values = texts(column, values, self._options.zone)
            elif column.kind == "day":
                return arrow.array(values, arrow.string()).cast(kind)
            elif column.kind == "boolean":
                values = [None if one is None else bool(one) for one in values]
            return arrow.array(values, kind)
        except (arrow.ArrowInvalid, arrow.ArrowTypeError):
            raise unreadable(column.name) from None

    def _decimals(self, column: ResultColumn, kind: Any, values: Sequence[Any]) -> Any:
        """Decimals of a column. Of table numbers, which are mostly the same few, each is converted once."""
        arrow = self._arrow
        try:
            coded = arrow.array(values, arrow.float64()).dictionary_encode()
        except (arrow.ArrowInvalid, arrow.ArrowTypeError):  # there is a text, or a whole number that is no float
            coded = arrow.array(decimal_texts(column, values), arrow.string()).dictionary_encode()
        known = [one if isinstance(one, str) else usual_text(one, column.places) for one in coded.dictionary.to_pylist()]
        numbers = list(map(Decimal, known))
        if column.computed and column.kind == "decimal" and not self._result.small:
            numbers = [_WIDE.quantize(one, Decimal((0, (1,), -kind.scale))) for one in numbers]
        try:
            return arrow.array(numbers, kind).take(coded.indices)
        except (arrow.ArrowInvalid, OverflowError):
            raise QueryError(
                f"an amount of {column.name} does not fit {kind}: decimals='text' writes all digits as text,"
                " or leave the column out by columns="
            ) from None


def _places(column: ResultColumn, values: list[Sequence[Any]]) -> int:
    """The most decimals of the values of a column."""
    found = {one for some in values for one in decimal_texts(column, some) if one is not None}
    return min(max((len(one.partition(".")[2]) for one in found), default=column.places), DIGITS)


def to_arrow(rows: ArrowRows) -> Any:
    """Return the rows as a ``pyarrow.Table``."""
    return needed("pyarrow", "arrow").Table.from_batches(rows.batches(), rows.schema)


def write_parquet(rows: ArrowRows, file: IO[bytes]) -> int:
    """Write the rows as a Parquet file.

    :param file: a file open for bytes.
    :returns: the number of rows.
    """
    arrow, parquet = needed("pyarrow", "arrow"), needed("pyarrow.parquet", "arrow")
    count, size, group = 0, 0, []
    with parquet.ParquetWriter(file, rows.schema) as writer:
        for batch in rows.batches():
            group.append(batch)
            size += batch.num_rows
            if size >= ROW_GROUP:
                writer.write_table(arrow.Table.from_batches(group), size)
                count, size, group = count + size, 0, []
        if group:
            writer.write_table(arrow.Table.from_batches(group), size)
    return count + size
