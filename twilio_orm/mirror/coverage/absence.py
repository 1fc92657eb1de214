"""Records that a complete list did not show although it should have. One such list is a doubt, two are a tombstone.

A list that lacks a record tells that the record is not any more what the mirror holds of it: changed, or deleted. Until it is
read again it is not part of the answers that such a list speaks of; that it is gone takes a second list, and a record that
was a day old by then.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from ..._frozen import Value
from ...query import sql
from ...query.ast import Node, Query
from ...query.constraints import Constraints, disjuncts, query_constraints
from ...query.lookups import Sql
from ...schema.resource_schema import ResourceSchema
from ...schema.times import instant_text
from ..encoding import decode_constraints, encode_constraints
from ..history import keyed

CLOSED = timedelta(hours=24)
"""A record at least this old is seen by every list that is to show it."""
SETTLING = timedelta(minutes=10)
"""A record that a reply brought may be missing from lists for a while."""
AGED = -1
"""In place of ``firm``: of a record that may have aged out. It has another status than the list was asked for, or is not kept."""
CHUNK = 1000


@dataclass(frozen=True, eq=False, repr=False)
class CompleteListing(Value):
    """A list that came to its end.

    :param facts: what it should show: all records of these facts. ``scope`` confines them to one account.
    :param marks: those that it did show. ``revision``: the mirror's before it was asked for.
    :param firm: whether nothing that its facts say of a record ever changes, so that absence can only mean deletion.
    :param horizon: what is older, by its time, Twilio may have stopped to keep, see :meth:`Shape.horizon`.
    :param owner: the reading of it, which may have a checkpoint.
    """

    constraints: Constraints
    scope: tuple[Node, ...]
    shown: Collection[int]
    revision: int
    began: datetime
    ended: datetime
    proves_deletion: bool = False
    horizon: str = ""
    owner: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Absences(Value):
    """The keys of records that were missed for the first time, and of those that are gone now."""

    suspect: tuple[tuple[Any, ...], ...] = ()
    deleted: tuple[tuple[Any, ...], ...] = ()


def key_number(key: tuple[Any, ...]) -> int:
    """A number for a key: of a SID, most of its random digits."""
    text = str(key[-1]) if len(key) == 1 else "/".join(map(str, key))
    try:
        return int(text[-15:], 16)
    except ValueError:
        return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")


def key_numbers(keys: Iterable[tuple[Any, ...]]) -> array[int]:
    """The numbers of some keys."""
    several = list(keys)
    try:  # nearly always they are SIDs, and there are many
        return array("q", [int(text[-15:], 16) for (text,) in several])
    except (TypeError, ValueError):
        return array("q", map(key_number, several))


def find_missing(
    connection: sqlite3.Connection, schema: ResourceSchema, listing: CompleteListing, revision: int
) -> tuple[Absences, list[int]]:
    """What a complete list says of the records that it lacks, from this revision on.

    Returns it, and the rowids of those that are gone.
    """
    missed = _lacking(connection, schema, listing) if listing.revision else []  # there was nothing before the first revision
    if not missed:
        return Absences(), []
    before = _firm(connection, schema) if listing.proves_deletion else {}
    began, day_old = instant_text(listing.began), instant_text(listing.began - CLOSED)
    gone = [row for row in missed if before.get(row[0], began) < began and row[1] <= day_old]
    left = {row[0] for row in gone}
    equal, others = _spelled(schema, listing.constraints)
    connection.executemany(
        "INSERT OR IGNORE INTO mirror_missed VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                schema.table,
                row[0],
                equal,
                others,
                AGED if (row[1] or "") < listing.horizon else int(listing.proves_deletion),
                began,
                revision,
            )
            for row in missed
            if row[0] not in left
        ],
    )
    return Absences(tuple(row[2:] for row in missed if row[0] not in left), tuple(row[2:] for row in gone)), list(left)


def missing_days(connection: sqlite3.Connection, schema: ResourceSchema, listing: CompleteListing) -> list[str]:
    """The days of the records that a list lacks, in order."""
    return sorted({row[1][:10] for row in _lacking(connection, schema, listing) if row[1]})


def _lacking(connection: sqlite3.Connection, schema: ResourceSchema, listing: CompleteListing) -> list[tuple[Any, ...]]:
    """Rowid, time and key of what the list should have shown, by what the mirror held when it was asked for, and did not."""
    where, values = sql.where(schema, (*listing.scope, *listing.constraints.nodes()))
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    table = (
        f'"{schema.table}"' if listing.constraints.spans or listing.constraints.equal else f'"{schema.table}" NOT INDEXED'
    )  # all: as it lies
    there = f"({where}) AND mirror_gone IS NULL AND mirror_revision <= ?"
    rows = connection.execute(f"SELECT {keys} FROM {table} WHERE {there}", (*values, listing.revision))
    shown, missed = frozenset(listing.shown), list[tuple[Any, ...]]()
    while some := rows.fetchmany(CHUNK):
        if not shown.issuperset(key_numbers(some)):  # nearly always it has shown them all
            missed += [key for key in some if key_number(key) not in shown]
    return [row for where, values in keyed(schema, missed) for row in _expected(connection, schema, listing, where, values)]


def _expected(
    connection: sqlite3.Connection, schema: ResourceSchema, listing: CompleteListing, where: str, values: Iterable[Any]
) -> list[tuple[Any, ...]]:
    """Rowid, time and key of those rows that were there long enough for the list to show them, and not too long."""
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    times = [f'"{schema.table}"."{name}"' for name in (schema.window, "date_created") if name in schema.columns]
    time = f"coalesce({', '.join((*times, 'r.at', 'NULL'))})"
    moved = ""
    if schema.finality is not None and not listing.proves_deletion and schema.finality.by in listing.constraints.equal:
        moved = f" OR {schema.finality.sql()}"  # what may still change has another status by now, however old it is
    kept = f" AND ({time} >= ?{moved})" if listing.horizon else ""
    return connection.execute(
        f'SELECT "{schema.table}".rowid, {time}, {keys} FROM "{schema.table}"'
        f' LEFT JOIN mirror_revisions r ON r.id = "{schema.table}".mirror_revision'
        f" WHERE {where} AND (r.kind IS NULL OR r.at <= ?){kept}",
        (*values, instant_text(listing.began - SETTLING), *([listing.horizon] if listing.horizon else [])),
    ).fetchall()


def _firm(connection: sqlite3.Connection, schema: ResourceSchema) -> dict[int, str]:
    """When each record was first missed by a list whose absence can only mean deletion."""
    rows = connection.execute(
        "SELECT record, min(at) FROM mirror_missed WHERE resource = ? AND firm = 1 GROUP BY record", (schema.table,)
    )
    return dict(rows.fetchall())


def _spelled(schema: ResourceSchema, constraints: Constraints) -> tuple[str, str]:
    """Facts without the window: a record's time in it never changes once it is there."""
    return encode_constraints(
        replace(constraints, spans={name: span for name, span in constraints.spans.items() if name != schema.window})
    )


