"""Prefetching: fetches the related records of many records at once, from one list, or one request a record where Twilio has no
list.

A list that turns out to take more requests than fetching for each record is given up.
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

Answered = Callable[[Any], Any]
"""Returns a query set like another one that the mirror answers."""

BATCH = 1000
"""The number of records whose related records are fetched together: the size of the largest page."""
WORTH = 10
"""A page of a list may cost as much as this many requests for one record."""


def check(model: Any, path: str) -> None:
    """Refuse a name that is not a relation. Raises QueryError.

    :param model: the resource's class.
    :param path: a relation, and after ``__`` relations of the related records: ``recordings__transcriptions``.
    """
    if not isinstance(path, str):
        raise QueryError(f"prefetch() takes names of relations, not a {type(path).__name__}")
    for name in path.split("__"):
        links = model.api_schema.links
        if name not in links:
            raise QueryError(
                f"{model.__name__} has no relation {name!r}{suggest(name, links)} It has: {', '.join(sorted(links))}"
            )
        model = CLASSES[links[name].target]


def by_account(records: Sequence[Any]) -> list[list[Any]]:
    """The records of each account, whose connections differ. Pure."""
    groups: dict[str, list[Any]] = {}
    for record in records:
        groups.setdefault(record.bound_connection().account_sid, []).append(record)
    return list(groups.values())


def attach(records: Sequence[Any], path: str, answered: Answered | None) -> None:
    """Fetch the records of a relation, and theirs after ``__``, and give them to the records. Calls Twilio, or reads the disk.

    :param records: records of one resource.
    :param path: the relation; see ``check``.
    :param answered: makes the mirror answer a query set; None for Twilio.
    """
    if not records:
        return
    name, _, rest = path.partition("__")
    relation = getattr(type(records[0]), name)
    found = related(records, relation, answered)
    if rest:
        attach([child for children in found for child in children], rest, answered)
    for record, children in zip(records, found, strict=True):
        record.prefetched[name] = tuple(children)


def related(records: Sequence[Any], relation: Any, answered: Answered | None) -> list[list[Any]]:
    """The related records of each record, in the order of the records. Calls Twilio, or reads the disk.

    :param records: records of one resource and account.
    :param relation: the relation.
    :param answered: as in ``attach``.
    """
    if relation.kind == "below" or relation.scope:
        return [list(answered(relation.query(record)) if answered else relation.query(record)) for record in records]
    values = list(dict.fromkeys(relation.local_value(record) for record in records if relation.local_value(record) is not None))
    groups: dict[Any, list[Any]] = {value: [] for value in values}
    for child in _children(records, relation, values, answered):
        groups[getattr(child, relation.remote_field())].append(child)
    return [groups.get(relation.local_value(record), []) for record in records]


def _children(records: Sequence[Any], relation: Any, values: list[Any], answered: Answered | None) -> list[Any]:
    """The related records of all records.

    :param values: the values by which they are found.
    """
    field, everything = relation.remote_field(), relation.model.using(records[0].bound_connection())
    if answered:
        return list(answered(everything.filter(**{f"{field}__in": values})))
    nested = field in everything.query.schema.urls.parents()
    if not nested and len(values) > 1:
        listed = _in_list(_bounded(everything, relation, records), field, values)
        if listed is not None:
            return listed
    return [child for value in values for child in everything.filter(**{field: value})]


def _bounded(everything: Any, relation: Any, records: Sequence[Any]) -> Any:
    """The list of everything since the day before the earliest of the records, if no related record can be older."""
    after = relation.after
    times: list[Any] = [getattr(record, after) for record in records] if after else [None]
    window = everything.query.schema.window
    if None in times or window is None:
        return everything
    return everything.filter(**{f"{window}__gte": min(times) - timedelta(days=1)})


def bulk(query_set: Any, field: str, values: list[Any], names: Sequence[str]) -> list[Any]:
    """The records with these values of a field: from one list, or one request each if the list is longer. Calls Twilio.

    :param query_set: the records among which to look.
    :param field: the field.
    :param values: its values.
    :param names: the relations to prefetch.
    """
    found = _in_list(query_set, field, values)
    if found is None:
        steps = range(0, len(values), MOST_REQUESTS)
        return [one for at in steps for one in query_set.filter(**{f"{field}__in": values[at : at + MOST_REQUESTS]})]
    for name in names:
        attach(found, name, None)
    return found


def _in_list(query_set: Any, field: str, values: list[Any]) -> list[Any] | None:
    """The records of a list that have one of some values, or None if one request for each takes fewer requests. Calls Twilio."""
    connection, schema = query_set.bound_connection(), query_set.query.schema
    plan = query_set.api_plan()
    allowance = 1 + len(values) // WORTH
    if len(plan.requests) > allowance or not schema.lists:
        return None
    wanted = Condition(field, "in", tuple(values))
    matches = predicate(schema, (*scope(schema, connection.account_sid), *plan.query.where, wanted))
    scan = Scan(connection, plan)
    found = []
    for page in scan.pages():
        if scan.report.requests > allowance:
            return None
        found += [query_set.model.from_row(row, connection) for row in page.rows if matches(row)]
    return found
