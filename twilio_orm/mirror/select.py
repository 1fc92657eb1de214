"""Reads the mirror: the rows that answer a query, and how complete the answer is. It writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from ..errors import NotCovered
from ..query import sql
from ..query.accounts import by_account
from ..query.api_requests import ApiRequest, FetchRequest
from ..query.ast import Condition
from ..query.constraints import Constraints, conditions, row_constraints
from ..query.sql import Where
from ..schema.times import instant
from . import conditions as where_clauses
from . import exclusions, residual
from .callback_table import are_stored, is_unconfirmed
from .coverage import absence, sweeps
from .readable import ReadableMirror
from .row_batches import RowBatches, key_columns
from .table_layout import columns, indexes, keyed

if TYPE_CHECKING:
    from ..query.ast import Node, Query
    from ..query.lookups import Sql
    from ..query.planner import Plan
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .engine import TableReader

SAMPLE = 200
"""Rows that are looked at to tell whether a query takes in much of a table."""
NARROWING = frozenset({"exact", "in", "gt", "gte", "lt", "lte", "range", "span", "spans"})
"""The lookups that an index helps with."""


class MirrorReader(ReadableMirror):
    """The reading half of a mirror."""

    def reading(self) -> AbstractContextManager[TableReader]:
        """Hold a connection that reads one moment. Reads the disk.

        Do not hold it across a request or a yield.

        :raises MirrorError: the file cannot be read.
        """
        return self.open().snapshot()

    def snapshot(self) -> MirrorReader:
        """Return the mirror as it is at the first reading, whatever is stored later: for an answer in several parts."""
        return self

    # -- completeness

    def plan_coverage(self, account: str, plan: Plan) -> tuple[datetime | None, list[ApiRequest]]:
        """Return since when the mirror can answer a plan, and the requests that it does not cover. Reads the disk.

        The time is None if any request is not covered. A request for one record is covered by the record's row.
        """
        schema, since, missing = plan.query.schema, [], []
        self.open()
        exclusions.refuse(self.excluded, plan.query)
        with self.reading() as connection:
            for request in plan.requests:
                found = sweeps.coverage(connection, account, schema, request.constraints, None, self.newest)
                at = found.since if found.complete else None
                if at is None and isinstance(request, FetchRequest) and not found.complete:
                    at = _row_since(self, connection, schema, account, request)
                if at is None:
                    missing.append(request)
                else:
                    since.append(at if self.now is None else min(at, self.now))
        return (None if missing else min(since, default=None)), missing

    def coverage(
        self, account: str, schema: ResourceSchema, constraints: Constraints, oldest: datetime | None = None
    ) -> sweeps.Coverage:
        """Return what sweeps cover of these constraints. Reads the disk. See :func:`twilio_orm.mirror.coverage.sweeps.coverage`.

        :param oldest: sweeps that began before it do not count.
        """
        newest = self.newest if oldest is None else self.newest_fresh
        with self.reading() as connection:
            return sweeps.coverage(connection, account, schema, constraints, oldest, newest)

    def last_confirmed(self, account: str, schema: ResourceSchema, key: tuple[Any, ...], oldest: datetime) -> datetime | None:
        """Return when a record was last fetched: its row changed, or a sweep includes it and it is not suspect. Reads the disk.

        :returns: None if that was before ``oldest``, if the record is not there, or if a callback has changed it since then.
        """
        with self.reading() as connection:
            row = next(iter(rows_of(connection, schema, [key])), None)
            if row is None or row[schema.codec.deleted_slot] is not None or schema.codec.unconfirmed(row):
                return None
            changed = connection.execute("SELECT at FROM mirror_revisions WHERE id = ?", (row[schema.codec.revision_slot],))
            at = changed.fetchone()
            newest = self.newest_fresh
            seen = instant(at[0]) if at is not None and instant(at[0]) >= oldest else None
            seen = None if seen is not None and newest is not None and seen > newest else seen
            listed = sweeps.last_listed(connection, account, schema, row_constraints(schema, row), newest)
            where, values = next(keyed(schema, [key]))
            suspect = absence.any_suspect(connection, schema, where, values)
        if listed is None or listed < oldest or suspect:
            return seen
        return listed if seen is None else max(listed, seen)

    def sweeps(self, account: str, schema: ResourceSchema | None = None) -> list[sweeps.Sweep]:
        """Return every sweep of an account, of one resource or of all. Reads the disk."""
        tables = sorted(self.schemas) if schema is None else [schema.table]
        with self.reading() as connection:
            return [one for table in tables for one in sweeps.list_sweeps(connection, account, table, self.newest)]

    # -- rows

    def current_row(self, schema: ResourceSchema, account: str, key: str) -> Row | None:
        """Return an account's row of a key, if it is there and neither deleted nor suspect. Reads the disk."""
        with self.open().reading() as connection:
            row: Row | None = connection.execute(_row_sql(schema), (key, account, schema.table)).fetchone()
        return row

    def find(
        self, schema: ResourceSchema, keys: Iterable[tuple[Any, ...]], *, without_suspects: bool = False
    ) -> dict[tuple[Any, ...], Row]:
        """Return the rows of these keys that are there and not deleted, by key. Reads the disk."""
        with self.reading() as connection:
            suspects = absence.has_suspects(connection, schema) if without_suspects else False
            found = list(rows_of(connection, schema, list(keys), without_suspects=suspects))
        deleted = schema.codec.deleted_slot
        return {schema.codec.identity(row): row for row in found if row[deleted] is None}

    def select(self, query: Query, *, with_deleted: bool = False, unread: Collection[str] = ()) -> Iterator[Row]:
        """Return the rows that answer a query, in its order. Reads the disk. See :meth:`select_lists`."""
        return chain.from_iterable(self.select_lists(query, with_deleted=with_deleted, unread=unread))

    def select_lists(self, query: Query, *, with_deleted: bool = False, unread: Collection[str] = ()) -> Iterator[list[Row]]:
        """Return the rows that answer a query, in its order, as lists. Reads the disk at once, and as it goes.

        :param with_deleted: whether deleted and suspect records count, too.
        :param unread: fields that are null in the rows, whatever is stored, and that a row which lacks no other field names as
            absent; such a row may have more values at its end.
        """
        shown: Sequence[str] = sql.row_columns(self.dialect, query.schema)
        if unread:
            schema = query.schema
            named = zip((*schema.index, *schema.related), shown, strict=True)
            absent = f"""coalesce(mirror_absent, '{schema.codec.encode_absent(unread, ())}')"""
            shown = ["NULL" if name in unread else absent if name == "mirror_absent" else column for name, column in named]
        return self.batches(query, shown, with_deleted=with_deleted)

    def batches(
        self,
        query: Query,
        shown: Sequence[str],
        *,
        with_deleted: bool = False,
        names: Iterable[str] = (),
        newer: tuple[int, bool] | None = None,
        rare: int = 0,
    ) -> Iterator[list[Row]]:
        """Return the answer to a query in its order, as lists of rows that begin with these SQL expressions.

        Reads the disk at once, and a long answer as it goes; nothing stays open across a yield. It is the answer of the moment at
        which it began. Of a record that is redacted meanwhile it has no redacted value, or not the record.

        :param names: the fields that the expressions read, whose values must be known.
        :param newer: only rows that changed after a revision, and either those that are deleted or those that are not.
        :param rare: how many of the expressions, the last ones, are null in most rows: a list whose rows all have null there may
            come without them.
        :raises MirrorError: what records were at that moment was pruned meanwhile.
        """
        then, opening = self.snapshot(), self.open().opening
        with then.reading() as connection:
            where, found = _newer(then.where(query, with_deleted, names), newer), None
            if query.high is not None and query.high <= query.low:
                return iter(())
            batches = RowBatches(then, query, shown, where[:2], partial(_later, then, query, with_deleted, newer), rare)
            if where.residual:
                return batches.by_number(residual.query_numbers(then, connection, query, where), opening)
            if connection.is_current:
                last = 0 if query.order else then.last_row_to_scan(query, where)
                if last:
                    rows = batches.by_row(last, opening)
                    return chain([*islice(rows, 1)], rows)  # the first of them are read at once
                found = batches.at_once()
            elif query.schema.related:  # each batch would read the earlier related rows again
                found = batches.at_once(whole=True)
            return iter((found,)) if found is not None else batches.by_number(batches.numbers(), opening)

    def count(self, query: Query, *, with_deleted: bool = False) -> int:
        """Return how many rows answer a query. Reads the disk. See :meth:`select`."""
        with self.reading() as connection:
            where, values, left = found = self.where(query, with_deleted)
            if left:
                return len(residual.query_numbers(self, connection, query, found, in_order=False))
            if query.high is None:
                text = f"SELECT count(*) FROM {self.source(query, found)} WHERE {where}"
            else:
                source = connection.source(query.schema.table)
                text = f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE {where} LIMIT {max(query.high, 0)}) AS found"
            total: int = connection.execute(text, values).fetchone()[0]
        return max(total - query.low, 0)

    def exists(self, query: Query, *, with_deleted: bool = False) -> bool:
        """Return whether any row answers a query. Reads the disk. See :meth:`select`."""
        if query.high is not None and query.high <= query.low:
            return False
        with self.reading() as connection:
            where, values, left = found = self.where(query, with_deleted)
            if left:
                return bool(residual.query_numbers(self, connection, query.sliced(0, 1), found, in_order=False))
            text = f"SELECT 1 FROM {connection.source(query.schema.table)} WHERE {where} LIMIT 1 OFFSET ?"
            return connection.execute(text, (*values, query.low)).fetchone() is not None

    def has_unconfirmed(self, query: Query, *, with_deleted: bool = False) -> bool:
        """Return whether a callback changed any row that answers a query since the record was last read. Reads the disk."""
        with self.reading() as connection:
            if not are_stored(connection):
                return False
            text, values, left = self.where(query, with_deleted)
            where = Where(f"({text}) AND {is_unconfirmed(connection.dialect)}", values, left)
            return residual.any_matches(connection, self.dialect, query.schema, where)

    def rows(self) -> dict[str, int]:
        """Return how many records each table holds, deleted ones included. Reads the disk."""
        with self.reading() as connection:
            return {
                table: connection.execute(f"SELECT count(*) FROM {connection.source(table)}").fetchone()[0]
                for table in sorted(self.schemas)
            }

    # -- SQL of a query

    def where(self, query: Query, with_deleted: bool = False, names: Iterable[str] = ()) -> Where:
        """Return the WHERE of a query. Reads the disk. See :func:`twilio_orm.mirror.conditions.where`.

        :raises NotCovered: the answer depends on an excluded or redacted field.
        """
        return where_clauses.where(self, query, with_deleted=with_deleted, names=names)

    def source(self, query: Query, where: Where) -> str:
        """Return the FROM of a query that needs no order: the table in its own order if the query takes in much of it."""
        with self.reading() as connection:
            table = connection.source(query.schema.table)
            return self.dialect.whole_table(table) if self.last_row_to_scan(query, where, of_accounts=True) else table

    def last_row_to_scan(self, query: Query, where: Where, *, of_accounts: bool = False) -> int:
        """Return the greatest number of a row, if a query takes in so much of its table that an index does not help, else 0.

        Reads a sample of the rows. It is 0 where the engine judges that itself.

        :param of_accounts: whether to judge a query of several accounts by these alone, which an index finds.
        """
        schema = query.schema
        table = f'"{schema.table}"'
        source = self.dialect.whole_table(table)
        if source == table:
            return 0
        if any(node.lookup in NARROWING and node.field in _indexed(schema) for node in conditions(query.where)):
            return 0
        if self.indexed_searches(query):
            return 0
        if of_accounts and (parts := by_account(query)):
            where = sql.where(self.dialect, schema, (Condition("account_sid", "in", tuple(account for account, _ in parts)),))
        last = f"SELECT max(rowid) FROM {table}"
        spread = (  # over the whole table at uneven distances: at even ones, what comes every so many rows could be overlooked
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {SAMPLE - 1})"
            f" SELECT 1 + ({last}) * (i * {SAMPLE} + i * 119 % {SAMPLE}) / {SAMPLE * SAMPLE} FROM n"
        )
        text = f"SELECT count(*), count(CASE WHEN {where[0]} THEN 1 END), ({last}) FROM {source} WHERE rowid IN ({spread})"
        with self.reading() as connection:
            if not connection.is_current:  # earlier versions are read by their numbers
                return 0
            sampled, fit, last_row = connection.execute(text, where[1]).fetchone()
        return int(last_row) if sampled and fit * 4 >= sampled else 0

    def indexed_searches(self, query: Query) -> list[str]:
        """Return the fields whose words a query looks up in an index, instead of reading the texts. Reads the disk."""
        nodes = [node for node in conditions(query.where) if node.lookup == "search"]
        if not nodes:
            return []
        with self.reading() as connection:
            indexed = self.word_conditions(connection)
            return [node.field for node in nodes if indexed(query.schema, node)[0]]

    def tested_here(self, query: Query) -> tuple[Node, ...]:
        """Return the conditions of a query that SQL cannot compute exactly, so that each row is tested here. Reads the disk."""
        with self.reading() as connection:
            related = sql.RelatedRows(indexed=self.word_conditions(connection))
            return sql.where(self.dialect, query.schema, query.where, related).residual

    def with_related_values(self, query: Query) -> Query:
        """Return a query as it would be sent: with the values of related records in place of conditions. Reads the disk."""
        return where_clauses.with_related_values(self, query)

    def uncertain_fields(self, query: Query, names: Iterable[str] = (), *, with_deleted: bool = False) -> list[str]:
        """Return the redacted fields that the answer to a query depends on; none where it is certain. Reads the disk.

        :param names: the fields that are read from the records.
        """
        return where_clauses.uncertain_fields(self, query, names, with_deleted=with_deleted)

    def checked_query(self, query: Query, *, partial: bool) -> Query:
        """Return the query to answer from the mirror. Reads the disk.

        :param partial: whether it is that for the records that certainly belong to the answer, see :meth:`certain_query`.
        :raises NotCovered: it depends on a field that the files which records were loaded from do not have; unless ``partial``.
        """
        if partial:
            return self.certain_query(query)
        where_clauses.check_loaded(self, query)
        return query

    def certain_query(self, query: Query) -> Query:
        """Return the query for the records that certainly belong to a query's answer, whatever was redacted. Reads the disk."""
        return where_clauses.certain_query(self, query)


