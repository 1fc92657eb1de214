"""Recognises pages by the fingerprint of their text, so that a page which was stored before need not be parsed again.

Each row has the fingerprint of the text that it was read from; any other write to the row clears it (a tombstone, a redaction,
the reply to a write). A page is stored as runs of its rows' numbers, with the sum of their fingerprints: it is recognised as long
as every one of its rows is unchanged. What a sync has to know of its rows is stored with it, so that it need not read them.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..._frozen import Value, lazy_dataclass
from ...schema.row_layout import Row
from ..engine import Session, TableReader
from ..table_layout import definitions
from . import absence, blocks

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from .blocks import KnownBlock, NewBlock

RUNS = 256
"""The most runs of rows that a page may consist of, to be worth storing."""
ASIDE = 20
"""Rows that are read before and after those of a page: other rows may lie between them."""
MUTABLE = 50
"""The most records of a page that may still change, for its summary to be stored."""
SPARE = 1000
"""Pages that are kept beyond two for each thousand rows."""

_STORED = ("resource", "runs", "total", "revision", "low", "high", "keys", "summary")
_REMEMBER = (
    f"INSERT INTO mirror_pages (digest, {', '.join(_STORED)}) VALUES (?, {', '.join('?' * len(_STORED))})"
    f" ON CONFLICT (digest) DO UPDATE SET {', '.join([f'{name} = excluded.{name}' for name in _STORED])}"
)
_PAGE = (
    "SELECT runs, total, EXISTS (SELECT 1 FROM mirror_missed WHERE resource = ?) FROM mirror_pages"
    " WHERE digest = ? AND resource = ?"
)
_SUMMARY = (
    "SELECT runs, total, EXISTS (SELECT 1 FROM mirror_missed WHERE resource = ?), low, high, keys, summary,"
    ' CAST((SELECT sum(r.mirror_digest) FROM "{}" r WHERE r.rowid BETWEEN low AND high) AS BIGINT)'
    " FROM mirror_pages WHERE digest = ? AND resource = ?"
)

Reading = Callable[[], AbstractContextManager[TableReader]]

KnownRecord = tuple["int | None", int, Row]
"""A stored record: the fingerprint of the text it was read from, its number (rowid), and its row, complete or with its essential
columns only."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class PageSummary(Value):
    """What a sync has to know of a page's rows.

    :param keys: the numbers of their keys, see :func:`twilio_orm.mirror.coverage.absence.key_numbers`.
    :param mutable: the last parts of the keys of those that may still change.
    :param last: the last row, with its essential columns at least.
    """

    keys: array[int]
    mutable: tuple[str, ...]
    last: Row

    @classmethod
    def of(cls, schema: ResourceSchema, keys: Iterable[str], rows: Sequence[Row]) -> PageSummary:
        """Return the summary of a page. Pure.

        :param keys: the keys of its records.
        :param rows: its last row, and all others that may still change.
        """
        place = schema.index[schema.key[-1]]
        return cls(absence.key_numbers([(key,) for key in keys]), tuple([row[place] for row in schema.mutable(rows)]), rows[-1])


class RecognisedRows(Sequence[Row]):
    """The rows of a recognised page, with their essential columns. Only its summary was read; the rows are read when needed.

    :param summary: the summary.
    :param runs: the first and the last number of each run of rows that are as they were.
    :param load: reads the rows.
    """

    def __init__(self, summary: PageSummary, runs: Sequence[int], load: Callable[[], list[Row]]) -> None:
        self.summary, self.runs, self._load = summary, runs, load

    def __len__(self) -> int:
        return len(self.summary.keys)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._load())

    def __getitem__(self, at: Any) -> Any:
        """Return the last row, or read all of them."""
        return self.summary.last if at == -1 else self._load()[at]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class PageFingerprint(Value):
    """What a page is recognised by, once all of it was stored.

    :param fingerprint: that of its text.
    :param keys: the keys of its records, in order.
    :param total: the sum of the fingerprints of the records' texts.
    :param numbers: the numbers of the rows that were there before, by key.
    :param summary: the summary of its rows.
    :param names: the columns whose values follow from the request, too. Each record's text has them.
    :param blocks: its blocks that are to be stored.
    """

    fingerprint: int
    keys: tuple[str, ...]
    total: int
    numbers: Mapping[str, int]
    summary: PageSummary
    names: frozenset[str]
    blocks: tuple[NewBlock, ...] = ()


