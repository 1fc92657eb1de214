"""Which rows answer a query: its WHERE over the mirror's tables. Reads the disk.

Besides the query's own conditions a WHERE excludes deleted records, and suspect ones: those that the listings which cover the
query did not show. A query whose answer depends on a redacted value is refused. Where the dialect cannot compute a condition
exactly, the WHERE names it as residual (:class:`twilio_orm.query.sql.Where`), and its readers test the rows once more
(:mod:`twilio_orm.mirror.residual`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import MissingScope, NotCovered
from ..query import sql
from ..query.accounts import by_account
from ..query.api_requests import FetchRequest
from ..query.ast import Condition, Node, Query, Related, related_nodes, replace_related
from ..query.constraints import Constraints, conjuncts, disjuncts, query_constraints
from ..query.planner import offline_plan
from ..query.sql import Where
from . import exclusions, metadata, residual
from .coverage import absence, sweeps
from .table_layout import any_redacted

if TYPE_CHECKING:
    from ..query.lookups import Sql
    from ..schema.resource_schema import ResourceSchema
    from .engine import TableReader
    from .readable import ReadableMirror


def where(mirror: ReadableMirror, query: Query, *, with_deleted: bool = False, names: Iterable[str] = ()) -> Where:
    """Return the WHERE of a query.

    :param with_deleted: whether deleted and suspect records count, too.
    :param names: the fields that are read from the rows, whose values must be known.
    :raises NotCovered: the answer depends on an excluded or redacted field.
    """
    loads = mirror.open().loads
    if loads.unindexed:
        loads.note(query)
    exclusions.refuse(mirror.excluded, query, names)
    fields = uncertain_fields(mirror, query, names, with_deleted=with_deleted)
    if fields:
        raise exclusions.redacted_away(fields)
    return where_sql(mirror, query, with_deleted=with_deleted)


def where_sql(mirror: ReadableMirror, query: Query, *, with_deleted: bool) -> Where:
    """Return the WHERE of a query none of whose fields is uncertain."""
    with mirror.reading() as connection:
        found = _resolved(mirror, connection, query.schema, query.where, _related_rows(mirror, connection))
        if with_deleted:
            return found
        listed, more = _listed_sql(mirror, connection, query)
    text = f"({found.text}) AND mirror_gone IS NULL" + (f" AND {listed}" if listed else "")
    return Where(text, [*found.values, *more], found.residual)


def _resolved(
    mirror: ReadableMirror, connection: TableReader, schema: ResourceSchema, nodes: tuple[Node, ...], related: sql.RelatedRows
) -> Where:
    """The WHERE of a conjunction. Its residual conditions are about no related records: values of these are in their place."""
    found = sql.where(mirror.dialect, schema, nodes, related)
    if not found.residual or not any(True for _ in related_nodes(found.residual)):
        return found

    def values(node: Related) -> Node:
        return Condition(node.local_field, "in", _related_values(mirror, connection, node, node.nodes, related))

    exact = tuple(one for one in nodes if one not in found.residual)
    return sql.where(mirror.dialect, schema, (*exact, *replace_related(found.residual, values)), related)


def _listed_sql(mirror: ReadableMirror, connection: TableReader, query: Query) -> Sql:
    """The SQL that excludes suspect records; ``""`` where there are none."""
    parts, own = by_account(query), partial(_where_of_suspects, mirror, connection)
    if not parts:
        return absence.exclude_suspects(connection, query, own, lambda: _listings(mirror, connection, query))
    if not absence.has_suspects(connection, query.schema):
        return "", []
    found: list[Sql] = []
    accounts = absence.accounts_of_suspects(connection, query.schema)  # each account's listings cover its own records alone
    for account, part in parts:
        if account in accounts:
            text, values = absence.exclude_suspects(connection, part, own, partial(_listings, mirror, connection, part))
            found += [(f"(account_sid <> ? OR ({text}))", [account, *values])] if text else []
    return " AND ".join(text for text, _ in found), [value for _, values in found for value in values]


def _where_of_suspects(mirror: ReadableMirror, connection: TableReader, query: Query) -> Sql:
    """The WHERE of a query's own conditions, exact for suspect records; of others a superset."""
    schema = query.schema
    found = _resolved(mirror, connection, schema, query.where, _related_rows(mirror, connection))
    if not found.residual:
        return found.text, found.values
    suspects = f"SELECT record FROM {connection.source('mirror_missed')} WHERE resource = ?"
    number = f'"{schema.table}".rowid'
    own = Where(f"({found.text}) AND {number} IN ({suspects})", [*found.values, schema.table], found.residual)
    text, values = residual.exact(connection, mirror.dialect, schema, own)
    return f"({found.text}) AND {number} NOT IN ({suspects}) OR {text}", [*found.values, schema.table, *values]


