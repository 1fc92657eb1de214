"""The neighbours of many records at once: one list where one can answer, a request for each where Twilio has no other way.

A list that turns out longer than asking for each record would be is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from ..errors import QueryError, suggest
from ..query.ast import Condition
from ..query.planner import MOST_REQUESTS
from ..query.predicates import predicate
from ..schema.registry import CLASSES
from ..sync.scan import Scan
from ..sync.storing import scope

Alike = Callable[[Any], Any]
"""A query set to one like it that something else answers."""

BATCH = 1000
"""Records whose neighbours are fetched together: as many as the largest page holds."""
WORTH = 10
"""A page of a list may cost as much as this many requests for one record."""


def check(model: Any, path: str) -> None:
    """Refuse the name of a relation that is none: ``recordings``, ``recordings__transcriptions``. Raises QueryError."""
    for name in path.split("__"):
        known = model.api_schema.links
        if name not in known:
            raise QueryError(
                f"{model.__name__} has no relation {name!r}{suggest(name, known)} It has: {', '.join(sorted(known))}"
            )
        model = CLASSES[known[name].target]


def attach(records: Sequence[Any], path: str, alike: Alike | None) -> None:
    """Fetch one relation of these records, and its own after ``__``, and hand each its part. Asks.

    :param alike: what has another question answered by the mirror as this one is, or nothing to ask Twilio.
    """
    if not records:
        return
    name, _, rest = path.partition("__")
    relation = getattr(type(records[0]), name)
    found = _found(records, relation, alike)
    if rest:
        attach([child for children in found for child in children], rest, alike)
    for record, children in zip(records, found, strict=True):
        record.prefetched[name] = tuple(children)


def _found(records: Sequence[Any], relation: Any, alike: Alike | None) -> list[list[Any]]:
    """The neighbours of each record, in the order of the records."""
    if relation.kind == "below" or relation.scope:
        return [list(alike(relation.query(record)) if alike else relation.query(record)) for record in records]
    values = list(dict.fromkeys(relation.local_value(record) for record in records if relation.local_value(record) is not None))
    groups: dict[Any, list[Any]] = {value: [] for value in values}
    for child in _children(records, relation, values, alike):
        groups[getattr(child, relation.remote_field())].append(child)
    return [groups.get(relation.local_value(record), []) for record in records]


def _children(records: Sequence[Any], relation: Any, values: list[Any], alike: Alike | None) -> list[Any]:
    field, everything = relation.remote_field(), relation.model.using(records[0].bound_connection())
    if alike:
        return list(alike(everything.filter(**{f"{field}__in": values})))
    nested = field in everything.query.schema.urls.parents()
    if not nested and len(values) > 1:
        listed = _listed(_bounded(everything, relation, records), field, values)
        if listed is not None:
            return listed
    return [child for value in values for child in everything.filter(**{field: value})]


def _bounded(everything: Any, relation: Any, records: Sequence[Any]) -> Any:
    """The list of everything, from the day before the earliest of the records where none of theirs can be older."""
    after = relation.after
    first: list[Any] = [getattr(record, after) for record in records] if after else [None]
    window = everything.query.schema.window
    if None in first or window is None:
        return everything
    return everything.filter(**{f"{window}__gte": min(first) - timedelta(days=1)})


def bulk(asked: Any, field: str, values: list[Any]) -> list[Any]:
    """The records of these many values: of one list, or asked for each where that list turns out longer. Asks."""
    found = _listed(asked, field, values)
    if found is None:
        steps = range(0, len(values), MOST_REQUESTS)
        return [one for at in steps for one in asked.filter(**{f"{field}__in": values[at : at + MOST_REQUESTS]})]
    for name in asked._prefetched:
        attach(found, name, None)
    return found


def _listed(asked: Any, field: str, values: list[Any]) -> list[Any] | None:
    """Those of one list that are wanted, or None where asking for each is cheaper. Asks."""
    connection, schema = asked.bound_connection(), asked.query.schema
    plan = asked.api_plan()
    allowance = 1 + len(values) // WORTH
    if len(plan.requests) > allowance or not schema.lists:
        return None
    keep = predicate(schema, (*scope(schema, connection.account_sid), *plan.query.where, Condition(field, "in", tuple(values))))
    sweep = Scan(connection, plan)
    found = []
    for page in sweep.pages():
        if sweep.report.requests > allowance:
            return None
        found += [asked.model.from_row(row, connection) for row in page.rows if keep(row)]
    return found