class PageCache:
    """The stored pages and records of one resource. Reads the disk.

    The statements of one answer need not be of one moment: a row that is changed between them loses its fingerprint.

    :param reading: returns a connection to hold for a while; raises MirrorError.
    :param full_rows: whether rows are read completely, or with their essential columns only. Then a price is 1 where there is
        one: only whether a record may still change depends on it.
    :param summary: whether the summary of a recognised page is enough: then :meth:`page` returns :class:`RecognisedRows`, if it
        can.
    """

    def __init__(self, reading: Reading, schema: ResourceSchema, *, full_rows: bool, summary: bool = False) -> None:
        self._reading, self.api_schema, self._whole, self._summary = reading, schema, full_rows, summary

    def page(self, fingerprint: int, names: frozenset[str]) -> Sequence[Row] | None:
        """Return the rows of a page whose rows are all unchanged since it was stored, in order; None for any other page.

        :param names: the columns that rows must have besides the essential ones.
        """
        schema = self.api_schema
        with self._reading() as connection:
            text = _SUMMARY.format(schema.table) if self._summary else _PAGE
            found = connection.execute(text, (schema.table, fingerprint, schema.table)).fetchone()
            if found is None or found[2]:
                return None
            if self._summary and found[6] is not None and found[7] == found[1]:
                held, last, mutable = json.loads(found[6])
                if names.issubset(held):
                    summary = PageSummary(array("q", found[5]), tuple(mutable), _row(schema, last))
                    return RecognisedRows(summary, found[3:5], partial(self.rows, found[3:5], names))
            rows = self._rows(connection, array("q", found[0]), names)
        fingerprints = [row[-1] for row in rows]
        _, whole = _columns(schema, None if self._whole else names)
        return list(map(whole, rows)) if None not in fingerprints and sum(fingerprints) == found[1] else None

    def blocks(self, keys: Sequence[str]) -> Mapping[int, KnownBlock]:
        """Return the stored blocks that begin with some records and whose rows are all unchanged, by their fingerprints."""
        with self._reading() as connection:
            return blocks.known(connection, self.api_schema, keys)

    def rows(self, runs: Sequence[int], names: frozenset[str]) -> list[Row]:
        """Return the rows of some runs, as they are now.

        :param runs: the first and the last number of each.
        :param names: the columns that they must have besides the essential ones.
        """
        with self._reading() as connection:
            _, whole = _columns(self.api_schema, None if self._whole else names)
            return list(map(whole, self._rows(connection, runs, names)))

    def _rows(self, connection: TableReader, runs: Sequence[int], names: frozenset[str]) -> list[Row]:
        """The needed columns of the rows of some runs, and their fingerprints."""
        table, (columns, _) = self.api_schema.table, _columns(self.api_schema, None if self._whole else names)
        statement = f'SELECT {columns}, mirror_digest FROM "{table}" WHERE rowid BETWEEN ? AND ? ORDER BY rowid'
        pairs = [(runs[at], runs[at + 1]) for at in range(0, len(runs), 2)]
        return [row for pair in pairs for row in connection.execute(statement, pair).fetchall()]

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """Return the stored records among these keys.

        :param names: the columns that rows must have besides the essential ones.
        """
        schema = self.api_schema
        name = f'"{schema.columns[schema.key[0]].column_name}"'
        columns, whole = _columns(schema, None if self._whole else names)
        values = f"{columns}, {name}, mirror_digest, rowid"

        def read(where: str, *parameters: Any) -> dict[str, KnownRecord]:
            one = connection.dialect.in_one_row(values) if self._is_plain(names) else ""
            found = connection.execute(f'SELECT {one or values} FROM "{schema.table}" WHERE {where}', parameters)
            rows = json.loads(found.fetchone()[0]) if one else found.fetchall()
            return {row[-3]: (row[-2], row[-1], whole(row)) for row in rows}

        with self._reading() as connection:
            if absence.has_suspects(connection, schema):
                return {}
            # The records of a page mostly lie side by side, and one range is read faster than single rows.
            early, late, there = len(keys) // 4, len(keys) * 3 // 4, dict[str, KnownRecord]()
            two = f'SELECT {name}, rowid FROM "{schema.table}" WHERE {name} IN (?, ?)'
            found = dict(connection.execute(two, (keys[early], keys[late])).fetchall())
            first, last = (found[keys[at]] - at if keys[at] in found else None for at in (early, late))
            if first is not None and last is not None and abs(first - last) <= ASIDE:
                there = read("rowid BETWEEN ? AND ?", first - ASIDE, first + len(keys) + ASIDE)
            others = [key for key in keys if key not in there]
            if others:
                there |= read(connection.dialect.listed(name), connection.dialect.list_parameter(others))
        return there

    def _is_plain(self, names: frozenset[str]) -> bool:
        """Whether the needed columns hold texts alone; but for a price, of which only whether there is one is read."""
        columns, price = self.api_schema.columns, self.api_schema.finality and self.api_schema.finality.price
        needed = (names | self.api_schema.essential_columns) - ({price} - names)
        return not self._whole and all(columns[name].field_type == "TEXT" for name in needed)


