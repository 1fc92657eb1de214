"""What the mirror says: questions put to its tables, with what was heard of them. It writes nothing.

Answers are given of the mirror at a revision (:mod:`twilio_orm.mirror.past`): an earlier one, or the last one when the answer
began. An answer is read in runs, each by a statement of its own that is read to its end, so that no cursor and no transaction is
open while a caller looks at rows; what changes between two runs is read as it was, from the history:

* a short one in one run;
* one that takes in much of a table along its key, each run after the last key of the one before;
* others by the numbers of their rows, which are read first, in order.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from ..errors import MirrorError, MissingScope, NotCovered
from ..query import sql
from ..query.api_requests import ApiRequest, FetchRequest
from ..query.ast import Condition, Query, Related, related_nodes, replace_related
from ..query.constraints import Constraints, conditions, disjuncts, query_constraints, row_constraints
from ..query.lookups import Sql
from ..query.planner import Plan, offline_plan
from ..schema.clocks import CLOCK_TOLERANCE, IN_SYNC
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.times import instant
from . import exclusions
from .coverage import absence, sweeps
from .database import MirrorDatabase
from .history import columns, keyed
from .tables import ANY_REDACTED, REDACTED, indexes

CHUNK = 1000
"""Rows of a run, where their numbers are known."""
AT_ONCE = 5000
"""Rows of an answer that is read in one run."""
RUN = 250
"""Rows of a run along the key: few enough that what is made of them finds them in the processor's cache."""
SAMPLE = 200
"""Rows that are looked at to tell whether a question takes in much of a table."""
NARROWING = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range", "span", "spans"})
"""What an index helps with."""