def _related_rows(mirror: ReadableMirror, connection: TableReader) -> sql.RelatedRows:
    """Where the related records of a query are read, without suspect ones."""
    return sql.RelatedRows(
        source=lambda schema: connection.source(schema.table),
        condition=lambda node: _listed_sql(mirror, connection, Query(node.other, node.nodes)),
        indexed=mirror.word_conditions(connection),
    )


def _listings(mirror: ReadableMirror, connection: TableReader, query: Query) -> tuple[datetime | None, int, list[Constraints]]:
    """Which listings cover a query: see :func:`_covering`.

    They are those of the query as it is, or with the values of its related records in place of its conditions on them.
    """
    found = [_covering(connection, query, mirror.newest)]
    if any(True for _ in related_nodes(query.where)):
        found.append(_covering(connection, with_related_values(mirror, query), mirror.newest))
    return max(found, key=lambda one: (one[0] is not None, one[0]))


def _covering(connection: TableReader, query: Query, newest: datetime | None) -> tuple[datetime | None, int, list[Constraints]]:
    """Return the time of the oldest listing that covers a query, the revision of the last one, and the records fetched by key.

    The time is None where the listings do not cover it.
    """
    since, last, single = list[datetime](), 0, list[Constraints]()
    for account in dict.fromkeys(query_constraints(one).equal.get("account_sid", "") for one in disjuncts(query)):
        try:
            requests = offline_plan(query, account).requests
        except MissingScope:
            return None, 0, []
        for request in requests:
            if isinstance(request, FetchRequest):
                key = {name: value for name, value in request.constraints.equal.items() if name in query.schema.key}
                single.append(Constraints(key))
                continue
            found = sweeps.coverage(connection, account, query.schema, request.constraints, None, newest)
            if not found.complete or found.since is None:
                return None, 0, []
            since.append(found.since)
            last = max(last, found.revision)
    return min(since, default=None), last, single


def with_related_values(mirror: ReadableMirror, query: Query) -> Query:
    """Return a query as it would be sent: with the values of related records in place of the conditions on them."""
    return replace(
        query, where=replace_related(query.where, lambda node: Condition(node.local_field, "in", _values(mirror, node)))
    )


def _values(mirror: ReadableMirror, node: Related) -> tuple[Any, ...]:
    """The values of related records. A record that may fit, for all that is known of it, counts."""
    with mirror.reading() as connection:
        nodes = exclusions.possibly(node.other, node.nodes, exclusions.redacted_fields(connection))
        return _related_values(mirror, connection, node, nodes, _related_rows(mirror, connection))


def _related_values(
    mirror: ReadableMirror, connection: TableReader, node: Related, nodes: tuple[Node, ...], related: sql.RelatedRows
) -> tuple[Any, ...]:
    """The values of the related records that satisfy a conjunction."""
    other, dialect = node.other, mirror.dialect
    text, values, left = _resolved(mirror, connection, other, nodes, related)
    listed, more = related.condition(node)
    remote, also = sql.value_sql(dialect, other, node.remote_field), f" AND {listed}" if listed else ""
    there = Where(f"({text}) AND {remote} IS NOT NULL AND mirror_gone IS NULL{also}", [*values, *more], left)
    if left:
        return tuple(dict.fromkeys(row[0] for row in residual.matching(connection, dialect, other, there, (remote,))))
    source = connection.source(other.table)
    rows = connection.execute(f"SELECT DISTINCT {remote} FROM {source} WHERE {there.text} ORDER BY 1", there.values)
    return tuple(row[0] for row in rows.fetchall())


