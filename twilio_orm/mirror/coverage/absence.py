"""Records that a complete listing did not show although it should have. One such listing makes them suspect, two delete them.

A listing that lacks a record tells that the record is not as the mirror holds it: it was changed, or deleted. Until it is read
again it belongs to no answer that such a listing covers. It is deleted once a second listing lacks it, if it was a day old then.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ..._frozen import Value, lazy_dataclass
from ...query import sql
from ...query.constraints import Constraints, disjuncts, query_constraints
from ...schema.times import instant_text
from ..encoding import decode_constraints, encode_constraints
from ..revisions import REPLY
from ..table_layout import keyed

if TYPE_CHECKING:
    from ...query.ast import Node, Query
    from ...query.lookups import Sql
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Session, TableReader

CLOSED = timedelta(hours=24)
"""A record at least this old is shown by every listing that it belongs to."""
SETTLING = timedelta(minutes=10)
"""For so long lists may not show a record that came in reply to a write."""
AGED = -1
"""Stands in the column ``firm`` for a record that may have aged out: Twilio may not keep it, or it may have another status."""
CHUNK = 1000
BETWEEN = 20_000
"""Up to so many rows are looked up by their numbers; of more, all rows of the table are read."""
_COLUMNS = "resource, record, equal, others, firm, at, revision"


@lazy_dataclass(frozen=True, eq=False, repr=False)
class CompleteListing(Value):
    """A listing that was read to its end.

    :param constraints: it should show all records of these constraints.
    :param scope: conditions that confine them to one account.
    :param shown: the key numbers of the records that it showed.
    :param revision: the mirror's revision before it was requested.
    :param began: when it was requested.
    :param ended: when its last page was stored.
    :param runs: the first and the last number of each run of rows that were found to be as it showed them. None of these is
        missing, and there may be more.
    :param proves_deletion: whether nothing that its constraints say of a record ever changes, so that a record which it lacks can
        only have been deleted.
    :param horizon: Twilio may not keep records whose time is earlier, see :meth:`ResourceSchema.horizon`; ``""`` for none.
    :param owner: the reading that its checkpoint belongs to; ``""`` for none.
    """

    constraints: Constraints
    scope: tuple[Node, ...]
    shown: Collection[int]
    revision: int
    began: datetime
    ended: datetime
    runs: Sequence[int] = ()
    proves_deletion: bool = False
    horizon: str = ""
    owner: str = ""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Absences(Value):
    """The keys of the records that a listing made suspect, and of those that it deleted."""

    suspect: tuple[tuple[Any, ...], ...] = ()
    deleted: tuple[tuple[Any, ...], ...] = ()


def key_number(key: tuple[Any, ...]) -> int:
    """Return a number for a key: most of the random digits of a SID, else a hash. Pure."""
    text = str(key[-1]) if len(key) == 1 else "/".join(map(str, key))
    try:
        return int(text[-15:], 16)
    except ValueError:
        return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")


def key_numbers(keys: Iterable[tuple[Any, ...]]) -> array[int]:
    """Return the numbers of some keys. Pure."""
    several = list(keys)
    try:  # hot path: nearly always they are SIDs, and there are many
        return array("q", [int(text[-15:], 16) for (text,) in several])
    except (TypeError, ValueError):
        return array("q", map(key_number, several))


def find_missing(
    connection: Session, schema: ResourceSchema, listing: CompleteListing, revision: int
) -> tuple[Absences, list[int]]:
    """Judge the records that a listing lacks, and store which are suspect; in the caller's transaction.

    :param revision: the revision that is being made.
    :returns: the judgement, and the numbers (rowids) of the rows that are to be marked as deleted, in order.
    """
    missing = _missing(connection, schema, listing) if listing.revision else []  # nothing was there before the first revision
    if not missing:
        return Absences(), []
    first = _first_proofs(connection, schema) if listing.proves_deletion else {}
    began, day_old = instant_text(listing.began), instant_text(listing.began - CLOSED)
    deleted = [row for row in missing if first.get(row[0], began) < began and row[1] <= day_old]
    numbers = [row[0] for row in deleted]
    those = {*numbers}
    suspect = [row for row in missing if row[0] not in those]
    equal, spans = _encoded(schema, listing.constraints)
    proof = int(listing.proves_deletion)
    connection.executemany(
        f"INSERT INTO mirror_missed ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (schema.table, row[0], equal, spans, AGED if (row[1] or "") < listing.horizon else proof, began, revision)
            for row in suspect
        ],
    )
    return Absences(tuple(row[2:] for row in suspect), tuple(row[2:] for row in deleted)), numbers


def missing_days(connection: Session, schema: ResourceSchema, listing: CompleteListing) -> list[str]:
    """Return the days of the records that a listing lacks, in order. Reads the disk."""
    return sorted({row[1][:10] for row in _missing(connection, schema, listing) if row[1]})


def _missing(connection: Session, schema: ResourceSchema, listing: CompleteListing) -> list[tuple[Any, ...]]:
    """Rowid, time and key of the records that the listing should have shown, by what the mirror held then, and did not.

    They are in the order of their rowids.
    """
    nodes = (*listing.scope, *listing.constraints.nodes())  # equal values and spans, which every dialect compares exactly
    where, values, _ = sql.where(connection.dialect, schema, nodes)
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    narrowed = listing.constraints.spans or listing.constraints.equal
    dialect, table = connection.dialect, f'"{schema.table}"'
    there, values = f"({where}) AND mirror_gone IS NULL AND mirror_revision <= ?", [*values, listing.revision]
    others = None if narrowed else _other_rows(listing.runs)
    if others is not None:
        low, high, between = others
        parts = [("rowid < ?", low), ("rowid > ?", high)]
        parts += [(dialect.listed("rowid"), dialect.list_parameter(between))] if between else []
        select = f"SELECT {keys} FROM {table} WHERE {there} AND "
        found = [connection.execute(select + part, (*values, limit)) for part, limit in parts]
    else:
        source = table if narrowed else dialect.whole_table(table)  # which is read quickest in its own order
        found = [connection.execute(f"SELECT {keys} FROM {source} WHERE {there}", values)]
    missing, shown = list[tuple[Any, ...]](), frozenset[int]()
    for rows in found:
        while some := rows.fetchmany(CHUNK):
            shown = shown or frozenset(listing.shown)
            if not shown.issuperset(key_numbers(some)):  # nearly always it has shown them all
                missing += [key for key in some if key_number(key) not in shown]
    expected = [row for where, values in keyed(schema, missing) for row in _expected(connection, schema, listing, where, values)]
    return sorted(expected, key=lambda row: int(row[0]))


def _other_rows(runs: Sequence[int]) -> tuple[int, int, list[int]] | None:
    """The least and the greatest number of some runs, and the numbers between that are in no run; None if there are many."""
    pairs, between = sorted(zip(runs[::2], runs[1::2], strict=True)), list[int]()
    if not pairs:
        return None
    low, high = pairs[0][0], pairs[0][1]
    for first, last in pairs:
        if len(between) + first - high > BETWEEN:
            return None
        between += range(high + 1, first)
        high = max(high, last)
    return low, high, between


def _expected(
    connection: Session, schema: ResourceSchema, listing: CompleteListing, where: str, values: Iterable[Any]
) -> list[tuple[Any, ...]]:
    """Rowid, time and key of those rows that the listing had to show: there for long enough, and not too old."""
    keys = ", ".join(f'"{schema.columns[name].column_name}"' for name in schema.key)
    times = [f'"{schema.table}"."{name}"' for name in (schema.window, "date_created") if name in schema.columns]
    time = f"coalesce({', '.join((*times, 'r.at', 'NULL'))})"
    moved = ""
    if schema.finality is not None and not listing.proves_deletion and schema.finality.by in listing.constraints.equal:
        moved = f" OR {schema.finality.sql()}"  # a mutable record has another status by now, however old it is
    kept = f" AND ({time} >= ?{moved})" if listing.horizon else ""
    return connection.execute(
        f'SELECT "{schema.table}".rowid, {time}, {keys} FROM "{schema.table}"'
        f' LEFT JOIN mirror_revisions r ON r.id = "{schema.table}".mirror_revision'
        f" WHERE {where} AND (r.kind IS NULL OR r.kind <> '{REPLY}' OR r.at <= ?){kept}",
        (*values, instant_text(listing.began - SETTLING), *([listing.horizon] if listing.horizon else [])),
    ).fetchall()


def _first_proofs(connection: Session, schema: ResourceSchema) -> dict[int, str]:
    """When each record was first lacking from a listing that proves deletion."""
    rows = connection.execute(
        "SELECT record, min(at) FROM mirror_missed WHERE resource = ? AND firm = 1 GROUP BY record", (schema.table,)
    )
    return dict(rows.fetchall())


def _encoded(schema: ResourceSchema, constraints: Constraints) -> tuple[str, str]:
    """Constraints without the window: the time of a record never changes."""
    spans = {name: span for name, span in constraints.spans.items() if name != schema.window}
    return encode_constraints(replace(constraints, spans=spans))


# ---------------------------------------------------------------- what follows for answers


def has_suspects(connection: TableReader, schema: ResourceSchema) -> bool:
    """Return whether a resource has any suspect record. Reads the disk."""
    missing_rows = f"SELECT 1 FROM {connection.source('mirror_missed')} WHERE resource = ? LIMIT 1"
    return bool(connection.fetch_own(missing_rows, (schema.table,)))


def accounts_of_suspects(connection: TableReader, schema: ResourceSchema) -> set[str]:
    """Return the accounts that have suspect records of a resource. Reads the disk."""
    rows = f"SELECT record FROM {connection.source('mirror_missed')} WHERE resource = ?"
    text = f"SELECT DISTINCT account_sid FROM {connection.source(schema.table)} WHERE rowid IN ({rows})"
    return {account for (account,) in connection.execute(text, (schema.table,)).fetchall()}


def any_suspect(connection: TableReader, schema: ResourceSchema, where: str, values: Iterable[Any]) -> bool:
    """Return whether any record of some rows is suspect. Reads the disk."""
    rows = f"SELECT rowid FROM {connection.source(schema.table)} WHERE {where}"
    missing_rows = f"SELECT 1 FROM {connection.source('mirror_missed')} WHERE resource = ? AND record IN ({rows})"
    return connection.execute(missing_rows, (schema.table, *values)).fetchone() is not None


def exclude_suspects(
    connection: TableReader,
    query: Query,
    where: Callable[[Query], Sql],
    listings: Callable[[], tuple[datetime | None, int, Sequence[Constraints]]],
) -> Sql:
    """Return the SQL that excludes records which the listings that cover a query did not show. Reads the disk.

    A record stays if it satisfies a disjunct of the query that no suspicion concerns.

    :param where: returns the WHERE of a query, exact for suspect records.
    :param listings: returns the time of the oldest listing that covers the query (None where they do not), the revision of the
        last one, and the records that are fetched by key. A record that was missing by then, and was not read since, is in none
        of the listings.
    :returns: ``""`` where no record is suspect.
    """
    schema, source = query.schema, connection.source("mirror_missed")
    kinds = connection.fetch_own(f"SELECT DISTINCT equal, others FROM {source} WHERE resource = ?", (schema.table,))
    if not kinds:
        return "", []
    found: list[Sql] = []
    parts = [
        (one, [kind for kind in kinds if _concerns(schema, query_constraints(one), decode_constraints(*kind))])
        for one in disjuncts(query)
    ]
    if len(parts) == 1 and parts[0][1]:
        found.append(_not_missed(source, schema, parts[0][1]))
    elif any(concerned for _, concerned in parts):
        found.append(_any(_disjunct(source, one, where(one), concerned) for one, concerned in parts))
    at, last, single = listings()
    if at is not None:
        missing_rows = f"SELECT record FROM {source} WHERE resource = ? AND at <= ? AND revision <= ? AND firm <> {AGED}"
        shown = (f'"{schema.table}".rowid NOT IN ({missing_rows})', [schema.table, instant_text(at), last])
        found.append(_any([shown, *(where(replace(query, where=tuple(one.nodes()))) for one in single)]))
    return " AND ".join(text for text, _ in found), [value for _, values in found for value in values]


def _concerns(schema: ResourceSchema, constraints: Constraints, listed: Constraints) -> bool:
    """Whether a listing should show every record of some constraints, or each of those below the parent that it names."""
    parents = {name: listed.equal[name] for name in schema.urls.parents() if name in listed.equal}
    return replace(constraints, equal={**parents, **constraints.equal}).is_subsumed_by(listed)


def _any(found: Iterable[Sql]) -> Sql:
    several = list(found)
    return f"({' OR '.join(f'({text})' for text, _ in several)})", [value for _, values in several for value in values]


def _disjunct(source: str, query: Query, where: Sql, kinds: list[tuple[str, str]]) -> Sql:
    """A disjunct of a query without the records that these kinds of suspicion concern."""
    text, values = where
    if not kinds:
        return text, values
    more, also = _not_missed(source, query.schema, kinds)
    return f"({text}) AND {more}", [*values, *also]


def _not_missed(source: str, schema: ResourceSchema, kinds: list[tuple[str, str]]) -> Sql:
    pairs = ", ".join(["(?, ?)"] * len(kinds))
    missing_rows = f"SELECT record FROM {source} WHERE resource = ? AND (equal, others) IN (VALUES {pairs})"
    return f'"{schema.table}".rowid NOT IN ({missing_rows})', [schema.table, *(value for kind in kinds for value in kind)]


def clear_suspects(
    connection: Session, schema: ResourceSchema, where: str, values: Iterable[Any], revision: int, *, before: str | None = None
) -> int:
    """Clear the suspicion of records that were read again or are deleted; in the caller's transaction.

    :param where: SQL that selects their rows.
    :param revision: the revision that is being made.
    :param before: only listings that began before this moment are cleared; None for any.
    :returns: how many entries there were.
    """
    since, values = ("", [*values]) if before is None else (" AND at < ?", [*values, before])
    those = f'resource = ? AND record IN (SELECT rowid FROM "{schema.table}" WHERE {where}){since}'
    connection.execute(
        f"INSERT INTO mirror_missed_history ({_COLUMNS}, until) SELECT {_COLUMNS}, CAST(? AS BIGINT) FROM mirror_missed"
        f" WHERE {those}",
        (revision, schema.table, *values),
    )
    return connection.execute(f"DELETE FROM mirror_missed WHERE {those}", (schema.table, *values)).rowcount