class MirrorReader:
    """A mirror to be asked."""

    path: str
    database: MirrorDatabase
    _schemas: dict[str, ResourceSchema]
    excluded: exclusions.Exclusions = {}
    now: datetime | None = None
    """The instant that it is: what was heard later than that counts for nothing. None for no such limit."""

    @property
    def newest(self) -> datetime | None:
        """Until when something may be said to have been heard."""
        return None if self.now is None else self.now + CLOCK_TOLERANCE

    def open(self) -> MirrorDatabase:
        """The database, its tables made ready. Touches the disk; raises MirrorError."""
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that reads one moment, not to be held across a request or a yield. Reads the disk; raises MirrorError."""
        return self.open().snapshot()

    def snapshot(self) -> MirrorReader:
        """The mirror as it is when it is first read, whatever is stored later: what an answer in several parts is read from."""
        return self

    def plan_coverage(self, account: str, plan: Plan) -> tuple[datetime | None, list[ApiRequest]]:
        """Since when the mirror can answer, and what it has not heard. A record that is there answers for itself."""
        schema, since, missing = plan.query.schema, [], []
        self.open()
        exclusions.refuse(self.excluded, plan.query)
        with self.reading() as connection:
            for request in plan.requests:
                cover = sweeps.coverage(connection, account, schema, request.constraints, newest=self.newest)
                at = (
                    cover.since
                    if cover.complete
                    else _row_since(connection, schema, account, request)
                    if isinstance(request, FetchRequest)
                    else None
                )
                if at is None:
                    missing.append(request)
                else:
                    since.append(at if self.now is None else min(at, self.now))
        return (None if missing else min(since, default=None)), missing

    def coverage(
        self, account: str, schema: ResourceSchema, constraints: Constraints, oldest: datetime | None = None
    ) -> sweeps.Coverage:
        """What was heard of a question. Reads the disk. See :func:`coverage.cover`."""
        newest = self.newest if oldest is None or self.now is None else self.now + IN_SYNC  # what is fresh is not in the future
        with self.reading() as connection:
            return sweeps.coverage(connection, account, schema, constraints, oldest, newest)

    def last_confirmed(self, account: str, schema: ResourceSchema, key: tuple[Any, ...], oldest: datetime) -> datetime | None:
        """When the row of a key was seen to change, or heard of in a list that shows it, if that is since ``oldest``."""
        with self.reading() as connection:
            row = next(iter(rows_of(connection, schema, [key])), None)
            if row is None or row[schema.codec.deleted_slot] is not None:
                return None
            changed = connection.execute("SELECT at FROM mirror_revisions WHERE id = ?", (row[schema.codec.revision_slot],))
            at = changed.fetchone()
            newest = None if self.now is None else self.now + IN_SYNC
            seen = instant(at[0]) if at is not None and instant(at[0]) >= oldest else None
            seen = None if seen is not None and newest is not None and seen > newest else seen
            confirmed_at = sweeps.last_listed(connection, account, schema, row_constraints(schema, row), newest)
            where, values = next(keyed(schema, [key]))
            doubted = absence.any_suspect(connection, schema, where, values)
        if confirmed_at is None or confirmed_at < oldest or doubted:
            return seen
        return confirmed_at if seen is None else max(confirmed_at, seen)

    def current_row(self, schema: ResourceSchema, account: str, key: str) -> Row | None:
        """An account's row of a key, where it is there and nobody doubts it; None where more has to be asked. Reads the disk."""
        with self.open().reading() as connection:
            row: Row | None = connection.execute(_of_key(schema), (key, account, schema.table)).fetchone()
        return row

    def select(self, query: Query, *, with_deleted: bool = False) -> Iterator[Row]:
        """The rows that answer a question, in its order; no cursor stays open across a yield.

        :param gone: whether those that are gone are among them.
        """
        for rows in self.batches(query, row_columns(query.schema), with_deleted=with_deleted):
            yield from rows

    def batches(
        self, query: Query, shown: Sequence[str], *, with_deleted: bool = False, names: Iterable[str] = ()
    ) -> Iterator[list[Row]]:
        """The answer to a question in its order: lists of rows that begin with these SQL expressions. Reads the disk, as it goes.

        It is the answer of the moment at which it began. Records that are erased meanwhile come without what was erased, or not.

        :param names: the fields that these expressions speak of, where a row that lacks one is not wanted.
        :raises MirrorError: what records were at that moment was pruned meanwhile.
        """
        then, opening = self.snapshot(), self.open().opening
        with then.reading() as connection:
            where, found, ids = then.where(query, with_deleted, names), None, None
            if query.high is not None and query.high <= query.low:
                return
            along = not query.order and then.takes_much(query, where)
            if _is_now(connection) and not along:
                found = then._at_once(query, shown, where)
            if found is None and not along:
                ids = then._ids(query, where)
        if found is not None:
            yield found
        elif ids is not None:
            yield from then._by_number(query.schema, shown, ids, opening)
        else:
            yield from then._by_key(query, shown, where, opening)

    def _at_once(self, query: Query, shown: Sequence[str], where: Sql) -> list[Row] | None:
        """A short answer; None where it is long."""
        if query.high is not None and query.high <= AT_ONCE:
            return self._few(query, shown, where)
        return None if query.order else self._all(query, shown, where)

    def _few(self, query: Query, shown: Sequence[str], where: Sql) -> list[Row]:
        """A short answer."""
        found = self._by_time(query, shown, where) if not query.low and len(query.order) == 1 else None
        if found is not None:
            return found
        order, limit = sql.order_by(query.schema, query.order), query.high - query.low if query.high is not None else -1
        text = f'SELECT {", ".join(shown)} FROM "{query.schema.table}" WHERE {where[0]} ORDER BY {order} LIMIT ? OFFSET ?'
        with self.reading() as connection:
            return connection.execute(text, (*where[1], limit, query.low)).fetchall()

    def _by_time(self, query: Query, shown: Sequence[str], where: Sql) -> list[Row] | None:
        """The same in the order of an index on the time, which SQLite need not sort; what is of one time is put in order here.

        None where there is no such index, or where one more row is of the time of the last one.
        """
        schema, (name, descends) = query.schema, query.order[0]
        if name != schema.window or query.high is None:
            return None
        time = f'"{schema.columns[name].column_name}"'
        wide, key = _with_key(schema, shown if time in shown else (*shown, time))
        end = f"ORDER BY {time}{' DESC' if descends else ''} LIMIT ?"
        text = f'SELECT {", ".join(wide)} FROM "{schema.table}" WHERE {where[0]} {end}'
        with self.reading() as connection:
            rows = connection.execute(text, (*where[1], query.high + 1)).fetchall()
        at = itemgetter(wide.index(time))
        if len(rows) > query.high and at(rows.pop()) == at(rows[-1]):
            return None
        if len(set(map(at, rows))) < len(rows):
            rows = [row for _, group in groupby(rows, at) for row in sorted(group, key=key)]
        return rows

    def _all(self, query: Query, shown: Sequence[str], where: Sql) -> list[Row] | None:
        """All that answer, put in order here; None where they are many."""
        wide, key = _with_key(query.schema, shown)
        text = f'SELECT {", ".join(wide)} FROM "{query.schema.table}" WHERE {where[0]} LIMIT {AT_ONCE + 1}'
        with self.reading() as connection:
            rows = connection.execute(text, where[1]).fetchall()
        if len(rows) > AT_ONCE:
            return None
        rows.sort(key=key)
        return rows[query.low : query.high]

    def _by_key(self, query: Query, shown: Sequence[str], where: Sql, opening: object) -> Iterator[list[Row]]:
        """Runs along the key, which never changes; by the numbers of the rows that are left once anything else did."""
        schema, (wide, key), keys = query.schema, _with_key(query.schema, shown), _keys(query.schema)
        table = f'"{schema.table}" INDEXED BY "sqlite_autoindex_{schema.table}_1"'
        text = f"SELECT {', '.join(wide)} FROM {table} WHERE {where[0]} AND"
        end = f"ORDER BY {', '.join(keys)} LIMIT ? OFFSET ?"
        marks = f"({', '.join('?' * len(keys))})" if len(keys) > 1 else "?"
        beyond = [f"({', '.join(keys)}) {sign} {marks}" for sign in (">=", ">")]
        last = tuple([-(2**63) if schema.columns[name].field_type == "INTEGER" else "" for name in schema.key])
        left = None if query.high is None else query.high - query.low
        skip = query.low
        while left is None or left > 0:
            size = RUN if left is None else min(RUN, left)
            with self.reading() as connection:
                if not _is_now(connection):
                    rest = replace(query, low=skip, high=None if left is None else skip + left)
                    ids = self._ids(rest, (f"({where[0]}) AND {beyond[0]}", [*where[1], *last]))
                    break
                rows = connection.execute(f"{text} {beyond[0]} {end}", (*where[1], *last, size, skip)).fetchall()
            if rows:
                last = key(rows[-1]) if len(keys) > 1 else (key(rows[-1]),)
                yield rows
            if len(rows) < size:
                return
            self._check(opening)
            left = None if left is None else left - size
            skip, beyond = 0, beyond[-1:]
        else:
            return
        yield from self._by_number(schema, shown, ids, opening)

    def _by_number(self, schema: ResourceSchema, shown: Sequence[str], ids: array[int], opening: object) -> Iterator[list[Row]]:
        """Runs of the rows whose numbers were read first."""
        for start in range(0, len(ids), CHUNK):
            self._check(opening)
            part = ids[start : start + CHUNK].tolist()
            with self.reading() as connection:
                by_id = {row[0]: row[1:] for row in self._numbered(connection, schema, shown, part)}
            yield [by_id[one] for one in part if one in by_id]

    def _check(self, opening: object) -> None:
        """Raises MirrorError where what is left of an answer was in a memory that is no more."""
        if self.database.memory and self.database.opening is not opening:
            raise MirrorError("the mirror in memory was closed, or this process forked, while it was being read")

    def _ids(self, query: Query, where: Sql) -> array[int]:
        """The numbers of the rows that answer, in order."""
        limit = -1 if query.high is None else max(query.high - query.low, 0)
        order = sql.order_by(query.schema, query.order)
        with self.reading() as connection:
            found = connection.execute(
                f'SELECT rowid FROM "{query.schema.table}" WHERE {where[0]} ORDER BY {order} LIMIT ? OFFSET ?',
                (*where[1], limit, query.low),
            )
            return array("q", (row[0] for row in found))

    def _numbered(self, connection: Any, schema: ResourceSchema, shown: Sequence[str], ids: list[int]) -> list[Row]:
        """The rows of these numbers, each after its number."""
        text = f'SELECT rowid, {", ".join(shown)} FROM "{schema.table}" WHERE rowid IN (SELECT value FROM json_each(?))'
        found: list[Row] = connection.execute(text, (json.dumps(ids),)).fetchall()
        return found

    def count(self, query: Query, *, with_deleted: bool = False) -> int:
        """How many rows answer a question. Reads the disk; see :meth:`select`."""
        with self.reading() as connection:
            where = self.where(query, with_deleted)
            if query.high is None:
                text = f"SELECT count(*) FROM {self.source(query, where)} WHERE {where[0]}"
            else:
                text = f'SELECT count(*) FROM (SELECT 1 FROM "{query.schema.table}" WHERE {where[0]} LIMIT {max(query.high, 0)})'
            total: int = connection.execute(text, where[1]).fetchone()[0]
        return max(total - query.low, 0)

    def exists(self, query: Query, *, with_deleted: bool = False) -> bool:
        """Whether any row answers a question. Reads the disk; see :meth:`select`."""
        if query.high is not None and query.high <= query.low:
            return False
        with self.reading() as connection:
            where = self.where(query, with_deleted)
            text = f'SELECT 1 FROM "{query.schema.table}" WHERE {where[0]} LIMIT 1 OFFSET ?'
            return connection.execute(text, (*where[1], query.low)).fetchone() is not None

    def source(self, query: Query, where: Sql) -> str:
        """The table of a question that needs no order: read as it lies where the question takes in much of it."""
        table = f'"{query.schema.table}"'
        return f"{table} NOT INDEXED" if self.takes_much(query, where) else table

    def takes_much(self, query: Query, where: Sql) -> bool:
        """Whether a question takes in a good part of its table, so that no index is a shorter way. Looks at a few rows."""
        schema = query.schema
        if any(node.lookup in NARROWING and node.field in _indexed(schema) for node in conditions(query.where)):
            return False
        table = f'"{schema.table}"'
        spread = (  # evenly, but not at even distances: what comes every so many rows is not met each time
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {SAMPLE - 1})"
            f" SELECT 1 + (SELECT max(rowid) FROM {table}) * (i * {SAMPLE} + i * 119 % {SAMPLE}) / {SAMPLE * SAMPLE} FROM n"
        )
        text = f"SELECT count(*), count(CASE WHEN {where[0]} THEN 1 END) FROM {table} NOT INDEXED WHERE rowid IN ({spread})"
        with self.reading() as connection:
            if not _is_now(connection):  # what was has no index of its own
                return False
            some, fit = connection.execute(text, where[1]).fetchone()
        return bool(some and fit * 4 >= some)

    def where(self, query: Query, with_deleted: bool = False, names: Iterable[str] = ()) -> Sql:
        """The SQL of a question, without the records that are gone, or that lists of it did not show. Reads the disk.

        :param names: the fields that are read of the records, where they have to be known.
        :raises NotCovered: it depends on what is excluded or was redacted.
        """
        self.open()
        exclusions.refuse(self.excluded, query, names)
        hidden = self.uncertain_fields(query, names, with_deleted=with_deleted)
        if hidden:
            raise exclusions.redacted_away(hidden)
        with self.reading() as connection:
            text, values = sql.where(query.schema, query.where, self._related(connection))
            if with_deleted:
                return text, values
            sure, more = self._without(connection, query)
        return f"({text}) AND mirror_gone IS NULL" + (f" AND {sure}" if sure else ""), [*values, *more]

    def _without(self, connection: Any, query: Query) -> Sql:
        """The SQL that leaves out what the lists which answer a query did not show. See :func:`doubts.without`."""
        return absence.exclude_suspects(connection, query, self._related(connection), lambda: self._since(connection, query))

    def _related(self, connection: Any) -> sql.RelatedRows:
        """The same of the related records that a query speaks of."""
        return sql.RelatedRows(condition=lambda node: self._without(connection, Query(node.other, node.nodes)))

    def _since(self, connection: Any, query: Query) -> tuple[datetime | None, int, list[Constraints]]:
        """Since when the lists of a query are covered, by which revision, and the records that are asked for by themselves.

        The lists are those of the query as it is, or with the values of the related records that it speaks of.
        """
        known = [_since(connection, query, self.newest)]
        if any(True for _ in related_nodes(query.where)):
            known.append(_since(connection, self.with_related_values(query), self.newest))
        return max(known, key=lambda one: (one[0] is not None, one[0]))

    def with_related_values(self, query: Query) -> Query:
        """The query with the values of related records in place of what it says of them, as it would be sent. Reads the disk."""
        return replace(
            query, where=replace_related(query.where, lambda node: Condition(node.local_field, "in", self._values(node)))
        )

    def _values(self, node: Related) -> tuple[Any, ...]:
        """The values that the mirror holds, those included whose records may fit, for what is known of them."""
        with self.reading() as connection:
            where = exclusions.possibly(node.other, node.nodes, redacted(connection))
            text, values = sql.where(node.other, where, self._related(connection))
            sure, more = self._without(connection, Query(node.other, node.nodes))
            theirs, also = sql.value_sql(node.other, node.remote_field), f" AND {sure}" if sure else ""
            rows = connection.execute(
                f'SELECT DISTINCT {theirs} FROM "{node.other.table}"'
                f" WHERE ({text}) AND {theirs} IS NOT NULL AND mirror_gone IS NULL{also}",
                (*values, *more),
            ).fetchall()
        return tuple(row[0] for row in rows)

    def uncertain_fields(self, query: Query, names: Iterable[str] = (), *, with_deleted: bool = False) -> list[str]:
        """The fields that were redacted and may change the answer to a query; none where it is certain. Reads the disk.

        :param names: the fields that are read of the records.
        """
        names = list(names)
        if not exclusions.redactable(query, names):
            return []
        self.open()
        with self.reading() as connection:
            left = redacted(connection)
            found = exclusions.fields_among(left, query, names)
            if not found:
                return []
            table, (may, unsure) = query.schema.table, exclusions.uncertainty(query, names, left)
            possible, values = sql.where(query.schema, may)
            doubt, more = sql.where(query.schema, (unsure,))
            those = f'rowid IN (SELECT rowid FROM "{table}" WHERE {ANY_REDACTED})'
            if not with_deleted:  # what lists did not show is told by values that may be lacking
                doubt, more = (
                    f"{doubt} OR ({those} AND rowid IN (SELECT record FROM mirror_missed WHERE resource = ?))",
                    [*more, table],
                )
                possible += " AND mirror_gone IS NULL"
            if not exclusions.relates(query.where, left):
                possible += f" AND {those}"
            text = f'SELECT 1 FROM "{table}" WHERE {possible} AND ({doubt}) LIMIT 1'
            return found if connection.execute(text, (*values, *more)).fetchone() is not None else []

    def certain_query(self, query: Query) -> Query:
        """The query that has of a query's answer the records which certainly belong to it. Reads the disk."""
        if not exclusions.redactable(query):
            return query
        with self.reading() as connection:
            left = redacted(connection)
        return replace(query, where=exclusions.certainly(query.schema, query.where, left)) if left else query

    def redacted(self) -> exclusions.Exclusions:
        """The fields that were redacted in any record, by table. Reads the disk."""
        with self.reading() as connection:
            return redacted(connection)

    def find(
        self, schema: ResourceSchema, keys: Iterable[tuple[Any, ...]], *, without_suspects: bool = False
    ) -> dict[tuple[Any, ...], Row]:
        """The rows of these keys that are there and not with_deleted, by key.

        :param sure: without those that a list lacked, which may have changed or be gone.
        """
        with self.reading() as connection:
            suspects = absence.has_suspects(connection, schema) if without_suspects else False
            found = list(rows_of(connection, schema, list(keys), without_suspects=suspects))
        gone = schema.codec.deleted_slot
        return {schema.codec.identity(row): row for row in found if row[gone] is None}

    def rows(self) -> dict[str, int]:
        """How many records each table holds, those gone included."""
        with self.reading() as connection:
            return {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in sorted(self._schemas)}

    def sweeps(self, account: str, schema: ResourceSchema | None = None) -> list[sweeps.Sweep]:
        """Every question heard whole for an account, of one resource or all. Reads the disk."""
        tables = sorted(self._schemas) if schema is None else [schema.table]
        with self.reading() as connection:
            return [sweep for table in tables for sweep in sweeps.list_sweeps(connection, account, table, self.newest)]


