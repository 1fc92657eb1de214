"""The export methods of query sets and of their rows and groups. Few programs export: all else is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
