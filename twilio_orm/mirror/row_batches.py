"""How the rows of an answer are read: in batches, so that no cursor and no transaction is open while a caller looks at rows.

An answer is that of the moment at which it began. Each batch is one statement that is read to its end; a row that has changed
since then is read as it was, from the history. The batches are

* one, if the answer is short;
* along the numbers of the rows (their rowids), each after those of the one before, if the answer has no order and takes in much
  of the table;
* else by the numbers of the rows that answer, which are read first, in order.

Without an order the rows come as they are stored: by their numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..query.dialect import NO_LIMIT
from .as_of_tables import AsOfConnection
from .order import order_by

if TYPE_CHECKING:
    from ..query.ast import Query
    from ..query.lookups import Sql
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import TableReader
    from .readable import ReadableMirror

AT_ONCE = 5000
"""The most rows of an answer that is read in one batch."""
BATCH_BY_NUMBER = 1000
"""Rows of a batch by numbers."""
BATCH_BY_ROW = 250
"""Rows of a batch along the numbers of rows: few enough that what is made of them is still in the processor's cache."""
COLUMNS = 32
"""Of rows with fewer columns than half of this, a batch has as many times more."""
WIDEST = 16
"""So many times as wide a range of numbers is read, at most, where few of its rows answer."""


class RowBatches:
    """The answer to one query.

    :param mirror: a mirror at one moment.
    :param shown: the SQL expressions that a row begins with.
    :param where: the query's WHERE, for the tables as they are when the answer begins.
    :param where_later: returns its WHERE for the tables as they were then, once they have changed.
    :param rare: how many of the expressions, the last ones, are null in most rows. A batch all of whose rows have null there may
        come without them: a row is then a tuple of the others, as SQLite made it.
    """

    def __init__(
        self,
        mirror: ReadableMirror,
        query: Query,
        shown: Sequence[str],
        where: Sql,
        where_later: Callable[[], Sql],
        rare: int = 0,
    ) -> None:
        self._mirror, self._query, self._shown, self._where, self._where_later = mirror, query, shown, where, where_later
        self._rare = rare

    def at_once(self, *, whole: bool = False) -> list[Row] | None:
        """Read a short answer; None where it is long.

        :param whole: whether a long answer is read, too.
        """
        query = self._query
        if whole:
            return self._sorted_by_sql()
        if query.high is not None and query.high <= AT_ONCE:
            found = self._by_time() if not query.low and len(query.order) == 1 else None
            return self._sorted_by_sql() if found is None else found
        return None if query.order else self._sorted_here()

    def _sorted_by_sql(self) -> list[Row]:
        query, (text, values) = self._query, self._where
        order = order_by(self._mirror.dialect, query)
        limit = query.high - query.low if query.high is not None else NO_LIMIT
        with self._mirror.reading() as connection:
            source = connection.source(query.schema.table)
            statement = f"SELECT {', '.join(self._shown)} FROM {source} WHERE {text} ORDER BY {order} LIMIT ? OFFSET ?"
            return connection.execute(statement, (*values, limit, query.low)).fetchall()

    def _by_time(self) -> list[Row] | None:
        """Read in the order of an index on the time, which SQLite need not sort; rows of one time are put in order here.

        None where there is no such index.
        """
        query, (text, values) = self._query, self._where
        schema, (name, descends), dialect = query.schema, query.order[0], self._mirror.dialect
        if name != schema.window or query.high is None:
            return None
        time = f'"{schema.columns[name].column_name}"'
        wide, key = _with_key(schema, self._shown if time in self._shown else (*self._shown, time))
        end = f"ORDER BY {dialect.ordered(time, descends)} LIMIT ?"
        at = itemgetter(wide.index(time))
        with self._mirror.reading() as connection:
            select = f"SELECT {', '.join(wide)} FROM {connection.source(schema.table)} WHERE"
            rows = connection.execute(f"{select} {text} {end}", (*values, query.high + 1)).fetchall()
            if len(rows) > query.high and at(rows.pop()) == (last := at(rows[-1])):  # of the rows of that time, the first by key
                rows = [row for row in rows if at(row) != last]
                tied = f"{select} ({text}) AND {dialect.same(time, '?')} ORDER BY {', '.join(key_columns(schema))} LIMIT ?"
                rows += connection.execute(tied, (*values, last, query.high - len(rows))).fetchall()
        if len(set(map(at, rows))) < len(rows):
            rows = [row for _, group in groupby(rows, at) for row in sorted(group, key=key)]
        return rows

    def _sorted_here(self) -> list[Row] | None:
        """Read all rows and put them in order here; None where they are many."""
        query, (text, values) = self._query, self._where
        with self._mirror.reading() as connection:
            source = connection.source(query.schema.table)
            rows = connection.execute(
                f"SELECT rowid, {', '.join(self._shown)} FROM {source} WHERE {text} LIMIT {AT_ONCE + 1}", values
            ).fetchall()
        if len(rows) > AT_ONCE:
            return None
        rows.sort(key=itemgetter(0))
        return [row[1:] for row in rows[query.low : query.high]]

    def by_row(self, last: int, opening: object) -> Iterator[list[Row]]:
        """Read along the numbers of rows, which never change; by the numbers of the rest of the rows once anything has changed.

        A batch is of a range of numbers, wider where fewer of its rows answer the query.

        :param last: the greatest number of a row.
        :param opening: the ``opening`` of the database when the answer began.
        """
        query, (where, values) = self._query, self._where
        wide, short = self._range_selects(where)
        text = short
        size = BATCH_BY_ROW * max(COLUMNS // len(self._shown), 1)
        low, skip, width = 0, query.low, size
        left = last if query.high is None else query.high - query.low
        while low < last and left > 0:
            with self._mirror.reading() as connection:
                if not connection.is_current:
                    then, later_values = self._where_later()
                    rest = replace(query, low=skip, high=None if query.high is None else skip + left)
                    numbers = self.numbers(rest, (f"rowid > ? AND ({then})", [low, *later_values]))
                    break
                rows = connection.execute(text, (low, low + width, *values)).fetchall()
                if text is not wide and connection.take_note():
                    rows = connection.execute(wide, (low, low + width, *values)).fetchall()
                    text = wide  # where one row has such a value, the next ones often do
            low += width
            width = min(max(width * size // max(len(rows), 1), size), WIDEST * size)
            some = rows[skip : skip + left] if skip or left < len(rows) else rows
            skip, left = max(skip - len(rows), 0), left - len(some)
            if some:
                yield some
            if low < last and left > 0:
                self._mirror.check_opening(opening)
        else:
            return
        yield from self.by_number(numbers, opening)

    def _range_selects(self, where: str) -> tuple[str, str]:
        """The SELECT of a range of numbers, and the same without the expressions that are rarely not null.

        The second one notes the rows in which they are not.
        """
        dialect, shown, rare = self._mirror.dialect, self._shown, self._rare
        table = dialect.whole_table(f'"{self._query.schema.table}"')
        source = f"FROM {table} WHERE rowid > ? AND rowid <= ? AND ({where})"
        wide = f"SELECT {', '.join(shown)} {source} ORDER BY rowid"
        if not rare:
            return wide, wide
        nothing = " AND ".join(f"{one} IS NULL" for one in shown[-rare:])
        return wide, f"SELECT {', '.join(shown[:-rare])} {source} AND {dialect.noting(nothing)} ORDER BY rowid"

    def numbers(self, query: Query | None = None, where: Sql | None = None) -> array[int]:
        """Read the numbers of the rows that answer, in order.

        :param query: a part of the query, if not all of it is wanted.
        :param where: the WHERE of that part.
        """
        query, (text, values) = query or self._query, where or self._where
        limit = NO_LIMIT if query.high is None else max(query.high - query.low, 0)
        order = order_by(self._mirror.dialect, query)
        with self._mirror.reading() as connection:
            if isinstance(connection, AsOfConnection) and query.high is not None:
                return connection.first_numbers(query.schema, text, values, order, query.low, query.high)
            found = connection.execute(
                f"SELECT rowid FROM {connection.source(query.schema.table)} WHERE {text} ORDER BY {order} LIMIT ? OFFSET ?",
                (*values, limit, query.low),
            )
            return array("q", (row[0] for row in found))

    def by_number(self, numbers: array[int], opening: object) -> Iterator[list[Row]]:
        """Read the rows of these numbers.

        :param opening: the ``opening`` of the database when the answer began.
        """
        for start in range(0, len(numbers), BATCH_BY_NUMBER):
            self._mirror.check_opening(opening)
            part = numbers[start : start + BATCH_BY_NUMBER].tolist()
            with self._mirror.reading() as connection:
                rows = self._adjacent(connection, part)
                if rows is None:
                    found = _numbered(connection, self._query.schema, self._shown, part)
                    by_number = {row[0]: row[1:] for row in found}
                    rows = [by_number[one] for one in part if one in by_number]
            yield rows

    def _adjacent(self, connection: TableReader, part: list[int]) -> list[Row] | None:
        """The rows of these numbers, if each is one more than the one before, which is often so in the order of the rows."""
        first, last = part[0], part[-1]
        if not connection.is_current or last - first != len(part) - 1 or part != [*range(first, last + 1)]:
            return None
        source = connection.source(self._query.schema.table)
        text = f"SELECT {', '.join(self._shown)} FROM {source} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
        return connection.execute(text, (first, last)).fetchall()


def _numbered(connection: TableReader, schema: ResourceSchema, shown: Sequence[str], numbers: list[int]) -> list[Row]:
    """The rows of these numbers, each after its number."""
    wide = f"rowid, {', '.join(shown)}"
    if isinstance(connection, AsOfConnection):
        return connection.numbered(schema, numbers, wide)
    text = f'SELECT {wide} FROM "{schema.table}" WHERE {connection.dialect.listed("rowid")}'
    return connection.execute(text, (connection.dialect.list_parameter(numbers),)).fetchall()


@lru_cache(maxsize=256)
def key_columns(schema: ResourceSchema) -> tuple[str, ...]:
    """Return the quoted columns of a resource's key."""
    return tuple(f'"{schema.columns[name].column_name}"' for name in schema.key)


def _with_key(schema: ResourceSchema, shown: Sequence[str]) -> tuple[Sequence[str], itemgetter[Any]]:
    """The expressions with those of the key, and what reads the key of a row of them."""
    keys = key_columns(schema)
    wide = (*shown, *(key for key in keys if key not in shown))
    return wide, itemgetter(*map(wide.index, keys))