@lru_cache(maxsize=256)
def _columns(schema: ResourceSchema, names: frozenset[str] | None) -> tuple[str, Callable[[Row], Row]]:
    """The columns to read, and what makes a row of them: with None for those that are not needed, and for the mirror's own.

    :param names: those that are needed besides the essential ones; None for all.
    """
    least = schema.columns if names is None else names | schema.essential_columns
    needed = {schema.columns[name].column_name for name in least}
    needed |= {"mirror_extras", "mirror_absent"} if len(needed) == len(schema.columns) else set()
    read = [name for name in definitions(schema) if name in needed]
    places = [read.index(name) if name in needed else len(read) for name in definitions(schema)]
    price = schema.finality.price if schema.finality and names is not None and schema.finality.price not in names else None
    selected = [f'CASE WHEN "{name}" IS NULL THEN NULL ELSE 1 END' if name == price else f'"{name}"' for name in read]
    return ", ".join([*selected, "NULL"]), itemgetter(*places)


def _row(schema: ResourceSchema, values: Mapping[str, Any]) -> Row:
    """A row with the values of some columns."""
    return tuple([values.get(name) for name in definitions(schema)])


def numbers(connection: Session, schema: ResourceSchema, keys: Sequence[str]) -> dict[str, int]:
    """Return the numbers (rowids) of the rows of some records, by key. Reads the disk."""
    name, dialect = f'"{schema.columns[schema.key[0]].column_name}"', connection.dialect
    text = f'SELECT {name}, rowid FROM "{schema.table}" WHERE {dialect.listed(name)}'
    found = connection.execute(text, (dialect.list_parameter(keys),))
    return dict(found.fetchall())


def remember_pages(
    connection: Session,
    schema: ResourceSchema,
    pages: Iterable[PageFingerprint],
    new: Mapping[str, int],
    revision: int,
) -> None:
    """Store pages whose rows are stored; in the caller's transaction.

    :param new: the numbers of the rows that these pages brought, by key.
    :param revision: the revision that is being made.
    """
    for page in pages:
        places = list(map(({**new, **page.numbers} if new and page.numbers else page.numbers or new).get, page.keys))
        runs = runs_of(places) if len({*page.keys}) == len(page.keys) else None
        if runs is not None and len(runs) <= 2 * RUNS:
            low, high, summary = (*runs, _summary_text(schema, page)) if len(runs) == 2 else (None, None, None)
            keys = None if summary is None else page.summary.keys.tobytes()
            stored = (schema.table, runs.tobytes(), page.total, revision, low, high, keys, summary)
            connection.execute(_REMEMBER, (page.fingerprint, *stored))
            if page.blocks:
                blocks.store(connection, schema, page.blocks, places)


def _summary_text(schema: ResourceSchema, page: PageFingerprint) -> str | None:
    """The summary of a page as text, but for the keys; None where too many of its rows may still change to be listed."""
    if len(page.summary.mutable) > MUTABLE:
        return None
    needed = {str(schema.columns[name].column_name) for name in schema.essential_columns}
    last = {name: value for name, value in zip(definitions(schema), page.summary.last, strict=False) if name in needed}
    return json.dumps([sorted(page.names), last, page.summary.mutable], separators=(",", ":"))


def runs_of(numbers: Sequence[int | None]) -> array[int] | None:
    """Return the first and the last number of each run of numbers; None if one is not known. Pure."""
    if None in numbers or not numbers:
        return None
    values = array("q", [number for number in numbers if number is not None])
    if list(values) == list(range(values[0], values[0] + len(values))):  # quicker, and mostly they are one run
        return array("q", (values[0], values[-1]))
    ends = [at for at, (one, following) in enumerate(zip(values, values[1:], strict=False), 1) if following != one + 1]
    pairs = zip([0, *ends], [*ends, len(values)], strict=True)
    return array("q", chain.from_iterable((values[start], values[end - 1]) for start, end in pairs))


def drop_old(connection: Session, schema: ResourceSchema) -> None:
    """Drop the pages that were stored longest ago, if there are many for the number of rows; in the caller's transaction."""
    stored = connection.execute("SELECT count(*) FROM mirror_pages WHERE resource = ?", (schema.table,)).fetchone()[0]
    rows = connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0]
    if (excess := stored - rows // 500 - SPARE) > 0:
        connection.execute(
            "DELETE FROM mirror_pages WHERE digest IN"
            " (SELECT digest FROM mirror_pages WHERE resource = ? ORDER BY revision LIMIT ?)",
            (schema.table, excess),
        )
