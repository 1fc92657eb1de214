"""The export methods of query sets and of their rows and groups. Few programs export: all else is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from .arrow import ArrowRows
    from .columns import Result, ResultColumn
    from .files import Target


class ExportMethods:
    """Writes rows to files and makes tables of them, from ``export_result()``, which a subclass provides.

    The columns have the names of fields; for records they are all fields that the mirror stores, and others by ``columns=``. Each
    amount of money has its unit in a column beside it; amounts of groups have a column for each unit. Nothing is rounded or
    dropped silently.
    """

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:
        """The columns of the rows, and a function that evaluates them. Sends nothing.

        :param columns: names of columns; None for all.
        :param tz: the time zone of the parts of times among them.
        """
        raise NotImplementedError

    def result_columns(self) -> list[ResultColumn]:
        """The columns of an export: name, kind, and the column that holds the unit of money. Sends nothing."""
        return self.export_result().columns

    def to_csv(
        self,
        target: Target,
        *,
        columns: Iterable[str] | None = None,
        tz: Any = None,
        guard_formulas: bool = True,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Write the rows as CSV in UTF-8. Calls Twilio as iterating does; writes to the disk.

        A file appears at the path when it is complete; where anything fails, none does. An empty text is ``""``, null is nothing.

        :param target: a path, an open file, or ``"-"`` for standard output.
        :param columns: the columns to write, in this order; of records, fields and parts of times.
        :param tz: write times in this zone, with its offset; UTC without it.
        :param guard_formulas: put an apostrophe before a text that a spreadsheet could take for a formula. Phone numbers,
            numbers, times and SIDs stay as they are.
        :param progress: called with the number of rows so far.
        :returns: the number of rows.
        :raises NotLoaded: a record was read without one of the fields; leave the field out by ``columns=``.
        :raises UnknownField: there is no such column.
        """
        from . import text_formats
        from .files import opened
        from .options import checked

        options, result = checked(tz, progress), self.export_result(columns, tz)
        with opened(target) as file:
            return text_formats.write_csv(result, file, options, guard_formulas)

    def to_ndjson(
        self,
        target: Target,
        *,
        columns: Iterable[str] | None = None,
        tz: Any = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Write the rows as JSON objects, one a line. Calls Twilio as iterating does; writes to the disk.

        Amounts are texts with all their digits, times are texts in ISO 8601.

        :param target: as in ``to_csv``.
        :param columns: as in ``to_csv``.
        :param tz: as in ``to_csv``.
        :param progress: as in ``to_csv``.
        :returns: the number of rows.
        """
        from . import text_formats
        from .files import opened
        from .options import checked

        options, result = checked(tz, progress), self.export_result(columns, tz)
        with opened(target) as file:
            return text_formats.write_ndjson(result, file, options)

    def to_records(
        self, *, columns: Iterable[str] | None = None, tz: Any = None, progress: Callable[[int], object] | None = None
    ) -> list[dict[str, Any]]:
        """The rows as a list of plain dicts of Python values, with the columns of ``to_csv``. Calls Twilio as iterating does.

        :param columns: as in ``to_csv``.
        :param tz: times as text in this zone; without it they are datetimes in UTC.
        :param progress: as in ``to_csv``.
        """
        from .options import checked
        from .records import to_records

        options = checked(tz, progress)
        return to_records(self.export_result(columns, tz), options)

    def to_arrow(
        self,
        *,
        columns: Iterable[str] | None = None,
        tz: Any = None,
        decimals: str = "decimal128",
        progress: Callable[[int], object] | None = None,
    ) -> pyarrow.Table:
        """The rows as an Arrow table. Calls Twilio as iterating does. Needs the extra ``arrow``.

        Money and other decimals are exact: ``decimal128(38, 9)``, of groups with as many decimals as their values have. What an
        expression computes is rounded to twenty decimals.

        :param columns: as in ``to_csv``.
        :param tz: times as text in this zone; without it they are ``timestamp[us, UTC]``.
        :param decimals: ``"text"`` for decimals as texts with all their digits, for values that do not fit.
        :param progress: as in ``to_csv``.
        :raises QueryError: a decimal does not fit its type.
        :raises ConfigurationError: pyarrow is not installed.
        """
        from .arrow import to_arrow

        return to_arrow(self._arrow_rows(columns, tz, decimals, progress))

    def to_pandas(
        self,
        *,
        columns: Iterable[str] | None = None,
        tz: Any = None,
        decimals: str = "decimal128",
        progress: Callable[[int], object] | None = None,
    ) -> pandas.DataFrame:
        """The rows as a pandas DataFrame with Arrow's types. Calls Twilio as iterating does. Needs the extra ``pandas``.

        Nulls stay nulls, whole numbers whole, decimals exact. ``to_arrow().to_pandas()`` gives NumPy's types.

        :param columns: as in ``to_csv``.
        :param tz: as in ``to_arrow``.
        :param decimals: as in ``to_arrow``.
        :param progress: as in ``to_csv``.
        """
        from .frames import to_pandas

        return to_pandas(self._arrow_rows(columns, tz, decimals, progress, "pandas"))

    def to_polars(
        self,
        *,
        columns: Iterable[str] | None = None,
        tz: Any = None,
        decimals: str = "decimal128",
        progress: Callable[[int], object] | None = None,
    ) -> polars.DataFrame:
        """The rows as a polars DataFrame. Calls Twilio as iterating does. Needs the extra ``polars``.

        :param columns: as in ``to_csv``.
        :param tz: as in ``to_arrow``.
        :param decimals: as in ``to_arrow``.
        :param progress: as in ``to_csv``.
        """
        from .frames import to_polars

        found: polars.DataFrame = to_polars(self._arrow_rows(columns, tz, decimals, progress, "polars"))
        return found

    def to_parquet(
        self,
        target: Target,
        *,
        columns: Iterable[str] | None = None,
        tz: Any = None,
        decimals: str = "decimal128",
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Write the rows as a Parquet file. Calls Twilio as iterating does; writes to the disk. Needs the extra ``arrow``.

        :param target: a path, a file that is open for bytes, or ``"-"`` for standard output.
        :param columns: as in ``to_csv``.
        :param tz: as in ``to_arrow``.
        :param decimals: as in ``to_arrow``.
        :param progress: as in ``to_csv``.
        :returns: the number of rows.
        """
        from .arrow import write_parquet
        from .files import opened

        with opened(target, text=False) as file:
            return write_parquet(self._arrow_rows(columns, tz, decimals, progress), file)

    def _arrow_rows(
        self, columns: Iterable[str] | None, tz: Any, decimals: str, progress: Any, extra: str = "arrow"
    ) -> ArrowRows:
        from .arrow import ArrowRows
        from .options import checked

        options = checked(tz, progress)
        return ArrowRows(self.export_result(columns, tz), options, decimals, extra)


class ResultRows(ExportMethods):
    """The export methods of a result that is there already.

    :param result: the columns and the rows.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    def export_result(self, columns: Iterable[str] | None = None, tz: Any = None) -> Result:  # noqa: ARG002
        """Return some columns of the result.

        :param columns: names of columns; None for all.
        :param tz: unused.
        """
        return self._result.select(columns)