# ---------------------------------------------------------------- what follows for answers


def has_suspects(connection: sqlite3.Connection, schema: ResourceSchema) -> bool:
    """Whether there is any doubt about a resource."""
    return connection.execute("SELECT 1 FROM mirror_missed WHERE resource = ? LIMIT 1", (schema.table,)).fetchone() is not None


def exclude_suspects(
    connection: sqlite3.Connection,
    query: Query,
    related: sql.RelatedRows,
    since: Callable[[], tuple[datetime | None, int, Sequence[Constraints]]],
) -> Sql:
    """The SQL that leaves out what the lists which answer a query did not show. "" where there is no doubt.

    A record stays where it fits a side of the query that no doubt speaks of.

    :param related: the rows of related records, without those that their lists did not show.
    :param since: gives when all lists of the query were heard, the revision at which the last of them ended, and the records that
        are asked for by themselves: what was missed by then, and not seen since, is in none of its lists.
    """
    schema = query.schema
    kinds = connection.execute("SELECT DISTINCT equal, others FROM mirror_missed WHERE resource = ?", (schema.table,)).fetchall()
    if not kinds:
        return "", []
    told: list[Sql] = []
    parts = [
        (side, [one for one in kinds if query_constraints(side).is_subsumed_by(decode_constraints(*one))])
        for side in disjuncts(query)
    ]
    if len(parts) == 1 and parts[0][1]:
        told.append(_unmissed(schema, parts[0][1]))
    elif any(spoken for _, spoken in parts):
        told.append(_any(_part(side, related, spoken) for side, spoken in parts))
    at, last, single = since()
    if at is not None:
        missed = f"SELECT record FROM mirror_missed WHERE resource = ? AND at <= ? AND revision <= ? AND firm <> {AGED}"
        seen = (f'"{schema.table}".rowid NOT IN ({missed})', [schema.table, instant_text(at), last])
        told.append(_any([seen, *(sql.where(schema, one.nodes()) for one in single)]))
    return " AND ".join(text for text, _ in told), [value for _, values in told for value in values]


def _any(told: Iterable[Sql]) -> Sql:
    several = list(told)
    return f"({' OR '.join(f'({text})' for text, _ in several)})", [value for _, values in several for value in values]


def _part(side: Query, related: sql.RelatedRows, kinds: list[tuple[str, str]]) -> Sql:
    """A side of a query without the records that doubts of these kinds speak of."""
    text, values = sql.where(side.schema, side.where, related)
    if not kinds:
        return text, values
    more, also = _unmissed(side.schema, kinds)
    return f"({text}) AND {more}", [*values, *also]


def _unmissed(schema: ResourceSchema, kinds: list[tuple[str, str]]) -> Sql:
    pairs = ", ".join(["(?, ?)"] * len(kinds))
    missed = f"SELECT record FROM mirror_missed WHERE resource = ? AND (equal, others) IN (VALUES {pairs})"
    return f'"{schema.table}".rowid NOT IN ({missed})', [schema.table, *(value for kind in kinds for value in kind)]


def any_suspect(connection: sqlite3.Connection, schema: ResourceSchema, where: str, values: Iterable[Any]) -> bool:
    """Whether there is any doubt about some rows."""
    rows = f'SELECT 1 FROM mirror_missed WHERE resource = ? AND record IN (SELECT rowid FROM "{schema.table}" WHERE {where})'
    return connection.execute(rows, (schema.table, *values)).fetchone() is not None


def clear_suspects(
    connection: sqlite3.Connection, schema: ResourceSchema, where: str, values: Iterable[Any], revision: int
) -> int:
    """Records were read again, or are gone: the doubts about them are history. Returns how many there were."""
    about_them = f'resource = ? AND record IN (SELECT rowid FROM "{schema.table}" WHERE {where})'
    connection.execute(
        f"INSERT INTO mirror_missed_history SELECT *, ? FROM mirror_missed WHERE {about_them}", (revision, schema.table, *values)
    )
    return connection.execute(f"DELETE FROM mirror_missed WHERE {about_them}", (schema.table, *values)).rowcount
