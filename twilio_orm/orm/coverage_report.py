"""Explains what the mirror knows of a query set: which sweeps cover it, since when, and what is missing. Reads the disk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..mirror import exclusions
from ..mirror.coverage.sweeps import Sweep
from ..mirror.select import MirrorReader
from ..query.constraints import constraints
from ..query.planner import offline_plan
from ..sync.scan import scope
from . import cached, related_filters
from .executors import mirror_reader

if TYPE_CHECKING:
    from .queryset import QuerySet


def reader(query_set: QuerySet[Any]) -> MirrorReader:
    """A snapshot of the mirror that answers a query set. Raises NotCovered."""
    return mirror_reader(query_set.source, query_set.bound_connection())


def explain(query_set: QuerySet[Any]) -> str:
    """See :meth:`QuerySet.explain`."""
    connection, query = query_set.bound_connection(), query_set.model.complete_query(query_set.query)
    return related_filters.explained(query, connection, _covered(query_set))


def freshness(query_set: QuerySet[Any]) -> cached.Freshness:
    """See :meth:`QuerySet.freshness`."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    requests = offline_plan(query_set.model.complete_query(query_set.query), connection.account_sid)
    since, gaps = cached.coverage_of(connection, schema, requests, None)
    now = connection.now()
    missing = [cached.spelled(gap) for gap in gaps]
    missing += [f"{one}, which the mirror does not know of every record" for one in _unknown_fields(query_set)]
    return cached.Freshness(min([now, *since]) if since else None, now, tuple(missing))


def sweeps(query_set: QuerySet[Any]) -> list[Sweep]:
    """See :meth:`QuerySet.coverage`."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    known = constraints(query_set.model.complete_query(query_set.query)).equal
    return [
        sweep
        for sweep in connection.mirror.pinned(connection.now()).sweeps(connection.account_sid, schema)
        if all(known.get(name, value) == value for name, value in sweep.constraints.equal.items())
    ]


def _covered(query_set: QuerySet[Any]) -> list[str]:
    """For each request of a query set, a line about the sweeps that cover it."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    if not schema.mirrored or not connection.mirror.is_there():
        return []
    snapshot = reader(query_set)
    planned = related_filters.outlined(query_set.model.complete_query(query_set.query), connection)[0]
    covers = [snapshot.cover(connection.account_sid, schema, request.constraints) for request in planned.requests]
    unknown = _unknown_fields(query_set)
    note = [f"but it depends on {', '.join(unknown)}, which the mirror does not know"] if unknown else []
    return [cover.describe() for cover in covers] + note


def _unknown_fields(query_set: QuerySet[Any]) -> list[str]:
    """The fields that a query needs and the mirror does not know: excluded, or redacted in some record."""
    connection, snapshot = query_set.bound_connection(), reader(query_set)
    query = query_set.model.complete_query(query_set.query)
    snapshot.open()
    scoped = replace(query, where=(*scope(query.schema, connection.account_sid), *query.where))
    return exclusions.asked(connection.mirror.excluded, scoped) or snapshot.hidden(scoped, gone=query_set.source.deleted)
