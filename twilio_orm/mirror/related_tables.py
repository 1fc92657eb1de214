"""The mirror as it is read by a query with values of related records (:mod:`twilio_orm.query.related_fields`).

Every statement that reads such a value begins with a table expression for it: the related rows that are neither deleted nor
suspect, at the moment of the mirror. So the answer is still one statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import conditions, residual
from .as_of import AsOfMirror
from .as_of_tables import AsOfConnection, DelegatingReader

if TYPE_CHECKING:
    from ..query.ast import Query
    from ..query.lookups import Sql
    from .engine import Rows, TableReader

READS = re.compile('FROM "related ')
"""Finds the statements that read a table expression."""


class RelatedMirror(AsOfMirror):
    """A mirror at one revision, in whose statements the values of related records can be read.

    :param mirror: the mirror at that revision.
    :param tables: the fields, each with the query for the related records that count.
    """

    def __init__(self, mirror: Any, tables: Iterable[tuple[Any, Query]]) -> None:
        super().__init__(mirror, mirror.revision, mirror.now)
        self._own, self._fields = mirror, list(tables)

    def tables(self, connection: TableReader) -> TableReader:
        """Return what to read from. See :meth:`AsOfMirror.tables`."""
        found = super().tables(connection)
        self._own.revision = self.revision
        opened: Any = _Opened(connection, self)
        return AsOfConnection(opened, self.schemas, self.revision or 0) if isinstance(found, AsOfConnection) else opened

    def table_expressions(self) -> Sql:
        """Return the WITH of a statement, and its parameters. Reads the disk.

        :raises NotCovered: a field of the related records is excluded, or was redacted.
        """
        texts, values = list[str](), list[Any]()
        with self._own.reading() as connection:
            for field, query in self._fields:
                names = [field.term.field] if field.term else []
                found = conditions.where(self._own, query, names=names)
                where, some = residual.exact(connection, self.dialect, query.schema, found)
                rows = f"FROM {connection.source(query.schema.table)} WHERE ({where})"
                texts.append(field.table(self.dialect, rows, self.dialect.inlined))  # each is found by the index of the key
                values += some
        return f"WITH {', '.join(texts)} ", values


class _Opened(DelegatingReader):
    """A connection whose statements begin with the table expressions that they read."""

    is_current = True

    def __init__(self, connection: TableReader, mirror: RelatedMirror) -> None:
        super().__init__(connection)
        self._mirror = mirror
        self._with: Sql | None = None

    def source(self, table: str, /) -> str:
        """Return what to write after FROM to read a table."""
        return self._connection.source(table)

    def execute(self, statement: str, values: Any = (), /) -> Rows:
        """Run a SELECT."""
        if not READS.search(statement):
            return self._connection.execute(statement, values)
        if self._with is None:
            self._with = self._mirror.table_expressions()
        text, first = self._with
        return self._connection.execute(text + statement, (*first, *values))
