"""Recognises pages by the fingerprint of their text, so that a page which was stored before need not be parsed again.

Each row has the fingerprint of the text that it was read from; any other write to the row clears it (a tombstone, a redaction,
the reply to a write). A page is stored as runs of its rows' numbers, with the sum of their fingerprints: it is recognised as long
as every one of its rows is unchanged.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from ..._frozen import Value, lazy_dataclass
from ...schema.row_layout import Row
from ..engine import Session, TableReader
from ..table_layout import definitions
from . import absence

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema

RUNS = 256
"""The most runs of rows that a page may consist of, to be worth storing."""
ASIDE = 20
"""Rows that are read before and after those of a page: other rows may lie between them."""
SPARE = 1000
"""Pages that are kept beyond two for each thousand rows."""

Reading = Callable[[], AbstractContextManager[TableReader]]

KnownRecord = tuple["int | None", int, Row]
"""A stored record: the fingerprint of the text it was read from, its number (rowid), and its row, complete or with its essential
columns only."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class PageFingerprint(Value):
    """What a page is recognised by, once all of it was stored.

    :param fingerprint: that of its text.
    :param keys: the keys of its records, in order.
    :param fingerprints: those of the records' texts.
    :param numbers: the numbers of the rows that were there before, by key.
    """

    fingerprint: int
    keys: tuple[str, ...]
    fingerprints: tuple[int, ...]
    numbers: Mapping[str, int]


class PageCache:
    """The stored pages and records of one resource. Reads the disk.

    :param reading: returns a connection to hold for a while; raises MirrorError.
    :param full_rows: whether rows are read completely, or with their essential columns only.
    """

    def __init__(self, reading: Reading, schema: ResourceSchema, *, full_rows: bool) -> None:
        self._reading, self.api_schema = reading, schema
        self._least = frozenset(schema.columns) if full_rows else schema.essential_columns

    def page(self, fingerprint: int, names: frozenset[str]) -> list[Row] | None:
        """Return the rows of a page whose rows are all unchanged since it was stored, in order; None for any other page.

        :param names: the columns that rows must have besides the essential ones.
        """
        schema = self.api_schema
        with self._reading() as connection:
            found = connection.execute(
                "SELECT runs, total FROM mirror_pages WHERE digest = ? AND resource = ?", (fingerprint, schema.table)
            ).fetchone()
            if found is None or absence.has_suspects(connection, schema):
                return None
            runs = array("q", found[0])
            rows: list[Row] = []
            columns = _columns(schema, self._least | names)
            statement = f'SELECT {columns}, mirror_digest FROM "{schema.table}" WHERE rowid BETWEEN ? AND ? ORDER BY rowid'
            for at in range(0, len(runs), 2):
                rows += connection.execute(statement, (runs[at], runs[at + 1])).fetchall()
        fingerprints = [row[-1] for row in rows]
        return [row[:-1] for row in rows] if None not in fingerprints and sum(fingerprints) == found[1] else None

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """Return the stored records among these keys.

        :param names: the columns that rows must have besides the essential ones.
        """
        schema = self.api_schema
        name = f'"{schema.columns[schema.key[0]].column_name}"'
        text = f'SELECT {name}, mirror_digest, rowid, {_columns(schema, self._least | names)} FROM "{schema.table}" WHERE'
        with self._reading() as connection:
            if absence.has_suspects(connection, schema):
                return {}
            # The records of a page mostly lie side by side, and one range is read faster than single rows.
            middle, there = len(keys) // 2, dict[str, KnownRecord]()
            place = connection.execute(f'SELECT rowid FROM "{schema.table}" WHERE {name} = ?', (keys[middle],)).fetchone()
            if place is not None:
                ends = (place[0] - middle - ASIDE, place[0] + len(keys) - middle + ASIDE)
                there = _by_key(connection.execute(f"{text} rowid BETWEEN ? AND ?", ends).fetchall())
            others = [key for key in keys if key not in there]
            if others:
                by_key = f"{text} {name} IN (SELECT value FROM json_each(?))"
                there |= _by_key(connection.execute(by_key, (json.dumps(others),)).fetchall())
        return there


def _by_key(rows: list[Row]) -> dict[str, KnownRecord]:
    return {row[0]: (row[1], row[2], row[3:]) for row in rows}


@lru_cache(maxsize=256)
def _columns(schema: ResourceSchema, names: frozenset[str]) -> str:
    """The columns of a row, with NULL in place of those that are not needed, and of the mirror's own."""
    needed = {schema.columns[name].column_name for name in names}
    needed |= {"mirror_extras", "mirror_absent"} if len(needed) == len(schema.columns) else set()
    return ", ".join(f'"{name}"' if name in needed else "NULL" for name in definitions(schema))


def numbers(connection: Session, schema: ResourceSchema, keys: Sequence[str]) -> dict[str, int]:
    """Return the numbers (rowids) of the rows of some records, by key. Reads the disk."""
    name = schema.columns[schema.key[0]].column_name
    found = connection.execute(
        f'SELECT "{name}", rowid FROM "{schema.table}" WHERE "{name}" IN (SELECT value FROM json_each(?))', (json.dumps(keys),)
    )
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
        places = list(map({**new, **page.numbers}.get if page.numbers else new.get, page.keys))
        runs = _runs(places) if len({*page.keys}) == len(page.keys) else None
        if runs is not None and len(runs) <= 2 * RUNS:
            connection.execute(
                "INSERT OR REPLACE INTO mirror_pages VALUES (?, ?, ?, ?, ?)",
                (page.fingerprint, schema.table, runs.tobytes(), sum(page.fingerprints), revision),
            )


def _runs(numbers: Sequence[int | None]) -> array[int] | None:
    """The first and the last number of each run of numbers; None if one is not known."""
    if None in numbers or not numbers:
        return None
    values = array("q", [number for number in numbers if number is not None])
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
