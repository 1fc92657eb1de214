"""Aggregates of the related records of each record: ``annotate(n=Count("recordings"))``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..schema.number_fields import Number
from .aggregates import Aggregate, Avg, Count, Max, Min, Sum
from .ast import Related
from .keywords import part_column
from .q import Expression, Q
from .related_fields import RelatedField

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .bound_aggregates import BoundAggregate


def aggregate_field(schema: ResourceSchema, name: str, aggregate: Aggregate, zone: str) -> RelatedField:
    """Return the field of an aggregate of related records.

    :param schema: the schema of the records.
    :param name: the name of the field.
    :param aggregate: an aggregate of which ``is_of_many`` is true.
    :param zone: the time zone of parts of times, "" for UTC.
    :raises QueryError: an unknown field, or an aggregate that cannot be computed for each record.
    """
    relation, _, rest = aggregate.field.partition("__")
    link, kind = schema.links[relation], type(aggregate)
    given = f"{kind.__name__}({aggregate.field!r})"
    groups = f"{link.target}.values({link.remote_field!r}).annotate({name}={kind.__name__}({rest!r}))"
    if link.kind == "below":
        raise QueryError(
            f"{given} would list the {relation} of every account: {link.target}.across_accounts().values('account_sid')"
            f".annotate({name}=Count()) counts them by account"
        )
    if kind not in (Count, Sum, Avg, Min, Max):
        raise QueryError(
            f"annotate() on records takes Count, Sum, Avg, Min and Max of related records: {groups} has {kind.__name__}"
        )
    if not rest and kind is not Count:
        raise QueryError(f"{given} takes a field of the {relation}, such as {kind.__name__}('{relation}__duration')")
    own: Any = kind(rest, aggregate.distinct and bool(rest), filter=_own(aggregate.filter, relation), default=aggregate.default)
    bound = own.bound(link.other(), zone)
    if bound.schema.related:
        raise QueryError(f"{given} reaches over two relations: annotate() takes the fields of the {relation} themselves")
    is_number = bound.term is not None and bound.function != "count_values" and isinstance(_read(bound), Number)
    if bound.function not in ("count_rows", "count_values", "count_distinct", "int_sum", "min", "max") or is_number:
        raise QueryError(f"{given} is of decimals, which have units of their own: {groups} sums them up by {link.remote_field}")
    node = Related(relation, link.local_field, link.remote_field, bound.schema, link.kind, bound.condition)
    return RelatedField(schema, name, node, bound.term, bound)


def _read(bound: BoundAggregate) -> Any:
    """Return the column that an aggregate reads."""
    assert bound.term is not None
    return part_column(bound.term.part) if bound.term.part else bound.schema.column(bound.term.field)


def _own(q: Q | None, relation: str) -> Q | None:
    """Return the conditions of related records as conditions of these records themselves.

    :raises QueryError: a condition is about something else.
    """
    if not q:
        return None
    own, prefix = dict[str, Any](), f"{relation}__"
    for keyword, value in q.conditions:
        if keyword != "tz" and not keyword.startswith(prefix):
            raise QueryError(
                f"filter= of an aggregate of {relation} takes conditions on these: Q({prefix}…=…), not {keyword};"
                " filter() takes conditions on the records"
            )
        if isinstance(value, Expression):
            raise QueryError(f"filter= of an aggregate of {relation} compares with values, not with expressions")
        own[keyword.removeprefix(prefix)] = value
    parts = [_own(one, relation) or Q() for one in q.parts]
    if q.operator == "not":
        return ~parts[0]
    if q.operator == "or":
        made = parts[0]
        for one in parts[1:]:
            made |= one
        return made
    return Q(*parts, **own)
