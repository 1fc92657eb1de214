"""Explains what the mirror knows of a query set: which sweeps cover it, since when, and what is missing. Reads the disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..mirror import exclusions
from ..query.constraints import query_constraints
from ..query.explain import explain_node
from ..query.planner import offline_plan
from ..sync.storing import scope
from . import cached, related_filters

if TYPE_CHECKING:
    from ..mirror.coverage.sweeps import Sweep


def explain(query_set: Any) -> str:
    """See :meth:`QuerySet.explain`."""
    connection, query = query_set.bound_connection(), query_set.model.complete_query(query_set.query)
    if not query_set.source.is_offline:
        related_filters.check(query, connection)
    return related_filters.explained(query, connection, _covered(query_set))


def freshness(query_set: Any) -> cached.Freshness:
    """See :meth:`QuerySet.freshness`."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    requests = offline_plan(query_set.model.complete_query(query_set.query), connection.account_sid)
    since, gaps = cached.coverage_of(connection, schema, requests, None)
    now = connection.now()
    missing = [cached.describe_gap(gap) for gap in gaps]
    missing += [f"{one}, which the mirror does not know of every record" for one in _unknown_fields(query_set)]
    unconfirmed = connection.mirror.count_unconfirmed(connection.account_sid, schema)
    return cached.Freshness(min([now, *since]) if since else None, now, tuple(missing), unconfirmed)


def sweeps(query_set: Any) -> list[Sweep]:
    """See :meth:`QuerySet.coverage`."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    known = query_constraints(query_set.model.complete_query(query_set.query)).equal
    return [
        sweep
        for sweep in connection.mirror.snapshot(connection.now()).sweeps(connection.account_sid, schema)
        if all(known.get(name, value) == value for name, value in sweep.constraints.equal.items())
    ]


def _covered(query_set: Any) -> list[str]:
    """For each request of a query set, a line about the sweeps that cover it."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    if not schema.mirrored or not connection.mirror.file_exists():
        return []
    snapshot = query_set.mirror_reader()
    planned = related_filters.outlined(query_set.model.complete_query(query_set.query), connection)[0]
    covers = [snapshot.coverage(connection.account_sid, schema, request.constraints) for request in planned.requests]
    unknown = _unknown_fields(query_set)
    note = [f"depends on {', '.join(unknown)}, which the mirror does not know"] if unknown else []
    found = snapshot.indexed_searches(query_set.model.complete_query(query_set.query))
    note += [f"an index finds the words of {name}: no other text is read" for name in found]
    tested = snapshot.tested_here(query_set.model.complete_query(query_set.query))
    note += [f"SQL finds candidates, each of which is tested here: {explain_node(schema, one)}" for one in tested]
    return [cover.describe() for cover in covers] + note


def _unknown_fields(query_set: Any) -> list[str]:
    """The fields that a query needs and the mirror does not know: excluded, or redacted in some record."""
    connection, snapshot = query_set.bound_connection(), query_set.mirror_reader()
    query = related_filters.own_values(query_set.model.complete_query(query_set.query))
    snapshot.open()
    scoped = replace(query, where=(*scope(query.schema, connection.account_sid), *query.where))
    excluded = exclusions.fields_among(connection.mirror.excluded, scoped)
    return excluded or snapshot.uncertain_fields(scoped, with_deleted=query_set.source.deleted)
