"""Whether the mirror holds the complete lists below parents, so that it can answer a query that names no parent.

It can if it holds the parents completely, and the list below each of them: one that was read, or one that is empty by the count
of the parent. A deleted parent needs no list, and what was below it is no answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import NotCovered
from ..query.ast import And, Condition, Node, Not, Query, Related
from ..query.constraints import query_constraints
from ..query.planner import offline_plan
from ..schema.registry import CLASSES, parent_of
from ..sync.storing import scope

if TYPE_CHECKING:
    from ..mirror.select import MirrorReader
    from ..schema.resource_schema import ResourceSchema


def parents_query(child: Query) -> Query:
    """Return the query for the parents below which the records of a query may be. Pure.

    :param child: a query for records that are listed below a parent.
    :raises MissingScope: the parent is no resource of this library.
    """
    model = parent_of(CLASSES[child.schema.name])
    schema: ResourceSchema = model.api_schema
    known = query_constraints(child).equal
    named = tuple(Condition(name, "exact", known[name]) for name in child.schema.urls.parents()[:-1] if name in known)
    completed: Query = model.complete_query(Query(schema, named))
    return completed


def parent_exists(child: ResourceSchema, account: str) -> Related:
    """Return the condition that a record's parent is there, so that what was below a deleted one is no answer. Pure.

    :param child: the schema of the records.
    :param account: the account's SID.
    """
    parent: ResourceSchema = parent_of(CLASSES[child.name]).api_schema
    return Related(parent.name, child.urls.parents()[-1], parent.key[-1], parent, "one", scope(parent, account))


def lists_since(mirror: MirrorReader, account: str, parents: Query, child: Query) -> list[datetime]:
    """Return the moments since when the lists below some parents are covered. Reads the disk.

    :param mirror: a snapshot of the mirror.
    :param account: the account's SID.
    :param parents: the query for the parents.
    :param child: the query for the records below them.
    :raises NotCovered: the list below a parent is not covered; the error names the parent.
    """
    above, schema, since = parents.schema, child.schema, list[datetime]()
    *names, last = schema.urls.parents()
    complete = _complete_lists(mirror, account, child)
    where = (*scope(above, account), *parents.where, *_may_have_some(mirror, account, above, schema))
    for row in mirror.select(replace(parents, where=where)):
        values: dict[str, Any] = {name: above.codec.stored(row, name) for name in names}
        values[last] = above.codec.stored(row, above.key[-1])
        found = complete.get(tuple(values.values()))
        if found is None:
            below = tuple(Condition(name, "exact", value) for name, value in values.items())
            found, missing = mirror.plan_coverage(account, offline_plan(replace(child, where=(*below, *child.where)), account))
            if missing:
                raise NotCovered(
                    f"the mirror has not fetched the {schema.name} records below {above.name} {values[last]}, and maybe more:"
                    f" run {schema.name}.sync(), which reads one list for each {above.name} of the mirror;"
                    " offline(partial=True) returns the records that the mirror has",
                    syncs=(f"{schema.name}.sync()",),
                )
        since += [found] if found is not None else []
    return since


def _complete_lists(mirror: MirrorReader, account: str, child: Query) -> dict[tuple[Any, ...], datetime]:
    """Since when the complete list below a parent is covered, by the values that name the parent. Reads the disk."""
    names, found = child.schema.urls.parents(), dict[tuple[Any, ...], datetime]()
    for sweep in mirror.sweeps(account, child.schema):  # the latest first
        constraints = sweep.constraints
        if constraints.flags == child.flags and not constraints.spans and constraints.equal.keys() == set(names):
            found.setdefault(tuple(constraints.equal[name] for name in names), sweep.began_at)
    return found


def _may_have_some(mirror: MirrorReader, account: str, above: ResourceSchema, child: ResourceSchema) -> tuple[Node, ...]:
    """The condition that a parent's own count does not say that its list is empty."""
    if not child.counted or child.counted in mirror.excluded.get(above.table, ()):
        return ()
    held = Related(child.name, above.key[-1], child.urls.parents()[-1], child, "many", scope(child, account))
    return (Not(And((Condition(child.counted, "exact", 0), Not(held)))),)
