"""How the rows of an answer are read: in batches, so that no cursor and no transaction is open while a caller looks at rows.

An answer is that of the moment at which it began. Each batch is one statement that is read to its end; a row that has changed
since then is read as it was, from the history. The batches are

* one, if the answer is short;
* along the key, each after the last key of the one before, if the answer takes in much of the table;
* else by the numbers of the rows (their rowids), which are read first, in order.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..query import sql
from .as_of_tables import AsOfConnection

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
BATCH_BY_KEY = 250
"""Rows of a batch along the key: few enough that what is made of them is still in the processor's cache."""


class RowBatches:
    """The answer to one query.

    :param mirror: a mirror at one moment.
    :param shown: the SQL expressions that a row begins with.
    :param where: the query's WHERE, for the tables as they are when the answer begins.
    :param where_later: returns its WHERE for the tables as they were then, once they have changed.
    """

    def __init__(
        self, mirror: ReadableMirror, query: Query, shown: Sequence[str], where: Sql, where_later: Callable[[], Sql]
    ) -> None:
        self._mirror, self._query, self._shown, self._where, self._where_later = mirror, query, shown, where, where_later

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
        order = sql.order_by(self._mirror.dialect, query.schema, query.order)
        limit = query.high - query.low if query.high is not None else -1
        with self._mirror.reading() as connection:
            source = connection.source(query.schema.table)
            statement = f"SELECT {', '.join(self._shown)} FROM {source} WHERE {text} ORDER BY {order} LIMIT ? OFFSET ?"
            return connection.execute(statement, (*values, limit, query.low)).fetchall()

    def _by_time(self) -> list[Row] | None:
        """Read in the order of an index on the time, which SQLite need not sort; rows of one time are put in order here.

        None where there is no such index.
        """
        query, (text, values) = self._query, self._where
        schema, (name, descends) = query.schema, query.order[0]
        if name != schema.window or query.high is None:
            return None
        time = f'"{schema.columns[name].column_name}"'
        wide, key = _with_key(schema, self._shown if time in self._shown else (*self._shown, time))
        end = f"ORDER BY {time}{' DESC' if descends else ''} LIMIT ?"
        at = itemgetter(wide.index(time))
        with self._mirror.reading() as connection:
            select = f"SELECT {', '.join(wide)} FROM {connection.source(schema.table)} WHERE"
            rows = connection.execute(f"{select} {text} {end}", (*values, query.high + 1)).fetchall()
            if len(rows) > query.high and at(rows.pop()) == (last := at(rows[-1])):  # of the rows of that time, the first by key
                rows = [row for row in rows if at(row) != last]
                tied = f"{select} ({text}) AND {time} IS ? ORDER BY {', '.join(key_columns(schema))} LIMIT ?"
                rows += connection.execute(tied, (*values, last, query.high - len(rows))).fetchall()
        if len(set(map(at, rows))) < len(rows):
            rows = [row for _, group in groupby(rows, at) for row in sorted(group, key=key)]
        return rows

    def _sorted_here(self) -> list[Row] | None:
        """Read all rows and put them in order here; None where they are many."""
        query, (text, values) = self._query, self._where
        wide, key = _with_key(query.schema, self._shown)
        with self._mirror.reading() as connection:
            source = connection.source(query.schema.table)
            rows = connection.execute(
                f"SELECT {', '.join(wide)} FROM {source} WHERE {text} LIMIT {AT_ONCE + 1}", values
            ).fetchall()
        if len(rows) > AT_ONCE:
            return None
        rows.sort(key=key)
        return rows[query.low : query.high]

    def by_key(self, opening: object) -> Iterator[list[Row]]:
        """Read along the key, which never changes; by the numbers of the rest of the rows once anything has changed.

        :param opening: the ``opening`` of the database when the answer began.
        """
        query, where = self._query, self._where
        schema, (wide, key), keys = query.schema, _with_key(query.schema, self._shown), key_columns(query.schema)
        table = f'"{schema.table}" INDEXED BY "sqlite_autoindex_{schema.table}_1"'
        text = f"SELECT {', '.join(wide)} FROM {table} WHERE {where[0]} AND"
        end = f"ORDER BY {', '.join(keys)} LIMIT ? OFFSET ?"
        marks = f"({', '.join('?' * len(keys))})" if len(keys) > 1 else "?"
        beyond = [f"({', '.join(keys)}) {sign} {marks}" for sign in (">=", ">")]
        last = tuple([-(2**63) if schema.columns[name].field_type == "INTEGER" else "" for name in schema.key])
        left = None if query.high is None else query.high - query.low
        skip = query.low
        while left is None or left > 0:
            size = BATCH_BY_KEY if left is None else min(BATCH_BY_KEY, left)
            with self._mirror.reading() as connection:
                if not connection.is_current:
                    rest = replace(query, low=skip, high=None if left is None else skip + left)
                    then, values = self._where_later()
                    numbers = self.numbers(rest, (f"({then}) AND {beyond[0]}", [*values, *last]))
                    break
                rows = connection.execute(f"{text} {beyond[0]} {end}", (*where[1], *last, size, skip)).fetchall()
            if rows:
                last = key(rows[-1]) if len(keys) > 1 else (key(rows[-1]),)
                yield rows
            if len(rows) < size:
                return
            self._mirror.check_opening(opening)
            left = None if left is None else left - size
            skip, beyond = 0, beyond[-1:]
        else:
            return
        yield from self.by_number(numbers, opening)

    def numbers(self, query: Query | None = None, where: Sql | None = None) -> array[int]:
        """Read the numbers of the rows that answer, in order.

        :param query: a part of the query, if not all of it is wanted.
        :param where: the WHERE of that part.
        """
        query, (text, values) = query or self._query, where or self._where
        limit = -1 if query.high is None else max(query.high - query.low, 0)
        order = sql.order_by(self._mirror.dialect, query.schema, query.order)
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
                found = _numbered(connection, self._query.schema, self._shown, part)
                by_number = {row[0]: row[1:] for row in found}
            yield [by_number[one] for one in part if one in by_number]


def _numbered(connection: TableReader, schema: ResourceSchema, shown: Sequence[str], numbers: list[int]) -> list[Row]:
    """The rows of these numbers, each after its number."""
    wide = f"rowid, {', '.join(shown)}"
    if isinstance(connection, AsOfConnection):
        return connection.numbered(schema, numbers, wide)
    text = f'SELECT {wide} FROM "{schema.table}" WHERE rowid IN (SELECT value FROM json_each(?))'
    return connection.execute(text, (json.dumps(numbers),)).fetchall()


@lru_cache(maxsize=256)
def key_columns(schema: ResourceSchema) -> tuple[str, ...]:
    """Return the quoted columns of a resource's key."""
    return tuple(f'"{schema.columns[name].column_name}"' for name in schema.key)


def _with_key(schema: ResourceSchema, shown: Sequence[str]) -> tuple[Sequence[str], itemgetter[Any]]:
    """The expressions with those of the key, and what reads the key of a row of them."""
    keys = key_columns(schema)
    wide = (*shown, *(key for key in keys if key not in shown))
    return wide, itemgetter(*map(wide.index, keys))
