"""Reads the values of terms, fields and parts of times, from the mirror's SQL or from records. Used by ``values()``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..query.predicates import term_reader
from ..query.sql import column_sql, part_sql, row_columns, value_sql
from ..schema.field import Column
from ..schema.row_codec import absent_names
from ..schema.row_layout import UNCONFIRMED
from ..schema.timezones import PART_RANGES

if TYPE_CHECKING:
    from ..mirror.select import MirrorReader
    from ..query.ast import Query, Term
    from ..query.dialect import Dialect
    from ..schema.resource_schema import ResourceSchema

BATCH = 500
"""Records of a batch of columns."""


def record_values(records: Iterable[Any], schema: ResourceSchema, terms: list[Term], unique: bool) -> Iterator[tuple[Any, ...]]:
    """The values of some terms of each record.

    :param unique: whether to yield equal values once.
    """
    reads = [(one, term_reader(schema, one)) for one in terms]
    values = [_record_value(schema, one) for one in terms]
    seen = set()
    for record in records:
        row = record.stored_row
        if unique:
            key = tuple(one.compared(schema, read(row)) for one, read in reads)
            if key in seen:
                continue
            seen.add(key)
        yield tuple([value(record) for value in values])


def _record_value(schema: ResourceSchema, term: Term) -> Callable[[Any], Any]:
    """The function that reads a term from a record. It raises NotLoaded where the record was read without a field."""
    if not term.part and term.field not in schema.expressions:
        return attrgetter(term.field)
    read, fields = term_reader(schema, term), schema.reads(term.field) if not term.part else ()

    def value(record: Any) -> Any:
        stored = read(record.stored_row)
        if stored is None:
            for name in fields:
                getattr(record, name)  # raises where the field was not read
        return term.value(schema, stored)

    return value


def stored_columns(records: Iterable[Any], schema: ResourceSchema, terms: list[Term], unique: bool) -> Iterator[list[Any]]:
    """The canonical values of some terms of each record, as batches of columns. Raises NotLoaded.

    :param unique: whether to yield equal values once.
    """
    reads = [(one, term_reader(schema, one)) for one in terms]
    seen: set[Any] = set()

    def values() -> Iterator[tuple[Any, ...]]:
        for record in records:
            row = tuple([read(record.stored_row) for _, read in reads])
            for (one, _), value in zip(reads, row, strict=True):
                if value is None and not one.part:
                    for name in schema.reads(one.field):
                        getattr(record, name)  # raises where the field was not read
            if unique:
                key = tuple([one.compared(schema, value) for (one, _), value in zip(reads, row, strict=True)])
                if key in seen:
                    continue
                seen.add(key)
            yield row

    found = values()
    while batch := list(islice(found, BATCH)):
        yield [*zip(*batch, strict=True)]


def part_of(batches: Iterator[list[Any]], low: int, high: int | None) -> Iterator[list[Any]]:
    """A slice of the rows of batches of columns."""
    at = 0
    for batch in batches if high is None or low < high else ():
        count = len(batch[0]) if batch else 0
        end = count if high is None else min(count, high - at)
        first = max(low - at, 0)
        if first < end:
            yield batch if first == 0 and end == count else [column[first:end] for column in batch]
        at += count
        if high is not None and at >= high:
            return


def with_units(schema: ResourceSchema, terms: list[Term]) -> list[Term]:
    """Some terms with the unit beside each amount of money, where it is not among them already."""
    found, names = [], {one.name for one in terms}
    for one in terms:
        found.append(one)
        unit = getattr(schema.column(one.field), "unit", "") if not one.part else ""
        if unit and unit not in names:
            found.append(replace(one, field=unit))
            names.add(unit)
    return found


class Unknown(NamedTuple):
    """A row that was read without a field that is wanted.

    :param number: its place in the batch, from 0.
    :param fields: the fields.
    :param unconfirmed: whether a webhook made or changed it since Twilio's API last returned the record.
    """

    number: int
    fields: tuple[str, ...]
    unconfirmed: bool


class ColumnReader:
    """Reads the values of some terms from SQL, a batch of rows at a time. Selects and converts only their columns.

    :param dialect: spells the SQL.
    :param schema: the resource.
    :param terms: the terms. ``columns`` are the SQL expressions to select for them; so many as ``rare`` says, the last ones, are
        null in most rows. Rows that all have null there may come without them.
    """

    def __init__(self, dialect: Dialect, schema: ResourceSchema, terms: list[Term]) -> None:
        self.api_schema, self._terms, self._size = schema, terms, len(terms)
        self._absent = itemgetter(self._size)
        self._converts = [(at, one) for at, one in enumerate(map(self._converter, terms)) if one is not None]
        # A derived field is computed from the whole row.
        self._reads = [term_reader(schema, one) for one in terms] if any(one.field in schema.derived for one in terms) else []
        self._decimals = [] if self._reads else [at for at, one in enumerate(terms) if one.field in schema.numbers]
        own = [
            column_sql(schema, one.field) if at in self._decimals else _shown_sql(dialect, schema, one)
            for at, one in enumerate(terms)
        ]
        beside = ['"mirror_absent"', *['"mirror_extras"'] * bool(self._decimals)]
        self.columns = row_columns(dialect, schema) if self._reads else (*own, *beside)
        self.rare = 0 if self._reads else len(beside)
        plain = all(one.field not in schema.numbers and (one.part or _compares_itself(schema, one)) for one in terms)
        self._compares_itself = plain and not self._reads

    def _converter(self, term: Term) -> Callable[[Any], Any] | None:
        """The function that makes a Python value of a canonical one; None where they are the same."""
        if term.part:
            return None if term.part in PART_RANGES else partial(term.value, self.api_schema)
        column = self.api_schema.column(term.field)
        return None if type(column).python_value is Column.python_value else column.python_value

    def batches(
        self, reader: MirrorReader, query: Query, *, with_deleted: bool, newer: tuple[int, bool] | None
    ) -> Iterator[list[Any]]:
        """The rows of a query, as ``stored_rows`` makes them. Reads the disk. See :meth:`MirrorReader.batches`."""
        names, rare = [one.field for one in self._terms], self.rare
        found = reader.batches(query, self.columns, with_deleted=with_deleted, names=names, newer=newer, rare=rare)
        return map(self.stored_rows, found)

    def _has_rare(self, rows: list[Any]) -> bool:
        """Whether rows came with the columns that are rarely not null."""
        return bool(rows) and len(rows[0]) > self._size

    def stored_rows(self, rows: list[Any]) -> list[Any]:
        """The canonical values of selected rows, each with the text of its absent fields behind them."""
        if self._reads:
            absent_slot = self.api_schema.codec.absent_slot
            rows = [(*[read(row) for read in self._reads], row[absent_slot]) for row in rows]
        elif self._decimals and self._has_rare(rows) and any(map(itemgetter(self._size + 1), rows)):
            rows = [row if row[self._size + 1] is None else self._as_sent(row) for row in rows]
        return rows

    def unknown(self, rows: list[Any]) -> list[Unknown]:
        """The rows that were read without one of the fields.

        :param rows: what ``stored_rows`` returned.
        """
        found: list[Unknown] = []
        if self._has_rare(rows) and any(map(self._absent, rows)):
            fields = [(at, self.api_schema.reads(one.field)) for at, one in enumerate(self._terms)]
            for number, row in enumerate(rows):
                text = self._absent(row)
                absent = absent_names(text) if text else ()
                unread = [read for at, reads in fields if row[at] is None for read in reads if read in absent]
                if unread:
                    found.append(Unknown(number, tuple(dict.fromkeys(unread)), UNCONFIRMED in absent))
        return found

    def _as_sent(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The row with its decimals as Twilio sent them."""
        values = list(row)
        for at in self._decimals:
            column: Any = self.api_schema.columns[self._terms[at].field]
            values[at] = column.canonical_text(values[at], row[self._size + 1])
        return tuple(values)

    def unseen(self, rows: list[Any], seen: set[Any]) -> list[Any]:
        """The rows whose values are not in ``seen``; adds them to it."""
        found = []
        if self._compares_itself:
            size = self._size
            fresh = dict.fromkeys(rows if not self._has_rare(rows) else [row[:size] for row in rows])
            found = [row for row in fresh if row not in seen]
            seen.update(found)
            return found
        for row in rows:
            key = tuple([one.compared(self.api_schema, value) for one, value in zip(self._terms, row, strict=False)])
            if key not in seen:
                seen.add(key)
                found.append(row)
        return found

    def stored(self, rows: list[Any]) -> list[Any]:
        """The canonical values of the rows, as columns."""
        return [*zip(*rows, strict=True)][: self._size]

    def converted(self, rows: list[Any]) -> Iterable[tuple[Any, ...]]:
        """The values of the rows in Python."""
        if not self._converts or not rows:
            size = self._size
            return [row[:size] for row in rows] if self._has_rare(rows) else rows
        columns: list[Any] = [*zip(*rows, strict=True)][: self._size]
        for at, convert in self._converts:
            columns[at] = map(convert, columns[at])
        return zip(*columns, strict=True)


def _compares_itself(schema: ResourceSchema, term: Term) -> bool:
    """Whether equal values of a field are those whose canonical values are equal."""
    return type(schema.column(term.field)).comparable is Column.comparable


def _shown_sql(dialect: Dialect, schema: ResourceSchema, term: Term) -> str:
    """The SQL of the canonical value of a term."""
    if term.part:
        return part_sql(dialect, schema, term.field, term.part, term.zone)
    return value_sql(dialect, schema, term.field)