def redacted(connection: sqlite3.Connection) -> exclusions.Exclusions:
    """The fields that were redacted in any record, by table."""
    row = connection.execute("SELECT value FROM mirror_about WHERE name = ?", (REDACTED,)).fetchone()
    return exclusions.decode(row[0]) if row is not None else {}


def _is_now(connection: Any) -> bool:
    """Whether the rows that are read are those of the tables, with their indexes, and not what they were."""
    return isinstance(connection, sqlite3.Connection)


@lru_cache(maxsize=256)
def row_columns(schema: ResourceSchema) -> tuple[str, ...]:
    """The SQL expressions of a whole row."""
    return tuple(columns(schema).split(", "))


@lru_cache(maxsize=256)
def _keys(schema: ResourceSchema) -> tuple[str, ...]:
    return tuple(f'"{schema.columns[name].column_name}"' for name in schema.key)


@lru_cache(maxsize=256)
def _of_key(schema: ResourceSchema) -> str:
    doubted = f'SELECT 1 FROM mirror_missed WHERE resource = ? AND record = "{schema.table}".rowid'
    return (
        f'SELECT {", ".join(row_columns(schema))} FROM "{schema.table}" WHERE {_keys(schema)[0]} = ? AND "account_sid" = ?'
        f" AND mirror_gone IS NULL AND NOT EXISTS ({doubted})"
    )