def _later(mirror: ReadableMirror, query: Query, with_deleted: bool, newer: tuple[int, bool] | None) -> Sql:
    """The WHERE of a query none of whose fields is uncertain."""
    text, values, _ = _newer(where_clauses.where_sql(mirror, query, with_deleted=with_deleted), newer)
    return text, values


def _newer(where: Where, newer: tuple[int, bool] | None) -> Where:
    """A WHERE with the condition that a row changed after a revision, and is deleted or not."""
    if newer is None:
        return where
    revision, deleted = newer
    text = f"({where.text}) AND mirror_revision > ? AND mirror_gone IS {'NOT ' * deleted}NULL"
    return Where(text, [*where.values, revision], where.residual)


@lru_cache(maxsize=256)
def _row_sql(schema: ResourceSchema) -> str:
    suspect = f'SELECT 1 FROM mirror_missed WHERE resource = ? AND record = "{schema.table}".rowid'
    return (
        f'SELECT {columns(schema)} FROM "{schema.table}" WHERE {key_columns(schema)[0]} = ? AND "account_sid" = ?'
        f" AND mirror_gone IS NULL AND NOT EXISTS ({suspect})"
    )


@lru_cache(maxsize=256)
def _indexed(schema: ResourceSchema) -> frozenset[str]:
    """The fields that an index finds few rows by: not the account, and not one of a few known values."""
    names = {*schema.key, *(name for names in indexes(schema) for name in names)} - {"account_sid"}
    return frozenset(name for name in names if not schema.columns[name].values)


