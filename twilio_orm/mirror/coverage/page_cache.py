"""What a list's page is recognised by: the digest of the text that each row was read from, and pages that were stored whole.

A row's digest stands for the row: whatever changes the row otherwise takes it away (a tombstone, an erasure, the reply to a
write). A page names its rows by runs of their numbers and holds the sum of their digests, so that it is known as long as each
of them is.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from ..._frozen import Value
from ...schema.resource_schema import ResourceSchema
from ...schema.row_codec import Row
from ..connections import TableReader
from ..table_layout import definitions
from . import absence

RUNS = 256
"""Runs of rows that a page may consist of, to be worth remembering."""
ASIDE = 20
"""Rows that are read before and after those of a page, where a few have come between."""
SPARE = 1000
"""Pages that are remembered beyond two for each thousand rows."""

Reading = Callable[[], AbstractContextManager[TableReader]]

KnownRecord = tuple["int | None", int, Row]
"""A record that is known: the digest of the text it was read from, its number, and its row or an outline of it."""


@dataclass(frozen=True, eq=False, repr=False)
class PageFingerprint(Value):
    """What a page is recognised by, once all of it was stored.

    :param keys: its records, in order; ``digests`` their own; ``numbers`` those that some had before.
    """

    fingerprint: int
    keys: tuple[str, ...]
    fingerprints: tuple[int, ...]
    numbers: Mapping[str, int]


class PageCache:
    """What the mirror knows of a resource's records. Reads the disk; raises MirrorError.

    :param reading: gives a connection. :param whole: whether rows are read whole, or in outline.
    """

    def __init__(self, reading: Reading, schema: ResourceSchema, *, full_rows: bool) -> None:
        self._reading, self.api_schema = reading, schema
        self._least = frozenset(schema.columns) if full_rows else schema.essential_columns

    def page(self, fingerprint: int, names: frozenset[str]) -> list[Row] | None:
        """The rows of a page that was stored whole and is as it was then, in order; of outlines, with these columns at least."""
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
        """Those of some records that are there, likewise."""
        schema = self.api_schema
        name = f'"{schema.columns[schema.key[0]].column_name}"'
        text = f'SELECT {name}, mirror_digest, rowid, {_columns(schema, self._least | names)} FROM "{schema.table}" WHERE'
        with self._reading() as connection:
            if absence.has_suspects(connection, schema):
                return {}
            # A page's records mostly lie side by side, where they are read with less ado than one by one.
            middle, there = len(keys) // 2, dict[str, KnownRecord]()
            place = connection.execute(f'SELECT rowid FROM "{schema.table}" WHERE {name} = ?', (keys[middle],)).fetchone()
            if place is not None:
                ends = (place[0] - middle - ASIDE, place[0] + len(keys) - middle + ASIDE)
                there = _known(connection.execute(f"{text} rowid BETWEEN ? AND ?", ends).fetchall())
            others = [key for key in keys if key not in there]
            if others:
                asked = f"{text} {name} IN (SELECT value FROM json_each(?))"
                there |= _known(connection.execute(asked, (json.dumps(others),)).fetchall())
        return there


def _known(rows: list[Row]) -> dict[str, KnownRecord]:
    return {row[0]: (row[1], row[2], row[3:]) for row in rows}


@lru_cache(maxsize=256)
def _columns(schema: ResourceSchema, names: frozenset[str]) -> str:
    """A row's columns, NULL in place of those that nobody asks for, and of what is the mirror's own."""
    told = {schema.columns[name].column_name for name in names}
    told |= {"mirror_extras", "mirror_absent"} if len(told) == len(schema.columns) else set()
    return ", ".join(f'"{name}"' if name in told else "NULL" for name in definitions(schema))


def numbers(connection: sqlite3.Connection, schema: ResourceSchema, keys: Sequence[str]) -> dict[str, int]:
    """The numbers of the rows of some records."""
    name = schema.columns[schema.key[0]].column_name
    found = connection.execute(
        f'SELECT "{name}", rowid FROM "{schema.table}" WHERE "{name}" IN (SELECT value FROM json_each(?))', (json.dumps(keys),)
    )
    return dict(found.fetchall())


def remember_pages(
    connection: sqlite3.Connection,
    schema: ResourceSchema,
    pages: Iterable[PageFingerprint],
    new: Mapping[str, int],
    revision: int,
) -> None:
    """Remember pages whose rows are stored.

    :param new: the numbers of the records that these pages brought.
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
    """Numbers as runs, first and last; None where one is not known."""
    if None in numbers or not numbers:
        return None
    told = array("q", [number for number in numbers if number is not None])
    ends = [at for at, (one, following) in enumerate(zip(told, told[1:], strict=False), 1) if following != one + 1]
    pairs = zip([0, *ends], [*ends, len(told)], strict=True)
    return array("q", chain.from_iterable((told[start], told[end - 1]) for start, end in pairs))


def drop_old(connection: sqlite3.Connection, schema: ResourceSchema) -> None:
    """Let go of the pages that were remembered longest ago, where there are many for the rows there are."""
    held = connection.execute("SELECT count(*) FROM mirror_pages WHERE resource = ?", (schema.table,)).fetchone()[0]
    rows = connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0]
    if (excess := held - rows // 500 - SPARE) > 0:
        connection.execute(
            "DELETE FROM mirror_pages WHERE digest IN"
            " (SELECT digest FROM mirror_pages WHERE resource = ? ORDER BY revision LIMIT ?)",
            (schema.table, excess),
        )