@lru_cache(maxsize=256)
def _indexed(schema: ResourceSchema) -> frozenset[str]:
    """The fields that an index finds few rows by: not the account, and not one of a few known words."""
    names = {*schema.key, *(name for names in indexes(schema) for name in names)} - {"account_sid"}
    return frozenset(name for name in names if not schema.columns[name].values)


def _with_key(schema: ResourceSchema, shown: Sequence[str]) -> tuple[Sequence[str], itemgetter[Any]]:
    """The expressions with those of the key, and what reads the key of a row of them."""
    keys = _keys(schema)
    wide = (*shown, *(key for key in keys if key not in shown))
    return wide, itemgetter(*map(wide.index, keys))


def rows_of(
    connection: sqlite3.Connection, schema: ResourceSchema, keys: list[tuple[Any, ...]], *, without_suspects: bool = False
) -> Iterator[Row]:
    """The rows of these keys that are there; ``sure`` without those in doubt."""
    for where, values in keyed(schema, keys):
        if without_suspects:
            where += " AND rowid NOT IN (SELECT record FROM mirror_missed WHERE resource = ?)"
            values = [*values, schema.table]
        yield from connection.execute(f'SELECT {columns(schema)} FROM "{schema.table}" WHERE {where}', values).fetchall()


def _since(
    connection: sqlite3.Connection, query: Query, newest: datetime | None
) -> tuple[datetime | None, int, list[Constraints]]:
    """Since when the lists of a query are covered, None where they are not; by which revision; and what it asks for by itself."""
    since, last, single = list[datetime](), 0, list[Constraints]()
    for account in dict.fromkeys(query_constraints(one).equal.get("account_sid", "") for one in disjuncts(query)):
        try:
            requests = offline_plan(query, account).requests
        except MissingScope:
            return None, 0, []
        for request in requests:
            if isinstance(request, FetchRequest):
                single.append(
                    Constraints({name: value for name, value in request.constraints.equal.items() if name in query.schema.key})
                )
                continue
            cover = sweeps.coverage(connection, account, query.schema, request.constraints, newest=newest)
            if not cover.complete or cover.since is None:
                return None, 0, []
            since.append(cover.since)
            last = max(last, cover.revision)
    return min(since, default=None), last, single


def _row_since(connection: sqlite3.Connection, schema: ResourceSchema, account: str, request: ApiRequest) -> datetime | None:
    """When the account's record that ``ask`` names was last seen to change, or None where it is not there."""
    where, values = sql.where(schema, Constraints(request.covers.equal).nodes())
    if not schema.rooted and "account_sid" in schema.columns:
        where, values = f"({where}) AND account_sid = ?", [*values, account]
    row = connection.execute(
        f'SELECT r.at FROM "{schema.table}" t JOIN mirror_revisions r ON r.id = t.mirror_revision WHERE {where}', values
    ).fetchone()
    return instant(row[0]) if row else None


def not_covered(plan: Plan, missing: list[ApiRequest]) -> NotCovered:
    """The error for a question that was not heard whole."""
    name = plan.query.schema.name
    asked = "; ".join(request.describe() for request in missing[:3])
    return NotCovered(
        f"the mirror has not heard this question about {name} whole (it would ask: {asked}). "
        f"Sync it first ({name}.sync() or the query's sync()), or take what there is with offline(partial=True)"
    )