def rows_of(
    connection: TableReader, schema: ResourceSchema, keys: list[tuple[Any, ...]], *, without_suspects: bool = False
) -> Iterator[Row]:
    """Read the rows of these keys that are there."""
    for where, values in keyed(schema, keys):
        if without_suspects:
            where += f" AND rowid NOT IN (SELECT record FROM {connection.source('mirror_missed')} WHERE resource = ?)"
            values = [*values, schema.table]
        source = connection.source(schema.table)
        yield from connection.execute(f"SELECT {columns(schema)} FROM {source} WHERE {where}", values).fetchall()


def _row_since(
    mirror: ReadableMirror, connection: TableReader, schema: ResourceSchema, account: str, request: ApiRequest
) -> datetime | None:
    """When the account's record that a request names last changed; None where it is not there."""
    nodes = Constraints(request.covers.equal).nodes()
    where, values = residual.where_exactly(connection, mirror.dialect, schema, nodes)
    if not schema.rooted and "account_sid" in schema.columns:
        where, values = f"({where}) AND account_sid = ?", [*values, account]
    row = connection.execute(
        f"SELECT r.at FROM {connection.source(schema.table)} JOIN mirror_revisions r"
        f' ON r.id = "{schema.table}".mirror_revision WHERE {where}',
        values,
    ).fetchone()
    return instant(row[0]) if row else None


def not_covered(plan: Plan, missing: list[ApiRequest], accounts: tuple[str, ...] = ()) -> NotCovered:
    """Return the error for a query that the mirror does not cover.

    :param plan: the plan of the query.
    :param missing: the requests that are not covered.
    :param accounts: the accounts of which they are, where the query is about several.
    """
    name = plan.query.schema.name
    requests = "; ".join([*dict.fromkeys(request.describe() for request in missing)][:3])
    of = f" of {', '.join(accounts)}" if accounts else ""
    sync = f"{name}.sync(all_accounts=True)" if accounts else f"{name}.sync()"
    return NotCovered(
        f"the mirror has not fetched this query completely{of}: run {sync}, or sync() on the query, which sends {requests};"
        " offline(partial=True) returns the records that the mirror has",
        syncs=() if plan.query.schema.branches else (sync,),  # of usage it fetches one list of several
    )
