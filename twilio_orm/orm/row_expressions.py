"""Expressions in the methods of query sets: conditions, annotations, orders and values of them. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..query.aggregates import Aggregate
from ..query.ast import Term
from ..query.keywords import parse_term
from ..query.parser import parse
from ..query.q import Expression, F, Q
from ..schema.timezones import zone_name

if TYPE_CHECKING:
    from ..query.ast import Node, Query


def parsed(query_set: Any, lookups: Mapping[str, Any], conditions: Iterable[Q]) -> tuple[Query, tuple[Node, ...], dict[str, Any]]:
    """The query with the expressions of some conditions, the conjunction of these, and the flags. Raises QueryError.

    :param query_set: the query set, which is filtered.
    :param lookups: the keywords and their values.
    :param conditions: other conditions that have to be satisfied too.
    """
    query: Query = query_set.query
    fields: list[Any] = []
    if any(_may_be_lazy(one) for one in (*lookups.values(), *conditions)):
        from . import subqueries  # few conditions hold a query set

        lookups, conditions = subqueries.prepared(query_set, lookups, conditions)

    def bind(schema: Any, expression: Expression, zone: str) -> Any:
        from ..query.expressions import expression_field  # most programs compare with values only

        fields.append(expression_field(schema, expression, zone))
        return fields[-1]

    nodes, flags = parse(query.schema, lookups, conditions, bind)
    return (with_fields(query, fields) if fields else query), nodes, flags


def _may_be_lazy(value: Any) -> bool:
    """Whether a value may be a query set, or conditions that hold one."""
    if isinstance(value, Q):
        return any(_may_be_lazy(one) for one in value.parts) or any(_may_be_lazy(one) for _, one in value.conditions)
    return hasattr(value, "export_result")


def with_fields(query: Query, fields: list[Any]) -> Query:
    """The query with more expressions."""
    from ..query.extension import extended

    return replace(query, schema=extended(query.schema, fields))


def annotated(model: Any, query: Query, unnamed: tuple[Any, ...], named: Mapping[str, Any], tz: Any, *, shown: bool) -> Query:
    """The query whose records have some expressions. Raises QueryError.

    :param model: the resource's class.
    :param unnamed: what was given without a name.
    :param named: the expressions by name.
    :param tz: the time zone of parts of times, None for UTC.
    :param shown: whether the records show them.
    """
    from ..query import expressions

    word = "annotate" if shown else "alias"
    for name, one in [*((one.default_name() if isinstance(one, Aggregate) else "", one) for one in unnamed), *named.items()]:
        if isinstance(one, Aggregate) and not _is_of_relation(query, one):
            raise QueryError(
                f"{name}={type(one).__name__}(…) sums up many records, and {word}() on records takes one value of each record:"
                f" values('status').annotate({name}=…) groups records, aggregate({name}=…) sums all of them up"
            )
    if unnamed or not named:
        raise QueryError(f"{word}() takes expressions by name, such as minutes=F('duration') / 60")
    for name in named:
        if hasattr(model, name):
            expressions.check_name(query.schema, name)
            raise QueryError(f"{name} is a method of {model.__name__}: choose another name for the expression")
    zone = "" if tz is None else zone_name(tz)
    fields = {
        name: _aggregate_field(query, name, one, zone) if isinstance(one, Aggregate) else one for name, one in named.items()
    }
    return expressions.annotated(query, fields, zone, shown=shown)


def _is_of_relation(query: Query, aggregate: Any) -> bool:
    """Whether an aggregate is of related records of each record, such as ``Count("recordings")``."""
    from ..query.related_fields import is_of_many

    return is_of_many(query.schema, aggregate)


def _aggregate_field(query: Query, name: str, aggregate: Aggregate, zone: str) -> Any:
    """The field of an aggregate of related records. Raises QueryError."""
    from ..query.expressions import check_name
    from ..query.related_aggregates import aggregate_field  # few queries sum up related records

    check_name(query.schema, name)
    return aggregate_field(query.schema, name, aggregate, zone)


def ordered(query: Query, keys: tuple[Any, ...], tz: Any) -> Query:
    """The query in an order. Raises QueryError.

    :param keys: names of fields and parts of times, and expressions.
    :param tz: the time zone of parts of times, None for UTC.
    """
    if all(type(one) is str and "__" not in one for one in keys):
        return query.ordered(*keys)
    from ..query import expressions

    return expressions.ordered(query, keys, "" if tz is None else zone_name(tz))


def terms(query: Query, names: tuple[Any, ...], named: Mapping[str, Any], tz: Any) -> tuple[Query, list[Term], str]:
    """The query with the expressions of ``values()``, its terms, and the time zone of their parts. Raises QueryError.

    :param names: names of fields and parts, and expressions without a name.
    :param named: the expressions by name.
    :param tz: the time zone of parts of times, None for UTC.
    """
    schema, zone, found, fields = query.schema, "" if tz is None else zone_name(tz), list[Any](), list[Any]()
    if not (names or named):
        every = [name for name, column in schema.columns.items() if not column.unlisted]
        names = (*every, *schema.derived, *query.annotations)
    for one in names:
        if isinstance(one, Expression):
            _add(query, one, "", zone, found, fields)
        elif isinstance(one, str) and one.partition("__")[0] in schema.links and "__" in one:
            _add(query, F(one), "", zone, found, fields)
        else:
            found.append(parse_term(schema, one, zone))
    for name, one in named.items():
        if isinstance(one, Aggregate) and not _is_of_relation(query, one):
            raise QueryError(
                f"values({name}={type(one).__name__}(…)): aggregates are for groups, values(…).annotate({name}=…),"
                f" and for all records, aggregate({name}=…)"
            )
        _add(query, one, name, zone, found, fields)
    return (with_fields(query, fields) if fields else query), found, zone


def _add(query: Query, expression: Any, name: str, zone: str, found: list[Any], fields: list[Any]) -> None:
    from ..query.expressions import check_name, term_of

    if isinstance(expression, Aggregate):
        fields.append(_aggregate_field(query, name, expression, zone))
        found.append(Term(name))
        return
    if name:
        check_name(query.schema, name)
    term, more = term_of(query.schema, expression, zone, name)
    found.append(term)
    fields += more


def shown(query: Query, records: Iterable[Any]) -> Iterator[Any]:
    """Records with the annotations of a query as attributes. An annotation of a field that is not known is not set.

    The values of related records that follow a row are dropped.
    """
    schema, size = query.schema, len(query.schema.index)
    reads = [(name, schema.column(name).python_value, schema.reads(name)) for name in query.annotations]
    stored, absent = schema.codec.stored, schema.codec.absent
    for record in records:
        row, here = record.stored_row, record.__dict__
        for name, convert, fields in reads:
            value = stored(row, name)
            if value is None and not {*fields}.isdisjoint(absent(row)):
                here["unread"] = {**here.get("unread", {}), name: next(one for one in fields if one in absent(row))}
            else:
                here[name] = convert(value)
        if schema.related:
            record.stored_row = row[:size]
        yield record