# ---------------------------------------------------------------- redacted values


def uncertain_fields(mirror: ReadableMirror, query: Query, names: Iterable[str] = (), *, with_deleted: bool = False) -> list[str]:
    """Return the redacted fields that the answer to a query depends on; none where it is certain.

    :param names: the fields that are read from the records.
    """
    names = list(names)
    if not exclusions.redactable(query, names):
        return []
    mirror.open()
    with mirror.reading() as connection:
        redacted = exclusions.redacted_fields(connection)
        found = exclusions.fields_among(redacted, query, names)
        if not found:
            return []
        schema, related = query.schema, sql.RelatedRows(source=lambda schema: connection.source(schema.table))
        may, unsure = exclusions.uncertainty(query, names, redacted)
        possible = _resolved(mirror, connection, schema, may, related)
        text, values, left = _resolved(mirror, connection, schema, (unsure,), related)
        source, cases = connection.source(schema.table), [Where(text, values, (*possible.residual, *left))]
        some_redacted = f"rowid IN (SELECT rowid FROM {source} WHERE {any_redacted(mirror.dialect)})"
        there = possible.text
        if not with_deleted:  # whether a record is suspect depends on its values, which may be redacted
            suspects = f"SELECT record FROM {connection.source('mirror_missed')} WHERE resource = ?"
            cases.append(Where(f"({some_redacted} AND rowid IN ({suspects}))", [schema.table], possible.residual))
            there += " AND mirror_gone IS NULL"
        if not exclusions.relates(query.where, redacted):
            there += f" AND {some_redacted}"
        if not any(one.residual for one in cases):
            cases = [Where(" OR ".join(one.text for one in cases), [value for one in cases for value in one.values])]
        for case in cases:
            where = Where(f"{there} AND ({case.text})", [*possible.values, *case.values], case.residual)
            if residual.any_matches(connection, mirror.dialect, schema, where):
                return found
        return []


def check_loaded(mirror: ReadableMirror, query: Query) -> None:
    """Check that a query depends on no field that its records lack because they were loaded from files. Reads the disk.

    :raises NotCovered: it does: whether these records match is not known.
    """
    if not exclusions.absent_from_files(query):
        return
    with mirror.reading() as connection:
        lacking = exclusions.decode(metadata.read(connection, metadata.NOT_IN_FILES))
        fields = exclusions.fields_among(lacking, query)
        if not fields:
            return
        schema, names, known = query.schema, set[str](), list[Node]()
        for node in conjuncts(query.where):
            found = {one.partition(".")[2] for one in exclusions.fields_among(lacking, Query(schema, (node,)))}
            names |= found
            known += [] if found else [node]
        names |= {*query.read_names} & lacking.get(schema.table, frozenset())
        related = sql.RelatedRows(source=lambda schema: connection.source(schema.table))
        possible = _resolved(mirror, connection, schema, tuple(known), related)
        absent = " OR ".join(mirror.dialect.contains.format("mirror_absent", f'"{name}"') for name in sorted(names))
        where = Where(f"({possible.text}) AND mirror_gone IS NULL AND ({absent})", possible.values, possible.residual)
        if residual.any_matches(connection, mirror.dialect, schema, where):
            raise NotCovered(
                f"{', '.join(fields)} of some records is not known: the files that they were loaded from do not have it."
                " A sync of their days reads it; offline(partial=True) takes it for null"
            )


def certain_query(mirror: ReadableMirror, query: Query) -> Query:
    """Return the query for those records that certainly belong to a query's answer, whatever was redacted."""
    if not exclusions.redactable(query):
        return query
    with mirror.reading() as connection:
        redacted = exclusions.redacted_fields(connection)
    return replace(query, where=exclusions.certainly(query.schema, query.where, redacted)) if redacted else query
